//! First logs and snapshots are those the restore tools of etcd wrote, byte for byte.
//!
//! Recorded restores are part of `testdata/etcd`; `ETCDSNAP_FIXTURES` may name a directory with more of the same kind.

use std::fmt::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use etcdsnap_checksum::sha256;
use etcdsnap_wal::snap::SnapFile;
use etcdsnap_wal::{
    Bootstrap, BootstrapError, BootstrapMember, EntryPayload, MemberContext, RaftLog, Release, SEGMENT_LEN, Segment,
    SegmentName, SnapshotPosition, Wal, WalReader,
};
use serde_json::Value;

fn member(id: u64, name: &str, url: &str) -> BootstrapMember {
    BootstrapMember { id, name: name.into(), peer_urls: vec![url.into()], learner: false }
}

fn sha256(bytes: &[u8]) -> String {
    let digest = sha256::digest(bytes, &mut |_| ControlFlow::Continue(())).expect("not interrupted");
    hex(&digest)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        write!(out, "{byte:02x}").expect("memory");
        out
    })
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).expect("hex digits");
    (0..text.len()).step_by(2).map(digit).collect()
}

/// The segment with the preallocated space after it.
fn whole(bootstrap: &Bootstrap, release: Release) -> Vec<u8> {
    let mut segment = bootstrap.segment(release);
    assert_eq!((segment.name, segment.len), (SegmentName::FIRST, SEGMENT_LEN));
    segment.bytes.resize(64_000_000, 0);
    segment.bytes
}

fn frame(bytes: &[u8], offset: usize) -> String {
    let len = usize::from(bytes[offset]);
    format!("{} {}", hex(&bytes[offset..offset + 8]), hex(&bytes[offset + 8..offset + 8 + len]))
}

/// `docs/format/wal.md#first-log-of-a-member`: `etcdutl snapshot restore` without any flags but the directory.
#[test]
fn default_restore_of_one_member() {
    let id = 0x8e9e_05c5_2164_694d;
    let bootstrap =
        Bootstrap::new(id, 0xcdf8_1819_4e3a_8c32, vec![member(id, "default", "http://localhost:2380")]).expect("valid");
    let old = whole(&bootstrap, Release::V3_4);
    assert_eq!(sha256(&old), "73fd7868675205938f74fe11200674fec6b6704f3a3e0412e55e4ded923099f3");
    for release in [Release::V3_5, Release::V3_6] {
        let bytes = whole(&bootstrap, release);
        assert_eq!(sha256(&bytes[..288]), "5d6ef1158b8cf9062b717f2d86ae1cf6ef98f09cb5a0af0f259a839ff2050928");
        assert_eq!(sha256(&bytes), "0b4a5ce53d6a11fb4489ae93ea6c2c717bd5ba3889821561512ef36598e10221");
    }
    for release in [Release::V3_7, Release::V3_8] {
        let bytes = whole(&bootstrap, release);
        assert_eq!(sha256(&bytes), "a90ce8f36dfd4463223367ef16f61e8d29d0b3f2cd330b7b3ce84d3373385b20");
    }
    assert_eq!(bootstrap.snap_name().to_string(), "0000000000000001-0000000000000001.snap");
    for release in [Release::V3_4, Release::V3_5] {
        let snap = bootstrap.snap(release).expect("a snapshot");
        assert_eq!(snap.len(), 6490);
        assert_eq!(sha256(&snap), "391e233526d2ed237b95d33b9d3c7975cf3db23b1913a478baacdeee4177b533");
        let file = SnapFile::parse(&snap).expect("whole");
        assert_eq!(sha256(file.store), "91d7bbbd7a7e8d1e2cfa9b797bfa3d06a07ed0312463a571a03d02fca1efeb4f");
    }
}

