//! Rules about a member's data directory as a whole: whether its log, its `.snap` files and its database fit together
//! (`docs/format/boot.md#start-steps` and `docs/format/wal.md#snapshot-files`).

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
    PROXY_DIRECTORY: Error, "folder of a proxy beside the member",
        "The data directory has the folders member and proxy. A server writes one or the other; the second is left over from a proxy of the v2 API \
         that ran with the same directory. Servers of 3.4 to 3.8 stop: \"invalid datadir; both member and proxy directories exist\".",
        "Move the folder proxy out of the data directory; it holds a list of peers and no data.";
    FILE_UNREADABLE: Error, "file cannot be read",
        "The system did not let this file be read. A server that runs as the same user cannot read it either.",
        "Check owner and mode of the file and of the folders above it, and the disk. Run the check as the user that etcd runs as.";
    LOG_MISSING: Error, "no write-ahead log",
        "There are files of a member and no log. A server of any version that starts takes the directory for that of a new member: it begins a \
         new log, with the ids that its flags give. Nothing of a .snap file is used, and an old database stays in place: because it says that \
         it has applied more entries than the new log has, everything that is written at first is silently dropped (3.4, 3.5), or the server \
         does not become ready (3.6 and later). If the member was started with --wal-dir, its log is elsewhere.",
        "Do not start it, and keep these files. Name the log with --wal-dir if it is elsewhere. Otherwise, if there is a member/snap/db, restore \
         from it with --skip-hash-check, for all members from the same file. A .snap file alone holds the members and the keys of the v2 API, \
         none of the v3 API.";
    DATABASE_MISSING: Error, "no database",
        "There is a log and no member/snap/db, or one in which nothing was ever written: 0 bytes, or a new database without buckets, which servers \
         begin anew as if it were not there. Everything that is not in the log any more is lost: a server builds the keyspace anew from the log \
         if that reaches back to its first entry, and stops otherwise; some versions refuse in any case.",
        "Copy the directory first. If files to move are named, move them out of the folder, keep them, and start the member with one of the versions \
         named: it builds the database anew from the log, and nothing that the log has is lost. If none are named and a version is said to start below, and the log \
         is there from entry 1 on, start that. Otherwise, if the other members have a quorum, remove this member and add it again with an empty \
         data directory; it gets all data from the leader. If not, restore the cluster from a snapshot.";
    ETCD_2_DIRECTORY: Error, "data directory of etcd 2",
        "There is a log and no database, and the cluster version or the form of the log is that of etcd 2, which has no database: its data are \
         in the .snap files and in the log. Logs written before May 2016 have no padding; every later version reads them. etcd 3.0 to 3.5 start \
         from such a directory and serve its keys through the v2 API only (--enable-v2 from 3.4 on, where it is off), 3.6 and later refuse or \
         know nothing of them.",
        "Keep the directory; it is no backup of etcd 3, and no snapshot of etcd 3 will hold these keys. Work on a copy: `ETCDCTL_API=3 etcdctl \
         migrate --data-dir DIR` of etcd 3.0 to 3.4 writes the keys into a database, without their directories and times to live.";
    DATABASE_UNUSABLE: Error, "database is none",
        "The file member/snap/db is not a database, or nothing in it can be read. Servers stop with \"invalid database\" or a panic. If the \
         file named ends in .snap.db, it came from the leader with a snapshot that is newer than db: a server renames it to db before it looks \
         into it, so the old db is gone after a start. One of 0 bytes, or without a bucket, does not stop the server: it goes on without the keys.",
        "Copy the directory first. If the file named ends in .snap.db, move it out of the folder, and keep it: db is still there. If the other \
         members have a quorum, remove this member and add it again with an empty data directory; it gets all data from the leader. If not, \
         restore the cluster from a snapshot, or from a member/snap/db that is whole with --skip-hash-check.";
    RECEIVED_DATABASE: Note, "database received from a leader",
        "A file that ends in .snap.db is a database that the leader sent together with a snapshot. A server renames it to db when it takes it, so \
         the one found here was not taken, or its member stopped before. It is used at the next start if db is older than the snapshot.",
        "Nothing needs to be done, unless an error names this file too.";
    RECEIVED_DATABASE_FOREIGN: Error, "received database is of another history",
        "A file that ends in .snap.db has applied more entries than db, and is at a lower revision. Revisions only grow, so it is of another member, \
         another cluster or another time. A server renames it to db when it starts, without an error: the keys of the old db are gone.",
        "Copy the directory first. Move the .snap.db and the files named with it out of the folder, and keep them, before a server is started.";
    LEFTOVER_FILE: Note, "leftover of an interrupted write",
        "A file that an interrupted write or defragmentation left behind, or the copy that a server made of a file before it repaired or gave up \
         on it. Servers use none of them, with one exception: see DEFRAG_LEFTOVER.",
        "Nothing needs to be done. Delete a file that ends in .broken only when nothing is missing from the running member: it may be the last \
         copy of what the server could not read.";
    DEFRAG_LEFTOVER: Warning, "unfinished defragmentation that an old etcd would go on with",
        "The file db.tmp is what a defragmentation by etcd before 3.4.4 left behind when it was interrupted (before 3.3.19 in 3.3). These versions open it at the next \
         defragmentation, write into what is already there, and put the result in the place of the database. Later versions write to a file of \
         a new name, db.tmp. and a number: 3.4.23, 3.5 and 3.6 delete this one when they start, 3.7 and 3.8 leave it alone.",
        "Move db.tmp out of the folder before an etcd older than 3.4.4 is started. Newer ones do not need that.";
    BROKEN_COPY_HOLDS_ENTRIES: Warning, "what a server cut off the log is kept here",
        "A server took damage for an unfinished last write, copied the segment to this file and cut the log off. The copy has intact records after \
         the place where it was cut, or entries that the log does not have: entries that clients were told are safe were thrown away by the \
         server, and this file is the last that holds them.",
        "Keep this file, and copy it away. Compare the member with others (`etcdctl endpoint hashkv --cluster`) and with a snapshot of the time \
         before. Named FILE.wal in a folder of its own it can be read by `etcdsnap wal dump`, up to the damage.";

    // Snapshots.

    SNAPSHOT_DAMAGED: Warning, "snapshot file is damaged",
        "A .snap file cannot be read. Servers up to 3.6 rename it to .broken and take the one before it, or read the whole log; later ones do not \
         look at it.",
        "Nothing is needed as long as a version that matters to you is said to start below. The file was whole once: check the disk.";
    SNAPSHOT_MISNAMED: Warning, "snapshot file bears another's name",
        "Index and term in the name of a .snap file are not those inside it. etcd makes both from the same numbers, so the file was renamed.",
        "Give it its own name, or move it away.";
    SNAPSHOT_UNKNOWN: Note, "log does not tell of a snapshot file",
        "A .snap file was written and the log has no record of it, because the member stopped between the two. The log has the entries that the file \
         was made from, or the file came from the leader with its database. Servers from 3.4.8 on \
         ignore the file; earlier ones start from it if it is the newest.",
        "Nothing needs to be done for 3.4.8 and later. Move the file away before you start an earlier version.";
    LOG_ENDS_BEFORE_SNAPSHOT: Error, "log ends before a snapshot file",
        "A .snap file was written when its entry and all entries before it were in the log. The log ends before that entry, and the file did not come \
         from the leader: a database of the same index would be here then. So the end of the log was lost: an older copy of the log was put \
         here, or the log was cut off. Servers start from what is there, without an error, and entries that clients were told are safe are missing.",
        "Copy the directory first, and look for a newer copy of the log. If the other members have a quorum, remove this member and add it again with \
         an empty data directory; it gets all data from the leader. If not, restore the cluster from the newest snapshot there is, or from \
         member/snap/db with --skip-hash-check, whichever has the higher revision.";
    SNAPSHOT_MISSING: Note, "newest snapshot has no file",
        "The log tells of a snapshot for which there is no .snap file that can be used. Servers up to 3.6 start from an older one, or from the \
         beginning of the log if it is still there. From 3.7 on they need none, and 3.8 writes none.",
        "Nothing is needed to start the version that wrote this directory. Before a downgrade look at what is said about that version below.";
    V2_CONTENT: Warning, "keys of the v2 API",
        "Clients wrote keys through the v2 API, which etcd up to 3.3, and 3.4 and 3.5 with --enable-v2, serve. These keys are in the .snap files and \
         in the log and nowhere else: no database and no snapshot of v3 holds them, and they are lost with these files. etcd 3.6 refuses to start \
         with them: \"detected disallowed custom content in v2store\". 3.7 and later do not know them. It is an error while there is no key of \
         the v3 API, because then they are all the data there is.",
        "Copy the .snap files and the log. A snapshot, a restore, or a member added anew from v3 data alone lose these keys. Start the member with \
         the version that wrote it, with --enable-v2, and copy what is needed into v3; `ETCDCTL_API=3 etcdctl migrate` of 3.4 and older does it \
         on a copy of the stopped member's directory, if its cluster version is 3.4 or older: it refuses a newer one. Only when everything that is needed is in v3, delete the keys through the v2 API and let \
         the member write a new snapshot, before an upgrade to 3.6. `etcdutl check v2store` of 3.5.18 and later shows the same.";

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
        "The newest snapshot contains more than the database has applied: an older copy of the database was put here, or the database that came \
         with the snapshot was lost (etcd 3.5.0 to 3.5.2 could also write a consistent index that was too low). Servers look for that database by \
         its index and stop without it. Whether the entries between the two are still in the log, and which files stand in the way then, is \
         said in each case.",
        "Copy the directory first. If files to move are named, move them out of the folder, keep them, and start the member with one of the versions \
         named: it applies the entries of the log to the database, and nothing that the log has is lost. If none are named and the other members have a quorum, \
         remove this member and add it again with an empty data directory. If they have none, restore the cluster from the newest snapshot \
         there is, or from member/snap/db with --skip-hash-check.";
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
