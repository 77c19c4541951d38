//! What keeps a restore from succeeding, or the server from starting after it. The quoted texts are the servers' own.

use etcdsnap_mvcc::revisions_after;
use etcdsnap_proto::go_decoders::DecodeOutcome;
use semver::Version;

use super::{Minor, StartBeforeFix, kinds, start_before_fix};
use crate::buckets::Buckets;
use crate::catalogue::cluster::{
    ALARM_UNDECODABLE, AUTH_REVISION_INVALID, CLUSTER_VERSION_INVALID, CONF_STATE_INVALID, DOWNGRADE_INVALID,
    LEASE_UNDECODABLE, MEMBER_KEY_INVALID, META_BUCKET_MISSING, ROLE_UNDECODABLE, USER_UNDECODABLE,
};
use crate::catalogue::container::{BIG_ENDIAN, LITTLE_ENDIAN};
use crate::catalogue::mvcc::{
    COMPACTION_MARK_INVALID, COMPACTION_MARK_TRUNCATED, RECORD_UNDECODABLE, REVISION_KEY_INVALID,
    REVISION_KEY_TRUNCATED, REVISION_REPEATED, TOMBSTONE_MARK_INVALID,
};
use crate::finding::{Kind, Layer, Severity};
use crate::incidents::Facts;

/// All reasons, worst first; none when it starts.
pub(super) fn refusals(facts: &Facts<'_>, minor: Minor) -> Vec<String> {
    let mut reasons = of_a_server(facts, minor);
    restore(facts, minor, &mut reasons);
    reasons
}

/// The refusals of a server, without those of the restore before it.
pub(super) fn of_a_server(facts: &Facts<'_>, minor: Minor) -> Vec<String> {
    let mut reasons = Vec::new();
    damaged_file(facts, &mut reasons);
    reasons.extend(byte_order(facts));
    reasons.extend(storage_version(facts.buckets, minor));
    reasons.extend(cluster_version(facts.buckets, minor));
    reasons.extend(downgrade(facts.buckets, minor));
    unreadable_entries(facts, minor, &mut reasons);
    buckets_for_entries(facts.buckets, minor, &mut reasons);
    reasons.extend(last_revision(facts, minor));
    reasons
}

fn damaged_file(facts: &Facts<'_>, reasons: &mut Vec<String>) {
    let errors = |layer: Layer| {
        kinds(facts, |finding| finding.kind.layer == layer && finding.severity == Severity::Error).join(", ")
    };
    let container = errors(Layer::Container);
    if !container.is_empty() {
        reasons.push(format!("The file is damaged ({container}): the restore refuses it, or would copy the damage."));
    }
    let structure = errors(Layer::Structure);
    if !structure.is_empty() {
        reasons.push(format!(
            "The structure of the database is damaged ({structure}): a server panics at the first bad page it reads, or \
             serves what it can still reach."
        ));
    }
}

/// The refusal of a database in another byte order: bbolt reads numbers in that of its machine.
fn byte_order(facts: &Facts<'_>) -> Option<String> {
    let (order, machines, other) = match (facts.found(&BIG_ENDIAN), facts.found(&LITTLE_ENDIAN)) {
        (true, _) => ("big", "machines such as s390x", "little"),
        (_, true) => ("little", "machines such as x86-64 and arm64", "big"),
        _ => return None,
    };
    Some(format!(
        "The database is {order}-endian, for {machines}: on a {other}-endian machine its restore and it answer \"invalid \
         database\". `etcdsnap restore --byte-order {other}` writes it for such a machine."
    ))
}

/// The layout of the database against the server's own (`docs/format/boot.md#storage-version-at-boot`).
fn storage_version(buckets: &Buckets, minor: Minor) -> Option<String> {
    let storage = buckets.meta.part().storage_version.as_ref()?;
    let pair = (storage.major, storage.minor);
    match minor {
        Minor::V3_4 => {
            let known = *storage == Version::new(3, 4, 0) || *storage == Version::new(3, 5, 0);
            (!known).then(|| {
                format!(
                    "The storage version is {storage}: etcd 3.4.31 and later 3.4 releases panic with \"unsupported storage \
                     version\", and so does their restore. etcd 3.4.0 to 3.4.30 ignore it and start."
                )
            })
        }
        Minor::V3_5 => None,
        _ if storage.major != 3 => Some(format!(
            "The storage version is {storage}: it exits with \"changing major storage version is not supported\"."
        )),
        _ if pair > minor.pair() => Some(format!(
            "The storage version is {storage}, newer than this etcd: it exits with `version \"{}.{}.0\" is not supported` \
             (\"Failed to validate schema\").",
            storage.major, storage.minor
        )),
        // Upgrades are known step by step from 3.5 on.
        _ if pair < (3, 5) => Some(format!(
            "The storage version is {storage}: it knows no way from there and exits with `version \"3.{}.0\" is not \
             supported`.",
            storage.minor.saturating_add(1)
        )),
        _ => None,
    }
}

