//! Whatever is cut into parts gives the checksum of the whole.

use std::ops::ControlFlow;

use etcdsnap_checksum::{crc32c, sha256};
use proptest::collection::vec;
use proptest::prelude::{any, prop_assert_eq, proptest};
use sha2::{Digest, Sha256};

/// CRC-32C a bit at a time, straight from the definition: initial value and final xor are all ones.
fn bitwise_crc32c(data: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for &byte in data {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 };
        }
    }
    !crc
}

proptest! {
    #[test]
    fn crc_is_the_definition(data in vec(any::<u8>(), 0..4096)) {
        prop_assert_eq!(crc32c::crc32c(&data), bitwise_crc32c(&data));
    }

    #[test]
    fn crc_may_be_cut_anywhere(data in vec(any::<u8>(), 0..20_000), cut in any::<proptest::sample::Index>()) {
        let (left, right) = data.split_at(cut.index(data.len() + 1));
        let (a, b) = (crc32c::crc32c(left), crc32c::crc32c(right));
        prop_assert_eq!(crc32c::append(a, right), crc32c::crc32c(&data));
        prop_assert_eq!(crc32c::combine(a, b, right.len() as u64), crc32c::crc32c(&data));
    }

    /// Three parts may be put together from either side, whatever their lengths.
    #[test]
    fn combine_is_associative(a: u32, b: u32, c: u32, len_b in 0..u64::MAX / 2, len_c in 0..u64::MAX / 2) {
        prop_assert_eq!(
            crc32c::combine(crc32c::combine(a, b, len_b), c, len_c),
            crc32c::combine(a, crc32c::combine(b, c, len_c), len_b + len_c)
        );
    }

    #[test]
    fn sha256_is_sha256(data in vec(any::<u8>(), 0..20_000)) {
        let ours = sha256::digest(&data, &mut |_| ControlFlow::Continue(()));
        prop_assert_eq!(ours, Some(Sha256::digest(&data).into()));
    }
}

#[test]
fn sha256_over_several_windows_reports_and_stops() {
    let data: Vec<u8> = (0..9_000_001u32).map(|n| n.to_le_bytes()[n as usize % 4]).collect();
    let mut reports = Vec::new();
    let whole = sha256::digest(&data, &mut |done| {
        reports.push(done);
        ControlFlow::Continue(())
    });
    assert_eq!(whole, Some(Sha256::digest(&data).into()));
    assert_eq!(reports, [4 << 20, 8 << 20, 9_000_001]);

    let mut calls = 0;
    let stopped = sha256::digest(&data, &mut |_| {
        calls += 1;
        ControlFlow::Break(())
    });
    assert_eq!((stopped, calls), (None, 1));
}
