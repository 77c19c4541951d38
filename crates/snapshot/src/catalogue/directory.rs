//! Rules about a member's data directory as a whole: whether its log, its `.snap` files and its database fit together
//! (`etcd-format.md` 5.9, 5.10, 7 and 9.2).

/// The member is lost, the cluster need not be.
const REPLACE_MEMBER: &str = "If the other members have a quorum, remove this member and add it again with an empty data directory; it \
     gets all data from the leader. If not, restore the cluster from a snapshot.";

/// The database alone is good.
const FROM_DATABASE: &str = "If the other members have a quorum, remove this member and add it again with an empty data directory. If \
     not, restore the cluster from member/snap/db with --skip-hash-check; what is only in the log is lost then.";

const NOTHING: &str = "Nothing needs to be done.";

kinds! { Directory:
    // What is there.

    DIRECTORY_IN_USE: Warning, "a server has the directory open",
        "A running process holds the lock of the database or of the log. Its files may change while they are read, so findings may come \
         from a mixture of two states, and what is said about a start holds for the moment after the server has stopped.",
        "Stop the member and check again, or check a snapshot of it: `etcdctl snapshot save`.";
    DIRECTORY_CHANGED: Warning, "files changed while they were read",
        "Something wrote to the log while it was read. The last records may be missing from what was seen.",
        "Stop the member and check again.";
    FILE_UNREADABLE: Error, "file cannot be read",
        "The system did not let this file be read. A server that runs as the same user cannot read it either.",
        "Check owner and mode of the file and of the folders above it, and the disk. Run the check as the user that etcd runs as.";
    LOG_MISSING: Error, "no write-ahead log",
        "There is a database and no log. A server that starts takes the directory for that of a new member: it begins a new log, with the ids \
         that its flags give, on top of the old database. Because the database says that it has applied more entries than the new log has, \
         everything that is written at first is silently dropped (3.4, 3.5), or the server does not become ready (3.6 and later). If the member was \
         started with --wal-dir, its log is elsewhere.",
        "Do not start it. Name the log with --wal-dir if it is elsewhere. Otherwise restore from member/snap/db with --skip-hash-check, for all \
         members from the same file.";
    DATABASE_MISSING: Error, "no database",
        "There is a log and no member/snap/db. Everything that is not in the log any more is lost: a server builds the keyspace anew from the log \
         if that reaches back to its first entry, and stops otherwise; some versions refuse in any case.",
        REPLACE_MEMBER;
    DATABASE_UNUSABLE: Error, "database is none",
        "The file member/snap/db is not a database, or nothing in it can be read. Servers stop with \"invalid database\" or a panic.",
        REPLACE_MEMBER;
    RECEIVED_DATABASE: Note, "database received from a leader",
        "A file that ends in .snap.db is a database that the leader sent together with a snapshot. A server renames it to db when it takes it, so \
         the one found here was not taken, or its member stopped before. It is used at the next start if db is older than the snapshot.",
        NOTHING;
    LEFTOVER_FILE: Note, "leftover of an interrupted write",
        "A file that an interrupted write, defragmentation or repair left behind. Servers remove most of them when they start and use none.",
        "Nothing needs to be done. Files that end in .broken can be deleted once the member runs well.";

    // Snapshots.

    SNAPSHOT_DAMAGED: Warning, "snapshot file is damaged",
        "A .snap file cannot be read. Servers up to 3.6 rename it to .broken and take the one before it, or read the whole log; later ones do not \
         look at it.",
        "Nothing is needed as long as a version that matters to you is said to start below. The file was whole once: check the disk.";
    SNAPSHOT_MISNAMED: Warning, "snapshot file bears another's name",
        "Index and term in the name of a .snap file are not those inside it. etcd makes both from the same numbers, so the file was renamed.",
        "Give it its own name, or move it away.";
    SNAPSHOT_UNKNOWN: Note, "log does not tell of a snapshot file",
        "A .snap file was written and the log has no record of it, because the member stopped between the two. Servers ignore the file.",
        NOTHING;
    SNAPSHOT_MISSING: Note, "newest snapshot has no file",
        "The log tells of a snapshot for which there is no .snap file that can be used. Servers up to 3.6 start from an older one, or from the \
         beginning of the log if it is still there. From 3.7 on they need none, and 3.8 writes none.",
        "Nothing is needed to start the version that wrote this directory. Before a downgrade look at what is said about that version below.";
    V2_CONTENT: Warning, "keys of the v2 API are in the v2 store",
        "The .snap file holds keys that clients wrote through the v2 API. etcd 3.6 refuses to start with them: \"detected disallowed custom content in \
         v2store\".",
        "Start the member with 3.5 and delete these keys through the v2 API (--enable-v2), then let it write a new snapshot. \
         `etcdutl check v2store` of 3.5 shows the same.";

    // The place of the database in the log.

    INDEX_BEHIND_LOG: Note, "log is ahead of the database",
        "The log has entries that are not in the database yet. That is so after every crash: the database is written every 100 ms. A server that \
         starts applies them. Whoever copies only the database loses them.",
        "Nothing needs to be done. Take a snapshot of the started member rather than a copy of its database.";
    INDEX_AHEAD_OF_LOG: Error, "database is ahead of the log",
        "The database has applied entries that the log does not have. Either the end of the log was lost, or the database is from a later time or \
         another member. A server takes new entries for those it has applied already and drops them silently until their number passes the \
         consistent index: writes that clients were told nothing wrong about are lost, and members differ from then on. etcd 3.6 and later do not \
         become ready meanwhile.",
        FROM_DATABASE;
    INDEX_AHEAD_OF_COMMIT: Note, "database is ahead of the commit index",
        "The database has applied entries that the last hard state does not call committed yet, and the log has them. The commit index alone is not \
         flushed to the disk, so this is normal after a crash. Only a server started with ETCD_VERIFY=all stops at it.",
        NOTHING;
    INDEX_BEHIND_SNAPSHOT: Error, "database is older than the snapshot",
        "The log begins anew behind a snapshot that contains more than the database has applied, so the entries between the two are nowhere. An \
         older copy of the database was put here, or the database that came with the snapshot was lost (etcd 3.5.0 to 3.5.2 could also write a \
         consistent index that was too low). Servers look for that database by its index and stop without it.",
        REPLACE_MEMBER;
    INDEX_MISSING: Warning, "database does not say where in the log it stands",
        "There is no consistent index, or it is 0, although the log has entries. Servers apply the whole log again on top of what is there, so that \
         keys may be written twice.",
        "Find out where this database comes from. Compare its HashKV with that of another member after the start.";
    TERM_AHEAD_OF_LOG: Error, "database is of a later term than the log",
        "The database has seen an election that the log knows nothing of. Log and database are from different times or members.",
        FROM_DATABASE;
    TERM_NOT_OF_ENTRY: Warning, "database and log disagree about the last entry",
        "The database says of which term the last entry it applied is, and in the log the entry with this index is of another. Either log and database \
         are from different histories, or a 3.4 server has written to a database of 3.5 or later without knowing of the term (upstream issue 13514).",
        "Compare HashKV with another member after the start. If they differ, replace this member.";

    // Members.

    SELF_UNKNOWN: Error, "database does not know this member",
        "The log is that of a member which the members bucket does not list. The database is of another cluster, or was restored with etcdctl 3.4, \
         which leaves the old members in it. From 3.6 on servers believe the bucket: they panic, or never elect a leader.",
        "Restore again with etcd 3.5 or later, or with this tool; both write the members anew. Servers up to 3.5 start from the directory as it is.";
    SELF_REMOVED: Error, "this member was removed from the cluster",
        "The log or the database says that this member is no longer part of its cluster. A server that starts says so and stops, or is refused by the others.",
        "Do not start it. Add it to the cluster as a new member, with an empty data directory.";
    MEMBER_NOT_IN_DATABASE: Warning, "member that only the log knows",
        "The .snap file and the log know a member that the members bucket does not list. Servers up to 3.5 go by the first, later ones by the second, so \
         that an upgrade to 3.6 drops this member.",
        "Upgrade to 3.5.26 or later first, start it once, and compare with `etcdctl member list` before going on to 3.6.";
    MEMBER_NOT_IN_LOG: Warning, "member that only the database knows",
        "The members bucket lists a member that the .snap file and the log do not know, or know to be removed. Servers up to 3.5 ignore it (3.5.26 and later delete it). \
         From 3.6 on servers believe the bucket: the member comes back, counts for the quorum, and a leader may never be elected (upstream issue \
         20967).",
        "Before starting it with 3.6 or later, start it once with 3.5.26 or later, and compare with `etcdctl member list`.";
    MEMBER_ROLE_DIFFERS: Warning, "log and database disagree about a learner",
        "A member is a learner in one of log and database and a voter in the other. etcd 3.5.0 to 3.5.19 did not write promotions into the database \
         (upstream issue 19557). From 3.7 on servers believe the database.",
        "Start it once with 3.5.26 or later, or with 3.6, which correct the entry, before going on to 3.7.";
}
