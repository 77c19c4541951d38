//! `members`, `leases`, `users` and `roles`.

use etcdsnap_testkit::bbolt::Layout;
use etcdsnap_testkit::etcd::{EtcdStore, RandomHistory, Server};
use serde_json::json;

use crate::program::{args, changed, fixture, fixtures, run, written};

const REAL: &str = "etcd-3.6.14-seed1.db";

/// A 3.6 store with a learner, a removed member, and users and roles of every sort.
fn store() -> EtcdStore {
    RandomHistory { operations: 20, ..RandomHistory::default() }.build_store()
}

fn file(store: &EtcdStore) -> Vec<u8> {
    Layout::default().build(&store.to_tree())
}

#[test]
fn real_buckets_are_listed_in_text() {
    for (command, lines) in [
        (
            "members",
            ["3fefdcf519870883  m1    no       http://127.0.0.1:23535  http://127.0.0.1:23534", "raft voters  3fef"],
        ),
        ("leases", ["ID                TTL      REMAINING  KEYS", "0883a1f9cf096c07  7200 s   -          10"]),
        ("users", ["authentication  off, revision 6", "alice  bcrypt    r1"]),
        ("roles", ["  users      alice", "  readwrite  [/registry/, /registry0) (prefix /registry/)"]),
    ] {
        let answer = run(args![command, fixture(REAL)]);
        assert_eq!((answer.code, answer.stderr.as_str()), (0, ""), "{answer:?}");
        for line in lines {
            assert!(answer.stdout.contains(line), "{command}: {line}: {}", answer.stdout);
        }
    }
}

#[test]
fn every_real_snapshot_has_three_leases_and_two_users() {
    for name in fixtures() {
        let leases = run(args!["leases", "-o", "json", fixture(&name)]).json();
        assert_eq!(leases["leases"].as_array().map(Vec::len), Some(3), "{name}");
        let users = run(args!["users", "-o", "json", fixture(&name)]).json();
        assert_eq!(users["users"].as_array().map(Vec::len), Some(2), "{name}");
    }
}

#[test]
fn keys_of_leases_are_named() {
    let mut store = EtcdStore::new(Server::V3_6);
    store.lease_grant(7, 60);
    store.lease_grant(8, 60);
    store.put_with_lease("/b", "1", 7);
    store.put_with_lease("/a", "1", 7);
    store.put_with_lease(*b"\xff\n", "1", 7);
    store.put_with_lease("/moved", "1", 7);
    store.put_with_lease("/moved", "2", 9);
    store.put_with_lease("/gone", "1", 7);
    store.delete("/gone");
    let (_folder, path) = written(&file(&store));
    let answer = run(args!["leases", "--keys", "-o", "json", path]);
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""));
    let attached = json!([{"key": "/a"}, {"key": "/b"}, {"keyBase64": "/wo="}]);
    let json = answer.json();
    assert_eq!((&json["leases"][0]["keys"], &json["leases"][0]["attached"]), (&json!(3), &attached));
    assert_eq!((&json["leases"][1]["keys"], &json["leases"][1]["attached"]), (&json!(0), &json!([])));
    let missing = json!([{"id": "0000000000000009", "keys": 1, "attached": [{"key": "/moved"}]}]);
    assert_eq!(json["missing"], missing);
    let text = run(args!["leases", "--keys", path]).stdout;
    let named = "\n\n0000000000000007\n  /a\n  /b\n  \"\\xff\\n\"\n\n0000000000000009\n  /moved\n";
    assert!(text.ends_with(named), "{text}");
    let counted = run(args!["leases", "-o", "json", path]).json();
    assert_eq!((&counted["leases"][0]["keys"], counted["leases"][0].get("attached")), (&json!(3), None));
}

#[test]
fn learners_and_removed_members_are_told() {
    let (_folder, path) = written(&file(&store()));
    let json = run(args!["members", "-o", "json", path]).json();
    let learner = json["members"].as_array().expect("members").iter().find(|member| member["learner"] == true);
    let expected = json!({"id": "000000000d5e92ab", "name": "", "peerUrls": ["http://10.0.0.9:2380"], "clientUrls": [], "learner": true});
    assert_eq!(learner, Some(&expected));
    assert_eq!(json["removed"], json!(["0000000000000051"]));
    assert_eq!(json["raftConfiguration"]["learners"], json!(["000000000d5e92ab"]));
    let text = run(args!["members", path]).stdout;
    assert!(text.contains("000000000d5e92ab  -        yes      http://10.0.0.9:2380"), "{text}");
    assert!(text.contains("removed  0000000000000051"), "{text}");
}

