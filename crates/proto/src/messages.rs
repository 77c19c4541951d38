//! The messages that `prost` generates from `/proto`, with one module for each protobuf package.
//!
//! The generated code is committed, so that building needs neither a protobuf compiler nor a build script.
//! `tests/generated.rs` generates it again and compares; the same test rewrites it after a change in `/proto`:
//!
//! ```text
//! REGENERATE=1 cargo test -p etcdsnap-proto --test generated
//! ```
#![allow(clippy::pedantic, missing_docs, unused_qualifications)]

/// Users, roles and permissions, as in the buckets `authUsers` and `authRoles`.
pub mod authpb {
    include!("generated/authpb.rs");
}

/// Requests and responses of the server, and the content of its raft entries and log metadata.
pub mod etcdserverpb {
    include!("generated/etcdserverpb.rs");
}

/// Leases, as in the bucket `lease`.
pub mod leasepb {
    include!("generated/leasepb.rs");
}

/// Members and cluster versions, as in raft entries.
pub mod membershippb {
    include!("generated/membershippb.rs");
}

/// Keys, values and events; `KeyValue` is the value of a record in the bucket `key`.
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
