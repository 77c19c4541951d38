//! [`Membership`] and [`Voters`]: the members of a cluster, followed through the membership changes in a log.
//!
//! Servers up to 3.5 keep the members in the v2 store: that of the `.snap` file from which they start, to which they
//! apply every change after it again. Raft keeps its own list of voters.

use std::collections::{BTreeMap, BTreeSet};

use etcdsnap_proto::raftpb::{ConfChange, ConfState};
use etcdsnap_snapshot::buckets::Members;
use etcdsnap_wal::MemberContext;
use etcdsnap_wal::snap::V2Store;

/// The most learners that a cluster may have.
const MAX_LEARNERS: usize = 1;

/// The members of a cluster at some index of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Membership {
    /// Members by id.
    members: BTreeMap<u64, Peer>,
    /// Ids of the removed members.
    removed: BTreeSet<u64>,
    /// Ids of the members that have each URL. A log can have millions of changes, so a change must not go through all
    /// members.
    owners: BTreeMap<String, BTreeSet<u64>>,
    /// Number of members that are learners.
    learners: usize,
}

/// A member.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Peer {
    pub name: String,
    pub urls: Vec<String>,
    pub learner: bool,
}

/// Raft's list of voters and learners.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Voters {
    pub voters: BTreeSet<u64>,
    pub learners: BTreeSet<u64>,
}

/// A change of one member, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MemberChange {
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
    /// A change whose context does not parse, or of an undefined type.
    Undecodable,
}

impl MemberChange {
    /// Decodes a membership change.
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
    /// The members in a v2 store; `None` if it cannot be decoded.
    pub fn of_store(store: &V2Store) -> Option<Self> {
        let peer = |member: etcdsnap_wal::snap::V2Member| {
            (member.id, Peer { name: member.name, urls: member.peer_urls, learner: member.is_learner })
        };
        Some(Self::new(store.members().ok()?.into_iter().map(peer), store.removed_members().ok()?))
    }

    /// The members in a database; `None` if the buckets of the members could not be read completely.
    pub fn of_database(members: &Members) -> Option<Self> {
        (members.listed.is_whole() && members.removed.is_whole()).then(|| Self::of_buckets(members))
    }

    /// The members in a database, as far as they could be read.
    pub fn of_buckets(members: &Members) -> Self {
        let peer = |member: &etcdsnap_snapshot::buckets::Member| {
            let peer = Peer { name: member.name.clone(), urls: member.peer_urls.clone(), learner: member.learner };
            (member.id, peer)
        };
        Self::new(members.listed.part().iter().map(peer), members.removed.part().iter().copied())
    }

    fn new(members: impl IntoIterator<Item = (u64, Peer)>, removed: impl IntoIterator<Item = u64>) -> Self {
        let mut membership = Self { removed: removed.into_iter().collect(), ..Self::default() };
        for (id, peer) in members {
            membership.put(id, peer);
        }
        membership
    }

    /// Members by id.
    pub fn members(&self) -> &BTreeMap<u64, Peer> {
        &self.members
    }

    /// Ids of the removed members.
    pub fn removed(&self) -> &BTreeSet<u64> {
        &self.removed
    }

    /// Would a server apply this change, or refuse it, which turns it into a change without a member?
    /// (`ValidateConfigurationChange`)
    pub fn accepts(&self, change: &MemberChange) -> bool {
        let taken = |id: u64, urls: &[String]| {
            { urls.iter() }.filter_map(|url| self.owners.get(url)).any(|owners| owners.iter().any(|owner| *owner != id))
        };
        match change {
            MemberChange::Add { id, .. }
            | MemberChange::Promote { id }
            | MemberChange::Remove { id }
            | MemberChange::Update { id, .. }
                if self.removed.contains(id) =>
            {
                false
            }
            MemberChange::Add { id, peer } => {
                let one_too_many = peer.learner && self.learners >= MAX_LEARNERS;
                !self.members.contains_key(id) && !taken(*id, &peer.urls) && !one_too_many
            }
            MemberChange::Promote { id } => self.members.get(id).is_some_and(|peer| peer.learner),
            MemberChange::Remove { id } => self.members.contains_key(id),
            MemberChange::Update { id, peer_urls } => self.members.contains_key(id) && !taken(*id, peer_urls),
            MemberChange::Undecodable => false,
        }
    }

    /// Applies a change.
    pub fn apply(&mut self, change: &MemberChange) {
        match change {
            MemberChange::Add { id, peer } => self.put(*id, peer.clone()),
            MemberChange::Promote { id } => {
                if let Some(peer) = self.take(*id) {
                    self.put(*id, Peer { learner: false, ..peer });
                }
            }
            MemberChange::Remove { id } => {
                self.take(*id);
                self.removed.insert(*id);
            }
            MemberChange::Update { id, peer_urls } => {
                if let Some(peer) = self.take(*id) {
                    self.put(*id, Peer { urls: peer_urls.clone(), ..peer });
                }
            }
            MemberChange::Undecodable => {}
        }
    }

