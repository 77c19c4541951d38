//! Files that are too short or too long.

use etcdsnap_snapshot::finding::Severity;
use etcdsnap_testkit::damage::{append_garbage, zero_page};

use super::samples::{PAGE, answer, open, snapshot};

/// Bytes of the hash behind a snapshot.
const TRAILER: usize = 32;

/// Every cut at a multiple of 512 bytes. What is left looks like a database without a hash; only the one that is cut exactly
/// behind its last page is whole, and it is told that its hash is gone.
#[test]
fn a_snapshot_cut_at_a_block_is_never_whole() {
    let whole = snapshot();
    let pages = whole.len() - TRAILER;
    for length in (0..=pages).step_by(512) {
        let answer = answer(&whole[..length]);
        assert_eq!(answer.is_sound, length == pages, "{length}: {:?}", answer.ids(Severity::Note));
        let expected = match length {
            0 => "FILE_EMPTY",
            _ if length == pages => "SHA256_MISSING",
            _ => "FILE_TRUNCATED",
        };
        assert!(answer.has(expected), "{length}: {:?}", answer.ids(Severity::Note));
    }
}

/// The cut leaves a length that only snapshots have: the last 32 bytes are taken for the hash, and are none.
#[test]
fn a_snapshot_cut_behind_what_looks_like_a_hash_is_never_whole() {
    let whole = snapshot();
    for length in (TRAILER..whole.len()).step_by(512) {
        let answer = answer(&whole[..length]);
        assert!(!answer.is_sound);
        assert!(answer.has("SHA256_MISMATCH"), "{length}: {:?}", answer.ids(Severity::Note));
        assert_eq!(answer.has("FILE_TRUNCATED"), length > 80, "{length}: {:?}", answer.ids(Severity::Note));
    }
}

/// A restore answers "snapshot missing hash but --skip-hash-check=false": this is no database either, its length is wrong.
#[test]
fn a_snapshot_cut_inside_its_hash_is_not_whole() {
    let whole = snapshot();
    for left in 1..TRAILER {
        let answer = answer(&whole[..whole.len() - TRAILER + left]);
        assert!(!answer.is_sound, "{left} of 32 bytes: {:?}", answer.ids(Severity::Note));
    }
}

#[test]
fn a_file_of_a_few_bytes_is_told() {
    let whole = snapshot();
    for length in 0..200 {
        let answer = answer(&whole[..length]);
        assert!(!answer.is_sound && !answer.findings.is_empty(), "{length}");
        assert_eq!(open(&whole[..length]).is_ok(), length >= 20, "{length}");
    }
}

#[test]
fn whatever_is_appended_to_a_snapshot_is_damage() {
    let whole = snapshot();
    for length in [1, 31, 32, 511, 512, 544, PAGE - 32, PAGE, PAGE + 32] {
        let mut file = whole.clone();
        append_garbage(&mut file, 7, length);
        assert!(!answer(&file).is_sound, "{length} bytes of anything");
        file[whole.len()..].fill(0);
        assert!(!answer(&file).is_sound, "{length} zero bytes");
        file.truncate(whole.len());
        file.extend_from_slice(&whole[..length]);
        assert!(!answer(&file).is_sound, "{length} bytes of itself");
    }
}

/// bbolt extends a database by zeros, whole pages at a time, and an unfinished transaction may have filled some of them. No
/// other length is one that a database has.
#[test]
fn only_whole_pages_may_follow_a_database() {
    let whole = snapshot();
    let database = &whole[..whole.len() - TRAILER];
    for length in [1, 31, 32, 511, 512, 544, PAGE - 32, PAGE, 2 * PAGE] {
        let mut file = database.to_vec();
        append_garbage(&mut file, 7, length);
        let anything = answer(&file);
        file[database.len()..].fill(0);
        let zeros = answer(&file);
        for answer in [anything, zeros] {
            assert_eq!(answer.is_sound, length % PAGE == 0, "{length}: {:?}", answer.ids(Severity::Note));
        }
    }
}

/// Written over from the front or the back, as by a job that ran out of space in the middle.
#[test]
fn a_half_of_zeros_is_damage() {
    let whole = snapshot();
    let pages = whole.len() / PAGE;
    for range in [0..pages / 2, pages / 2..pages, 0..2, 1..pages] {
        let mut file = whole.clone();
        range.clone().for_each(|page| zero_page(&mut file, PAGE, page));
        assert!(!answer(&file).is_sound, "{range:?}");
    }
}
