//! Simulates how a starting server reads the records and the other buckets of its database, which must be decodable.

use etcdsnap_snapshot::boot::Hindrance;
use etcdsnap_snapshot::catalogue::cluster::{
    ALARM_UNDECODABLE, AUTH_REVISION_INVALID, CLUSTER_VERSION_INVALID, CONF_STATE_INVALID, DOWNGRADE_INVALID,
    LEASE_UNDECODABLE, MEMBER_KEY_INVALID, MEMBER_UNDECODABLE, ROLE_UNDECODABLE, USER_UNDECODABLE,
};
use etcdsnap_snapshot::catalogue::mvcc::{
    COMPACTION_MARK_INVALID, COMPACTION_MARK_TRUNCATED, RECORD_UNDECODABLE, REVISION_KEY_INVALID,
    REVISION_KEY_TRUNCATED, REVISION_REPEATED,
};
use etcdsnap_snapshot::finding::Kind;

use super::failure::StartFailure;
use super::release::ServerRelease;
use super::verdict::StartOutcome;
use crate::contents::DatabaseContent;

impl ServerRelease {
    /// Why the server does not serve although it has started, if so; adds notes about what it does to the data.
    pub(super) fn serving_limit(
        self,
        content: &DatabaseContent,
        notes: &mut Vec<String>,
    ) -> Option<(StartOutcome, String)> {
        let serving = content.serving.iter().find(|serving| serving.minor == self.minor)?;
        notes.extend_from_slice(&serving.notes);
        let (outcome, reason) = match serving.hindrance.as_ref()? {
            Hindrance::Refuses(reason) => (StartOutcome::NotReady, reason),
            Hindrance::Exits(reason) => (StartOutcome::Exits, reason),
            Hindrance::Panics(reason) => (StartOutcome::Panics, reason),
            Hindrance::Loses(reason) => (StartOutcome::DiscardsData { cut: None }, reason),
        };
        Some((outcome, reason.clone()))
    }

    /// Simulates loading the records and the other buckets.
    pub(super) fn load_database(self, content: &DatabaseContent) -> Result<(), StartFailure> {
        let minor = self.minor;
        let (from_3_5, from_3_6) = (minor >= 5, minor >= 6);
        let reads_members = from_3_6 || (minor == 5 && self.patch >= 26);
        let reads_conf_state = minor == 4 && self.patch >= 31 && content.buckets.meta.part().storage_version.is_none();
        // Earlier ones read users and roles when they are asked for.
        let reads_users = minor != 5 || self.patch >= 5;
        let auth = &content.buckets.auth;
        let reads_role = reads_users && (auth.needs_unreadable_role() || content.found(&USER_UNDECODABLE));
        let serving = content.serving.iter().find(|serving| serving.minor == minor);
        let refuses = |kind: &Kind| serving.is_some_and(|serving| serving.refused.contains(&kind));
        let stops: [(&Kind, bool, StartOutcome, &str); 16] = [
            (&CLUSTER_VERSION_INVALID, from_3_6, StartOutcome::Panics, "The cluster version cannot be read"),
            (&MEMBER_KEY_INVALID, reads_members, StartOutcome::Panics, "A member id cannot be read"),
            (&MEMBER_UNDECODABLE, reads_members, StartOutcome::Panics, "A member cannot be read"),
            (&DOWNGRADE_INVALID, from_3_5, StartOutcome::Panics, "The downgrade entry cannot be read"),
            (&CONF_STATE_INVALID, reads_conf_state, StartOutcome::Panics, "The raft configuration cannot be read"),
            (&LEASE_UNDECODABLE, refuses(&LEASE_UNDECODABLE), StartOutcome::Panics, "A lease cannot be read"),
            (&RECORD_UNDECODABLE, refuses(&RECORD_UNDECODABLE), StartOutcome::Exits, "A record cannot be read"),
            (&REVISION_KEY_TRUNCATED, true, StartOutcome::Panics, "The key of a record is too short"),
            (&REVISION_KEY_INVALID, from_3_6, StartOutcome::Panics, "The key of a record is no revision"),
            (&REVISION_REPEATED, true, StartOutcome::Panics, "A key is written and deleted at one revision"),
            (&COMPACTION_MARK_TRUNCATED, true, StartOutcome::Panics, "A compaction mark is too short"),
            (&COMPACTION_MARK_INVALID, from_3_6, StartOutcome::Panics, "A compaction mark is no revision"),
            (
                &USER_UNDECODABLE,
                reads_users && refuses(&USER_UNDECODABLE),
                StartOutcome::Panics,
                "A user cannot be read",
            ),
            (
                &ROLE_UNDECODABLE,
                reads_role && refuses(&ROLE_UNDECODABLE),
                StartOutcome::Panics,
                "A role that a user has cannot be read",
            ),
            (
                &AUTH_REVISION_INVALID,
                auth.revision.part().is_none(),
                StartOutcome::Panics,
                "The authentication revision is too short",
            ),
            (&ALARM_UNDECODABLE, refuses(&ALARM_UNDECODABLE), StartOutcome::Exits, "An alarm cannot be read"),
        ];
        let stop = stops.into_iter().find(|(kind, applies, ..)| *applies && content.found(kind));
        let Some((_, _, outcome, what)) = stop else { return Ok(()) };
        let how = if outcome == StartOutcome::Exits { "exits" } else { "panics" };
        Err(StartFailure { outcome, message: None, reason: format!("{what}: it {how}.") })
    }
}
