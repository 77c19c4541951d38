//! The 32-byte SHA-256 trailer that turns a bbolt image into an etcd snapshot file.

use std::ops::ControlFlow;

/// Length of the trailer in bytes.
pub const TRAILER: usize = 32;

/// Appends the SHA-256 of `db`, as the receiver of a snapshot stream does.
///
/// # Panics
/// Never: nothing interrupts the hashing.
pub fn seal(db: &mut Vec<u8>) {
    let digest =
        etcdsnap_checksum::sha256::digest(db, &mut |_| ControlFlow::Continue(())).expect("the callback never breaks");
    db.extend_from_slice(&digest);
}

/// Makes the trailer of a changed snapshot true again: cuts it off, if there is one, and seals anew.
///
/// # Panics
/// Never, as [`seal`].
pub fn reseal(db: &mut Vec<u8>) {
    db.truncate(image_len(db));
    seal(db);
}

/// Bytes of `db` that are pages: everything, less the trailer when the length says there is one
/// (length modulo 512 is 32, the rule of every etcd tool; docs/format/snapshot.md#trailer).
pub fn image_len(db: &[u8]) -> usize {
    if db.len() % 512 == TRAILER { db.len() - TRAILER } else { db.len() }
}
