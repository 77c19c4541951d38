//! `kube`: the commands that show a backup's Kubernetes objects.

mod api_resources;
mod audit;
mod check;
mod decode;
mod describe_key;
mod diff;
mod extract;
mod get;
mod history;
mod reading;
mod unread;
mod usage;

use super::Session;
use crate::args::kube::Kube;
use crate::exit::{Exit, Failure};

pub fn run(session: &Session, command: &Kube) -> Result<Exit, Failure> {
    match command {
        Kube::Get(args) => get::run(session, args),
        Kube::ApiResources(args) => api_resources::run(session, args),
        Kube::DescribeKey(args) => describe_key::run(session, args),
        Kube::Usage(args) => usage::run(session, args),
        Kube::Decode(args) => decode::run(args),
        Kube::History(args) => history::run(session, args),
        Kube::Diff(args) => diff::run(session, args),
        Kube::Extract(args) => extract::run(session, args),
        Kube::Check(args) => check::run(session, args),
        Kube::Audit(command) => audit::run(session, command),
    }
}
