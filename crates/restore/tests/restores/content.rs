//! What is in the restored database beside what was in the backup.

use std::path::Path;

use etcdsnap_bbolt::Db;
use etcdsnap_restore::{
    ClusterRequest, Release, RestoreDestination, RestoreDraft, RestoreRequest, RestoredMembers, RevisionBump,
};
use etcdsnap_snapshot::buckets::{Buckets, SmallBuckets};
use etcdsnap_snapshot::container::{Container, OpenOptions};
use etcdsnap_snapshot::verify::{VerifyOptions, verify};
use etcdsnap_testkit::bbolt::Layout;
use etcdsnap_testkit::etcd::{EtcdStore, Server};

use super::{SNAPSHOT, fixture, folder, into, open, restore};

/// The small buckets of a restore.
fn restored(request: &RestoreRequest<'_>, source: &Path, data: &Path) -> Buckets {
    restore(request, source).expect("restored");
    buckets(&data.join("member/snap/db"))
}

fn buckets(database: &Path) -> Buckets {
    let container = open(database);
    let small = SmallBuckets::read(&Db::open(container.database()).expect("a database"), 100);
    assert!(small.unreadable.is_none());
    small.buckets
}

#[test]
fn a_new_cluster_takes_the_place_of_the_old_one() {
    let folder = folder();
    let data = folder.path().join("m1.etcd");
    let now = restored(&into(&data), &fixture(SNAPSHOT), &data);
    let members: Vec<_> =
        now.members.listed.part().iter().map(|member| (member.name.as_str(), member.learner)).collect();
    assert_eq!(members, [("m1", false)]);
    assert!(now.members.removed.part().is_empty());
    assert_eq!((now.meta.part().consistent_index, now.meta.part().term), (Some(1), Some(1)));
    // Everything else is as it was, raft's view of the old members included.
    let was = buckets(&fixture(SNAPSHOT));
    assert_eq!(now.meta.part().conf_state, was.meta.part().conf_state);
    assert_eq!((&now.cluster.part().version, now.auth.users), (&was.cluster.part().version, was.auth.users));
}

#[test]
fn learners_are_learners_everywhere() {
    let folder = folder();
    let request = RestoreRequest {
        cluster: ClusterRequest {
            restored: RestoredMembers::All,
            initial_cluster: "m1=http://10.0.0.1:2380,m2=http://10.0.0.2:2380",
            token: "tk",
            learners: &["m2"],
        },
        output: RestoreDestination::All { folder: folder.path().to_owned() },
        ..RestoreRequest::default()
    };
    for name in ["m1", "m2"] {
        let data = folder.path().join(format!("{name}.etcd"));
        let now = if name == "m1" {
            restored(&request, &fixture(SNAPSHOT), &data)
        } else {
            buckets(&data.join("member/snap/db"))
        };
        let learners: Vec<_> = now.members.listed.part().iter().filter(|member| member.learner).collect();
        assert_eq!((learners.len(), learners[0].name.as_str()), (1, "m2"));
        let state = now.meta.part().conf_state.as_ref().expect("a configuration");
        assert_eq!((state.voters.len(), state.learners.as_slice()), (1, &[learners[0].id][..]));
    }
}

