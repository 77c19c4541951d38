//! What to know about a server that starts from a restore of the backup: first what limits it, last what it starts with.

use etcdsnap_proto::go_decoders::DecodeOutcome;
use etcdsnap_quantity::quantity;

use super::{Minor, StartBeforeFix, kinds, start_before_fix};
use crate::buckets::{AlarmKind, Buckets, PasswordKind};
use crate::catalogue::cluster::{
    ALARM_UNDECODABLE, ENTRY_IS_BUCKET, LEASE_TTL_INVALID, LEASE_UNDECODABLE, ROLE_UNDECODABLE, USER_UNDECODABLE,
};
use crate::catalogue::mvcc::{COMPACTION_MARK_INVALID, KEY_BUCKET_MISSING, RECORD_IS_BUCKET, RECORD_UNDECODABLE};
use crate::finding::{Layer, Severity};
use crate::incidents::{DEFAULT_QUOTA, Facts, reaches_default_quota};

/// All sentences that hold for this version, most important first.
pub(super) fn caveats(facts: &Facts<'_>, minor: Minor) -> Vec<String> {
    let mut reasons = running(facts, minor);
    members(facts.buckets, minor, &mut reasons);
    reasons.push(starts_with(facts));
    reasons
}

/// Those that are about the server alone and not about the restore before it.
pub(super) fn of_a_server(facts: &Facts<'_>, minor: Minor) -> Vec<String> {
    let mut reasons = running(facts, minor);
    reasons.push(starts_with(facts));
    reasons
}

fn running(facts: &Facts<'_>, minor: Minor) -> Vec<String> {
    let mut reasons = Vec::new();
    damage(facts, minor, &mut reasons);
    misread(facts, minor, &mut reasons);
    alarms(facts.buckets, &mut reasons);
    quota(facts, &mut reasons);
    authentication(facts, &mut reasons);
    versions(facts.buckets, minor, &mut reasons);
    compaction(facts, minor, &mut reasons);
    leases(facts, minor, &mut reasons);
    reasons
}

fn damage(facts: &Facts<'_>, minor: Minor, reasons: &mut Vec<String>) {
    if facts.found(&KEY_BUCKET_MISSING) {
        reasons.push("It starts with an empty store: the backup has no key bucket.".to_owned());
    }
    if minor < Minor::V3_6 && facts.found(&COMPACTION_MARK_INVALID) {
        reasons.push("It does not check compaction marks when it loads them, and goes on with wrong ones.".to_owned());
    }
    if facts.found(&ENTRY_IS_BUCKET) || facts.found(&RECORD_IS_BUCKET) {
        reasons.push(
            "It exits with \"incompatible value\" as soon as it writes or removes an entry in whose place a bucket stands."
                .to_owned(),
        );
    }
    let errors = |layer: Layer| {
        kinds(facts, |finding| finding.kind.layer == layer && finding.severity == Severity::Error).join(", ")
    };
    let records = errors(Layer::Mvcc);
    if !records.is_empty() {
        reasons
            .push(format!("The keyspace is damaged ({records}): it serves what it finds, and answers may be wrong."));
    }
    let entries = errors(Layer::Cluster);
    if !entries.is_empty() {
        reasons.push(format!("Entries about the cluster are damaged ({entries}): it ignores them or misreads them."));
    }
}

/// Entries that other versions refuse.
pub(super) fn misread(facts: &Facts<'_>, minor: Minor, reasons: &mut Vec<String>) {
    let entries = [
        (&RECORD_UNDECODABLE, "a record", "a key may have another value or lease than was written"),
        (&LEASE_UNDECODABLE, "a lease", "the lease may have another id or time to live than was written"),
        (&USER_UNDECODABLE, "a user", "the user may lack its password or roles"),
        (&ROLE_UNDECODABLE, "a role", "the role may allow more or less than was written"),
        (&ALARM_UNDECODABLE, "an alarm", "it may refuse writes until the alarm is disarmed"),
    ];
    for (kind, entry, effect) in entries {
        if facts.undecodable(kind, minor.library()) == Some(DecodeOutcome::Misread) {
            reasons
                .push(format!("It reads {entry} that other versions refuse, as far as it understands it: {effect}."));
        }
    }
}

