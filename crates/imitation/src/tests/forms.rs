//! Every form of `snapshot status` and `hashkv`, as recorded from the original tools.

use super::*;

const FORMS: [&str; 4] = ["simple", "json", "fields", "table"];

/// Six tools, two answers where etcdctl had the command too. The tables of the builds of 3.5.30 and 3.6.14 that were
/// recorded come from other table libraries than those of the releases.
#[test]
fn status_is_what_every_tool_printed() {
    let tools = [
        ("3.4.23", Personality::Etcdctl, Compat::V3_4),
        ("3.5.1", Personality::Etcdutl, Compat::V3_5),
        ("3.5.1", Personality::Etcdctl, Compat::V3_5),
        ("3.5.30", Personality::Etcdutl, Compat::V3_5),
        ("3.6.14", Personality::Etcdutl, Compat::V3_6),
        ("3.7.1", Personality::Etcdutl, Compat::V3_7),
        ("3.8.0-alpha", Personality::Etcdutl, Compat::V3_8),
    ];
    let recordings = Recording::all();
    assert!(recordings.len() >= 6, "one snapshot a version");
    for recording in recordings {
        let path = recording.snapshot.to_str().unwrap();
        for (tool, personality, compat) in tools {
            for form in FORMS {
                if form == "table" && matches!(tool, "3.5.30" | "3.6.14") {
                    continue;
                }
                let ours = ran(personality, compat, &words(&["snapshot", "status", path, "-w", form]), &recording);
                let said = recording.said(tool, form).unwrap();
                assert_eq!((ours.out.as_str(), ours.code), said, "{path} by {tool} as {form}");
            }
        }
    }
}

#[test]
fn tables_of_3_6_are_ascii_with_a_version() {
    let recording = Recording::of("etcd-3.6.14-seed1");
    let args = words(&["snapshot", "status", recording.snapshot.to_str().unwrap(), "-wtable"]);
    let expected = "\
+----------+----------+------------+------------+---------+
|   HASH   | REVISION | TOTAL KEYS | TOTAL SIZE | VERSION |
+----------+----------+------------+------------+---------+
| 44810413 |       95 |        136 |     381 kB |   3.6.0 |
+----------+----------+------------+------------+---------+
";
    assert_eq!(ran(Personality::Etcdutl, Compat::V3_6, &args, &recording).out, expected);
}

#[test]
fn hashes_at_a_revision_print_in_decimal() {
    let recording = Recording::of("etcd-3.6.14-seed1");
    let path = recording.snapshot.to_str().unwrap();
    let print = |compat, form, revision| {
        let args = words(&["hashkv", path, "-w", form, "--rev", revision]);
        ran(Personality::Etcdutl, compat, &args, &recording)
    };
    assert_eq!(print(Compat::V3_7, "simple", "0").out, "94030090, 95, 38\n");
    assert_eq!(print(Compat::V3_8, "simple", "50").out, "1695844697, 50, 38\n");
    assert_eq!(
        print(Compat::V3_6, "json", "0").out,
        "{\"hash\":94030090,\"hashRevision\":95,\"compactRevision\":38}\n"
    );
    let fields = "\"Hash\" : 94030090\n\"Hash revision\" : 95\n\"Compact revision\" : 38\n";
    assert_eq!(print(Compat::V3_7, "fields", "0").out, fields);
    let table = "\
+----------+---------------+------------------+
|   HASH   | HASH REVISION | COMPACT REVISION |
+----------+---------------+------------------+
| 94030090 |            95 |               38 |
+----------+---------------+------------------+
";
    assert_eq!(print(Compat::V3_6, "table", "0").out, table);
}

#[test]
fn a_version_is_a_json_string_whatever_is_in_it() {
    let status = Status {
        hash: 0x00ab_cdef,
        revision: 7,
        total_pairs: 9,
        live_keys: Ok(3),
        total_size: 20_480,
        storage_version: "3.6.0+\"a".to_owned(),
    };
    let answer = crate::output_format::Answer::status(&status, 3, Compat::V3_7);
    let text = |form| answer.text(form, Compat::V3_7).unwrap();
    let json = r#"{"hash":11259375,"revision":7,"totalKey":3,"totalSize":20480,"version":"3.6.0+\"a"}"#;
    assert_eq!(text(crate::output_format::Form::Json), format!("{json}\n"));
    assert_eq!(
        text(crate::output_format::Form::Simple),
        "abcdef, 7, 3, 20 kB, 3.6.0+\"a\n",
        "no zeros before the hash"
    );
}
