//! `db buckets`.

use serde::Serialize;

use super::Session;
use crate::args::{DbSource, Form};
use crate::exit::{Exit, Failure};
use crate::output::console;
use crate::output::db::buckets::{Content, Counted, Entry, text};

/// The document of `-o json`.
#[derive(Serialize)]
struct Document<'a> {
    buckets: Vec<Entry<'a>>,
}

pub fn run(session: &Session, args: &DbSource) -> Result<Exit, Failure> {
    let container = session.open(&args.file)?;
    let inspection = session.inspect(&container, &args.file)?;
    let exit = Session::tell_soundness(&inspection, &args.file);
    // Digests are of the buckets directly below the root, in the order of the walk; etcd has no others.
    let mut digests = inspection.keyspace.buckets.iter();
    let buckets: Vec<_> = inspection
        .walk
        .buckets
        .iter()
        .map(|info| {
            let digest = if info.parent == Some(0) { digests.next() } else { None };
            Counted {
                info: *info,
                content: digest.map(|digest| Content { pairs: digest.pairs, bytes: digest.digest.len }),
            }
        })
        .collect();
    match args.output {
        Form::Json => {
            let document = Document { buckets: buckets.iter().map(Entry::from).collect() };
            console::json(exit, &document)
        }
        Form::Text => {
            let mut sheet = console::sheet();
            text(&buckets, &mut sheet);
            console::print(sheet, exit)
        }
    }
}
