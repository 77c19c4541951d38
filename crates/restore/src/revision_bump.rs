//! Raising the revision, so that clients never see a revision of the lost cluster stand for something else.
//!
//! A client that has seen revision 900 of the lost cluster and reconnects to one restored from revision 500 would wait for
//! 901, and miss or mistake everything the new cluster writes on its way there. So the store's revision is raised above all
//! that can have been given out, and everything up to it is marked as compacted: watchers and informers are told that their
//! revision is compacted, and list anew.

use std::time::SystemTime;

use etcdsnap_mvcc::{ENOUGH_REVISIONS, revisions_after};

use crate::error::RestoreError;
use crate::request::RevisionBump;

/// What etcd's documentation suggests as enough for a week of a cluster that writes 1500 times a second.
const WEEKLY: u64 = 1_000_000_000;
const WEEK: u64 = 7 * 24 * 60 * 60;

/// A revision that is raised.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BumpPlan {
    /// By how much.
    pub by: u64,
    /// The newest revision of the backup.
    pub from: i64,
    /// The revision that the new cluster begins with; all up to it are compacted.
    pub to: i64,
    /// Why by so much, when that was not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl BumpPlan {
    /// `from` is the revision of the backup; `taken` the time at which it was taken, as far as that is known.
    pub(crate) fn new(bump: RevisionBump, from: i64, taken: Option<SystemTime>) -> Result<Self, RestoreError> {
        let (by, reason) = match bump {
            RevisionBump::By(by) => (by, None),
            RevisionBump::Auto { now } => {
                let (by, reason) = enough(now, taken);
                (by, Some(reason))
            }
        };
        let to = i64::try_from(by).ok().and_then(|by| from.checked_add(by));
        let to = to.filter(|to| revisions_after(*to) >= ENOUGH_REVISIONS);
        let to = to.ok_or(RestoreError::BumpTooFar { by, from })?;
        Ok(Self { by, from, to, reason })
    }
}

/// A billion for each week that has begun since the backup was taken.
fn enough(now: SystemTime, taken: Option<SystemTime>) -> (u64, String) {
    const RATE: &str = "more than 1600 revisions in every second of the time";
    let Some(taken) = taken else {
        let reason = format!(
            "a week's worth, {RATE}; when the backup was taken is not known, so give --bump-revision a larger number if it is \
             older than a week"
        );
        return (WEEKLY, reason);
    };
    let age = now.duration_since(taken).unwrap_or_default().as_secs();
    let weeks = age.div_ceil(WEEK).max(1);
    let written = if weeks == 1 { "less than a week".to_owned() } else { format!("less than {weeks} weeks") };
    let reason = format!("the file was written {written} ago, and that is {RATE} since then");
    (WEEKLY.saturating_mul(weeks), reason)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn auto(age: Option<u64>) -> BumpPlan {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(100 * WEEK);
        let taken = age.map(|age| now - Duration::from_secs(age));
        BumpPlan::new(RevisionBump::Auto { now }, 95, taken).expect("not too far")
    }

    #[test]
    fn automatic_bumps_grow_with_the_age() {
        for (age, weeks) in [(0, 1), (WEEK, 1), (WEEK + 1, 2), (10 * WEEK - 5, 10)] {
            let plan = auto(Some(age));
            assert_eq!((plan.by, plan.to), (weeks * WEEKLY, 95 + i64::try_from(weeks * WEEKLY).expect("small")));
        }
        assert_eq!(auto(None).by, WEEKLY);
        assert!(auto(None).reason.is_some_and(|reason| reason.contains("not known")));
        let future = SystemTime::UNIX_EPOCH + Duration::from_secs(5);
        let plan =
            BumpPlan::new(RevisionBump::Auto { now: SystemTime::UNIX_EPOCH }, 1, Some(future)).expect("not too far");
        assert_eq!(plan.by, WEEKLY);
    }

    #[test]
    fn revisions_end_somewhere() {
        let to = |by, from| BumpPlan::new(RevisionBump::By(by), from, None).map(|plan| plan.to).ok();
        assert_eq!(to(1000, 11), Some(1011));
        assert_eq!(to(u64::MAX, 1), None);
        let last = i64::MAX - ENOUGH_REVISIONS;
        assert_eq!((to(1, last - 1), to(1, last)), (Some(last), None));
    }
}
