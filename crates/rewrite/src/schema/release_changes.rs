//! Making a restored database one that servers of a release start from, and that does not carry on what its old cluster was
//! about (`docs/format/boot.md#storage-version-at-boot`).

use etcdsnap_proto::raftpb::ConfState;
use etcdsnap_snapshot::buckets::Buckets;
use etcdsnap_wal::{Release, conf_state_json};
use semver::Version;
use thiserror::Error;

use super::EntryChange;

/// A downgrade that is off, as servers write it.
const NO_DOWNGRADE: &str = r#"{"target-version":"","enabled":false}"#;

/// The members of the new cluster, by what they are to raft.
#[derive(Clone, Copy, Debug)]
pub struct RaftMembers<'m> {
    /// Ids of those who vote, ascending.
    pub voters: &'m [u64],
    /// Ids of those who only follow, ascending.
    pub learners: &'m [u64],
}

/// Why no change of a few entries makes a database fit.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UnknownStorageVersion {
    /// It was not written by any etcd 3.
    #[error(
        "the database has storage version {storage}, and nothing is known about its layout; restore it with the etcd that \
         wrote it"
    )]
    Major {
        /// What it says.
        storage: Version,
    },
}

/// The changes after which servers of `release` start from a restore of a database with these buckets, as a new cluster of
/// these members.
///
/// Only `meta` and `cluster` are touched, and of them neither the consistent index nor the term, which a restore sets by
/// itself. Buckets that are missing stay missing. Storage and cluster version never go up here: servers raise them once all
/// of the cluster is there.
pub fn changes_for_release(
    buckets: &Buckets,
    release: Release,
    members: RaftMembers<'_>,
) -> Result<Vec<EntryChange>, UnknownStorageVersion> {
    if let Some(storage) = buckets.meta.part().storage_version.as_ref().filter(|version| version.major != 3) {
        return Err(UnknownStorageVersion::Major { storage: storage.clone() });
    }
    let changes = [
        storage_version(buckets, release),
        conf_state(buckets, release, members),
        cluster_version(buckets, release),
        downgrade(buckets, release),
    ];
    Ok(changes.into_iter().flatten().collect())
}

/// The layouts that a release knows: 3.6 and later step up from 3.5 to their own; 3.5 ignores the entry, which then
/// misleads a later 3.6; 3.4 panics at it since 3.4.31.
fn storage_version(buckets: &Buckets, release: Release) -> Option<EntryChange> {
    let storage = buckets.meta.part().storage_version.as_ref()?;
    let own = Version::new(3, release.minor(), 0);
    let change =
        |value: Option<String>, reason| Some(EntryChange { bucket: "meta", key: "storageVersion", value, reason });
    if release <= Release::V3_5 {
        return change(None, format!("it is {storage}, and etcd {release} keeps no storage version"));
    }
    if *storage < Version::new(3, 5, 0) {
        return change(None, format!("it is {storage}, from which etcd {release} knows no way"));
    }
    if (storage.major, storage.minor) > (own.major, own.minor) {
        return change(Some(own.to_string()), format!("it is {storage}, and etcd {release} does not start from that"));
    }
    None
}

/// Restores of etcd's own tools leave the members of the old cluster in it.
fn conf_state(buckets: &Buckets, release: Release, members: RaftMembers<'_>) -> Option<EntryChange> {
    let change =
        |value: Option<String>, reason: String| Some(EntryChange { bucket: "meta", key: "confState", value, reason });
    let before = buckets.meta.part().conf_state.as_ref();
    if release == Release::V3_4 {
        before?;
        return change(None, "it names the members of the old cluster, and etcd 3.4 does not keep it".into());
    }
    let RaftMembers { voters, learners } = members;
    let same = before.is_some_and(|state| {
        state.voters == voters && state.learners == learners && state.ids().count() == voters.len() + learners.len()
    });
    if same || buckets.has("meta").all() == Some(&false) {
        return None;
    }
    let state = ConfState {
        voters: voters.to_vec(),
        learners: learners.to_vec(),
        auto_leave: Some(false),
        ..ConfState::default()
    };
    let reason = match before {
        Some(_) => "it names the members of the old cluster",
        None => "it has to name the members of the new cluster",
    };
    change(Some(conf_state_json(&state)), reason.into())
}

/// A cluster version above that of the server is taken for a forbidden downgrade: by 3.6 and later as it is here, by older
/// ones when the cluster is upgraded again.
fn cluster_version(buckets: &Buckets, release: Release) -> Option<EntryChange> {
    let own = Version::new(3, release.minor(), 0);
    let cluster = buckets.cluster.part().version.as_ref().filter(|version| **version > own)?;
    let reason = format!("it is {cluster}, and etcd {release} does not join a cluster of a newer version");
    Some(EntryChange { bucket: "cluster", key: "clusterVersion", value: Some(own.to_string()), reason })
}