/// A store of a 3.6 server with alarms and authentication, as a file.
fn troubled(folder: &Path) -> std::path::PathBuf {
    let mut store = EtcdStore::new(Server::V3_6);
    store.put("k", "v");
    let mut tree = store.to_tree();
    let entries: [(&str, &[u8], &[u8]); 4] = [
        ("alarm", b"\x08\x01\x10\x01", b""),
        ("auth", b"authEnabled", &[1]),
        ("auth", b"authRevision", &[0, 0, 0, 0, 0, 0, 0, 7]),
        ("cluster", b"downgrade", br#"{"target-version":"3.5.0","enabled":true}"#),
    ];
    for (bucket, key, value) in entries {
        tree.bucket(bucket).put(key, value);
    }
    let mut file = Layout::default().build(&tree);
    etcdsnap_testkit::append_trailer(&mut file);
    let path = folder.join("troubled.db");
    std::fs::write(&path, file).expect("room");
    path
}

#[test]
fn alarms_and_authentication_go_when_asked() {
    let folder = folder();
    let source = troubled(folder.path());
    let kept = restored(&into(&folder.path().join("kept")), &source, &folder.path().join("kept"));
    assert!(*kept.auth.enabled.part() && kept.alarms.part().len() == 1);
    assert_eq!(*kept.auth.revision.part(), Some(7));
    let data = folder.path().join("gone");
    let request = RestoreRequest { disarm_alarms: true, disable_auth: true, ..into(&data) };
    let gone = restored(&request, &source, &data);
    assert_eq!((gone.auth.enabled.all(), gone.alarms.all()), (Some(&false), Some(&Vec::new())));
    assert_eq!(gone.auth.revision.all(), Some(&Some(8)));
}

#[test]
fn every_target_starts() {
    for snapshot in ["etcd-3.4.23-seed0.db", "etcd-3.5.1-seed1.db", SNAPSHOT, "etcd-3.8.0-alpha-seed0.db"] {
        for target in Release::ALL {
            let folder = folder();
            let data = folder.path().join("m1.etcd");
            let request = RestoreRequest { target: Some(target), ..into(&data) };
            let outcome = restore(&request, &fixture(snapshot)).expect("a sound snapshot");
            let verdict = outcome.preflight.boot.iter().find(|verdict| verdict.version == target.to_string());
            assert!(verdict.is_some_and(|verdict| verdict.starts), "{snapshot} for {target}");
            assert_eq!(
                data.join("member/snap/0000000000000001-0000000000000001.snap").exists(),
                target < Release::V3_8
            );
        }
    }
}

#[test]
fn a_version_that_would_not_start_is_told_with_the_remedy() {
    let folder = folder();
    let outcome = restore(&into(&folder.path().join("m1.etcd")), &fixture(SNAPSHOT)).expect("a sound snapshot");
    let about_3_4 = outcome.preflight.warnings.iter().find(|warning| warning.contains("etcd 3.4 would not start"));
    assert!(about_3_4.is_some_and(|warning| warning.contains("--target-version")), "{about_3_4:?}");
}

/// A plan judges the database it will make without having it. Here it is compared with the one that it made.
#[test]
fn a_plan_foresees_its_result() {
    let folder = folder();
    let sources = [troubled(folder.path()), fixture("etcd-3.8.0-alpha-seed0.db"), fixture("etcd-3.4.23-seed0.db")];
    for (number, source) in sources.iter().enumerate() {
        for (turn, target) in [None, Some(Release::V3_4), Some(Release::V3_6)].into_iter().enumerate() {
            let data = folder.path().join(format!("{number}-{turn}"));
            let request = RestoreRequest {
                target,
                disarm_alarms: turn == 1,
                disable_auth: turn == 2,
                bump: RevisionBump::from_flags(1000 * turn as u64, turn > 0).expect("both flags"),
                ..into(&data)
            };
            let foreseen = restore(&request, source).expect("restored").preflight.boot;
            let container = open(&data.join("member/snap/db"));
            let report = verify(&container, &VerifyOptions::default(), &super::Silent).expect("readable").report;
            assert!(report.is_sound(), "{:?}", report.findings);
            // The verdict on a backup says more: what its restore will do.
            for (foreseen, found) in foreseen.iter().zip(&report.boot) {
                assert_eq!(foreseen.starts, found.starts, "{number}-{turn} on {}", found.version);
                assert!(
                    foreseen.reasons.iter().all(|reason| found.reasons.contains(reason)),
                    "{foreseen:?}\n{found:?}"
                );
                let more = found.reasons.iter().filter(|reason| !foreseen.reasons.contains(reason));
                assert!(more.clone().all(|reason| reason.contains("restore")), "{:?}", more.collect::<Vec<_>>());
            }
        }
    }
}

#[test]
fn a_bump_from_a_compressed_stream_is_explained() {
    let bytes = std::fs::read(fixture(SNAPSHOT)).expect("a fixture");
    let container = Container::from_stdin(&bytes[..], &OpenOptions::default()).expect("a database");
    let folder = folder();
    let now = std::time::SystemTime::UNIX_EPOCH;
    let request = RestoreRequest { bump: Some(RevisionBump::Auto { now }), ..into(&folder.path().join("m1.etcd")) };
    let plan = RestoreDraft::new(&request, None).and_then(|draft| draft.plan(&container)).expect("a plan");
    let bump = plan.bump().expect("a bump");
    assert_eq!((bump.from, bump.to), (95, 1_000_000_095));
    assert!(bump.reason.as_ref().is_some_and(|reason| reason.contains("not known")));
    assert!(plan.changes().iter().any(|change| change.entry == "meta/scheduledCompactRev"));
}
