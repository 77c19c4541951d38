//! A database that does not go with its log.

use etcdsnap_bbolt::ByteOrder;
use etcdsnap_datadir::CheckOptions;

use crate::member::{Member, found, ids, starts};

fn with_index(name: &str, index: u64) -> etcdsnap_datadir::DirectoryReport {
    let member = Member::copy_of(name);
    member.set("consistent_index", &index.to_be_bytes());
    member.check()
}

#[test]
fn a_database_ahead_of_its_log_loses_writes() {
    let report = with_index("member-3.5.1-sigterm", 217);
    assert_eq!((ids(&report), starts(&report).as_str()), (vec!["INDEX_AHEAD_OF_LOG"], "xsnnn"));
    assert!(report.starts[1].reasons[0].contains("silently dropped, 10 entries in all"));
    let report = with_index("member-3.7.1-sigterm", 208);
    assert_eq!((ids(&report), starts(&report).as_str()), (vec!["INDEX_AHEAD_OF_LOG"], "pxxss"));
}

/// The page that everything hangs on is zero: the member, its index and its term are there all the same, for all that
/// is known.
#[test]
fn nothing_is_concluded_from_a_database_whose_root_is_lost() {
    for name in ["member-3.4.23-sigkill", "member-3.5.1-sigterm", "member-3.7.1-sigterm"] {
        let member = Member::copy_of(name);
        let before = ids(&member.check());
        member.change("snap/db", |file| {
            let number = |at: usize| u64::from_le_bytes(file[at..at + 8].try_into().expect("eight bytes"));
            // Of the two metas the one of the later transaction is in force.
            let meta = if number(64) > number(4096 + 64) { 0 } else { 4096 };
            let root = usize::try_from(number(meta + 32)).expect("a page") * 4096;
            file[root..root + 4096].fill(0);
        });
        let report = member.check();
        let allowed = ["PAGE_TYPE", "PAGE_ID", "EMPTY_PAGE", "TREE_UNREADABLE"];
        let concluded: Vec<_> =
            ids(&report).into_iter().filter(|id| !allowed.contains(id) && !before.contains(id)).collect();
        assert!(concluded.is_empty(), "{name}: {concluded:?}");
        assert!(report.members.iter().all(|member| member.in_database == "unknown"), "{name}: {:?}", report.members);
        assert!(report.indexes.consistent_index.all().is_none() && report.unapplied.is_none(), "{name}");
        assert_eq!(starts(&report), "uuuuu", "{name}");
    }
}

#[test]
fn a_database_behind_its_log_is_told_what_it_lacks() {
    let report = with_index("member-3.5.1-sigterm", 190);
    assert_eq!((ids(&report), starts(&report).as_str()), (vec![], "xssss"));
    assert!(found(&report, "INDEX_BEHIND_LOG"));
    let newer = report.unapplied.expect("something newer");
    assert_eq!((newer.entries(), newer.first_index, newer.last_index), (17, Some(191), Some(207)));
    assert_eq!(newer.kinds.values().sum::<u64>(), 17);
}

#[test]
fn a_database_behind_the_snapshot_stops_every_server() {
    let report = with_index("member-3.7.1-sigterm", 100);
    assert!(ids(&report).contains(&"INDEX_BEHIND_SNAPSHOT"));
    assert_eq!(starts(&report), "ppppp");
    let said = report.starts[3].message.as_deref();
    assert_eq!(said, Some("failed to find database snapshot file"));
}

#[test]
fn terms_are_compared() {
    let member = Member::copy_of("member-3.5.1-sigterm");
    member.set("term\0\0\0\0\0\0\0", &[9]);
    assert_eq!(ids(&member.check()), ["TERM_AHEAD_OF_LOG"]);
    member.set("term\0\0\0\0\0\0\0", &[1]);
    assert_eq!(ids(&member.check()), ["TERM_NOT_OF_ENTRY"]);
}

#[test]
fn versions_decide_who_starts() {
    let with = |name: &str, key: &str, version: &str| {
        let member = Member::copy_of(name);
        member.set(key, version.as_bytes());
        starts(&member.check())
    };
    assert_eq!(with("member-3.7.1-sigterm", "storageVersion", "3.6.0"), "pxpss");
    assert_eq!(with("member-3.7.1-sigterm", "storageVersion", "3.9.0"), "pxxxx");
    assert_eq!(with("member-3.5.1-sigterm", "clusterVersion", "3.9.0"), "xsppp");
}

#[test]
fn a_database_of_another_member_is_noticed() {
    let member = Member::copy_of("member-3.7.1-sigterm");
    let id = member.check().identity.expect("an identity").node_id;
    member.change("snap/db", |bytes| {
        for (old, new) in
            [(format!("{id:x}"), format!("{:x}", id ^ 1)), (format!("\"id\":{id}"), format!("\"id\":{}", id ^ 1))]
        {
            while let Some(at) = bytes.windows(old.len()).position(|window| window == old.as_bytes()) {
                bytes[at..at + new.len()].copy_from_slice(new.as_bytes());
            }
        }
    });
    let report = member.check();
    assert_eq!(ids(&report)[0], "SELF_UNKNOWN");
    assert!(ids(&report).contains(&"MEMBER_NOT_IN_LOG") && ids(&report).contains(&"MEMBER_NOT_IN_DATABASE"));
    let newest = report.starts.last().expect("starts");
    assert!(newest.reasons.iter().any(|reason| reason.contains("no vote in its own cluster")), "{newest:?}");
}

