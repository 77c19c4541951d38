//! Whole restores, into real directories.

mod byte_order;
mod content;
mod damaged;
mod places;
mod recorded;
mod stages;

use std::fs;
use std::path::{Path, PathBuf};

use etcdsnap_restore::{
    ClusterRequest, Interrupt, RestoreContext, RestoreDestination, RestoreDraft, RestoreError, RestoreOutcome,
    RestoreRequest, RestoredMembers, StageObserver,
};
use etcdsnap_snapshot::container::{Container, OpenOptions};
use etcdsnap_snapshot::inspection::{Inspection, Options};
use etcdsnap_snapshot::progress::Silent;
use tempfile::TempDir;

const SNAPSHOT: &str = "etcd-3.6.14-seed1.db";

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/etcd").join(name)
}

fn open(path: &Path) -> Container {
    Container::open(path, &OpenOptions::default()).expect("a database")
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

/// Member m1 alone, into this data directory.
fn into(data_dir: &Path) -> RestoreRequest<'static> {
    RestoreRequest {
        cluster: ClusterRequest {
            restored: RestoredMembers::Member { name: "m1", advertised: None },
            initial_cluster: "m1=http://10.0.0.1:2380",
            token: "tk",
            learners: &[],
        },
        output: RestoreDestination::Member { data_dir: Some(data_dir.to_owned()), wal_dir: None },
        ..RestoreRequest::default()
    }
}

fn with_log(data_dir: &Path, log: &Path) -> RestoreRequest<'static> {
    let output = RestoreDestination::Member { data_dir: Some(data_dir.to_owned()), wal_dir: Some(log.to_owned()) };
    RestoreRequest { output, ..into(data_dir) }
}

fn restore(request: &RestoreRequest<'_>, source: &Path) -> Result<RestoreOutcome, RestoreError> {
    restore_with(request, source, &(), &Interrupt::default())
}

fn restore_with(
    request: &RestoreRequest<'_>,
    source: &Path,
    stages: &dyn StageObserver,
    interrupt: &Interrupt,
) -> Result<RestoreOutcome, RestoreError> {
    let container = open(source);
    let inspection = Options::default();
    let context = RestoreContext::new(&Silent, interrupt).with_inspection(inspection).with_stages(stages);
    let draft = RestoreDraft::new(request, None)?;
    match draft.rewrite(&container, context)? {
        Some(rewritten) => draft.plan_rewritten(&rewritten)?.execute(context),
        None => draft.plan(&container)?.execute(context),
    }
}

/// What `etcdutl snapshot status` hashes.
fn status_hash(database: &Path) -> u32 {
    let container = open(database);
    let inspection = Inspection::alone(&container, &Options::default(), &Silent).expect("readable");
    assert!(inspection.is_sound(), "{:?}", inspection.walk.problems.kept());
    inspection.keyspace.status_hash()
}

/// Every path below a folder, sorted, folders with a slash behind them.
fn tree(folder: &Path) -> Vec<String> {
    fn add(folder: &Path, around: &str, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let entry = entry.expect("an entry");
            let name = format!("{around}{}", entry.file_name().to_string_lossy());
            if entry.file_type().expect("a type").is_dir() {
                add(&entry.path(), &format!("{name}/"), found);
                found.push(format!("{name}/"));
            } else {
                found.push(name);
            }
        }
    }
    let mut found = Vec::new();
    add(folder, "", &mut found);
    found.sort();
    found
}

const LOG: &str = "0000000000000000-0000000000000000.wal";