/// `docs/format/wal.md#first-log-of-a-member`: the second of three members.
#[test]
fn restore_of_one_of_three_members() {
    let ids = [0x1c3a_498a_2cce_624b, 0x42a6_9682_4ae9_fd4c, 0xf0e7_0fd6_2bb1_fac5];
    let mut members: Vec<_> = (1..)
        .zip(ids)
        .map(|(number, id)| member(id, &format!("m{number}"), &format!("http://10.0.0.{number}:2380")))
        .collect();
    members.reverse();
    let bootstrap = Bootstrap::new(ids[1], 0xe3cf_7ee5_a527_1764, members).expect("valid");
    for release in [Release::V3_5, Release::V3_6] {
        let bytes = bootstrap.segment(release).bytes;
        assert_eq!(sha256(&bytes), "779892c048a103cad60dccb02487eab8f1be06fe86d7eab7a39090f21a5b3ebe");
    }
    let old = bootstrap.segment(Release::V3_4).bytes;
    assert_eq!(old.len(), 496);
    assert_eq!(frame(&old, 472), "0e00000000000082 080510d5affaf7011a0408031001");
    let new = bootstrap.segment(Release::V3_7).bytes;
    assert_eq!(new.len(), 528);
    assert_eq!([new[80], new[200], new[320]], [0x6a, 0x6a, 0x6c]);
    assert_eq!(frame(&new, 440), "1800000000000000 0803108394de880d1a0e080110cbc4b9e6a2b1929d1c1803");
    assert_eq!(
        frame(&new, 472),
        "2f00000000000081 0805108bf9f2e9041a25080310011a1f08cbc4b9e6a2b1929d1c08ccfaa7d7a4d0a5d34208c5f5c7dde2fac3f3f001"
    );
    let snap = bootstrap.snap(Release::V3_5).expect("a snapshot");
    assert_eq!(snap.len(), 7558);
    assert_eq!(sha256(&snap), "82c99ed58f326ddd70c162081761cf46282e199a59cdaa1b9f887747f519c690");
    let file = SnapFile::parse(&snap).expect("whole");
    assert_eq!((file.crc, file.store.len()), (0xf82e_e26c, 7505));
    assert_eq!(sha256(file.store), "017c33ec067f10a191758a0e4da31d72eb8e183dde01b6a2a9045fbe7905eda0");
    assert_eq!(bootstrap.snap(Release::V3_7).expect("a snapshot").len(), 7556);
    assert_eq!(bootstrap.snap(Release::V3_8), None);
}

fn recordings() -> Vec<Value> {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/etcd");
    let more = std::env::var_os("ETCDSNAP_FIXTURES").map(PathBuf::from);
    let mut out = Vec::new();
    for directory in std::iter::once(ours).chain(more) {
        for entry in std::fs::read_dir(directory).expect("the fixtures are there") {
            let path = entry.expect("a directory entry").path();
            if path.extension().is_some_and(|extension| extension == "json") {
                let text = std::fs::read_to_string(&path).expect("readable");
                out.push(serde_json::from_str(&text).expect("JSON"));
            }
        }
    }
    assert!(out.len() >= 6, "only {} fixtures", out.len());
    out
}

/// The cluster a log begins with, as its entries tell.
fn cluster_of(bytes: &[u8]) -> Bootstrap {
    let segment = Segment { name: SegmentName::FIRST, bytes };
    let log = RaftLog::read(&[segment], SnapshotPosition::default()).expect("sound");
    let metadata = log.metadata.expect("there is some");
    let members = log.entries.iter().map(|logged| {
        let EntryPayload::ConfChange(change) = logged.entry.payload() else { panic!("not a change of members") };
        let context = MemberContext::parse(change.context()).expect("a member");
        assert_eq!(change.node_id(), context.id);
        let MemberContext { id, name, peer_urls, .. } = context;
        BootstrapMember { id, name, peer_urls, learner: false }
    });
    Bootstrap::new(metadata.node_id, metadata.cluster_id, members.collect()).expect("valid")
}

