//! The members of a cluster, followed through the changes in a log.
//!
//! Servers up to 3.5 keep them in the v2 store: that of the `.snap` file they start from, and every change behind it applied
//! again. Raft keeps its own list of who votes.

use std::collections::{BTreeMap, BTreeSet};

use etcdsnap_proto::raftpb::{ConfChange, ConfState};
use etcdsnap_snapshot::buckets::Members;
use etcdsnap_wal::MemberContext;
use etcdsnap_wal::snap::Store;

/// Most learners a cluster may have.
const MAX_LEARNERS: usize = 1;

/// The members at some point of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Membership {
    /// Members by id.
    pub members: BTreeMap<u64, Peer>,
    /// Ids of those that were removed.
    pub removed: BTreeSet<u64>,
}

/// A member.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Peer {
    pub name: String,
    pub urls: Vec<String>,
    pub learner: bool,
}

/// Who votes, as raft knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Voters {
    pub voters: BTreeSet<u64>,
    pub learners: BTreeSet<u64>,
}

/// A change of one member, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Add {
        id: u64,
        peer: Peer,
    },
    Promote {
        id: u64,
    },
    Remove {
        id: u64,
    },
    Update {
        id: u64,
        peer_urls: Vec<String>,
    },
    /// One whose context does not parse, or of a kind that does not exist.
    Undecodable,
}

impl Change {
    /// Decodes a change.
    pub fn new(change: &ConfChange) -> Self {
        let id = change.node_id();
        let context = || MemberContext::parse(change.context.as_deref().unwrap_or_default());
        match (change.change_type.unwrap_or_default(), context()) {
            (1, _) => Self::Remove { id },
            (0 | 3, Ok(member)) if member.is_promote == Some(true) => Self::Promote { id },
            (0 | 3, Ok(member)) => {
                Self::Add { id, peer: Peer { name: member.name, urls: member.peer_urls, learner: member.is_learner } }
            }
            (2, Ok(member)) => Self::Update { id, peer_urls: member.peer_urls },
            _ => Self::Undecodable,
        }
    }
}

impl Membership {
    /// Those of a v2 store; `None` if it cannot be read.
    pub fn of_store(store: &Store) -> Option<Self> {
        let peer = |member: etcdsnap_wal::snap::StoreMember| {
            (member.id, Peer { name: member.name, urls: member.peer_urls, learner: member.is_learner })
        };
        let members = store.members().ok()?.into_iter().map(peer).collect();
        Some(Self { members, removed: store.removed_members().ok()?.into_iter().collect() })
    }

    /// Those of a database.
    pub fn of_buckets(members: &Members) -> Self {
        let peer = |member: &etcdsnap_snapshot::buckets::Member| {
            let peer = Peer { name: member.name.clone(), urls: member.peer_urls.clone(), learner: member.learner };
            (member.id, peer)
        };
        Self { members: members.listed.iter().map(peer).collect(), removed: members.removed.iter().copied().collect() }
    }

    /// Would a server carry this change out, or turn it into one of nobody? (`ValidateConfigurationChange`)
    pub fn accepts(&self, change: &Change) -> bool {
        let taken = |id: u64, urls: &[String]| {
            let others = self.members.iter().filter(|(other, _)| **other != id);
            { others }.any(|(_, peer)| peer.urls.iter().any(|url| urls.contains(url)))
        };
        match change {
            Change::Add { id, .. } | Change::Promote { id } | Change::Remove { id } | Change::Update { id, .. }
                if self.removed.contains(id) =>
            {
                false
            }
            Change::Add { id, peer } => {
                let learners = self.members.values().filter(|peer| peer.learner).count();
                let one_too_many = peer.learner && learners >= MAX_LEARNERS;
                !self.members.contains_key(id) && !taken(*id, &peer.urls) && !one_too_many
            }
            Change::Promote { id } => self.members.get(id).is_some_and(|peer| peer.learner),
            Change::Remove { id } => self.members.contains_key(id),
            Change::Update { id, peer_urls } => self.members.contains_key(id) && !taken(*id, peer_urls),
            Change::Undecodable => false,
        }
    }

    /// Carries a change out.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Add { id, peer } => drop(self.members.insert(*id, peer.clone())),
            Change::Promote { id } => {
                if let Some(peer) = self.members.get_mut(id) {
                    peer.learner = false;
                }
            }
            Change::Remove { id } => {
                self.members.remove(id);
                self.removed.insert(*id);
            }
            Change::Update { id, peer_urls } => {
                if let Some(peer) = self.members.get_mut(id) {
                    peer.urls.clone_from(peer_urls);
                }
            }
            Change::Undecodable => {}
        }
    }
}

impl Voters {
    /// As raft is told by a snapshot.
    pub fn of_state(state: &ConfState) -> Self {
        Self { voters: state.voters.iter().copied().collect(), learners: state.learners.iter().copied().collect() }
    }

    /// As 3.7 and later make it from the members of the database.
    pub fn of_members(membership: &Membership) -> Self {
        let ids = |learner| {
            let of_role = membership.members.iter().filter(move |(_, peer)| peer.learner == learner);
            of_role.map(|(id, _)| *id).collect()
        };
        Self { voters: ids(false), learners: ids(true) }
    }

    /// Carries a change out.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Add { id, peer } if peer.learner => {
                self.voters.remove(id);
                self.learners.insert(*id);
            }
            Change::Add { id, .. } | Change::Promote { id } => {
                self.learners.remove(id);
                self.voters.insert(*id);
            }
            Change::Remove { id } => {
                self.voters.remove(id);
                self.learners.remove(id);
            }
            Change::Update { .. } | Change::Undecodable => {}
        }
    }

    /// Can this member elect itself?
    pub fn is_alone(&self, id: u64) -> bool {
        self.voters.len() == 1 && self.voters.contains(&id)
    }
}