#[test]
fn damaged_pages_make_a_start_unpredictable() {
    let member = Member::copy_of("member-3.7.1-sigterm");
    member.change("snap/db", |bytes| {
        for page in bytes.chunks_mut(4096).skip(2) {
            page[8] = 0x40;
        }
    });
    let report = member.check();
    assert!(!report.is_sound() && starts(&report) == "uuuuu", "{:?}", starts(&report));
}

#[test]
fn a_database_in_the_other_byte_order_stops_every_server() {
    let member = Member::copy_of("member-3.7.1-sigterm");
    let other = if ByteOrder::HOST == ByteOrder::Little { ByteOrder::Big } else { ByteOrder::Little };
    let report = member.check_with(&CheckOptions { byte_order: Some(other), ..CheckOptions::default() });
    assert!(found(&report, "LITTLE_ENDIAN") && !report.boots());
    assert_eq!(starts(&report), "ppppp");
    for start in &report.starts {
        assert!(start.message.as_deref() == Some("invalid database") && start.reasons[0].contains("little-endian"));
    }
    std::fs::rename(member.file("wal"), member.file("old")).expect("moved");
    let without_log = member.check_with(&CheckOptions { byte_order: Some(other), ..CheckOptions::default() });
    assert_eq!(starts(&without_log), "ppppp");
}

/// What `verify` says of the database alone holds for the directory too.
#[test]
fn a_server_that_starts_and_cannot_serve_does_not_start() {
    let member = Member::copy_of("member-3.7.1-sigterm");
    member.set("clusterVersion", b"2.9.0");
    let report = member.check();
    assert_eq!(starts(&report), "pxxnn");
    assert!(report.starts[4].reasons[0].contains("\"etcdserver: not capable\""), "{:?}", report.starts[4]);
    assert!(!report.boots());
}

#[test]
fn a_member_that_waits_for_ever_is_not_given_a_number_of_seconds() {
    let report = with_index("member-3.7.1-sigterm", u64::MAX);
    let reasons = report.starts[3].reasons.join(" ");
    assert!(reasons.contains("which takes more than a year") && !reasons.contains("18446744073709551615 seconds"));
}

/// As in `verify`, each version decodes entries with its own protobuf library, and what one refuses another may read, or lose.
#[test]
fn entries_are_decoded_as_each_version_does() {
    const OF_BYTES: &[u8] = b"\x12\x01x";
    const OF_70_BITS: &[u8] = b"\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f";
    const ABOVE_2_29: &[u8] = b"\x80\x80\x80\x80\x10\x01";
    let with = |bucket: &str, key: &[u8], value: &[u8]| {
        let member = Member::copy_of("member-3.5.1-sigterm");
        member.enter(bucket, key, value);
        starts(&member.check())
    };
    assert_eq!(with("meta", b"unknown", b""), "xssss");
    let lease = |value: &[u8]| with("lease", b"\0\0\0\0\0\0\0\x07", value);
    assert_eq!(lease(b"\x08\x07\x10\x3c\x7b"), "xpppp");
    assert_eq!(lease(&[b"\x08\x07\x10\x3c", ABOVE_2_29].concat()), "xsspp");
    assert_eq!(lease(b"\x08\x07\x10\x3c\x0a\x01x"), "xppss");
    assert_eq!(lease(&[b"\x08\x07", OF_BYTES].concat()), "xpptt");
    assert_eq!(lease(&[b"\x08\x07\x10\x3c", OF_70_BITS].concat()), "xttpp");
    assert_eq!(with("alarm", b"\x0a\x01x\x10\x01", b""), "xxxss");
    assert_eq!(with("authUsers", b"alice", b"\x10\x01"), "xppss");
    // Below all others, so that no server misses the revision it reads.
    let record = b"\0\0\0\0\0\0\0\x01_\0\0\0\0\0\0\0\0";
    assert_eq!(with("key", record, &[b"\x0a\x01a\x10\x01\x18\x01\x20\x01", ABOVE_2_29].concat()), "xssxx");
}

#[test]
fn users_are_read_at_the_start_since_3_5_5() {
    let member = Member::copy_of("member-3.5.1-sigterm");
    member.enter("authUsers", b"alice", b"\x7b");
    let servers = ["3.5.4", "3.5.5"].map(|server| server.parse().expect("a release"));
    let report = member.check_with(&CheckOptions { servers: servers.to_vec(), ..CheckOptions::default() });
    assert_eq!(starts(&report), "sp");
}
