//! The quota that a restored cluster needs, and the reasons for which it would refuse writes.

use etcdsnap_snapshot::buckets::{AlarmKind, Buckets};
use serde::Serialize;

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
