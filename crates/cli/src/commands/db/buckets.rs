//! `db buckets`.

use etcdsnap_snapshot::known::Known;
use serde::Serialize;

use super::Session;
use crate::args::DbSource;
use crate::exit::{Exit, Failure};
use crate::output::console;
use crate::output::db::buckets::{Content, Counted, Entry, text};

/// The document of `-o json`.
#[derive(Serialize)]
struct Document<'a> {
    buckets: Vec<Entry<'a>>,
    /// Could the list of buckets be read to its end? Otherwise there may be more.
    #[serde(skip_serializing_if = "is_true")]
    all: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape serde asks for")]
fn is_true(all: &bool) -> bool {
    *all
}

pub fn run(session: &Session, args: &DbSource) -> Result<Exit, Failure> {
    let container = session.open_unproven(&args.file)?;
    let inspection = session.inspect(&container, &args.file)?;
    let exit = Session::tell_soundness(&inspection, &args.file);
    // Digests are of the buckets directly below the root, in the order of the walk; etcd has no others.
    let mut digests = inspection.keyspace.buckets.iter();
    let unread = inspection.walk.unread_buckets();
    let buckets: Vec<_> = inspection
        .walk
        .buckets
        .iter()
        .map(|info| {
            let digest = if info.parent == Some(0) { digests.next() } else { None };
            let known = |count| Known::new(count, !unread.contains(&info.index));
            let content = digest.map(|digest| Content { pairs: known(digest.pairs), bytes: known(digest.digest.len) });
            Counted { info: *info, content }
        })
        .collect();
    let all = inspection.walk.lists_all_buckets();
    let document = Document { buckets: buckets.iter().map(Entry::from).collect(), all };
    console::report(args.output, exit, &document, |sheet| text(&buckets, all, sheet))
}
