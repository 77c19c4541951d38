//! Hand-made reports for the tests of output forms and policies.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use etcdsnap_bbolt::StructureCode;
use etcdsnap_snapshot::boot::BootVerdict;
use etcdsnap_snapshot::catalogue::cluster::ALARM_NOSPACE;
use etcdsnap_snapshot::catalogue::container::SHA256_MISMATCH;
use etcdsnap_snapshot::catalogue::structure;
use etcdsnap_snapshot::cause::{Cause, CauseId};
use etcdsnap_snapshot::container::{Compression, Foreign, OpenError};
use etcdsnap_snapshot::finding::Finding;
use etcdsnap_snapshot::known::Known;
use etcdsnap_snapshot::place::Place;
use etcdsnap_snapshot::report::{
    BucketFacts, DatabaseFacts, MemberFacts, Omitted, Report, Sha256Facts, SourceFacts, StoreFacts, Unchecked,
};

use super::verify::{Outcome, Verified};
use crate::exit::Failure;
use crate::policy::Assertion;

/// When every sample was last modified, in seconds since 1970.
pub const MODIFIED: u64 = 1_760_000_000;

/// A backup in which nothing is wrong.
pub fn sound() -> Report {
    Report {
        cause: None,
        source: SourceFacts {
            path: PathBuf::from("backups/monday.db"),
            kind: "snapshot",
            compression: "none",
            size: 380_960,
            line_ends_undone: false,
            spooled: None,
            modified: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(MODIFIED)),
        },
        sha256: Sha256Facts { digest: "85b3351d".repeat(8), trailer: "match" },
        database: Some(database()),
        store: Some(store()),
        findings: Vec::new(),
        omitted: Vec::new(),
        boot: boot(),
        unchecked: vec![Unchecked {
            what: "newer writes",
            why: "the write-ahead log of the member is not part of a snapshot".into(),
        }],
    }
}

/// A backup with several findings of three rules.
pub fn damaged() -> Report {
    let order = |page, element, key: &str| {
        let place = Place {
            bucket: Some("key".into()),
            page: Some(page),
            element: Some(element),
            offset: Some(page * 4096),
            key: Some(key.into()),
            ..Place::default()
        };
        Finding::new(structure::of(StructureCode::KeyOrder), place, "the key is not greater than the one before it")
    };
    let digests = "the trailer says 3f9a0c51…, the image hashes to 85b3351d…";
    let alarm = "NOSPACE is raised on member 8e9e05c52164694d";
    Report {
        cause: Some(Cause {
            id: CauseId::Finding(&SHA256_MISMATCH),
            message: SHA256_MISMATCH.title.to_owned(),
            advice: "use another snapshot".to_owned(),
            consequences: Vec::new(),
        }),
        source: SourceFacts { path: PathBuf::from("backups/tuesday.db"), ..sound().source },
        sha256: Sha256Facts { trailer: "mismatch", ..sound().sha256 },
        findings: vec![
            Finding::new(&SHA256_MISMATCH, Place::file(), digests),
            order(12, 4, "5_0"),
            order(12, 9, "7_0"),
            order(14, 0, "\"\\x00\\xff\""),
            order(15, 1, "9_0"),
            order(16, 1, "10_0"),
            order(17, 1, "11_0"),
            Finding::new(&ALARM_NOSPACE, Place::entry("alarm", b"8e9e05c52164694d NOSPACE"), alarm),
        ],
        omitted: vec![Omitted { id: "KEY_ORDER", count: 37 }],
        ..sound()
    }
}

/// A backup of which nothing but the container could be read.
pub fn unreadable_store() -> Report {
    Report {
        cause: Some(Cause {
            id: CauseId::CutOff,
            message: "cut off: 100000 of 380960 bytes are here".to_owned(),
            advice: "fetch it again".to_owned(),
            consequences: vec![SHA256_MISMATCH.id],
        }),
        sha256: Sha256Facts { trailer: "mismatch", ..sound().sha256 },
        database: None,
        store: None,
        findings: vec![Finding::new(&SHA256_MISMATCH, Place::file(), "the trailer says 00…, the image hashes to 85…")],
        omitted: Vec::new(),
        boot: Vec::new(),
        ..sound()
    }
}

