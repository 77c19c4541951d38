//! What changes in the database, worked out from the few pages that say so.
//!
//! A change is made twice from one list: to the file, by an [`Editor`], and to the small buckets as values, so that what the
//! result will be is known before it is written.

use std::borrow::Cow;

use etcdsnap_bbolt::Db;
use etcdsnap_bbolt::edit::{EditError, Editor, PreparedCommit};
use etcdsnap_mvcc::{Revision, RevisionKey};
use etcdsnap_quantity::quantity;
use etcdsnap_quote::quote;
use etcdsnap_rewrite::schema::{RaftMembers, changes_for_release};
use etcdsnap_snapshot::buckets::{Buckets, Downgrade, SmallBuckets};
use etcdsnap_wal::{BootstrapMember, Release};

use crate::error::RestoreError;
use crate::membership::Membership;
use crate::request::RestoreRequest;
use crate::revision_bump::BumpPlan;

/// What of the backup has to be known before anything can change.
#[derive(Debug)]
pub(crate) struct BackupState<'c> {
    pub db: Db<'c>,
    pub buckets: Buckets,
    /// The newest record.
    pub last: Option<Revision>,
}

impl<'c> BackupState<'c> {
    pub fn read(db: Db<'c>) -> Result<Self, RestoreError> {
        let buckets = SmallBuckets::read(&db, 0).buckets;
        let newest = match db.root().bucket(b"key")? {
            Some(key) => key.cursor().last()?.and_then(|element| RevisionKey::parse(element.key).ok()),
            None => None,
        };
        Ok(Self { db, buckets, last: newest.map(|key| key.revision) })
    }

    /// The newest revision that was given out: of a record, or of a compaction behind the last record.
    pub fn current(&self) -> i64 {
        let current = self.buckets.meta.part().compaction.current(self.last);
        // A store that never held anything is at 1, but has no record there to count from.
        if self.last.is_none() && current == 1 { 0 } else { current }
    }
}

/// All changes.
#[derive(Debug)]
pub(crate) struct DatabaseChanges {
    /// To the file.
    pub edit: PreparedCommit,
    /// In words.
    pub changes: Vec<DatabaseChange>,
    /// The small buckets afterwards.
    pub buckets: Buckets,
    /// The newest revision afterwards, if that changes.
    pub bump: Option<BumpPlan>,
}

/// One change, for people.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DatabaseChange {
    /// Bucket, or bucket and key: `members`, `meta/term`.
    pub entry: String,
    /// What was there, in words; `None` for nothing.
    pub before: Option<String>,
    /// What is there afterwards, in words; `None` for nothing.
    pub after: Option<String>,
    /// Why.
    pub reason: String,
}