/// etcd 3.4 and 3.5 take the cluster version from the v2 store, which a restore begins anew without one.
fn cluster_version(buckets: &Buckets, minor: Minor) -> Option<String> {
    let cluster = buckets.cluster.part().version.as_ref().filter(|_| minor >= Minor::V3_6)?;
    let (major, own_minor) = minor.pair();
    not_capable(buckets, minor).or_else(|| {
        (*cluster > Version::new(major, own_minor, 0)).then(|| {
            format!(
                "The cluster version is {cluster}, higher than this etcd: it panics with \"invalid downgrade; server \
                 version is lower than determined cluster version\"."
            )
        })
    })
}

/// The cluster versions of which a server from 3.6 on knows no capabilities.
pub(super) fn not_capable(buckets: &Buckets, minor: Minor) -> Option<String> {
    let cluster = buckets.cluster.part().version.as_ref().filter(|_| minor >= Minor::V3_6)?;
    let (major, own_minor) = minor.pair();
    let has_suffix = !cluster.pre.is_empty() || !cluster.build.is_empty();
    let is_unknown =
        cluster.major < 3 || (has_suffix && (cluster.major, cluster.minor, cluster.patch) == (major, own_minor, 0));
    is_unknown.then(|| {
        format!(
            "The cluster version is {cluster}: it starts, refuses every request with \"etcdserver: not capable\", and never agrees \
             on another version."
        )
    })
}

/// Only etcd 3.5 insists on being the target of a downgrade in progress; 3.4 does not know of it.
fn downgrade(buckets: &Buckets, minor: Minor) -> Option<String> {
    let target = buckets.cluster.part().downgrade.target().filter(|_| minor == Minor::V3_5)?;
    (*target != Version::new(3, 5, 0)).then(|| {
        format!(
            "A downgrade to {target} is in progress: it exits with \"invalid downgrade; server version is not \
             allowed to join when downgrade is enabled\"."
        )
    })
}

/// The exception for old 3.5 releases; 3.5.5 and later read all users and roles when they start.
const UNREAD_BEFORE_3_5_5: &str = " etcd 3.5.0 to 3.5.4 read users and roles when they are asked for, and start.";

/// Findings about entries that the protobuf libraries of different versions read differently.
static OF_MESSAGES: [&Kind; 5] =
    [&RECORD_UNDECODABLE, &LEASE_UNDECODABLE, &USER_UNDECODABLE, &ROLE_UNDECODABLE, &ALARM_UNDECODABLE];

