//! [`Bootstrap`]: writes the first log and `.snap` file of a member of a new cluster, for a restore
//! (`docs/format/wal.md#first-log-of-a-member`).
//!
//! Every member begins with the same log: for each member one entry that adds it, all committed in term 1, and a
//! snapshot after them. The bytes are those of the restore tool of a chosen release.

mod log;
mod snap;

use std::collections::BTreeSet;
use std::fmt;

use etcdsnap_proto::raftpb::ConfState;
use thiserror::Error;

use crate::member_context::MemberContext;
use crate::raft_log::SnapshotPosition;
use crate::segment_name::SegmentName;
use crate::snap::SnapName;

/// Length in bytes to which etcd preallocates the first segment of a log.
pub const SEGMENT_LEN: u64 = 64_000_000;

/// The most members of a new cluster: each is an event in the history of the v2 store, which has room for this many.
const MAX_MEMBERS: usize = 1000;

/// The release whose restore tool determines the bytes that are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Release {
    /// 3.4
    V3_4,
    /// 3.5
    V3_5,
    /// 3.6
    V3_6,
    /// 3.7
    V3_7,
    /// 3.8, as on the main branch after 3.8.0-alpha.0.
    V3_8,
}

impl Release {
    /// All releases, oldest first.
    pub const ALL: [Self; 5] = [Self::V3_4, Self::V3_5, Self::V3_6, Self::V3_7, Self::V3_8];

    /// Its minor version: 4 for 3.4.
    pub fn minor(self) -> u64 {
        match self {
            Self::V3_4 => 4,
            Self::V3_5 => 5,
            Self::V3_6 => 6,
            Self::V3_7 => 7,
            Self::V3_8 => 8,
        }
    }

    /// Does it write scalar fields that are not set? Up to 3.6 all of them are written, as 0.
    fn writes_unset(self) -> bool {
        self < Self::V3_7
    }
}

impl fmt::Display for Release {
    /// `3.4`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "3.{}", self.minor())
    }
}

/// A member of the new cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BootstrapMember {
    /// Id.
    pub id: u64,
    /// Name.
    pub name: String,
    /// Its peer URLs.
    pub peer_urls: Vec<String>,
    /// Is it a learner? No tool of etcd restores a learner; it is written as etcd itself adds one.
    pub learner: bool,
}

/// The cluster and the member for which a log and a `.snap` file are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bootstrap {
    node_id: u64,
    cluster_id: u64,
    /// Ascending by id, URLs sorted.
    members: Vec<BootstrapMember>,
}

/// Why no log can be written for a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BootstrapError {
    /// Two members have the same id.
    #[error("two members have the id {id:x}")]
    DuplicateId {
        /// The id.
        id: u64,
    },
    /// A member has the id 0, which raft reserves.
    #[error("a member has the id 0")]
    ZeroId,
    /// The member whose log is written is not in the cluster.
    #[error("no member has the id {id:x}")]
    NotAMember {
        /// Its id.
        id: u64,
    },
    /// There are more members than fit into the history of the v2 store.
    #[error("the cluster has {count} members, more than {MAX_MEMBERS}")]
    TooManyMembers {
        /// Number of members.
        count: usize,
    },
    /// A cluster without voters can elect no leader.
    #[error("all members are learners")]
    NoVoter,
}

/// The first segment of a new log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSegment {
    /// Its name.
    pub name: SegmentName,
    /// All bytes up to the end of the last record.
    pub bytes: Vec<u8>,
    /// Length in bytes that the file should have; zeros follow the last record.
    pub len: u64,
}

impl Bootstrap {
    /// Describes the log of the member with the id `node_id`. Sorts members and URLs as etcd does.
    pub fn new(node_id: u64, cluster_id: u64, mut members: Vec<BootstrapMember>) -> Result<Self, BootstrapError> {
        let mut ids = BTreeSet::new();
        if let Some(member) = members.iter().find(|member| !ids.insert(member.id)) {
            return Err(BootstrapError::DuplicateId { id: member.id });
        }
        if members.len() > MAX_MEMBERS {
            return Err(BootstrapError::TooManyMembers { count: members.len() });
        }
        if ids.contains(&0) {
            return Err(BootstrapError::ZeroId);
        }
        if !ids.contains(&node_id) {
            return Err(BootstrapError::NotAMember { id: node_id });
        }
        if members.iter().all(|member| member.learner) {
            return Err(BootstrapError::NoVoter);
        }
        members.sort_unstable_by_key(|member| member.id);
        for member in &mut members {
            member.peer_urls.sort_unstable();
        }
        Ok(Self { node_id, cluster_id, members })
    }

    /// The members, ascending by id.
    pub fn members(&self) -> &[BootstrapMember] {
        &self.members
    }

    /// The position of the snapshot: after the entries that add the members.
    pub fn start(&self) -> SnapshotPosition {
        SnapshotPosition { index: self.members.len() as u64, term: 1 }
    }

    /// The first segment of the log.
    pub fn segment(&self, release: Release) -> NewSegment {
        let bytes = log::write(self, release);
        let len = SEGMENT_LEN.max(bytes.len() as u64);
        NewSegment { name: SegmentName::FIRST, bytes, len }
    }

    /// Name of the `.snap` file.
    pub fn snap_name(&self) -> SnapName {
        self.start().into()
    }

    /// The `.snap` file; none since 3.8.
    ///
    /// Up to 3.5 the bytes are those of etcd's tools. The tools of 3.6 and 3.7 write the members in a random order; here
    /// they are ascending by id.
    pub fn snap(&self, release: Release) -> Option<Vec<u8>> {
        let members: Vec<_> = self.members.iter().collect();
        (release < Release::V3_8).then(|| snap::write(self, &members, release))
    }

    /// Raft's list of the members.
    fn conf_state(&self, release: Release) -> ConfState {
        let ids = |learner| self.members.iter().filter(move |member| member.learner == learner).map(|member| member.id);
        let auto_leave = release.writes_unset().then_some(false);
        ConfState { voters: ids(false).collect(), learners: ids(true).collect(), auto_leave, ..ConfState::default() }
    }

    /// The member that gets all votes in term 1.
    fn vote(&self) -> Option<u64> {
        self.members.iter().find(|member| !member.learner).map(|member| member.id)
    }
}

impl BootstrapMember {
    /// The member as it is encoded in the context of the entry that adds it, and as its value in the database.
    pub fn context(&self) -> MemberContext {
        MemberContext {
            id: self.id,
            peer_urls: self.peer_urls.clone(),
            is_learner: self.learner,
            name: self.name.clone(),
            ..MemberContext::default()
        }
    }
}
