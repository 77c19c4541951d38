//! `migrate`.

use std::collections::BTreeSet;
use std::path::Path;

use etcdsnap_datadir::{DirectoryLayout, SnapFiles, WalFiles};
use etcdsnap_image::Mapping;
use etcdsnap_quote::quote;
use etcdsnap_rewrite::migrate::{MigrateOptions, migrate, migrate_in_place};
use etcdsnap_rewrite::schema::required_version;
use etcdsnap_snapshot::container::Origin;
use etcdsnap_snapshot::verify::source_facts;
use etcdsnap_wal::{SnapshotPosition, WalReader};
use semver::Version;

use super::Session;
use super::rewriting::{Rewriting, hold, target, tell_tolerated};
use crate::args::Migrate;
use crate::exit::{Exit, Failure};
use crate::output::migrate::{Document, Outcome, text};
use crate::output::{console, label};

/// The first version without the v2 store: it does not start while there is anything in it.
const WITHOUT_V2: Version = Version::new(3, 6, 0);

pub fn run(session: &Session, args: &Migrate) -> Result<Exit, Failure> {
    let outcome = rewrite(session, args)?;
    tell_tolerated(&args.source, &outcome.migrated.tolerated);
    let done = format!("{}: migrated, whole and on the disk", label(&outcome.target));
    console::report_done(args.output, &done, &Document::new(&outcome), |sheet| text(&outcome, sheet))
}

fn rewrite(session: &Session, args: &Migrate) -> Result<Outcome, Failure> {
    let version = args.target_version.clone();
    let wanted = |required_version| {
        MigrateOptions::new(version.clone()).with_required_version(required_version).with_force(args.force_version)
    };
    if let Some(path) = &args.target {
        let source = session.open(&args.source)?;
        if let Some(log) = &args.wal_dir {
            session.note_folder(log);
        }
        let target = target(session, path, args.force, None)?;
        let log_read = args.wal_dir.is_some() || matches!(source.origin, Origin::DataDirectory { .. });
        let required_version = if log_read { needed_by_log(session, args)? } else { None };
        let rewriting = Rewriting::begin(session, &args.source, args.allow_damaged)?;
        let migrated = migrate(&source, &target, &wanted(required_version), &rewriting.context())?;
        return Ok(Outcome {
            source: source_facts(&source),
            target: path.clone(),
            wanted: version,
            log_read,
            migrated,
        });
    }
    let held = hold(session, &args.source)?;
    let source = source_facts(&session.open(held.path())?);
    let required_version = needed_by_log(session, args)?;
    let rewriting = Rewriting::begin(session, &args.source, args.allow_damaged)?;
    let migrated = migrate_in_place(&held, &rewriting.opening, &wanted(required_version), &rewriting.context())?;
    Ok(Outcome { source, target: held.path().to_owned(), wanted: version, log_read: true, migrated })
}

/// The lowest version that can read what the member's log has behind its newest snapshot. When the version is forced, a log
/// that cannot be read is told on standard error and no more.
fn needed_by_log(session: &Session, args: &Migrate) -> Result<Option<Version>, Failure> {
    match read_log(&args.source, args.wal_dir.as_deref(), session.mapping(), &args.target_version) {
        Err(failure) if args.force_version => {
            failure.print();
            Ok(None)
        }
        result => result,
    }
}

fn read_log(
    member: &Path,
    wal_dir: Option<&Path>,
    mapping: Mapping,
    version: &Version,
) -> Result<Option<Version>, Failure> {
    let layout = DirectoryLayout::of_member(member, wal_dir).map_err(|error| Failure::new(error.to_string()))?;
    let log = label(&layout.wal);
    let hint = "; `etcdsnap wal verify` says more, and --force-version goes on without it";
    let damaged = |error: String| Failure::damaged(format!("{log}: {error}{hint}"));
    let files = WalFiles::open(&layout.wal, None, mapping).map_err(|error| Failure::new(error.to_string()))?;
    if let Some((_, error)) = files.unreadable.first() {
        return Err(Failure::new(error.to_string()));
    }
    let wal = files.wal();
    let markers = wal.valid_snapshots(WalReader::V3_7).map_err(|error| damaged(error.to_string()))?;
    let start = markers.last().map_or(SnapshotPosition::default(), |marker| marker.start);
    let read = wal.read(start).map_err(|error| damaged(error.to_string()))?;
    if let Some(damage) = read.torn.filter(|damage| !wal.is_unfinished_write(damage)) {
        return Err(damaged(format!("{damage}; after it follow {}", wal.trailing_data(damage.place))));
    }
    let required_version = required_version(&read.entries).map_err(|error| damaged(error.to_string()))?;
    if let Some(snap) = layout.snap.filter(|_| *version >= WITHOUT_V2) {
        let known: BTreeSet<SnapshotPosition> = markers.iter().map(|marker| marker.start).collect();
        refuse_v2_content(&snap, mapping, &known)?;
    }
    files.recheck().map_err(|changed| Failure::new(changed.to_string()))?;
    Ok(required_version)
}

/// Nothing may be in the v2 store but what describes the cluster, as far as the `.snap` that servers would load tells.
fn refuse_v2_content(snap: &Path, mapping: Mapping, known: &BTreeSet<SnapshotPosition>) -> Result<(), Failure> {
    let snaps = SnapFiles::open(snap, mapping).map_err(|error| Failure::new(error.to_string()))?;
    let Some((name, Ok(store))) = snaps.newest(|start| known.contains(&start)).map(|(name, file)| (name, file.store()))
    else {
        return Ok(());
    };
    let Some(content) = store.custom_content() else { return Ok(()) };
    let file = label(&snap.join(name));
    Err(Failure::new(format!(
        "{file}: the v2 store holds {}, and etcd 3.6 and later do not start from that; remove it through a running 3.5, or \
         give --force-version",
        quote(content.as_bytes())
    )))
}