fn alarms(buckets: &Buckets, reasons: &mut Vec<String>) {
    let raised = |kind: AlarmKind| buckets.alarms.part().iter().any(|alarm| alarm.kind == kind);
    if raised(AlarmKind::Corrupt) {
        reasons.push(
            "It refuses writes, compactions and leases with \"etcdserver: corrupt cluster\" until the CORRUPT alarm is \
             disarmed: `etcdsnap restore --disarm-alarms` does so in a restore, `etcdctl alarm disarm` on the running cluster."
                .to_owned(),
        );
    }
    if raised(AlarmKind::NoSpace) {
        reasons.push(
            "It refuses puts and lease grants with \"etcdserver: mvcc: database space exceeded\" until the NOSPACE alarm is \
             disarmed: `etcdsnap restore --disarm-alarms` does so in a restore, `etcdctl alarm disarm` on the running cluster."
                .to_owned(),
        );
    }
}

fn quota(facts: &Facts<'_>, reasons: &mut Vec<String>) {
    if reaches_default_quota(facts.database_size) {
        reasons.push(format!(
            "The database has {} bytes: with the default quota of {DEFAULT_QUOTA} bytes the first write raises the NOSPACE \
             alarm. Start every member with a larger --quota-backend-bytes.",
            facts.database_size
        ));
    }
}

fn authentication(facts: &Facts<'_>, reasons: &mut Vec<String>) {
    const SWITCH_OFF: &str = "`etcdsnap restore --auth disable` switches it off in a restore";
    let auth = &facts.buckets.auth;
    if auth.enabled.all() != Some(&true) {
        return;
    }
    let reason = if auth.lacks_root() {
        format!("Authentication is on and nobody can administer it: root is missing or lacks its role. {SWITCH_OFF}.")
    } else if auth.root().is_some_and(|root| root.password == PasswordKind::Unusable) {
        format!(
            "Authentication is on and root has no usable password: only a client certificate with the common name root can \
             administer it. {SWITCH_OFF}."
        )
    } else {
        format!(
            "Authentication is on: clients need the users and passwords of the time of the backup, unless {SWITCH_OFF}."
        )
    };
    reasons.push(reason);
}

fn versions(buckets: &Buckets, minor: Minor, reasons: &mut Vec<String>) {
    let own = minor.as_str();
    let newer =
        buckets.meta.part().storage_version.as_ref().filter(|version| (version.major, version.minor) > minor.pair());
    if let Some(version) = newer.filter(|_| minor == Minor::V3_5) {
        reasons.push(format!(
            "It ignores the storage version {version} and leaves it as it is, although it writes the data as 3.5 does: run \
             `etcdutl migrate --target-version 3.5` on the stopped members before a later upgrade."
        ));
    }
    let oldest = [&buckets.meta.part().storage_version, &buckets.cluster.part().version].into_iter().flatten().min();
    if let Some(version) =
        oldest.filter(|version| minor >= Minor::V3_6 && (version.major, version.minor) < minor.pair())
    {
        reasons.push(format!(
            "It raises the storage version and the cluster version to {own}.0 soon after its start (the backup is of {}.{}); \
             older versions then refuse this data directory.",
            version.major, version.minor
        ));
    }
    if let Some(target) = buckets.cluster.part().downgrade.target() {
        reasons.push(match minor {
            Minor::V3_4 => format!("The downgrade to {target} in progress is unknown to it and ignored."),
            _ => format!("It goes on with the downgrade to {target} unless `etcdctl downgrade cancel` stops it."),
        });
    }
}

