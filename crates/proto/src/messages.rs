//! The messages, one module for each protobuf package, as `prost` generates them from `/proto`.
//!
//! The generated code is committed, so that building needs neither a protobuf compiler nor a build script.
//! `tests/generated.rs` makes it again and compares; the same test rewrites it after a change in `/proto`:
//!
//! ```text
//! REGENERATE=1 cargo test -p etcdsnap-proto --test generated
//! ```
#![allow(clippy::pedantic, missing_docs, unused_qualifications)]

/// Users, roles and permissions, as the buckets `authUsers` and `authRoles` hold them.
pub mod authpb {
    include!("generated/authpb.rs");
}

/// Requests and answers of the server, and what its raft entries and log metadata carry.
pub mod etcdserverpb {
    include!("generated/etcdserverpb.rs");
}

/// Leases, as the bucket `lease` holds them.
pub mod leasepb {
    include!("generated/leasepb.rs");
}

/// Members and cluster versions, as raft entries carry them.
pub mod membershippb {
    include!("generated/membershippb.rs");
}

/// Keys, values and events; `KeyValue` is what the bucket `key` holds.
pub mod mvccpb {
    include!("generated/mvccpb.rs");
}

/// Entries, hard states, conf states and snapshots of raft.
pub mod raftpb {
    include!("generated/raftpb.rs");
}

/// The envelope of `.snap` files.
pub mod snappb {
    include!("generated/snappb.rs");
}

/// Records of the write-ahead log.
pub mod walpb {
    include!("generated/walpb.rs");
}
