//! Damage inside a file. What exactly is found is tested where findings are made.

use etcdsnap_testkit::damage::{append_garbage, flip_bit, truncate, zero_page};
use etcdsnap_testkit::random::Random;

use crate::program::{args, changed, run};

const FILE: &str = "etcd-3.8.0-alpha-seed0.db";

/// Verifies the file after `damage`: it must end with 3, say so in its first line, and need no other channel for it.
fn assert_damaged(what: &str, damage: impl FnOnce(&mut Vec<u8>)) {
    let (_folder, path) = changed(FILE, damage);
    let answer = run(args!["verify", path]);
    assert_eq!((answer.code, answer.stderr.as_str()), (3, ""), "{what}: {answer:?}");
    let first = answer.stdout.lines().next().unwrap_or_default();
    assert!(first.starts_with("DAMAGED  ") && first.contains("snapshot.db"), "{what}: {first}");
}

#[test]
fn any_flipped_bit_ends_with_3() {
    let mut random = Random::new(50);
    for _ in 0..50 {
        assert_damaged("a bit", |bytes| {
            let bit = random.index(bytes.len() * 8);
            flip_bit(bytes, bit);
        });
    }
}

#[test]
fn what_is_missing_or_too_much_ends_with_3() {
    for length in [0, 1, 512, 4096, 8192, 100_000, 253_984 - 4096, 253_984 - 512, 253_984 - 1] {
        assert_damaged(&format!("cut to {length}"), |bytes| truncate(bytes, length));
    }
    for length in [1, 31, 32, 512, 544, 4096] {
        assert_damaged(&format!("{length} more"), |bytes| append_garbage(bytes, 1, length));
    }
    // The metas, the root and the page behind it.
    for page in [0, 1, 60, 61] {
        assert_damaged(&format!("page {page} zero"), |bytes| zero_page(bytes, 4096, page));
    }
}

/// The other commands show what they can of a damaged file, but never as if it were whole.
#[test]
fn numbers_of_a_damaged_file_end_with_3_and_one_sentence() {
    let (_folder, path) = changed(FILE, |bytes| truncate(bytes, 100_000));
    for command in [&["status"][..], &["hash"]] {
        let answer = run(command.iter().map(AsRef::as_ref).chain([path.as_os_str()]));
        assert_eq!(answer.code, 3, "{command:?}: {answer:?}");
        assert_eq!(answer.stderr.lines().count(), 1, "{command:?}: {answer:?}");
        assert!(
            answer.stderr.starts_with("etcdsnap: ") && answer.stderr.contains("damaged"),
            "{command:?}: {answer:?}"
        );
    }
}