/// The outcome of a verification without policies.
pub fn outcome(report: Report) -> Outcome {
    Outcome { path: report.source.path.clone(), result: Ok(Verified { report, assertions: Vec::new() }) }
}

/// The outcome of a verification with one policy that holds and one that does not.
pub fn outcome_with_policies(report: Report) -> Outcome {
    let holds = Assertion {
        name: "min-keys",
        expected: "at least 100 live keys".into(),
        actual: "136 live keys".into(),
        holds: true,
    };
    let fails =
        Assertion { name: "max-age", expected: "at most 1d 2h old".into(), actual: "3d 4h old".into(), holds: false };
    Outcome { path: report.source.path.clone(), result: Ok(Verified { report, assertions: vec![holds, fails] }) }
}

/// A file that is something else.
pub fn foreign() -> Outcome {
    let name = "backups/thursday.db".to_owned();
    let looks_like = Foreign::Html { title: Some("Sign in".to_owned()) };
    let error = OpenError::NotADatabase { name: name.clone(), compression: Compression::None, looks_like };
    Outcome { path: PathBuf::from(name), result: Err(error.into()) }
}

/// A file that is not there.
pub fn missing() -> Outcome {
    let failure = Failure::new("backups/wednesday.db: No such file or directory; check the path");
    Outcome { path: PathBuf::from("backups/wednesday.db"), result: Err(failure) }
}

fn database() -> DatabaseFacts {
    DatabaseFacts {
        page_size: 4096,
        byte_order: "little",
        txid: 210,
        high_water_mark: 93,
        branch_pages: Known::whole(1),
        leaf_pages: Known::whole(30),
        overflow_pages: Known::whole(2),
        free_pages: Known::whole(57),
        freelist_persisted: false,
        size: 380_928,
        size_in_use: Known::whole(147_456),
    }
}

fn store() -> StoreFacts {
    StoreFacts {
        status_hash: Known::whole(1_149_305_875),
        revision: Known::whole(95),
        current_revision: Known::whole(95),
        compacted_revision: Known::whole(38),
        compaction_unfinished: Known::whole(false),
        total_pairs: Known::whole(175),
        live_keys: Known::whole(136),
        records: Known::whole(160),
        tombstones: Known::whole(11),
        storage_version: Known::whole("3.6.0".into()),
        cluster_version: Known::whole("3.6.0".into()),
        consistent_index: Known::whole(Some(218)),
        term: Known::whole(Some(2)),
        members: Known::whole(vec![MemberFacts {
            id: "8e9e05c52164694d".into(),
            name: "m1".into(),
            peer_urls: vec!["http://127.0.0.1:2380".into()],
            client_urls: vec!["http://127.0.0.1:2379".into()],
            learner: false,
        }]),
        members_removed: Known::whole(vec!["91bc3c398fb3c146".into()]),
        alarms: Known::whole(Vec::new()),
        leases: Known::whole(3),
        users: Known::whole(2),
        roles: Known::whole(1),
        auth_enabled: Known::whole(false),
        buckets: Known::whole(vec![
            BucketFacts { name: "alarm".into(), pairs: Known::whole(0), bytes: Known::whole(0) },
            BucketFacts { name: "key".into(), pairs: Known::whole(160), bytes: Known::whole(91_200) },
        ]),
        unread: Vec::new(),
        at_least: None,
    }
}

fn boot() -> Vec<BootVerdict> {
    let verdict = |version, starts, reasons: &[&str]| BootVerdict {
        version,
        starts,
        reasons: reasons.iter().map(|reason| (*reason).to_owned()).collect(),
    };
    vec![
        verdict("3.4", false, &["The storage version 3.6.0 is newer than this server.", "It would misread leases."]),
        verdict("3.5", false, &["The storage version 3.6.0 is newer than this server."]),
        verdict("3.6", true, &["It has 3 leases with 19 keys."]),
        verdict(
            "3.7",
            true,
            &["The storage version is raised to 3.7.0 at the first start.", "It has 3 leases with 19 keys."],
        ),
        verdict("3.8", true, &["It has 3 leases with 19 keys."]),
    ]
}
