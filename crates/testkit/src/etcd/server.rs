//! The minor versions of etcd, and how the databases that they write differ.

/// The minor version of the etcd server that writes the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Server {
    /// 3.4: no term, no conf state.
    V3_4,
    /// 3.5: term and conf state in `meta`.
    V3_5,
    /// 3.6: storage version in `meta`.
    V3_6,
    /// 3.7.
    V3_7,
    /// 3.8 alpha.
    V3_8,
}

impl Server {
    /// All versions, oldest first.
    pub const ALL: [Server; 5] = [Server::V3_4, Server::V3_5, Server::V3_6, Server::V3_7, Server::V3_8];

    /// The version as etcd writes it into `clusterVersion` and `storageVersion`: the patch is always 0.
    pub fn version(self) -> &'static str {
        match self {
            Server::V3_4 => "3.4.0",
            Server::V3_5 => "3.5.0",
            Server::V3_6 => "3.6.0",
            Server::V3_7 => "3.7.0",
            Server::V3_8 => "3.8.0",
        }
    }

    /// Keys of the bucket `meta` that the backend hash of this version leaves out (docs/format/mvcc.md#backend-hash).
    pub fn hash_ignores(self) -> &'static [&'static str] {
        match self {
            Server::V3_4 => &["consistent_index"],
            Server::V3_5 => &["consistent_index", "term"],
            Server::V3_6 | Server::V3_7 | Server::V3_8 => &["consistent_index", "term", "storageVersion"],
        }
    }
}
