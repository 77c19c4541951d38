//! Simulates how a starting server applies the entries after the snapshot (`docs/format/boot.md#replay`).
//!
//! Entries that the database has applied are not applied to it again, but servers up to 3.6 follow members and versions
//! through all entries, because the v2 store is only as new as the snapshot.

use etcdsnap_proto::etcdserverpb::{InternalRaftRequest, Request};
use etcdsnap_snapshot::buckets::Downgrade;
use etcdsnap_wal::{EntryPayload, RaftEntry, SnapshotPosition};
use semver::Version;

use super::failure::StartFailure;
use super::simulation::StartSimulation;
use super::snapshot::LoadedSnap;
use super::verdict::StartOutcome;
use crate::contents::{DatabaseContent, DatabaseState};
use crate::membership::{MemberChange, Membership, Voters};

/// The state after all entries are applied.
pub(super) struct Replayed {
    /// The voters and learners.
    pub voters: Voters,
    /// Index of the last entry in the log, or of the snapshot.
    pub last_index: u64,
    /// Raft index of the last entry the database has applied.
    pub consistent_index: u64,
}

/// The state while entries are applied.
struct Replay {
    /// The members according to the v2 store and the entries after it.
    store: Membership,
    /// The members according to the database and the entries after its index.
    database: Membership,
    voters: Voters,
    downgrade: Downgrade,
    consistent_index: u64,
}

impl StartSimulation<'_, '_> {
    pub(super) fn replay(
        &self,
        start: SnapshotPosition,
        snap: Option<&LoadedSnap<'_>>,
        content: Option<&DatabaseContent>,
    ) -> Result<Replayed, StartFailure> {
        let database = content.map(|content| Membership::of_buckets(&content.buckets.members)).unwrap_or_default();
        let mut replay = Replay {
            store: snap.and_then(|snap| Membership::of_store(&snap.store)).unwrap_or_default(),
            voters: if self.server.minor >= 7 {
                Voters::of_members(&database)
            } else {
                snap.map(|snap| Voters::of_state(&snap.file.conf_state)).unwrap_or_default()
            },
            database,
            downgrade: content.map(|content| content.buckets.cluster.part().downgrade.clone()).unwrap_or_default(),
            consistent_index: content.map_or(0, |content| *content.consistent_index().part()),
        };
        let first = self.log.entries.partition_point(|logged| logged.entry.index <= start.index);
        let entries = self.log.entries.get(first..).unwrap_or_default();
        let commit = self.log.inspection.hard_state.commit;
        let committed = entries.partition_point(|logged| logged.entry.index <= commit);
        for logged in entries.get(..committed).unwrap_or_default() {
            self.apply(&logged.entry, &mut replay)?;
        }
        // A member that is the only voter elects itself and commits the rest.
        if replay.voters.is_alone(self.own_id()) {
            for logged in entries.get(committed..).unwrap_or_default() {
                self.apply(&logged.entry, &mut replay)?;
            }
        }
        self.publish(&replay)?;
        let last_index = entries.last().map_or(start.index, |logged| logged.entry.index);
        Ok(Replayed { voters: replay.voters, last_index, consistent_index: replay.consistent_index })
    }

    /// Simulates the checks before the first entry is applied.
    pub(super) fn recover(
        &self,
        snap: Option<&LoadedSnap<'_>>,
        content: Option<&DatabaseContent>,
    ) -> Result<(), StartFailure> {
        let downgrade = content.map_or(&Downgrade::Off, |content| &content.buckets.cluster.part().downgrade);
        self.server.downgrade(downgrade)?;
        let version = if self.server.minor >= 6 {
            content.and_then(|content| content.buckets.cluster.part().version.clone())
        } else {
            snap.and_then(|snap| snap.store.cluster_version()).and_then(|version| Version::parse(version).ok())
        };
        let Some(version) = version else { return Ok(()) };
        self.server.cluster_version(&version, downgrade)?;
        match self.contents.database {
            // Since etcd 3 there must be a database.
            DatabaseState::Missing if version.major >= 3 => Err(StartFailure::exits(
                "of the backend is missing",
                "The cluster has a version and there is no member/snap/db: it exits with \"database file of the backend is missing\".",
            )),
            _ => Ok(()),
        }
    }

    fn apply(&self, entry: &RaftEntry<'_>, replay: &mut Replay) -> Result<(), StartFailure> {
        let is_new = entry.index > replay.consistent_index;
        match entry.payload() {
            EntryPayload::Empty => Ok(()),
            EntryPayload::ConfChange(change) => self.change(entry.index, &MemberChange::new(&change), is_new, replay),
            EntryPayload::LegacyRequest(request) => self.legacy(entry.index, &request, replay),
            EntryPayload::Request(request) => match &request.v2 {
                Some(legacy) => self.legacy(entry.index, legacy, replay),
                None => self.request(entry.index, &request, is_new, replay),
            },
            EntryPayload::ConfChangeV2(_) | EntryPayload::Undecodable => {
                Err(StartFailure::panics("", format!("Entry {} cannot be decoded: it panics.", entry.index)))
            }
        }
    }