/// The old cluster's downgrade is not the new one's.
fn downgrade(buckets: &Buckets, release: Release) -> Option<EntryChange> {
    let target = buckets.cluster.part().downgrade.target()?;
    let value = (release > Release::V3_4).then(|| NO_DOWNGRADE.to_owned());
    let reason = format!("the old cluster was on its way down to {target}, and the new one is not");
    Some(EntryChange { bucket: "cluster", key: "downgrade", value, reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMBERS: RaftMembers<'static> = RaftMembers { voters: &[1, 2], learners: &[3] };

    fn of(entries: &[(&str, &str, &str)]) -> Buckets {
        let mut buckets = Buckets::default();
        for bucket in ["meta", "cluster"] {
            buckets.read_bucket(bucket.as_bytes(), &mut |_| ());
        }
        for (bucket, key, value) in entries {
            buckets.read_entry(bucket.as_bytes(), key.as_bytes(), value.as_bytes(), &mut |_| ());
        }
        buckets
    }

    /// Keys and new values of all changes.
    fn fitted(entries: &[(&str, &str, &str)], release: Release) -> Vec<(&'static str, Option<String>)> {
        let changes = changes_for_release(&of(entries), release, MEMBERS).expect("fits");
        changes.into_iter().map(|change| (change.key, change.value)).collect()
    }

    const NEW_STATE: &str = r#"{"voters":[1,2],"learners":[3],"auto_leave":false}"#;
    const SETTLED: (&str, &str, &str) = ("meta", "confState", NEW_STATE);

    const OF_3_7: [(&str, &str, &str); 4] = [
        ("meta", "storageVersion", "3.7.0"),
        ("meta", "confState", r#"{"voters":[9]}"#),
        ("cluster", "clusterVersion", "3.7.0"),
        ("cluster", "downgrade", r#"{"target-version":"3.6.0","enabled":true}"#),
    ];

    #[test]
    fn a_newer_database_is_brought_down() {
        let text = |text: &str| Some(text.to_owned());
        let of_3_6 = [
            ("storageVersion", text("3.6.0")),
            ("confState", text(NEW_STATE)),
            ("clusterVersion", text("3.6.0")),
            ("downgrade", text(NO_DOWNGRADE)),
        ];
        assert_eq!(fitted(&OF_3_7, Release::V3_6), of_3_6);
        let of_3_5 = [
            ("storageVersion", None),
            ("confState", text(NEW_STATE)),
            ("clusterVersion", text("3.5.0")),
            ("downgrade", text(NO_DOWNGRADE)),
        ];
        assert_eq!(fitted(&OF_3_7, Release::V3_5), of_3_5);
        let of_3_4 =
            [("storageVersion", None), ("confState", None), ("clusterVersion", text("3.4.0")), ("downgrade", None)];
        assert_eq!(fitted(&OF_3_7, Release::V3_4), of_3_4);
    }

    #[test]
    fn versions_never_go_up() {
        let keys = |entries, release| fitted(entries, release).into_iter().map(|(key, _)| key).collect::<Vec<_>>();
        assert_eq!(keys(&OF_3_7, Release::V3_8), ["confState", "downgrade"]);
        let of_3_5 = [SETTLED, ("cluster", "clusterVersion", "3.5.0"), ("meta", "storageVersion", "3.5.0")];
        assert!(keys(&of_3_5, Release::V3_7).is_empty());
    }

    #[test]
    fn what_fits_is_left_alone() {
        for release in [Release::V3_5, Release::V3_6, Release::V3_7, Release::V3_8] {
            assert!(fitted(&[SETTLED], release).is_empty());
        }
        let off = ("cluster", "downgrade", r#"{"target-version":"","enabled":false}"#);
        assert!(fitted(&[SETTLED, off], Release::V3_6).is_empty());
        let old = [("meta", "storageVersion", "3.4.0"), SETTLED];
        assert_eq!(fitted(&old, Release::V3_6), [("storageVersion", None)]);
        assert!(
            changes_for_release(&Buckets::default(), Release::V3_7, MEMBERS).expect("fits").is_empty(),
            "no bucket meta"
        );
    }

    #[test]
    fn another_etcd_is_refused() {
        let unfit =
            changes_for_release(&of(&[("meta", "storageVersion", "4.0.0")]), Release::V3_7, MEMBERS).unwrap_err();
        assert!(unfit.to_string().contains("4.0.0"));
    }

    #[test]
    fn a_change_reads_as_a_sentence() {
        let [change] =
            &changes_for_release(&of(&[SETTLED, ("cluster", "clusterVersion", "3.8.0")]), Release::V3_7, MEMBERS)
                .expect("fits")[..]
        else {
            panic!("one change")
        };
        let text = "cluster/clusterVersion becomes 3.7.0: it is 3.8.0, and etcd 3.7 does not join a cluster of a newer version";
        assert_eq!(change.to_string(), text);
    }
}