/// One change, for machines.
#[derive(Debug)]
enum ChangeStep {
    Create(&'static str),
    Clear(&'static str),
    Put(&'static str, Vec<u8>, Vec<u8>),
    Delete(&'static str, &'static str),
}

/// Gathers changes.
struct ChangeBuilder<'d> {
    before: &'d BackupState<'d>,
    membership: &'d Membership,
    steps: Vec<ChangeStep>,
    changes: Vec<DatabaseChange>,
}

impl DatabaseChanges {
    /// What the request changes in this backup.
    pub fn new(
        before: &BackupState<'_>,
        membership: &Membership,
        bump: Option<BumpPlan>,
        request: &RestoreRequest<'_>,
    ) -> Result<Self, RestoreError> {
        let mut draft = ChangeBuilder { before, membership, steps: Vec::new(), changes: Vec::new() };
        draft.buckets();
        draft.members();
        draft.fit(request.target)?;
        draft.raft();
        if let Some(bump) = &bump {
            draft.bump(bump);
        }
        if request.disarm_alarms {
            draft.alarms();
        }
        if request.disable_auth {
            draft.auth();
        }
        let ChangeBuilder { steps, changes, .. } = draft;
        let mut editor = Editor::new(before.db)?;
        let mut buckets = before.buckets.clone();
        for step in steps {
            step.add_to(&mut editor)?;
            step.change(&mut buckets);
        }
        buckets.finish(&mut |_| ());
        Ok(Self { edit: editor.finish()?.without_undo(), changes, buckets, bump })
    }
}

impl ChangeBuilder<'_> {
    fn tell(&mut self, entry: &str, before: Option<String>, after: Option<String>, reason: &str) {
        if before != after {
            self.changes.push(DatabaseChange { entry: entry.to_owned(), before, after, reason: reason.to_owned() });
        }
    }

    fn put(&mut self, bucket: &'static str, key: &str, value: Vec<u8>) {
        self.steps.push(ChangeStep::Put(bucket, key.as_bytes().to_vec(), value));
    }

    /// Buckets that are missing and needed. Upstream creates all of these but `meta`, for want of which it fails.
    fn buckets(&mut self) {
        for bucket in ["cluster", "members", "members_removed", "meta"] {
            if self.before.buckets.has(bucket).all() == Some(&false) {
                self.steps.push(ChangeStep::Create(bucket));
                self.tell(bucket, None, Some("an empty bucket".into()), "etcd needs this bucket");
            }
        }
    }

    fn members(&mut self) {
        let old = &self.before.buckets.members;
        let was = || Some(counted(&names_of(old.listed.part().iter().map(|member| &member.name))));
        let removed = old.removed.part().len();
        self.steps.extend([ChangeStep::Clear("members"), ChangeStep::Clear("members_removed")]);
        for member in self.membership.members() {
            let value = BootstrapMember::from(member).context().to_json();
            self.steps.push(ChangeStep::Put("members", format!("{:x}", member.id).into_bytes(), value.into_bytes()));
        }
        let now = counted(&names_of(self.membership.members().iter().map(|member| &member.name)));
        self.changes.push(DatabaseChange {
            entry: "members".into(),
            before: was(),
            after: Some(now),
            reason: "a restore begins a new cluster".into(),
        });
        let removed = (removed > 0).then(|| quantity(removed as u64, "id"));
        self.tell("members_removed", removed, None, "a new cluster has removed nobody");
    }

    /// Where the database stands in the new log: behind the entries that add the members.
    fn raft(&mut self) {
        let (index, term) = (self.membership.members().len() as u64, 1_u64);
        let (was, reason) = (self.before.buckets.meta.part(), "the new log ends there");
        let (index_before, term_before) = (was.consistent_index, was.term);
        self.put("meta", "consistent_index", index.to_be_bytes().to_vec());
        self.put("meta", "term", term.to_be_bytes().to_vec());
        let text = |number: u64| number.to_string();
        self.tell("meta/consistent_index", index_before.map(text), Some(text(index)), reason);
        self.tell("meta/term", term_before.map(text), Some(text(term)), reason);
    }

    fn bump(&mut self, bump: &BumpPlan) {
        let key = RevisionKey::encode_put(Revision::of_main(bump.to));
        if self.before.buckets.has("key").all() == Some(&false) {
            self.steps.push(ChangeStep::Create("key"));
        }
        self.steps.push(ChangeStep::Put("key", key.to_vec(), Vec::new()));
        self.put("meta", "scheduledCompactRev", key.to_vec());
        let to = bump.to.to_string();
        let was = Some(bump.from.to_string());
        self.tell("key", was, Some(to.clone()), "the revision goes up, so that none comes twice");
        let scheduled = self.before.buckets.meta.part().compaction.scheduled.map(|main| main.to_string());
        self.tell("meta/scheduledCompactRev", scheduled, Some(to), "watchers of older revisions are told to list anew");
    }

    fn alarms(&mut self) {
        let alarms = self.before.buckets.alarms.part();
        let was = alarms.iter().map(|alarm| alarm.kind.to_string()).collect::<Vec<_>>().join(", ");
        if self.before.buckets.has("alarm").all() == Some(&true) {
            self.steps.push(ChangeStep::Clear("alarm"));
        }
        self.tell("alarm", Some(was).filter(|was| !was.is_empty()), None, "--disarm-alarms");
    }

    /// As `etcdctl auth disable` does: users and roles stay.
    fn auth(&mut self) {
        let auth = &self.before.buckets.auth;
        let (enabled, revision) = (*auth.enabled.part(), *auth.revision.part());
        if !enabled {
            return;
        }
        self.put("auth", "authEnabled", vec![0]);
        self.tell("auth/authEnabled", Some("on".into()), Some("off".into()), "--auth disable");
        if let Some(next) = revision.and_then(|revision| revision.checked_add(1)) {
            self.put("auth", "authRevision", next.to_be_bytes().to_vec());
            let was = revision.map(|revision| revision.to_string());
            self.tell(
                "auth/authRevision",
                was,
                Some(next.to_string()),
                "switching authentication off counts as a change",
            );
        }
    }

    /// What the servers of a release need. Learners are in raft's view of the members too, which upstream's restore leaves
    /// behind as it was.
    fn fit(&mut self, target: Option<Release>) -> Result<(), RestoreError> {
        let ids = |learner| {
            let members = self.membership.members().iter().filter(move |member| member.learner == learner);
            members.map(|member| member.id.0).collect::<Vec<_>>()
        };
        let (voters, learners) = (ids(false), ids(true));
        if target.is_none() && learners.is_empty() {
            return Ok(());
        }
        let members = RaftMembers { voters: &voters, learners: &learners };
        for change in changes_for_release(&self.before.buckets, target.unwrap_or(Release::V3_8), members)? {
            if target.is_none() && change.key != "confState" {
                continue;
            }
            let entry = format!("{}/{}", change.bucket, change.key);
            let before = self.stored(change.bucket, change.key);
            self.tell(&entry, before, change.value.clone(), &change.reason);
            self.steps.push(match change.value {
                Some(value) => ChangeStep::Put(change.bucket, change.key.into(), value.into_bytes()),
                None => ChangeStep::Delete(change.bucket, change.key),
            });
        }
        Ok(())
    }

    /// What a small entry of text holds now.
    fn stored(&self, bucket: &str, key: &str) -> Option<String> {
        let bucket = self.before.db.root().bucket(bucket.as_bytes()).ok()??;
        let value = bucket.get(key.as_bytes()).ok()??;
        let text = std::str::from_utf8(value).ok().filter(|text| !text.contains(char::is_control));
        Some(text.map_or_else(|| quote(value), str::to_owned))
    }
}

fn names_of<'n>(names: impl Iterator<Item = &'n String>) -> Vec<String> {
    names.map(|name| quote(name.as_bytes())).collect()
}

