//! `db`: the commands that look at a file as bbolt does.

mod buckets;
mod check;
mod info;
mod page;
mod pages;

use std::path::Path;

use etcdsnap_bbolt::Db as Database;
use etcdsnap_snapshot::container::Container;

use super::{Session, unusable};
use crate::args::Db;
use crate::exit::{Exit, Failure};

pub fn run(session: &Session, command: &Db) -> Result<Exit, Failure> {
    match command {
        Db::Info(args) => info::run(session, args),
        Db::Pages(args) => pages::run(session, args),
        Db::Page(args) => page::run(session, args),
        Db::Buckets(args) => buckets::run(session, args),
        Db::Check(args) => check::run(session, args),
    }
}

/// The database in what was opened at `path`.
fn database<'a>(container: &'a Container, path: &Path) -> Result<Database<'a>, Failure> {
    Database::open(container.database()).map_err(|error| unusable(path, error.into()))
}
