//! A database is recognised in every layout and in every state of damage.

use etcdsnap_snapshot::container::{OpenError, Trailer};

use super::samples::{Order, PAGE, database, read, snapshot};

const ORDERS: [Order; 2] = [Order::Little, Order::Big];

#[test]
fn every_page_size_and_byte_order() {
    for power in 9..=20 {
        for order in ORDERS {
            let bytes = database(1 << power, order);
            let container = read(&bytes).expect("a database");
            assert!(container.database() == bytes);
            assert_eq!(container.trailer, Trailer::Absent);
        }
    }
}

/// The rule of every etcd tool looks at nothing but the length.
#[test]
fn the_length_tells_of_a_trailer() {
    let bytes = database(PAGE, Order::Little);
    for more in 0..=2 * 512 {
        let mut file = bytes.clone();
        file.resize(bytes.len() + more, 0xaa);
        let container = read(&file).expect("a database");
        let (trailer, database) = match more % 512 {
            32 => (Trailer::Present([0xaa; 32]), &file[..file.len() - 32]),
            _ => (Trailer::Absent, &file[..]),
        };
        assert_eq!(container.trailer, trailer, "{more} bytes more");
        assert!(container.database() == database && container.image().bytes() == file);
    }
}

#[test]
fn a_destroyed_meta_or_both_leave_a_damaged_database() {
    for power in 9..=20 {
        for order in ORDERS {
            let page = 1 << power;
            for (from, to) in [(0, page), (page, 2 * page), (0, 2 * page)] {
                for fill in [0, 0xff] {
                    let mut bytes = database(page, order);
                    bytes[from..to].fill(fill);
                    assert!(read(&bytes).is_ok(), "pages of {page} {order:?}, bytes {from}..{to} are {fill:#x}");
                }
            }
        }
    }
}

#[test]
fn every_flipped_bit_leaves_a_damaged_database() {
    let bytes = snapshot();
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert!(read(&damaged).is_ok(), "bit {bit}");
    }
}

/// The first twenty bytes carry the magic of the first meta page; less than that could be anything.
#[test]
fn every_truncation_that_leaves_the_magic_leaves_a_damaged_database() {
    let bytes = snapshot();
    for len in 0..bytes.len() {
        match read(&bytes[..len]) {
            Ok(container) => assert!(len >= 20 && container.image().bytes().len() == len, "{len}"),
            Err(error) => assert!(len < 20 && matches!(error, OpenError::NotADatabase { .. }), "{len}: {error}"),
        }
    }
}

/// Whoever overwrites one page with another damages a database, whatever the page was.
#[test]
fn another_files_page_in_front_leaves_a_damaged_database() {
    for front in [b"\x7fELF".as_slice(), b"PK\x03\x04", b"<?xml version=\"1.0\"?><Error/>", b"{}"] {
        let mut bytes = snapshot();
        bytes[..PAGE].fill(b' ');
        bytes[..front.len()].copy_from_slice(front);
        assert!(read(&bytes).is_ok());
    }
}