/// `2 (m1, m2)`
fn counted(names: &[String]) -> String {
    let list = names.iter().map(|name| if name.is_empty() { "unnamed" } else { name }).collect::<Vec<_>>().join(", ");
    if names.is_empty() { "none".into() } else { format!("{} ({list})", names.len()) }
}

impl ChangeStep {
    fn add_to(&self, editor: &mut Editor<'_>) -> Result<(), EditError> {
        match self {
            Self::Create(bucket) => editor.create_bucket(bucket.as_bytes()),
            Self::Clear(bucket) => editor.replace_bucket::<Vec<u8>, Vec<u8>>(bucket.as_bytes(), []),
            Self::Put(bucket, key, value) => editor.put(bucket.as_bytes(), key.clone(), value.clone()),
            Self::Delete(bucket, key) => editor.delete(bucket.as_bytes(), Cow::Owned(key.as_bytes().to_vec())),
        }
    }

    fn change(&self, buckets: &mut Buckets) {
        match self {
            Self::Create(bucket) => buckets.read_bucket(bucket.as_bytes(), &mut |_| ()),
            Self::Put(bucket, key, value) => buckets.read_entry(bucket.as_bytes(), key, value, &mut |_| ()),
            Self::Clear("alarm") => buckets.alarms.part_mut().clear(),
            Self::Clear("members") => buckets.members.listed.part_mut().clear(),
            Self::Clear(_) => buckets.members.removed.part_mut().clear(),
            Self::Delete("meta", "confState") => buckets.meta.part_mut().conf_state = None,
            Self::Delete("meta", _) => buckets.meta.part_mut().storage_version = None,
            Self::Delete(_, "downgrade") => buckets.cluster.part_mut().downgrade = Downgrade::Off,
            Self::Delete(..) => buckets.cluster.part_mut().version = None,
        }
    }
}
