//! The small buckets: any entries end in values and findings, findings show no value, and the rules over all of them hold out.

#![no_main]

use etcdsnap_fuzz::entries;
use etcdsnap_mvcc::{Revision, Summary};
use etcdsnap_snapshot::boot::verdicts;
use etcdsnap_snapshot::buckets::{Buckets, EXPECTED};
use etcdsnap_snapshot::finding::Finding;
use etcdsnap_snapshot::incidents::{Facts, incidents};
use libfuzzer_sys::fuzz_target;

/// Put into values. It is not part of any text of ours, of a number or of a version.
const SECRET: char = '☠';

fuzz_target!(|bytes: &[u8]| {
    let (mut buckets, mut findings) = (Buckets::default(), Vec::new());
    let mut report = |finding: Finding| findings.push(finding);
    let entries = entries::read(bytes);
    for (number, name) in EXPECTED.iter().enumerate() {
        if bytes.first().is_none_or(|first| usize::from(*first) / 20 != number) {
            buckets.read_bucket(name.as_bytes(), &mut report);
        }
    }
    for (number, (bucket, key, value)) in entries.iter().enumerate() {
        if contains_secret(key) {
            continue;
        }
        buckets.read_entry(bucket.as_bytes(), key, value, &mut report);
        buckets.read_entry(bucket.as_bytes(), key, &with_secret(value, number), &mut report);
    }
    buckets.finish(&mut report);
    findings.iter().for_each(check);
    let keyspace = summary(bytes);
    let facts = Facts {
        buckets: &buckets,
        keyspace: &keyspace,
        database_size: keyspace.record_bytes,
        server_version: None,
        findings: &findings,
    };
    incidents(&facts).iter().for_each(check);
    for verdict in verdicts(&facts) {
        assert!(!verdict.reasons.is_empty());
        for reason in &verdict.reasons {
            assert!(!reason.is_empty() && !reason.contains(SECRET), "{reason}");
        }
    }
});

fn check(finding: &Finding) {
    let Finding { place, message, .. } = finding;
    assert!(!message.is_empty() && !message.contains(char::is_control), "{finding:?}");
    // As a character, as Rust and as Go escape it, in hexadecimal and as a list of numbers.
    for shown in ["☠", "2620", "e298a0", "\\xe2\\x98\\xa0", "226, 152, 160"] {
        assert!(!message.contains(shown), "{finding:?}");
        assert!(!place.to_string().contains(shown) || shown == "2620", "{finding:?}");
    }
}

fn contains_secret(bytes: &[u8]) -> bool {
    // Names may be shown: of keys, and of users and roles, which stand in the value once more.
    bytes.windows(3).any(|window| window == "☠".as_bytes()) || bytes.windows(4).any(|window| window == b"2620")
}

/// The value with the secret at a place that depends on the entry.
fn with_secret(value: &[u8], number: usize) -> Vec<u8> {
    let at = value.iter().fold(number, |sum, byte| sum + usize::from(*byte)) % (value.len() + 1);
    [&value[..at], SECRET.to_string().repeat(3).as_bytes(), &value[at..]].concat()
}

/// Any numbers that a keyspace may have.
fn summary(bytes: &[u8]) -> Summary {
    let number = |at: usize| bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |chunk| u64::from_be_bytes(*chunk));
    Summary {
        records: number(0),
        live_keys: number(8),
        last: (number(1) % 3 > 0).then(|| Revision::of_main(number(16).cast_signed())),
        bump_markers: number(3) % 2,
        at_compaction: number(4) % 2,
        leases: (0..number(5) % 4).map(|at| (number(at as usize * 7).cast_signed(), number(at as usize * 3))).collect(),
        record_bytes: number(6),
        ..Summary::default()
    }
}
