//! Databases for the unit tests of rules over several buckets.

use etcdsnap_mvcc::{Revision, Summary};

use super::{Facts, incidents};
use crate::buckets::Buckets;
use crate::buckets::testing::{Entry, read};
use crate::known::Known;

/// The keyspace of `docs/format/mvcc.md#store-of-351`, as far as the rules look at it.
pub(crate) fn keyspace() -> Summary {
    Summary {
        records: 14,
        puts: 11,
        tombstones: 3,
        live_keys: 5,
        first: Some(Revision::of_main(2)),
        last: Some(Revision::of_main(13)),
        leases: [(0x20f4_a1f9_91c6_cf0c, 1)].into(),
        ..Summary::default()
    }
}

/// The small buckets of that store except those in `without`, followed by `more`; a later entry replaces an
/// earlier one where a bucket has one value for a key.
pub(crate) fn buckets(without: &[&str], more: &[Entry<'_>]) -> Buckets {
    let store: [Entry<'_>; 9] = [
        ("auth", b"authRevision", b"\0\0\0\0\0\0\0\x01"),
        ("cluster", b"clusterVersion", b"3.5.0"),
        ("lease", b"\x20\xf4\xa1\xf9\x91\xc6\xcf\x0a", b"\x08\x8a\x9e\x9b\x8e\x99\xbf\xa8\xfa\x20\x10\xd8\x04"),
        ("lease", b"\x20\xf4\xa1\xf9\x91\xc6\xcf\x0c", b"\x08\x8c\x9e\x9b\x8e\x99\xbf\xa8\xfa\x20\x10\xd8\x04"),
        ("lease", b"\x20\xf4\xa1\xf9\x91\xc6\xcf\x0f", b"\x08\x8f\x9e\x9b\x8e\x99\xbf\xa8\xfa\x20\x10\xf0\x2e"),
        (
            "members",
            b"86c3bfcd300aa0f4",
            br#"{"id":9710816109536125172,"peerURLs":["http://127.0.0.1:23001"],"name":"n1"}"#,
        ),
        ("meta", b"confState", br#"{"voters":[9710816109536125172],"auto_leave":false}"#),
        ("meta", b"consistent_index", b"\0\0\0\0\0\0\0\x13"),
        ("meta", b"term", b"\0\0\0\0\0\0\0\x02"),
    ];
    let kept = store
        .into_iter()
        .filter(|(bucket, key, _)| !without.iter().any(|name| name == bucket || name.as_bytes() == *key));
    read(&kept.chain(more.iter().copied()).collect::<Vec<_>>()).0
}

/// Facts without findings of other checks.
pub(crate) fn facts<'f>(buckets: &'f Buckets, keyspace: &'f Summary) -> Facts<'f> {
    Facts { buckets, keyspace: Known::whole(keyspace), database_size: 20_480, server_version: None, findings: &[] }
}

/// Ids and severities of what the rules find, in order; `NAME` is a warning, `NAME/note` a note, `NAME/error` an error.
pub(crate) fn ids(facts: &Facts<'_>) -> Vec<String> {
    let show = |finding: &crate::finding::Finding| match finding.severity {
        crate::finding::Severity::Warning => finding.kind.id.to_owned(),
        other => format!("{}/{}", finding.kind.id, other.as_str()),
    };
    incidents(facts).iter().map(show).collect()
}
