//! `kube`: the commands that show a backup's Kubernetes objects.

mod get;
mod reading;
mod unread;

use super::Session;
use crate::args::kube::Kube;
use crate::exit::{Exit, Failure};

pub fn run(session: &Session, command: &Kube) -> Result<Exit, Failure> {
    match command {
        Kube::Get(args) => get::run(session, args),
    }
}