/// The kinds among these of which the library of this version refuses an entry.
pub(super) fn refused_entries(facts: &Facts<'_>, minor: Minor) -> impl Iterator<Item = &'static Kind> {
    let refuses = move |kind: &&Kind| facts.undecodable(kind, minor.library()) == Some(DecodeOutcome::Refused);
    OF_MESSAGES.into_iter().filter(refuses)
}

/// What this version loses that reads an entry as another one than was written.
pub(super) fn lost_entries(facts: &Facts<'_>, minor: Minor) -> impl Iterator<Item = &'static str> {
    let losses = [
        (&RECORD_UNDECODABLE, "It reads a record without its key: what is in that key is lost."),
        (
            &LEASE_UNDECODABLE,
            "It reads a lease with an impossible time to live: the keys of the lease are deleted within seconds of the start.",
        ),
        (
            &USER_UNDECODABLE,
            "It reads the user root without its name, password or role: nobody can administer it with authentication on.",
        ),
    ];
    let loses = move |kind: &Kind| facts.undecodable(kind, minor.library()) == Some(DecodeOutcome::Lost);
    losses.into_iter().filter(move |(kind, _)| loses(kind)).map(|(_, loss)| loss)
}

/// The refusal of records that a version loads and does not find again.
pub(super) fn lost_records(facts: &Facts<'_>, minor: Minor) -> Option<&'static str> {
    let is_lost = minor < Minor::V3_6 && facts.found(&REVISION_KEY_INVALID)
        || minor <= Minor::V3_6 && facts.found(&TOMBSTONE_MARK_INVALID);
    is_lost.then_some(
        "The key of a record is not one that it finds again: it starts, and exits as soon as the record is read: \"range failed to \
         find revision pair\".",
    )
}

/// Entries that a server reads when it starts and cannot do without.
fn unreadable_entries(facts: &Facts<'_>, minor: Minor, reasons: &mut Vec<String>) {
    reasons.extend(lost_entries(facts, minor).chain(lost_records(facts, minor)).map(str::to_owned));
    let refused: Vec<_> = refused_entries(facts, minor).collect();
    let mut stops = |kind: &Kind, applies: bool, reason: &str| {
        if applies && facts.found(kind) {
            reasons.push(reason.to_owned());
        }
    };
    let (from_3_5, from_3_6) = (minor >= Minor::V3_5, minor >= Minor::V3_6);
    let refuses = |kind| refused.contains(&kind);
    stops(
        &RECORD_UNDECODABLE,
        refuses(&RECORD_UNDECODABLE),
        "A record cannot be read: it exits with \"failed to unmarshal mvccpb.KeyValue\".",
    );
    stops(&REVISION_KEY_TRUNCATED, true, "The key of a record is too short: it panics.");
    stops(&REVISION_KEY_INVALID, from_3_6, "The key of a record is no revision: it panics.");
    stops(&REVISION_REPEATED, true, "A key is written and deleted at one revision: it panics.");
    stops(&COMPACTION_MARK_TRUNCATED, true, "A compaction mark is too short: it panics.");
    stops(&COMPACTION_MARK_INVALID, from_3_6, "A compaction mark is no revision: it panics.");
    stops(&LEASE_UNDECODABLE, refuses(&LEASE_UNDECODABLE), "A lease cannot be read: it panics.");
    let unread = if minor == Minor::V3_5 { UNREAD_BEFORE_3_5_5 } else { "" };
    let user = format!("A user cannot be read: it panics with \"failed to unmarshal 'authpb.User'\".{unread}");
    stops(&USER_UNDECODABLE, refuses(&USER_UNDECODABLE), &user);
    // A user that this version reads may have the role.
    let needed = facts.buckets.auth.needs_unreadable_role() || facts.found(&USER_UNDECODABLE);
    stops(
        &ROLE_UNDECODABLE,
        needed && refuses(&ROLE_UNDECODABLE),
        &format!("A role that a user has cannot be read: it panics.{unread}"),
    );
    let cut = facts.buckets.auth.revision.part().is_none();
    stops(&AUTH_REVISION_INVALID, cut, "The authentication revision is too short: it panics.");
    stops(&ALARM_UNDECODABLE, refuses(&ALARM_UNDECODABLE), "An alarm cannot be read: it exits.");
    stops(&CLUSTER_VERSION_INVALID, from_3_6, "The cluster version cannot be read: it panics.");
    stops(&DOWNGRADE_INVALID, from_3_5, "The downgrade entry cannot be read: it panics.");
    stops(
        &CONF_STATE_INVALID,
        minor == Minor::V3_4 && facts.storage_version().is_none(),
        "The raft configuration cannot be read: etcd 3.4.31 and later 3.4 releases panic with \"cannot unmarshal confState \
         json retrieved from the backend\", and so does their restore. etcd 3.4.0 to 3.4.30 start.",
    );
}

/// The refusals of etcd's own restore tool. They do not apply after `etcdsnap restore`, which writes these entries
/// anew.
fn restore(facts: &Facts<'_>, minor: Minor, reasons: &mut Vec<String>) {
    let (buckets, from_3_5) = (facts.buckets, minor >= Minor::V3_5);
    if from_3_5 && facts.found(&META_BUCKET_MISSING) {
        reasons.push("There is no meta bucket: the restore exits with \"failed to find a bucket\".".to_owned());
    }
    if from_3_5 && facts.found(&MEMBER_KEY_INVALID) {
        let reason = "A member id cannot be read: the restore panics with \"failed to parse member id from key\".";
        reasons.push(reason.to_owned());
    }
    let written = [
        ("members", "", from_3_5),
        ("members_removed", "", from_3_5),
        ("meta", "consistent_index", true),
        ("meta", "term", from_3_5),
    ];
    for (bucket, key, _) in
        written.into_iter().filter(|(bucket, key, applies)| *applies && buckets.nested.has(bucket, key))
    {
        let entry = if key.is_empty() { format!("an entry of {bucket}") } else { format!("the entry {bucket}/{key}") };
        reasons.push(format!("A bucket stands in place of {entry}: the restore fails with \"incompatible value\"."));
    }
}

/// The refusals because of buckets in place of entries that a server writes: bbolt refuses the write, and etcd exits.
pub(super) fn buckets_for_entries(buckets: &Buckets, minor: Minor, reasons: &mut Vec<String>) {
    let from_3_6 = minor >= Minor::V3_6;
    for (bucket, key, applies) in [("cluster", "clusterVersion", true), ("meta", "storageVersion", from_3_6)] {
        if applies && buckets.nested.has(bucket, key) {
            reasons.push(format!(
                "A bucket stands in place of the entry {bucket}/{key}: it exits with \"incompatible value\" when it starts or \
                 some seconds later."
            ));
        }
    }
}

/// The refusal at the largest revision, which servers do not check for before they add one.
pub(super) fn last_revision(facts: &Facts<'_>, minor: Minor) -> Option<String> {
    let current = *facts.current_revision().part();
    if revisions_after(current) > 0 {
        return None;
    }
    let panic = "at the first write: \"'put' with an unexpected smaller revision\"";
    Some(match start_before_fix(facts, minor) {
        Some(StartBeforeFix { revision, fixed_in }) => format!(
            "etcd {fixed_in} and later {} releases start at revision {current}, the last one there is, and panic {panic}. \
             Earlier ones start at revision {revision} and give revisions out twice.",
            minor.as_str()
        ),
        None => format!("It starts at revision {current}, the last one there is, and panics {panic}."),
    })
}
