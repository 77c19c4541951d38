//! A database, or one that was received, which holds nothing or cannot be read.

use etcdsnap_snapshot::finding::Severity;

use crate::member::{Member, found, ids, said, starts};

const RECEIVED: &str = "000000000000003f.snap.db";

/// The database that bbolt creates: two metas, a freelist and an empty leaf.
fn fresh() -> Vec<u8> {
    let meta = |page: u64, checksum: u64| {
        [page, 4, 0x2_ed0c_daed, 4096, 3, 0, 2, 4, page, checksum].map(u64::to_le_bytes).concat()
    };
    let pages = [
        meta(0, 0x0751_6e11_4689_fdee),
        meta(1, 0x264c_351a_5179_480f),
        [2_u64, 0x10].map(u64::to_le_bytes).concat(),
        [3_u64, 2].map(u64::to_le_bytes).concat(),
    ];
    pages
        .into_iter()
        .flat_map(|mut page| {
            page.resize(4096, 0);
            page
        })
        .collect()
}

/// Servers rename the file to `db` before they look into it.
#[test]
fn a_received_database_that_cannot_take_the_place_of_an_older_one_is_an_error() {
    let whole = std::fs::read(Member::faulty("older-database").file("snap/db")).expect("db");
    let noise = (0..24_576_u32).map(|at| at.wrapping_mul(2_654_435_761).to_be_bytes()[1]).collect();
    let foreign = std::fs::read(Member::faulty("v2-keys").file("snap/db")).expect("db");
    let cases: [(&str, Vec<u8>, &str, &str); 7] = [
        ("foreign", foreign, "RECEIVED_DATABASE_FOREIGN", "ttttt"),
        ("noise", noise, "DATABASE_UNUSABLE", "ppppp"),
        ("zeros", vec![0; 24_576], "DATABASE_UNUSABLE", "ppppp"),
        ("empty", Vec::new(), "DATABASE_UNUSABLE", "ttttt"),
        ("fresh", fresh(), "DATABASE_UNUSABLE", "ttttt"),
        ("as old", whole.clone(), "INDEX_BEHIND_SNAPSHOT", "ttttt"),
        ("cut", whole[..12_288].to_vec(), "", ""),
    ];
    for (name, bytes, id, outcomes) in cases {
        let member = Member::faulty("older-database");
        member.put(&format!("snap/{RECEIVED}"), &bytes);
        let report = member.check();
        assert!(!report.is_sound() && !report.boots(), "{name}: {}", starts(&report));
        let of_file = report.findings.iter().filter(|finding| finding.place.file.as_deref() == Some(RECEIVED));
        let errors: Vec<_> = of_file.filter(|finding| finding.severity == Severity::Error).collect();
        assert!(!errors.is_empty(), "{name}");
        if !id.is_empty() {
            assert_eq!((errors[0].kind.id, starts(&report).as_str()), (id, outcomes), "{name}");
        }
        let reason = &report.starts[1].reasons[0];
        assert!(
            reason.starts_with("It renames 000000000000003f.snap.db to db, so that the old db is gone"),
            "{reason}"
        );
        let advice = format!("0000000000000002-000000000000003f.snap and {RECEIVED} out of member/snap");
        let mut messages = report.findings.iter().map(|finding| finding.message.as_str());
        assert!(messages.any(|message| message.contains(&advice)), "{name}");
        assert!(!found(&report, "INDEX_BEHIND_LOG"), "{name}");
        member.remove(&[
            &format!("snap/{RECEIVED}"),
            "snap/0000000000000002-000000000000002a.snap",
            "snap/0000000000000002-000000000000003f.snap",
        ]);
        assert_eq!(starts(&member.check()), "xsspp", "{name}: as was foretold");
    }
}

#[test]
fn a_received_database_that_no_server_takes_is_no_matter() {
    let member = Member::copy_of("member-3.5.1-sigterm");
    member.put("snap/00000000000000b7.snap.db", b"<html>");
    let report = member.check();
    assert_eq!((ids(&report), starts(&report).as_str()), (vec![], "xssss"));
}

/// bbolt begins such a file anew; a server takes it for one that is there.
#[test]
fn a_database_in_which_nothing_was_written_is_as_none() {
    for bytes in [Vec::new(), fresh()] {
        let member = Member::copy_of("member-3.4.23-sigkill");
        member.put("snap/db", &bytes);
        let report = member.check();
        assert_eq!((ids(&report), starts(&report).as_str()), (vec!["DATABASE_MISSING"], "ssspp"));
        assert!(report.unapplied.is_some_and(|newer| newer.first_index == Some(1)));
    }
}

#[test]
fn files_that_keep_a_server_from_beginning_the_database_anew_are_named() {
    for bytes in [None, Some(Vec::new()), Some(fresh())] {
        let member = Member::faulty("older-database");
        match &bytes {
            Some(bytes) => member.put("snap/db", bytes),
            None => member.remove(&["snap/db"]),
        }
        let report = member.check();
        assert_eq!((ids(&report), starts(&report).as_str()), (vec!["DATABASE_MISSING"], "ppppp"));
        let (_, message) = said(&report, "DATABASE_MISSING");
        for words in ["0000000000000015.snap", "from the beginning of the log", "entries 1 to 79 to a new database"] {
            assert!(message.contains(words), "{words}: {message}");
        }
        assert!(report.starts[1].reasons.iter().any(|reason| reason.starts_with("It starts once ")));
        for index in ["15", "2a", "3f"] {
            member.remove(&[&format!("snap/0000000000000002-00000000000000{index}.snap")]);
        }
        assert!(member.check().starts[1].starts(), "as was foretold");
    }
}