    /// Adds a member, or replaces the one with its id.
    fn put(&mut self, id: u64, peer: Peer) {
        self.take(id);
        for url in &peer.urls {
            self.owners.entry(url.clone()).or_default().insert(id);
        }
        self.learners += usize::from(peer.learner);
        self.members.insert(id, peer);
    }

    /// Removes a member and returns it.
    fn take(&mut self, id: u64) -> Option<Peer> {
        let peer = self.members.remove(&id)?;
        for url in &peer.urls {
            if let Some(owners) = self.owners.get_mut(url) {
                owners.remove(&id);
                if owners.is_empty() {
                    self.owners.remove(url);
                }
            }
        }
        self.learners -= usize::from(peer.learner);
        Some(peer)
    }
}

impl Voters {
    /// The voters of the conf state in a snapshot.
    pub fn of_state(state: &ConfState) -> Self {
        Self { voters: state.voters.iter().copied().collect(), learners: state.learners.iter().copied().collect() }
    }

    /// The voters that 3.7 and later take from the members in the database.
    pub fn of_members(membership: &Membership) -> Self {
        let ids = |learner| {
            let of_role = membership.members().iter().filter(move |(_, peer)| peer.learner == learner);
            of_role.map(|(id, _)| *id).collect()
        };
        Self { voters: ids(false), learners: ids(true) }
    }

    /// Applies a change.
    pub fn apply(&mut self, change: &MemberChange) {
        match change {
            MemberChange::Add { id, peer } if peer.learner => {
                self.voters.remove(id);
                self.learners.insert(*id);
            }
            MemberChange::Add { id, .. } | MemberChange::Promote { id } => {
                self.learners.remove(id);
                self.voters.insert(*id);
            }
            MemberChange::Remove { id } => {
                self.voters.remove(id);
                self.learners.remove(id);
            }
            MemberChange::Update { .. } | MemberChange::Undecodable => {}
        }
    }

    /// Is this member the only voter, so that it elects itself?
    pub fn is_alone(&self, id: u64) -> bool {
        self.voters.len() == 1 && self.voters.contains(&id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(id: u64, url: &str, learner: bool) -> MemberChange {
        MemberChange::Add { id, peer: Peer { urls: vec![url.to_owned()], learner, ..Peer::default() } }
    }

    fn update(id: u64, url: &str) -> MemberChange {
        MemberChange::Update { id, peer_urls: vec![url.to_owned()] }
    }

    /// Those after some changes, each of which is accepted.
    fn after(changes: impl IntoIterator<Item = MemberChange>) -> Membership {
        let mut membership = Membership::default();
        for change in changes {
            assert!(membership.accepts(&change), "{change:?}");
            membership.apply(&change);
        }
        membership
    }

    #[test]
    fn a_url_belongs_to_one_member_until_that_leaves_it() {
        let one = after([add(1, "a", false)]);
        assert!(!one.accepts(&add(2, "a", false)) && one.accepts(&add(2, "b", false)));
        assert!(one.accepts(&update(1, "a")) && !one.accepts(&update(2, "b")));
        let moved = after([add(1, "a", false), update(1, "b"), add(2, "a", false)]);
        assert!(!moved.accepts(&update(1, "a")) && !moved.accepts(&update(2, "b")));
        let left = after([add(1, "a", false), MemberChange::Remove { id: 1 }, add(2, "a", false)]);
        assert!(!left.accepts(&add(1, "c", false)));
    }

    #[test]
    fn one_that_two_members_have_is_taken_while_one_is_left() {
        let mut both = Membership::default();
        for id in [1, 2] {
            both.apply(&add(id, "a", false));
        }
        assert!(!both.accepts(&update(1, "a")));
        both.apply(&MemberChange::Remove { id: 2 });
        assert!(both.accepts(&update(1, "a")) && !both.accepts(&add(3, "a", false)));
    }

    #[test]
    fn there_is_one_learner_at_a_time() {
        let learner = after([add(1, "a", false), add(2, "b", true)]);
        assert!(!learner.accepts(&add(3, "c", true)) && learner.accepts(&add(3, "c", false)));
        after([add(2, "b", true), MemberChange::Promote { id: 2 }, add(3, "c", true), update(3, "d")]);
        after([add(2, "b", true), MemberChange::Remove { id: 2 }, add(3, "c", true)]);
    }

    #[test]
    fn members_by_the_hundred_thousand_are_followed() {
        const MANY: u64 = 300_000;
        let members = after((1..=MANY).map(|id| add(id, &format!("http://{id}:2380"), false)));
        assert_eq!(members.members().len() as u64, MANY);
        let learners = after((1..=MANY).flat_map(|id| [add(id, &format!("{id}"), true), MemberChange::Promote { id }]));
        assert_eq!(learners.learners, 0);
    }
}
