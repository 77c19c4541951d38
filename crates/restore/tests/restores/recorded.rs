//! The same directories as the real tools: what their restores of the same snapshots wrote is recorded beside these.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use etcdsnap_restore::{ClusterRequest, Release, RestoreDestination, RestoreRequest, RestoredMembers, RevisionBump};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::{LOG, folder, restore, status_hash};

#[derive(Deserialize)]
struct Record {
    restore: BTreeMap<String, Recorded>,
}

#[derive(Deserialize)]
struct Recorded {
    wal_size: u64,
    /// Up to the last byte that is not zero.
    wal_head_hex: String,
    snap_file: Option<String>,
    #[serde(default)]
    snap_sha256: String,
    #[serde(rename = "db_status_3.7.1")]
    status: String,
}

#[derive(Deserialize)]
struct Status {
    hash: u32,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

fn snapshots() -> Vec<PathBuf> {
    let more = std::env::var_os("ETCDSNAP_FIXTURES").map(PathBuf::from);
    let folders = std::iter::once(super::fixture("")).chain(more);
    let entries = folders.flat_map(|folder| fs::read_dir(folder).expect("the fixtures"));
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "db")).collect()
}

/// As the recorded restores were asked for.
fn request(data_dir: &Path, style: Release) -> RestoreRequest<'static> {
    RestoreRequest {
        cluster: ClusterRequest {
            restored: RestoredMembers::Member { name: "b", advertised: Some("http://127.0.0.1:30002") },
            initial_cluster: "a=http://127.0.0.1:30001,b=http://127.0.0.1:30002,c=http://127.0.0.1:30003",
            token: "tok-7",
            learners: &[],
        },
        output: RestoreDestination::Member { data_dir: Some(data_dir.to_owned()), wal_dir: None },
        style,
        ..RestoreRequest::default()
    }
}

fn release(version: &str) -> Release {
    let minor = version.split('.').nth(1).and_then(|minor| minor.parse().ok());
    Release::ALL.into_iter().find(|release| Some(release.minor()) == minor).expect("a known release")
}

#[test]
fn directories_are_those_of_the_real_tools() {
    let snapshots = snapshots();
    assert!(snapshots.len() >= 6);
    for snapshot in snapshots {
        let record = fs::read_to_string(snapshot.with_extension("json")).expect("what was recorded");
        let record: Record = serde_json::from_str(&record).expect("a record");
        for (version, recorded) in record.restore {
            check(&snapshot, &version, &recorded);
        }
    }
}

fn check(snapshot: &Path, version: &str, recorded: &Recorded) {
    let release = release(version);
    let folder = folder();
    let data = folder.path().join("b.etcd");
    restore(&request(&data, release), snapshot).expect("a sound snapshot");

    let wal = fs::read(data.join("member/wal").join(LOG)).expect("a log");
    let end = wal.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    assert_eq!(wal.len() as u64, recorded.wal_size);
    assert_eq!(hex(&wal[..end]), recorded.wal_head_hex, "{version}");

    let snap = data.join("member/snap").join("0000000000000001-0000000000000003.snap");
    match &recorded.snap_file {
        None => assert!(!snap.exists()),
        Some(name) => {
            assert_eq!(snap.file_name().expect("a name"), name.as_str());
            // Later releases write their members in a random order.
            let digest = hex(&Sha256::digest(fs::read(snap).expect("a snap file")));
            assert!(release > Release::V3_5 || digest == recorded.snap_sha256, "{version}");
        }
    }
    // What 3.4 does to a database is no good for later servers; ours is that of 3.5 for all.
    if release > Release::V3_4 {
        let status: Status = serde_json::from_str(&recorded.status).expect("a status");
        assert_eq!(status_hash(&data.join("member/snap/db")), status.hash, "{version} of {}", snapshot.display());
    }
}

/// Of a cluster of one member even 3.6 and 3.7 write the same `.snap` each time; `--bump-revision 1000 --mark-compacted` gives
/// the same database with every release.
#[test]
fn a_single_member_with_a_raised_revision_is_that_of_the_real_tools() {
    let hashes = [
        ("etcd-3.5.1-seed1.db", 728_063_126),
        ("etcd-3.6.14-seed1.db", 43_757_215),
        ("etcd-3.8.0-alpha-seed0.db", 3_515_312_905),
    ];
    let snaps = [
        (Release::V3_5, "5c85004ac4149634395e5031458378f5b482e1e135e9e0b848983c217bcf2799"),
        (Release::V3_6, "6a3c918cee4d7c78c4e3d1fc7067385672f30f15b66c299b51bc6258df127f4b"),
        (Release::V3_7, "c6266c8ea117236a278eb905e8ed03c0b5fcbd330f2332413169e5b3b373de65"),
    ];
    for ((name, hash), (style, snap)) in hashes.into_iter().zip(snaps) {
        let folder = folder();
        let data = folder.path().join("m1.etcd");
        let bump = RevisionBump::from_flags(1000, true).expect("both flags");
        restore(&RestoreRequest { bump, style, ..super::into(&data) }, &super::fixture(name))
            .expect("a sound snapshot");
        assert_eq!(status_hash(&data.join("member/snap/db")), hash, "{name}");
        let written = fs::read(data.join("member/snap/0000000000000001-0000000000000001.snap")).expect("a snap file");
        assert_eq!(hex(&Sha256::digest(written)), snap, "{style}");
    }
}
