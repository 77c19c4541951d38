//! Any `.snap` file, and any content of one: it is read, or refused with its reason.

#![no_main]

use etcdsnap_checksum::crc32c;
use etcdsnap_fuzz::log::varint;
use etcdsnap_wal::snap::SnapFile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    read(&envelope(bytes));
    read(&envelope(&[&[10][..], &length(bytes.len()), bytes].concat()));
});

fn read(bytes: &[u8]) {
    let file = match SnapFile::parse(bytes) {
        Ok(file) => file,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let Ok(store) = file.store() else { return };
    _ = (store.cluster_version(), store.custom_content());
    if let (Ok(members), Ok(removed)) = (store.members(), store.removed_members()) {
        assert!(members.is_sorted_by_key(|member| member.id) && removed.is_sorted());
    }
}

/// A file whose checksum is right.
fn envelope(data: &[u8]) -> Vec<u8> {
    let mut file = vec![8];
    varint(crc32c::crc32c(data).into(), &mut file);
    file.push(18);
    file.extend(length(data.len()));
    file.extend_from_slice(data);
    file
}

fn length(bytes: usize) -> Vec<u8> {
    let mut out = Vec::new();
    varint(bytes as u64, &mut out);
    out
}
