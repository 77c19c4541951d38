//! `kube check`.

use etcdsnap_objects::object_check::ObjectCheck;
use etcdsnap_snapshot::buckets::SmallBuckets;
use etcdsnap_snapshot::inspection::Options;

use super::reading::{keyring, open};
use crate::args::kube::Check as Args;
use crate::commands::Session;
use crate::exit::{Exit, Failure};
use crate::output::console;
use crate::output::kube::check::{Checked, text};

pub fn run(session: &Session, args: &Args) -> Result<Exit, Failure> {
    let (source, keyring) = (&args.source, keyring(&args.source.keys.secrets)?);
    session.read(&source.file, |contents| {
        let objects = open(contents, &source.file, source.rev, keyring, &source.keys)?;
        // Leases are not kept in history: they say nothing about earlier revisions.
        let newest = objects.revision() == contents.current_revision();
        let buckets = newest.then(|| SmallBuckets::read(&contents.db, 0).buckets);
        // Nor is a lease missing that is not among those that could be read of a damaged bucket.
        let leases = buckets.as_ref().and_then(|buckets| buckets.leases.all());
        let has_lease = |id| leases.is_some_and(|leases| leases.get(id).is_some());
        let has_lease: Option<&dyn Fn(i64) -> bool> = if leases.is_some() { Some(&has_lease) } else { None };
        let outcome =
            ObjectCheck::new(objects.cluster().resources(), Options::default().limit).over(&objects, has_lease);
        let checked = Checked { path: &source.file, revision: objects.shown_revision(), outcome };
        let exit = if checked.is_sound() { Exit::Done } else { Exit::Damaged };
        console::report(args.output, exit, &checked.document(), |sheet| text(&checked, sheet))
    })
}
