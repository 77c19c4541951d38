//! User keys, as an API server names them.

use std::io::Write as _;

/// Resources with their percentage of the keys. Only objects of the first are attached to a lease.
const RESOURCES: [(&str, u64); 10] = [
    ("events", 20),
    ("pods", 25),
    ("configmaps", 10),
    ("secrets", 8),
    ("replicasets", 12),
    ("endpointslices", 6),
    ("services/specs", 5),
    ("serviceaccounts", 6),
    ("leases", 3),
    ("customresources.example.com/widgets", 5),
];

/// Appends the user key of object `number`.
pub(super) fn write_key(out: &mut Vec<u8>, number: u64) {
    let mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let resource = resource(number);
    let (namespace, name, suffix) = (mixed >> 57, (mixed >> 40) & 0xFFF, mixed & 0xFF_FFFF);
    write!(out, "/registry/{resource}/team-{namespace:03}/app-{name:03x}-{suffix:06x}-{number:x}")
        .expect("memory accepts all bytes");
}

/// Is the object attached to a lease, as events are?
pub(super) fn has_lease(number: u64) -> bool {
    number % 100 < RESOURCES[0].1
}

fn resource(number: u64) -> &'static str {
    let mut rest = number % 100;
    for (name, share) in RESOURCES {
        if rest < share {
            return name;
        }
        rest -= share;
    }
    RESOURCES[1].0
}
