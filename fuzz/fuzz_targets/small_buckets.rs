//! The small buckets: any entries end in values and findings, findings show no value, and the rules over all of them hold out.

#![no_main]

use etcdsnap_fuzz::entries;
use etcdsnap_mvcc::{Revision, Summary};
use etcdsnap_snapshot::boot::verdicts;
use etcdsnap_snapshot::buckets::{Buckets, EXPECTED};
use etcdsnap_snapshot::finding::Finding;
use etcdsnap_snapshot::incidents::{Facts, incidents};
use etcdsnap_snapshot::known::Known;
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
        // Keys may be shown.
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
        keyspace: Known::whole(&keyspace),
        database_size: number(bytes, 6),
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
    let shown = format!("{place}: {message}");
    assert!(!message.is_empty() && !shown.contains(char::is_control), "{finding:?}");
    assert!(!contains_secret(shown.as_bytes()), "{finding:?}");
}

/// Does the secret stand in it, as it is or as Rust, Go or JSON escape it?
fn contains_secret(bytes: &[u8]) -> bool {
    let forms = ["☠", "u{2620}", "u2620", "xe2\\x98\\xa0", "226, 152, 160"];
    forms.iter().any(|form| bytes.windows(form.len()).any(|window| window == form.as_bytes()))
}

/// The value with the secret in it, or in place of some of it, where the entry says.
fn with_secret(value: &[u8], number: usize) -> Vec<u8> {
    let secret = SECRET.to_string();
    let sum = value.iter().fold(number, |sum, byte| sum + usize::from(*byte));
    let start = sum % (value.len() + 1);
    let end = if sum % 3 == 0 { start } else { (start + secret.len()).min(value.len()) };
    [&value[..start], secret.as_bytes(), &value[end..]].concat()
}

/// The 8 bytes from there on; 0 where there are not so many.
fn number(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |chunk| u64::from_be_bytes(*chunk))
}

/// Any numbers that a keyspace may have.
fn summary(bytes: &[u8]) -> Summary {
    let number = |at| number(bytes, at);
    Summary {
        records: number(0),
        live_keys: number(8),
        last: (number(1) % 3 > 0).then(|| Revision::of_main(number(16).cast_signed())),
        bump_markers: number(3) % 2,
        at_compaction: number(4) % 2,
        leases: (0..number(5) % 4).map(|at| (number(at as usize * 7).cast_signed(), number(at as usize * 3))).collect(),
        ..Summary::default()
    }
}
