//! Appends the 32-byte SHA-256 trailer that makes an etcd snapshot file of a database.

use std::ops::ControlFlow;

/// Length of the trailer in bytes.
pub const TRAILER: usize = 32;

/// Appends the SHA-256 of `db` as its trailer, as etcd's client does after it has received a snapshot.
///
/// # Panics
/// Never: nothing interrupts the hashing.
pub fn append_trailer(db: &mut Vec<u8>) {
    let digest =
        etcdsnap_checksum::sha256::digest(db, &mut |_| ControlFlow::Continue(())).expect("the callback never breaks");
    db.extend_from_slice(&digest);
}

/// Replaces the trailer of a changed snapshot by the correct one; a file without a trailer gets one.
///
/// # Panics
/// Never, as [`append_trailer`].
pub fn replace_trailer(db: &mut Vec<u8>) {
    db.truncate(image_len(db));
    append_trailer(db);
}

/// Length of `db` in bytes without its trailer. There is a trailer when the length says so
/// (length modulo 512 is 32, the rule of every etcd tool; docs/format/snapshot.md#trailer).
pub fn image_len(db: &[u8]) -> usize {
    if db.len() % 512 == TRAILER { db.len() - TRAILER } else { db.len() }
}
