//! Rules about members, leases, alarms, authentication and versions: the nine small buckets (`docs/format/snapshot.md#buckets`).

kinds! { Cluster:
    // The buckets as such.

    BUCKET_MISSING: Warning, "expected bucket missing",
        "Every etcd server creates all ten buckets when it starts, so a server's own snapshot always has them. A file without one \
         was made or altered by something else, or has lost a part of its root.",
        "Find out how this file was made. A server creates the missing bucket, empty, when it starts; check that what it held is \
         not needed, or take a new snapshot from a running member.";
    META_BUCKET_MISSING: Error, "no meta bucket",
        "The bucket meta says how far the raft log is applied and the keyspace compacted. Every server creates it at its first start. \
         The restore of etcd 3.5 and later stops without it: \"failed to find a bucket\".",
        "Do not restore this file. Use another snapshot.";
    BUCKET_UNKNOWN: Note, "unknown bucket",
        "The root has a bucket that no known version of etcd writes. Servers ignore it; it counts in the status hash.",
        "Nothing needs to be done. If nobody knows where it comes from, compare with a snapshot of another member.";
    ENTRY_UNKNOWN: Note, "unknown entry",
        "A bucket with a fixed set of keys has one more. A newer version of etcd may have written it; servers ignore what they do \
         not know.",
        "Nothing needs to be done.";

    ENTRY_IS_BUCKET: Error, "bucket in place of an entry",
        "etcd nests no buckets, but here a bucket stands where an entry belongs: the mark of the entry is damaged, or another program \
         wrote it. Every version of etcd takes it for an entry with an empty value, and exits as soon as it writes or removes that entry: \
         \"incompatible value\". Where the restore has to write it, the restore fails with the same words.",
        "Do not restore this file. Use another snapshot, preferably of another member.";

    // Members.

    MEMBER_KEY_INVALID: Error, "member key is no member id",
        "The keys of the buckets members and members_removed are member ids in hexadecimal. This one is not, so the bytes of the \
         bucket are damaged. The restore of etcd 3.5 and later panics on it: \"failed to parse member id from key\".",
        "Take a new snapshot, preferably from another member. If this is the only copy, the data in the key bucket may still be \
         whole: look at the other findings.";
    MEMBER_KEY_PADDED: Warning, "member key is not in etcd's form",
        "Member ids are keys in lower-case hexadecimal without leading zeros. Servers read this form too, but update the member \
         under its proper key, so that it is there twice.",
        "Nothing is needed before a restore: it writes the members anew. In the running cluster, find out what wrote this entry.";
    MEMBER_UNDECODABLE: Error, "member entry cannot be read",
        "The description of a member is not the JSON that etcd writes, so the bytes of the bucket are damaged. A running member with \
         such a database panics at its next start from etcd 3.6 on: \"couldn't read members from backend\".",
        "Take a new snapshot from another member. A restore replaces all member entries, so the keys and values may still be usable: \
         look at the other findings.";
    MEMBER_ID_MISMATCH: Error, "member entry under another member's id",
        "The id inside the entry and the key it is stored under differ. etcd writes both from one number, so one of them is damaged.",
        "Take a new snapshot from another member. A restore replaces all member entries, so the keys and values may still be usable: \
         look at the other findings.";
    MEMBER_PEER_URLS_MISSING: Warning, "member without peer URLs",
        "A member is always added with at least one peer URL; without one the others cannot reach it.",
        "Run `etcdctl member list` on the cluster and correct the member with `etcdctl member update`. A restore writes the members \
         anew and is not affected.";
    MEMBER_PEER_URL_SHARED: Warning, "two members share a peer URL",
        "etcd refuses to add a member with a peer URL that another one has. Two entries with the same URL mean that one of them is a \
         leftover, typically of a restore with etcdctl 3.4, which leaves the old members in the database. From 3.6 on, servers trust \
         these entries: the leftover member comes back and counts for the quorum (upstream issue 20967).",
        "A restore of this snapshot with etcd 3.5 or later writes the members anew and is safe. Before upgrading the running cluster \
         to 3.6, upgrade every member to 3.5.26 or later, which removes leftovers, and compare with `etcdctl member list`.";
    MEMBER_ZOMBIE: Warning, "member that is no longer part of the cluster",
        "The members bucket lists a member that was removed, or that the raft configuration in the same database does not know. \
         Versions before 3.5.26 could leave such entries behind. From 3.6 on, servers trust this bucket: the member comes back, \
         counts for the quorum, and the cluster may lose it (upstream issue 20967).",
        "A restore of this snapshot with etcd 3.5 or later writes the members anew and is safe. Before upgrading the running cluster \
         to 3.6, upgrade every member to 3.5.26 or later, start it once, and compare with `etcdctl member list`.";
    MEMBER_REMOVED_VALUE: Warning, "unexpected value of a removed member",
        "Every entry of members_removed has the same value, the word \"removed\". Servers do not look at it, but only damage explains \
         another one.",
        "Treat the file as suspicious: check its SHA-256 against the original and take a new snapshot if you can.";
    MEMBERS_EMPTY: Warning, "no members recorded",
        "The members bucket is empty although a server writes itself into it. From 3.6 on, a member started on such a database does \
         not know its own cluster.",
        "Restore it as usual: a restore with etcd 3.5 or later writes the members anew. Do not start a server on this database as it is.";
    MEMBER_LEARNER_STALE: Warning, "voter recorded as learner",
        "The members bucket calls a member a learner although it votes in the raft configuration. etcd 3.5.0 to 3.5.19 did not record \
         promotions (upstream issue 19557). From 3.6 on, servers believe the bucket and treat the member as a learner again.",
        "A restore is not affected: it makes every member a voter. Before upgrading the running cluster to 3.6, upgrade every member \
         to 3.5.26 or later, which corrects the entry.";
    MEMBER_LEARNER_LOST: Warning, "learner recorded as voter",
        "The raft configuration has this member as a learner, its entry in the members bucket does not. etcd 3.4, 3.5.20 to 3.5.30 and \
         3.6.0 to 3.6.11 lost the mark when the peer URLs of a learner were updated. From 3.7 on, a restarted member takes the bucket's \
         word, so that members may disagree on who votes.",
        "Run `etcdctl member list`; promote the learner with `etcdctl member promote`, or remove it and add it again, before restarting \
         members. A restore is not affected: it makes every member a voter.";
    MEMBER_ATTRIBUTES_MISSING: Note, "members without name or client URLs",
        "A member publishes its name and client URLs when it starts. They are missing when it was added or restored but has not \
         started yet, and on databases of etcd 3.5.0 to 3.5.19, which did not record them here (upstream issue 19557).",
        "Nothing needs to be done for a restore.";
    LEARNERS_PRESENT: Note, "cluster has learners",
        "Some members of the cluster are learners, which do not vote. A restore cannot make learners: every member given to it becomes \
         a voter. Versions before 3.5.25 also kept learners in the list after --force-new-cluster.",
        "When restoring, list only the members that should vote, and add learners to the running cluster afterwards.";
    CONF_STATE_INVALID: Error, "raft configuration cannot be read",
        "The entry meta/confState is not the JSON that etcd writes, so the bytes of the bucket are damaged. etcd 3.4.31 and later 3.4 \
         releases panic on it, and so does `etcdutl migrate` of early 3.6 releases.",
        "Take a new snapshot, preferably from another member.";
    CONF_STATE_WITHOUT_VOTERS: Warning, "raft configuration without voters",
        "The entry meta/confState names no voter. A cluster without voters cannot exist, so the entry was not written by etcd.",
        "A restore is not affected. Compare with a snapshot of another member.";
    CONF_STATE_STALE: Warning, "raft configuration and list of members differ",
        "The entry meta/confState does not name the same members as the members bucket. After a restore this is normal until a member is \
         next added or removed, because a restore replaces the members and leaves this entry alone; it is only noted then. Without a \
         restore, the entry of a member has been lost.",
        "If this cluster was restored from a backup before, nothing needs to be done. Otherwise compare with `etcdctl member list` \
         before restarting members on etcd 3.6 or later. A restore of this snapshot writes the members anew.";
    RESTORED_BEFORE: Note, "cluster was restored from a backup before",
        "Every revision takes at least one raft entry, so in a cluster that was never restored the raft index is not below the \
         revision. Here it is: a restore starts a new raft log and keeps the revisions.",
        "Nothing needs to be done. Old backups of the time before that restore have the same revisions with other contents.";

    // Where the database stands in the raft log.

    CONSISTENT_INDEX_INVALID: Error, "raft index cannot be read",
        "The entry meta/consistent_index does not have 8 bytes, so the bytes of the bucket are damaged. Without it a running server \
         would apply its log from the beginning once more.",
        "Do not start a server on this database. A restore writes the entry anew, but take a new snapshot if you can: something \
         damaged this one.";
    CONSISTENT_INDEX_MISSING: Warning, "raft index missing",
        "A server records the last applied raft entry in meta/consistent_index with every write, and never as 0. Here it is missing or \
         0, so this database was not written by a server that had applied anything.",
        "A restore writes the entry anew. Never put this database under an existing write-ahead log: every entry would be applied twice.";
    TERM_INVALID: Error, "raft term cannot be read",
        "The entry meta/term does not have 8 bytes, so the bytes of the bucket are damaged.",
        "Take a new snapshot, preferably from another member. A restore with etcd 3.5 or later writes the entry anew.";
    TERM_MISSING: Warning, "raft term missing",
        "Servers of etcd 3.5 and later record the raft term with every write, and never as 0. The versions in this database are 3.5 or \
         later, yet the term is missing: `etcdutl migrate` refuses such a database with \"missing term information\".",
        "A restore with etcd 3.5 or later writes the entry anew. Find out which tool or version last wrote this database.";

    // Versions.

    RAFT_POSITION_IMPLAUSIBLE: Warning, "raft index or term that no cluster reaches",
        "The entry meta/consistent_index or meta/term is above 2^62. Indexes count the entries of the raft log and terms the elections, \
         one by one: at a million a second that takes 146 000 years, so bytes of the entry are damaged. A restore, by every version, \
         writes both anew. A member that starts with such an index takes every new entry for applied already, and drops it (3.4 and \
         3.5), or does not become ready (3.6 and later).",
        "A restore gives a cluster with sound numbers. Do not start a member on this database as it is, and take a new snapshot, \
         preferably from another member: whatever damaged this entry may have damaged others.";
    STORAGE_VERSION_INVALID: Error, "storage version cannot be read",
        "The entry meta/storageVersion is not a version such as 3.6.0, so the bytes of the bucket are damaged. Servers take it as \
         missing.",
        "Take a new snapshot, preferably from another member.";
    STORAGE_VERSION_UNUSABLE: Error, "storage version that no database has",
        "The entry meta/storageVersion is below 3.0.0, or has a patch number or a suffix, which etcd never writes, so its bytes are \
         damaged. etcd 3.5 ignores the entry; 3.6 and later compare its first two numbers with their own.",
        "Take a new snapshot, preferably from another member.";
    STORAGE_VERSION_STALE: Warning, "storage version newer than the cluster version",
        "The storage version says that a newer etcd wrote this database than the cluster now runs. It is left over when 3.6 or later was \
         replaced by 3.5 without `etcdutl migrate`. Data that 3.5 wrote since then is taken for the newer layout, and etcd 3.4.31 and \
         later 3.4 releases refuse to start.",
        "On the members, run `etcdutl migrate --target-version 3.5` while they are stopped, one at a time. When restoring, have the \
         storage version set for the etcd version that will run.";
    STORAGE_VERSION_BEHIND: Note, "storage version older than the cluster version",
        "The leader raises the storage version some seconds after the cluster version. This snapshot was taken in between, or comes \
         from a cluster that was being upgraded.",
        "Nothing needs to be done: the server that starts from it completes the step.";
    CLUSTER_VERSION_INVALID: Error, "cluster version cannot be read",
        "The entry cluster/clusterVersion is not a version such as 3.5.0, so the bytes of the bucket are damaged. etcd 3.6 and later \
         panic on it when they start.",
        "Take a new snapshot, preferably from another member.";
    CLUSTER_VERSION_UNUSABLE: Error, "cluster version that no cluster has",
        "The entry cluster/clusterVersion is below 3.0.0, or has a patch number or a suffix, which etcd never writes, so its bytes are \
         damaged. etcd 3.6 and later look up by it what they may do: below 3.0.0, or with a suffix after the version of the server \
         itself, they start and refuse every request for good (\"etcdserver: not capable\"). etcd 3.4 and 3.5 do not read the entry \
         after a restore.",
        "Take a new snapshot, preferably from another member.";
    CLUSTER_VERSION_MISSING: Note, "cluster version missing",
        "The members of a cluster agree on a version some seconds after the first start and record it. This snapshot was taken before \
         that.",
        "Nothing needs to be done. If the cluster had been running for longer, treat the file as suspicious.";
    DOWNGRADE_INVALID: Error, "downgrade entry cannot be read",
        "The entry cluster/downgrade is not the JSON that etcd writes, or names no version while a downgrade is on. etcd 3.5 and later \
         panic on it when they start.",
        "Take a new snapshot, preferably from another member.";
    DOWNGRADE_ENABLED: Warning, "cluster is being downgraded",
        "A downgrade was begun with `etcdctl downgrade enable` and neither finished nor cancelled when the snapshot was taken. A \
         cluster restored from it goes on with the downgrade; etcd 3.5 does not even start unless 3.5 is the target.",
        "Finish the downgrade or run `etcdctl downgrade cancel`, then take a new snapshot. After restoring this one with etcd 3.6 or \
         later, run `etcdctl downgrade cancel` unless you want the downgrade.";
    ENTRIES_POSSIBLY_SKIPPED: Note, "server version could skip writes",
        "etcd 3.5.0 to 3.5.2 could record a raft entry as applied before its data was written, and skip it after a crash (upstream issue \
         13766). Nothing in one snapshot shows whether that happened: the members of such a cluster silently differ.",
        "Compare the members: `etcdctl endpoint hashkv --cluster`, or the HashKV of one snapshot of each at the same revision. Restore \
         from a member that agrees with the majority, and upgrade to the newest 3.5.";

    // Alarms.

    ALARM_UNDECODABLE: Error, "alarm cannot be read",
        "An entry of the alarm bucket is not an alarm, so the bytes of the bucket are damaged. etcd exits when it starts. Some bytes stop only the \
         versions to 3.6, or only those since 3.7, which decode it by another library: the verdicts say which.",
        "Take a new snapshot, preferably from another member.";
    ALARM_VALUE_NOT_EMPTY: Warning, "alarm with a value",
        "Alarms are stored as keys; their values are empty. Servers do not look at the value, but only damage explains one.",
        "Treat the file as suspicious: check its SHA-256 against the original and take a new snapshot if you can.";
    ALARM_NOSPACE: Warning, "NOSPACE alarm is active",
        "The database had reached its quota. The alarm is part of the data: a cluster that starts from it, restored or not, refuses puts \
         and lease grants with \"etcdserver: mvcc: database space exceeded\" until it is disarmed, even when there is space again.",
        "Restore with `etcdsnap restore --disarm-alarms`, or run `etcdctl alarm disarm` once the cluster runs (the old member id in the \
         alarm does not matter). Compact and defragment, or raise --quota-backend-bytes, or the alarm comes back.";
    ALARM_CORRUPT: Warning, "CORRUPT alarm is active",
        "The cluster itself found that its members' data differ, and one of them may be the one this snapshot comes from. The alarm is \
         part of the data: a restored cluster refuses writes, compactions and leases with \"etcdserver: corrupt cluster\".",
        "Find out which member was wrong before trusting this snapshot: compare the HashKV of snapshots of all members at one revision, \
         and restore from the majority, with `etcdsnap restore --disarm-alarms`; or run `etcdctl alarm disarm` once the cluster runs.";
    ALARM_UNKNOWN: Warning, "unknown alarm",
        "An alarm of a kind that is neither NOSPACE nor CORRUPT. Known servers keep it and do nothing about it.",
        "Find out which server or tool raised it. `etcdsnap restore --disarm-alarms` leaves it out, and `etcdctl alarm disarm` removes it \
         from a running cluster.";

    // Leases.

    LEASE_KEY_INVALID: Error, "lease key is no lease id",
        "The keys of the lease bucket are lease ids in 8 bytes. This one is not, so the bytes of the bucket are damaged. Servers load \
         the lease by the id in its value, but cannot delete it.",
        "Take a new snapshot, preferably from another member.";
    LEASE_UNDECODABLE: Error, "lease cannot be read",
        "An entry of the lease bucket is not a lease, so the bytes of the bucket are damaged. etcd panics on it when it \
         starts: it fails to unmarshal the lease. Some bytes stop only the versions to 3.6, or only those since 3.7, which decode it by \
         another library; the others may read a lease that expires at once: the verdicts say which.",
        "Take a new snapshot, preferably from another member.";
    LEASE_ID_MISMATCH: Error, "lease under another lease's id",
        "The id inside the entry and the key it is stored under differ. etcd writes both from one number, so one of them is damaged.",
        "Take a new snapshot, preferably from another member.";
    LEASE_TTL_INVALID: Error, "lease with an impossible time to live",
        "etcd grants leases of 1 to 9000000000 s, and these have less or more. Every version that loads a lease of no or negative time \
         gives it the shortest one, and the end of one that is too long can overflow and lie in the past. Either way the keys attached to \
         it are deleted within seconds of a start.",
        "Do not restore this file without another copy of the keys concerned: `etcdsnap leases --keys` lists them. Use another snapshot, \
         preferably of another member.";
    LEASE_REMAINING_INVALID: Warning, "lease with more time left than it was given",
        "The remaining time of a lease is negative or longer than its time to live. etcd writes no such lease; a negative time is ignored \
         when it is loaded.",
        "A restored server counts with the longer remaining time. Renew the lease with `etcdctl lease keep-alive`, or revoke it.";
    LEASE_ID_NEGATIVE: Note, "leases with negative ids",
        "Negative lease ids are legal, but clients have to choose them. etcd before 3.4.20 and 3.5.3 forgets such leases when it \
         restarts: their keys stay for ever and members differ (upstream issue 12535).",
        "Restore with a newer patch release. If the cluster ran an older one, compare the members with `etcdctl endpoint hashkv --cluster`.";

    // Authentication.

    AUTH_FLAG_INVALID: Error, "authentication switch cannot be read",
        "The entry auth/authEnabled is neither 00 nor 01, so the bytes of the bucket are damaged. Servers take it as off: everybody may \
         read and write.",
        "Take a new snapshot, preferably from another member. After restoring this one, check with `etcdctl auth status` before letting \
         clients in.";
    AUTH_REVISION_INVALID: Error, "authentication revision cannot be read",
        "The entry auth/authRevision does not have 8 bytes, so the bytes of the bucket are damaged. Servers panic when it is shorter.",
        "Take a new snapshot, preferably from another member.";
    AUTH_WITHOUT_ROOT: Warning, "authentication is on but root cannot act",
        "Authentication is on, and there is no user root with the role root. etcd does not allow this state to come about, and with it \
         nobody can change users, take snapshots or switch authentication off. The server starts and serves the other users.",
        "Restore from another snapshot, or have authentication switched off when restoring, then set up root and enable it again.";
    AUTH_NAME_UNLISTED: Warning, "user or role that lists do not show",
        "The name begins with the byte ff. Servers list users and roles up to that byte, so this one is never shown although it works.",
        "Check who made it: a hidden user or role is a security matter. Delete it by name with `etcdctl user delete` or \
         `etcdctl role delete`.";
    USER_UNDECODABLE: Error, "user cannot be read",
        "An entry of the authUsers bucket is not a user, so the bytes of the bucket are damaged. The newest release of a \
         version panics on it when it starts: \"failed to unmarshal 'authpb.User'\". Some bytes stop only the \
         versions to 3.6, or only those since 3.7, which decode it by another library: the verdicts say which.",
        "Take a new snapshot, preferably from another member.";
    USER_NAME_MISMATCH: Error, "user under another user's name",
        "The name inside the entry and the key it is stored under differ. etcd writes both from one string, so one of them is damaged.",
        "Take a new snapshot, preferably from another member.";
    USER_PASSWORD_UNUSABLE: Warning, "user whose password cannot work",
        "The stored password is not a bcrypt hash, so no password matches it. The user cannot log in by password.",
        "After restoring, set it with `etcdctl user passwd`. If nobody changed it by hand, treat the file as suspicious.";
    USER_ROLES_UNSORTED: Warning, "roles of a user are not sorted",
        "etcd keeps the roles of a user sorted and looks them up by halving. In another order a role, even root, may not be found.",
        "After restoring, revoke and grant the roles again with `etcdctl user revoke-role` and `etcdctl user grant-role`.";
    USER_ROLE_MISSING: Warning, "user has a role that does not exist",
        "A user was granted a role that is not in authRoles. etcd removes a role from all users when it is deleted, so the role has been \
         lost or damaged. Servers ignore it: the user can do less than intended.",
        "Compare with `etcdctl role list` on the cluster. After restoring, create the role again or revoke it from the user.";
    ROLE_UNDECODABLE: Error, "role cannot be read",
        "An entry of the authRoles bucket is not a role, so the bytes of the bucket are damaged. The newest release of a \
         version panics on it when it starts, if a user has the role. Some bytes stop only the \
         versions to 3.6, or only those since 3.7, which decode it by another library: the verdicts say which.",
        "Take a new snapshot, preferably from another member.";
    ROLE_NAME_MISMATCH: Error, "role under another role's name",
        "The name inside the entry and the key it is stored under differ. etcd writes both from one string, so one of them is damaged.",
        "Take a new snapshot, preferably from another member.";
    ROLE_PERMISSION_UNKNOWN: Warning, "role with an unknown permission",
        "A permission is neither read, write nor readwrite. Servers ignore it: users with the role can do less than intended.",
        "After restoring, look at the role with `etcdctl role get` and grant the permission again.";

    // Size.

    DATABASE_OVER_DEFAULT_QUOTA: Note, "database at or above the default quota",
        "A server that is started without --quota-backend-bytes limits its database to 2 GiB. This one has reached that: the first write after a \
         restore would raise the NOSPACE alarm and make the cluster read-only.",
        "Start every member with --quota-backend-bytes well above this size, or compact and defragment first.";
}
