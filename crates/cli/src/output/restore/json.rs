//! `restore -o json`. `docs/json.md` describes it for users.

use std::path::Path;

use etcdsnap_restore::{BumpPlan, DatabaseChange, Losses, NewMember, PlannedDirectory, PlannedFile, WriteObstacle};
use etcdsnap_snapshot::boot::BootVerdict;
use etcdsnap_snapshot::report::{DatabaseFacts, Sha256Facts, StoreFacts};
use serde::Serialize;

use super::Story;
use crate::output::source::Source;
use crate::output::words::TextOrBase64;

/// Grows when a field changes its meaning or goes away; new fields do not change it.
const FORMAT_VERSION: u32 = 1;

/// The whole document.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Document<'a> {
    format_version: u32,
    dry_run: bool,
    source: Source<'a>,
    sha256: &'a Sha256Facts,
    database: Option<&'a DatabaseFacts>,
    store: Option<&'a StoreFacts>,
    cluster: Cluster<'a>,
    directories: Vec<Made<'a>>,
    changes: &'a [DatabaseChange],
    bump: Option<&'a BumpPlan>,
    boot: &'a [BootVerdict],
    warnings: &'a [String],
    /// Why a cluster that is started with the flags refuses puts; empty when it takes them.
    write_obstacles: &'a [WriteObstacle],
    /// What is missing of a damaged backup; null when it was copied as it is.
    losses: Option<&'a Losses>,
    removed_leftovers: Vec<TextOrBase64<'a>>,
}

#[derive(Debug, Serialize)]
struct Cluster<'a> {
    id: String,
    members: Vec<MemberRow<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct MemberRow<'a> {
    id: String,
    name: &'a str,
    peer_urls: Vec<String>,
    learner: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Made<'a> {
    member: &'a str,
    #[serde(flatten)]
    data_dir: TextOrBase64<'a>,
    #[serde(flatten)]
    wal_dir: WalDir<'a>,
    files: Vec<File<'a>>,
    moved_aside: Vec<Moved<'a>>,
    etcd_flags: Vec<String>,
}

#[derive(Debug, Serialize)]
struct File<'a> {
    #[serde(flatten)]
    path: TextOrBase64<'a>,
    bytes: u64,
    written: u64,
}

#[derive(Debug, Serialize)]
struct Moved<'a> {
    #[serde(flatten)]
    from: TextOrBase64<'a>,
    #[serde(flatten)]
    to: TextOrBase64<'a>,
}

/// Null when the log is in the data directory.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum WalDir<'a> {
    Apart(TextOrBase64<'a>),
    #[serde(rename_all = "camelCase")]
    Inside {
        wal_dir: (),
    },
}

impl<'a> Document<'a> {
    /// The document about one restore; `directories` are those of its plan.
    pub fn new(story: &'a Story<'a>, directories: &'a [PlannedDirectory]) -> Self {
        let Story { dry_run, plan, preflight, removed, warnings, etcd } = story;
        let report = &preflight.report;
        let membership = plan.membership();
        Self {
            format_version: FORMAT_VERSION,
            dry_run: *dry_run,
            source: (&report.source).into(),
            sha256: &report.sha256,
            database: report.database.as_ref(),
            store: report.store.as_ref(),
            cluster: Cluster {
                id: format!("{:016x}", membership.cluster_id()),
                members: membership.listed().map(MemberRow::new).collect(),
            },
            directories: directories.iter().zip(etcd).map(|(directory, flags)| Made::new(directory, flags)).collect(),
            changes: plan.changes(),
            bump: plan.bump(),
            boot: &preflight.boot,
            warnings,
            write_obstacles: &preflight.writes,
            losses: preflight.losses.as_ref(),
            removed_leftovers: removed.iter().map(|path| TextOrBase64::path(path)).collect(),
        }
    }
}

impl<'a> MemberRow<'a> {
    fn new(member: &'a NewMember) -> Self {
        Self {
            id: format!("{:016x}", member.id),
            name: &member.name,
            peer_urls: member.peer_urls.texts(),
            learner: member.learner,
        }
    }
}

impl<'a> Made<'a> {
    fn new(directory: &'a PlannedDirectory, flags: &[(&'static str, String)]) -> Self {
        let moved = directory.moved_aside.iter();
        Self {
            member: &directory.member.name,
            data_dir: named("dataDir", "dataDirBase64", &directory.data_dir),
            wal_dir: match &directory.wal_dir {
                Some(path) => WalDir::Apart(named("walDir", "walDirBase64", path)),
                None => WalDir::Inside { wal_dir: () },
            },
            files: directory.files.iter().map(File::new).collect(),
            moved_aside: moved.map(|(from, to)| Moved::new(from, to)).collect(),
            etcd_flags: flags.iter().map(|(flag, value)| format!("--{flag}={value}")).collect(),
        }
    }
}

impl<'a> File<'a> {
    fn new(file: &'a PlannedFile) -> Self {
        Self { path: TextOrBase64::path(&file.path), bytes: file.bytes, written: file.written }
    }
}

impl<'a> Moved<'a> {
    fn new(from: &'a Path, to: &'a Path) -> Self {
        Self { from: named("from", "fromBase64", from), to: named("to", "toBase64", to) }
    }
}

fn named<'a>(key: &'static str, base64_key: &'static str, path: &'a Path) -> TextOrBase64<'a> {
    TextOrBase64 { key, base64_key, bytes: path.as_os_str().as_encoded_bytes() }
}
