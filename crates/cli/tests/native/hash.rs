//! `hash`: the hashes that real servers and tools computed, and comparisons.

use crate::program::{args, changed, fixture, fixtures, recorded, run, run_with_input};

#[test]
fn hashes_are_those_of_the_real_servers() {
    for name in fixtures() {
        let recorded = recorded(&name);
        for entry in recorded["hashkv"].as_array().expect("recorded") {
            let revision = entry["rev"].to_string();
            let answer = run(args!["hash", "-o", "json", "--rev", revision, fixture(&name)]);
            assert_eq!(answer.code, 0, "{name} at {revision}: {answer:?}");
            let hash = answer.json();
            // An entry without a hash is a revision that this server, but not later ones, refuses.
            if let Some(expected) = entry.get("hash") {
                assert_eq!(&hash["kv"]["hash"], expected, "{name} at {revision}");
            }
            assert_eq!(hash["kv"]["revision"], entry["rev"]);
            assert_eq!(hash["sha256Trailer"], "match");
        }
    }
}

#[test]
fn one_file_has_exactly_the_documented_object() {
    let answer = run(args!["hash", "-o", "json", fixture("etcd-3.6.14-seed1.db")]);
    let expected = "{\"sha256\":\"4ad6858ee4bf2d50ba88cb0dae0b1a7da6fe06ac03e063e80775f5016bec36da\",\
                    \"sha256Trailer\":\"match\",\"status\":1149305875,\"backend\":1456817342,\
                    \"kv\":{\"hash\":94030090,\"revision\":95,\"compactRevision\":38}}\n";
    assert_eq!((answer.code, answer.stdout.as_str()), (0, expected));
}

#[test]
fn copies_are_the_same_and_others_differ() {
    let one = fixture("etcd-3.6.14-seed1.db");
    let (_folder, copy) = changed("etcd-3.6.14-seed1.db", |_| {});
    let answer = run(args!["hash", one, copy]);
    assert_eq!(answer.code, 0, "{answer:?}");
    assert!(answer.stdout.ends_with("SAME  all 2 files\n"), "{answer:?}");

    let answer = run(args!["hash", "-o", "json", one, copy, fixture("etcd-3.7.1-seed2.db")]);
    assert_eq!(answer.code, 5);
    let json = answer.json();
    assert_eq!((&json["same"], json["files"].as_array().map(Vec::len)), (&false.into(), Some(3)));
    assert_eq!(json["differences"][0]["in"], serde_json::json!(["sha256", "status", "backend", "kv"]));
    assert_eq!(json["differences"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_raw_database_is_compared_by_what_is_in_it() {
    let snapshot = fixture("etcd-3.6.14-seed1.db");
    let (_folder, raw) = changed("etcd-3.6.14-seed1.db", |bytes| bytes.truncate(bytes.len() - 32));
    assert_eq!(run(args!["hash", snapshot, raw]).code, 0, "the trailer is not part of the image");
    // A longer file: the image differs, what is stored does not.
    let (_folder, longer) = changed("etcd-3.6.14-seed1.db", |bytes| {
        bytes.truncate(bytes.len() - 32);
        bytes.extend([0; 4096]);
    });
    assert_eq!(run(args!["hash", snapshot, longer]).code, 5);
    assert_eq!(run(args!["hash", "--by", "status,kv", snapshot, longer]).code, 0);
}

#[test]
fn a_file_that_is_not_what_was_saved_ends_with_3() {
    let (_folder, path) = changed("etcd-3.6.14-seed1.db", |bytes| *bytes.last_mut().expect("trailer") ^= 1);
    let answer = run(args!["hash", path, fixture("etcd-3.6.14-seed1.db")]);
    assert_eq!(answer.code, 3, "{answer:?}");
    assert!(answer.stdout.contains("does NOT match the trailer"), "{answer:?}");
    assert_eq!(answer.stderr.lines().count(), 1, "{answer:?}");
}

#[test]
fn a_revision_that_is_not_there_is_told() {
    for revision in ["1", "96"] {
        let answer = run(args!["hash", "--rev", revision, fixture("etcd-3.6.14-seed1.db")]);
        assert_eq!((answer.code, answer.stdout.as_str()), (1, ""), "{answer:?}");
        assert!(answer.stderr.contains("mvcc: required revision"), "{answer:?}");
    }
}

#[test]
fn standard_input_is_one_file_and_not_two() {
    let bytes = std::fs::read(fixture("etcd-3.6.14-seed1.db")).expect("fixture");
    let lines = [&["hash", "-", "-"][..], &["verify", "-", "-"], &["verify", "-", "--assert=max-shrink-from=-:10%"]];
    for line in lines {
        let answer = run_with_input(line, &bytes);
        assert_eq!((answer.code, answer.stdout.as_str()), (2, ""), "{line:?}");
        assert!(answer.stderr.contains("`-` is given more than once"), "{answer:?}");
    }
    let twice = run_with_input(["diff", "--", "-@90", "-"], &bytes);
    assert_eq!((twice.code, twice.stderr.as_str()), (5, ""), "one reading serves two revisions");
}