    fn change(&self, index: u64, change: &MemberChange, is_new: bool, replay: &mut Replay) -> Result<(), StartFailure> {
        let by_database = self.server.minor >= 7 || (self.server.minor == 6 && is_new);
        if by_database && !is_new {
            return Ok(());
        }
        let members = if by_database { &replay.database } else { &replay.store };
        let accepted = members.accepts(change);
        if accepted {
            replay.voters.apply(change);
            replay.store.apply(change);
            if is_new {
                replay.database.apply(change);
            }
        }
        // Raft also receives a refused change, as one without a member.
        if replay.voters.voters.is_empty() {
            let refused = if accepted { "" } else { ", which it refuses," };
            let reason = format!(
                "After the change of members in entry {index}{refused} nobody votes: it panics with \"removed all voters\"."
            );
            return Err(StartFailure::panics("removed all voters", reason));
        }
        if !accepted {
            return Ok(());
        }
        if *change == (MemberChange::Remove { id: self.own_id() }) {
            let reason = format!("Entry {index} removes this member from the cluster: it stops.");
            return Err(StartFailure { outcome: StartOutcome::Exits, message: None, reason });
        }
        Ok(())
    }

    /// Simulates a request to the v2 store: member attributes, the cluster version, or a request of a v2 client.
    fn legacy(&self, index: u64, request: &Request, replay: &Replay) -> Result<(), StartFailure> {
        let is_version = request.path() == "/0/version";
        let is_own = is_version || attributes_of(request.path()).is_some();
        match self.server.minor {
            7.. => {
                let way_out = if is_own {
                    "Start the member with 3.6 first and let it write a snapshot."
                } else {
                    "It is one of a client of the v2 API; no version from 3.6 on takes it."
                };
                let reason = format!(
                    "Entry {index} is a request to the v2 store, as 3.4 and 3.5 write them, and the server has to apply it again: it panics \
                     with \"unmarshal should never fail\". {way_out}"
                );
                Err(StartFailure::panics("unmarshal should never fail", reason))
            }
            6 if request.method() != "PUT" || !is_own => Err(StartFailure::panics(
                "detected disallowed v2 WAL",
                format!(
                    "Entry {index} is a request of the v2 API: it panics with \"detected disallowed v2 WAL for stage \
                     --v2-deprecation=write-only\"."
                ),
            )),
            _ if is_version && request.method() == "PUT" => match Version::parse(request.val()) {
                Ok(version) => self.server.cluster_version(&version, &replay.downgrade),
                Err(_) => Ok(()),
            },
            _ => match attributes_of(request.path()) {
                Some(id) if request.method() == "PUT" => self.attributes(index, id, replay),
                _ => Ok(()),
            },
        }
    }

    fn request(
        &self,
        index: u64,
        request: &InternalRaftRequest,
        is_new: bool,
        replay: &mut Replay,
    ) -> Result<(), StartFailure> {
        let minor = self.server.minor;
        if minor >= 5 {
            if let Some(version) = &request.cluster_version_set {
                return match Version::parse(&version.ver) {
                    Ok(version) => self.server.cluster_version(&version, &replay.downgrade),
                    Err(_) => Ok(()),
                };
            }
            if let Some(attributes) = &request.cluster_member_attr_set {
                return self.attributes(index, attributes.member_id, replay);
            }
            if let Some(downgrade) = &request.downgrade_info_set {
                let target = Version::parse(&downgrade.ver).ok().filter(|_| downgrade.enabled);
                replay.downgrade = target.map_or(Downgrade::Off, Downgrade::To);
                return Ok(());
            }
        }
        if is_new && !self.knows(request) {
            let message = if minor == 4 { "not implemented" } else { "not implemented apply" };
            let reason = format!("Entry {index} is a request of a newer version: it panics with \"{message}\".");
            return Err(StartFailure::panics(message, reason));
        }
        Ok(())
    }

    /// Does the server know this type of request?
    fn knows(&self, request: &InternalRaftRequest) -> bool {
        let Self { server, .. } = self;
        let of_3_5 = request.cluster_version_set.is_some()
            || request.cluster_member_attr_set.is_some()
            || request.downgrade_info_set.is_some();
        let status = request.auth_status.is_some();
        let test = request.downgrade_version_test.is_some();
        let unknown = EntryPayload::Request(Box::new(request.clone())).name() == "unknown";
        match server.minor {
            ..=4 => !(of_3_5 || test || unknown || (status && server.patch < 45)),
            5 => !test && !unknown,
            _ => !unknown,
        }
    }

    /// Simulates an update of a member's name and client URLs: servers panic if they do not know the member.
    fn attributes(&self, index: u64, id: u64, replay: &Replay) -> Result<(), StartFailure> {
        let known = if self.server.minor >= 6 { &replay.database } else { &replay.store };
        if known.members().contains_key(&id) || known.removed().contains(&id) {
            return Ok(());
        }
        let reason = format!(
            "Entry {index} is about member {id:016x}, which it does not know: it panics with \"failed to update; member unknown\"."
        );
        Err(StartFailure::panics("failed to update; member unknown", reason))
    }

    /// Simulates that a leader first publishes its own attributes.
    fn publish(&self, replay: &Replay) -> Result<(), StartFailure> {
        let own = self.own_id();
        let leads = replay.voters.is_alone(own);
        if self.server.minor == 6 && leads && !replay.database.members().contains_key(&own) {
            let reason = format!(
                "The database does not list this member ({own:016x}): it panics with \"failed to update; member unknown\"."
            );
            return Err(StartFailure::panics("failed to update; member unknown", reason));
        }
        Ok(())
    }
}

/// The member whose attributes are at a path of the v2 store.
fn attributes_of(path: &str) -> Option<u64> {
    let id = path.strip_prefix("/0/members/")?.strip_suffix("/attributes")?;
    u64::from_str_radix(id, 16).ok()
}