fn compaction(facts: &Facts<'_>, minor: Minor, reasons: &mut Vec<String>) {
    let known = facts.compaction().zip(facts.keyspace);
    let Some((compaction, _)) = known.all() else { return };
    if !compaction.is_unfinished() {
        return;
    }
    let at = compaction.compacted();
    reasons.push(format!(
        "It resumes the compaction at revision {at} that had not finished; older revisions cannot be read."
    ));
    if let Some(StartBeforeFix { revision, fixed_in }) = start_before_fix(facts, minor) {
        reasons.push(format!(
            "etcd {} before {fixed_in} starts at revision {revision} instead of {at} and gives revisions out twice.",
            minor.as_str()
        ));
    }
}

/// The caveat about leases that end as soon as they begin.
pub(super) fn impossible_leases(facts: &Facts<'_>) -> Option<String> {
    let reason = "Keys of leases with an impossible time to live are deleted within seconds of the start.";
    facts.found(&LEASE_TTL_INVALID).then(|| reason.to_owned())
}

fn leases(facts: &Facts<'_>, minor: Minor, reasons: &mut Vec<String>) {
    reasons.extend(impossible_leases(facts));
    let unread = facts.found(&LEASE_UNDECODABLE) || facts.found(&RECORD_UNDECODABLE);
    let Some((leases, keyspace)) = facts.buckets.leases.all().zip(facts.keyspace.all()).filter(|_| !unread) else {
        return reasons.push("How many leases it has, and which keys expire with them, could not be read.".to_owned());
    };
    let lost = facts.dangling_leases().map(|(_, keys)| keys).fold(0, u64::saturating_add);
    let attached = keyspace.leases.values().copied().fold(0, u64::saturating_add);
    if !leases.is_empty() {
        reasons.push(format!(
            "It has {} with {} attached; their time begins to run when a leader is elected, and keys of leases that no client \
             renews are deleted.",
            quantity(leases.len() as u64, "lease"),
            quantity(attached.saturating_sub(lost), "key")
        ));
    }
    if lost > 0 {
        reasons.push("Keys attached to leases that do not exist never expire.".to_owned());
    }
    let fixed_in = match minor {
        Minor::V3_4 => "3.4.20",
        Minor::V3_5 => "3.5.3",
        _ => return,
    };
    if leases.iter().any(|lease| lease.id < 0) {
        reasons.push(format!(
            "etcd {} before {fixed_in} does not load leases with negative ids: their keys never expire.",
            minor.as_str()
        ));
    }
}

fn members(buckets: &Buckets, minor: Minor, reasons: &mut Vec<String>) {
    if minor == Minor::V3_4 {
        reasons.push(
            "The restore of etcd 3.4 leaves the old members in the database: a later upgrade to 3.6 can panic or bring them back. \
             A restore by 3.5 or later replaces them."
                .to_owned(),
        );
    }
    let learners = buckets.members.listed.part().iter().filter(|member| member.learner).count() as u64;
    let learners =
        if learners > 0 { format!(" ({} among them)", quantity(learners, "learner")) } else { String::new() };
    let listed = match buckets.members.listed.all() {
        Some(listed) => quantity(listed.len() as u64, "member"),
        None => "members".to_owned(),
    };
    reasons.push(format!(
        "The members named in the restore, all of them voters, take the place of the {listed} of the backup{learners}."
    ));
}

fn starts_with(facts: &Facts<'_>) -> String {
    let numbers = facts.current_revision().zip(facts.user_keys()).zip(facts.compaction());
    let unread = facts.found(&RECORD_UNDECODABLE);
    let Some(((current, keys), compaction)) = numbers.all().filter(|_| !unread) else {
        return "With how many keys it starts, and at which revision, could not be read.".to_owned();
    };
    let compacted = match compaction.compacted() {
        none if none < 0 => "never compacted".to_owned(),
        main => format!("compacted at {main}"),
    };
    format!("It starts with {} at revision {current}, {compacted}.", quantity(*keys, "key"))
}
