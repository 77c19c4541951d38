//! The quota that a restored cluster needs, and the reasons for which it would refuse writes.

use etcdsnap_snapshot::buckets::{AlarmKind, Buckets};
use etcdsnap_snapshot::incidents::DEFAULT_QUOTA;
use serde::Serialize;

/// Quotas are rounded up to a multiple of this, in bytes.
const QUOTA_STEP: u64 = 2 << 30;
/// The largest number that `--quota-backend-bytes` takes.
const LARGEST_QUOTA: u64 = i64::MAX.unsigned_abs();

/// The quota that servers have to be started with, in bytes, where the default leaves a database of `size` bytes less
/// room to grow than a quarter of its size.
pub(crate) fn quota(size: u64) -> Option<u64> {
    let wanted = size.saturating_add(size / 4);
    (wanted > DEFAULT_QUOTA)
        .then(|| wanted.checked_next_multiple_of(QUOTA_STEP).unwrap_or(LARGEST_QUOTA).min(LARGEST_QUOTA))
}

/// A reason for which a cluster that is started with the printed flags refuses puts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WriteObstacle {
    /// Stable name: `ALARM_NOSPACE`, `ALARM_CORRUPT` or `AUTH_ENABLED`.
    pub id: &'static str,
    /// What happens, and what to do about it.
    pub message: &'static str,
}

/// The obstacles in the buckets of a restored database.
pub(crate) fn obstacles(buckets: &Buckets) -> Vec<WriteObstacle> {
    let raised = |kind| buckets.alarms.part().iter().any(|alarm| alarm.kind == kind);
    let mut obstacles = Vec::new();
    let mut add = |id, message| obstacles.push(WriteObstacle { id, message });
    if raised(AlarmKind::NoSpace) {
        add(
            "ALARM_NOSPACE",
            "Every put will be refused with \"etcdserver: mvcc: database space exceeded\": the NOSPACE alarm is in the backup. \
             Restore with --disarm-alarms instead, or run `etcdctl alarm disarm` once the cluster runs.",
        );
    }
    if raised(AlarmKind::Corrupt) {
        add(
            "ALARM_CORRUPT",
            "Every put will be refused with \"etcdserver: corrupt cluster\": the CORRUPT alarm is in the backup. Restore with \
             --disarm-alarms instead, or run `etcdctl alarm disarm` once the cluster runs.",
        );
    }
    if buckets.auth.enabled.part() == &true {
        add(
            "AUTH_ENABLED",
            "Every put without a user and a password of the time of the backup will be refused: authentication is on. Restore with \
             --auth disable instead if they are not known.",
        );
    }
    obstacles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quota_leaves_room() {
        const GIB: u64 = 1 << 30;
        for (size, wanted) in [
            (0, None),
            (GIB, None),
            (2 * GIB / 5 * 4, None),
            (2 * GIB / 5 * 4 + 8, Some(4 * GIB)),
            (2 * GIB, Some(4 * GIB)),
            (7 * GIB / 2, Some(6 * GIB)),
            (8 * GIB, Some(10 * GIB)),
            (u64::MAX, Some(LARGEST_QUOTA)),
        ] {
            assert_eq!(quota(size), wanted, "{size}");
        }
    }
}