#[test]
fn recorded_restores_are_repeated_exactly() {
    let tools = [
        ("3.4.23", Release::V3_4),
        ("3.5.1", Release::V3_5),
        ("3.5.30", Release::V3_5),
        ("3.6.14", Release::V3_6),
        ("3.7.1", Release::V3_7),
        ("3.8.0-alpha", Release::V3_8),
    ];
    for recording in recordings() {
        for (tool, release) in tools {
            let recorded = &recording["restore"][tool];
            let head = recorded["wal_head_hex"].as_str().expect("hex");
            let mut expected = unhex(head);
            // The recording leaves out the zeros at the end, those of the last record included.
            expected.resize(expected.len().next_multiple_of(8), 0);
            let bootstrap = cluster_of(&expected);
            assert_eq!(hex(&bootstrap.segment(release).bytes), hex(&expected), "{tool}");
            assert_eq!(recorded["wal_size"], SEGMENT_LEN);
            let snap = bootstrap.snap(release);
            assert_eq!(snap.is_some(), recorded["snap_file"].is_string(), "{tool}");
            if let Some(name) = recorded["snap_file"].as_str() {
                assert_eq!(bootstrap.snap_name().to_string(), name);
            }
            if release < Release::V3_6 {
                assert_eq!(recorded["snap_sha256"], sha256(&snap.expect("a snapshot")), "{tool}");
            }
        }
    }
}

#[test]
fn learners_are_learners_everywhere() {
    let learner = BootstrapMember { learner: true, ..member(1, "l", "http://l:2380") };
    let members = vec![member(3, "b", "http://b:2380"), learner, member(2, "a", "http://a:2380")];
    let bootstrap = Bootstrap::new(1, 9, members).expect("valid");
    for release in Release::ALL {
        let segment = bootstrap.segment(release);
        let name = segment.name.to_string();
        let wal = Wal::new([(name.as_str(), segment.bytes.as_slice())]);
        let log = wal.read(SnapshotPosition::default()).expect("sound");
        assert_eq!((log.hard_state.vote, log.hard_state.commit), (2, 3), "learners get no votes");
        let EntryPayload::ConfChange(change) = log.entries[0].entry.payload() else {
            panic!("not a change of members")
        };
        assert_eq!(change.change_type().as_str_name(), "CONF_CHANGE_TYPE_ADD_LEARNER_NODE");
        let context = r#"{"id":1,"peerURLs":["http://l:2380"],"isLearner":true,"name":"l"}"#;
        assert_eq!(change.context(), context.as_bytes());
        let markers = wal.valid_snapshots(WalReader::V3_7).expect("sound");
        let conf_state = markers.last().and_then(|marker| marker.conf_state.clone());
        assert_eq!(conf_state.is_some(), release > Release::V3_4);
        let snap = bootstrap.snap(release);
        let file = snap.as_ref().map(|snap| SnapFile::parse(snap).expect("whole"));
        for state in conf_state.iter().chain(file.as_ref().map(|file| &file.conf_state)) {
            assert_eq!((state.voters.as_slice(), state.learners.as_slice()), (&[2, 3][..], &[1][..]));
        }
        if let Some(file) = file {
            let members = file.store().expect("a v2 store").members().expect("members");
            assert_eq!(members.iter().map(|member| member.is_learner).collect::<Vec<_>>(), [true, false, false]);
        }
    }
}

#[test]
fn impossible_clusters_are_refused() {
    let a = || member(1, "a", "http://a:2380");
    let error = |members| Bootstrap::new(1, 9, members).expect_err("refused");
    assert_eq!(error(vec![]), BootstrapError::NotAMember { id: 1 });
    assert_eq!(error(vec![a(), a()]), BootstrapError::DuplicateId { id: 1 });
    assert_eq!(error(vec![a(), member(0, "b", "http://b:2380")]), BootstrapError::ZeroId);
    assert_eq!(error(vec![BootstrapMember { learner: true, ..a() }]), BootstrapError::NoVoter);
    let many = (1..=1001).map(|id| member(id, "a", "http://a:2380")).collect();
    assert_eq!(error(many), BootstrapError::TooManyMembers { count: 1001 });
}
