//! What a verification did not check, said out loud.

use crate::container::{Container, Trailer};
use crate::length::Length;
use crate::report::Unchecked;

/// Lists what was not checked in this file, and what no check of a single file can find out. `is_snapshot` tells that a
/// file without a hash is a snapshot all the same; `length`, whether a hash stands at another place.
pub(crate) fn list(container: &Container, length: Length, is_snapshot: bool) -> Vec<Unchecked> {
    let mut list = Vec::new();
    let is_proven = matches!(length, Length::Followed { snapshot: Some(_), .. });
    if container.trailer == Trailer::Absent && !is_proven {
        list.push(Unchecked {
            what: "bytes inside values",
            why: "etcd keeps no checksum of a value, and this file has no SHA-256: a flipped byte in a value cannot be seen. \
                  `etcdctl snapshot save` writes files that can be proven."
                .to_owned(),
        });
    }
    if container.trailer == Trailer::Absent && !is_snapshot {
        list.push(Unchecked {
            what: "what is only in the write-ahead log",
            why: "a raw database lacks what its member had not yet written into it; only the member's directory tells."
                .to_owned(),
        });
    }
    list.push(Unchecked {
        what: "agreement with the other members",
        why: "a member that fell out of step writes sound files of wrong data. `etcdsnap hash` over snapshots of several \
              members, at a revision that all of them have, tells."
            .to_owned(),
    });
    list.push(Unchecked { what: "free pages", why: "what nothing refers to is not restored either.".to_owned() });
    list.push(Unchecked {
        what: "meaning of values",
        why: "whether an application can use what it stored, or decrypt it with the keys it has, is not part of the format."
            .to_owned(),
    });
    list
}