#[test]
fn password_hashes_are_shown_to_who_asks_for_them_by_name() {
    let (_folder, path) = written(&file(&store()));
    for form in ["text", "json"] {
        let plain = run(args!["users", "-o", form, path]);
        assert!(plain.code == 0 && !plain.stdout.contains("$2a$"), "{plain:?}");
        let asked = run(args!["users", "-o", form, "--show-password-hashes", path]);
        assert!(asked.stdout.contains("$2a$10$abcdefghijklmnopqrstuu"), "{asked:?}");
    }
    let json = run(args!["users", "-o", "json", "--show-password-hashes", path]).json();
    let reader = json!({"name": "reader", "password": "none", "roles": ["reader"]});
    assert_eq!(json["users"][0], reader, "a user without a password has no hash");
}

/// One flipped bit makes the field of the password a role.
#[test]
fn no_damage_shows_a_password() {
    let sound = file(&store());
    let hash = sound.windows(7).position(|bytes| bytes == b"$2a$10$").expect("a hash");
    for bit in 0..16 {
        let mut bytes = sound.clone();
        bytes[hash - 2 + bit / 8] ^= 1 << (bit % 8);
        let (_folder, path) = written(&bytes);
        for command in ["users", "roles"] {
            let answer = run(args![command, path]);
            assert!(!answer.stdout.contains("$2a$") && !answer.stderr.contains("$2a$"), "{answer:?}");
        }
    }
}

#[test]
fn permissions_are_written_as_etcdctl_writes_them() {
    let (_folder, path) = written(&file(&store()));
    let text = run(args!["roles", path]).stdout;
    let expected = "reader\n  users      reader\n  read       [key/, key0) (prefix key/)\n\
                    root\n  users      root\n  everything\n";
    assert_eq!(text, expected);
}

#[test]
fn leases_that_are_not_there_are_told() {
    let mut store = EtcdStore::new(Server::V3_6);
    store.lease_grant(-7, 60);
    store.put_with_lease("a", "1", -7);
    store.put_with_lease("b", "1", 5);
    let (_folder, path) = written(&file(&store));
    let json = run(args!["leases", "-o", "json", path]).json();
    let expected = json!({
        "leases": [{"id": "fffffffffffffff9", "ttl": 60, "remainingTtl": 0, "keys": 1}],
        "missing": [{"id": "0000000000000005", "keys": 1}],
    });
    assert_eq!(json, expected);
    let text = run(args!["leases", path]).stdout;
    assert!(text.ends_with("missing  lease 0000000000000005, to which 1 live key is attached\n"), "{text}");
}

#[test]
fn empty_buckets_are_said_to_be_empty() {
    let (_folder, path) = written(&file(&EtcdStore::new(Server::V3_4)));
    assert_eq!(run(args!["leases", path]).stdout, "leases  none\n");
    assert_eq!(run(args!["users", path]).stdout, "authentication  off, revision 1\nusers           none\n");
    assert_eq!(run(args!["roles", path]).stdout, "roles  none\n");
}

#[test]
fn damaged_entries_end_with_3_and_are_named() {
    let (_folder, path) = changed(REAL, |bytes| {
        let at = bytes.windows(9).position(|bytes| bytes == b"\x0a\x05alice\x12\x3c").expect("a user");
        bytes[at] = 0xff;
    });
    let answer = run(args!["users", path]);
    assert_eq!(answer.code, 3, "{answer:?}");
    assert!(answer.stderr.contains("bucket authUsers, key alice: not a user"), "{answer:?}");
    assert!(answer.stdout.contains("bob"), "{answer:?}");
    assert_eq!(run(args!["members", path]).code, 0, "other buckets are whole");
}

/// A lease that cannot be read is missing in the list, with its keys or without.
#[test]
fn a_lost_lease_is_told_in_every_list() {
    let mut tree = store().to_tree();
    tree.bucket("lease").put(5_u64.to_be_bytes(), "\u{f}bad");
    let (_folder, path) = written(&Layout::default().build(&tree));
    for (command, told) in [
        (args!["leases", path].to_vec(), "damaged, so the numbers are of what could be read"),
        (args!["leases", "--keys", path].to_vec(), "not a lease"),
        (args!["status", path].to_vec(), "damaged, so the numbers are of what could be read"),
    ] {
        let answer = run(&command);
        assert!(answer.code == 3 && answer.stderr.contains(told), "{answer:?}");
    }
}
