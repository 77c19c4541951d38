//! `db`: the file as bbolt sees it.

use std::path::Path;

use etcdsnap_testkit::bbolt::{Bucket, Freelist, Layout};
use serde_json::{Value, json};

use crate::program::{args, changed, fixture, fixtures, run, written};

const FILE: &str = "etcd-3.6.14-seed1.db";

#[test]
fn info_tells_which_meta_is_in_force() {
    let answer = run(args!["db", "info", "-o", "json", fixture(FILE)]).json();
    assert_eq!((&answer["pageSize"], &answer["size"]), (&json!(4096), &json!(380_928)));
    let states: Vec<_> = answer["metas"].as_array().expect("metas").iter().map(|meta| &meta["state"]).collect();
    assert_eq!(states, ["chosen", "older"]);
    assert_eq!(answer["metas"][0]["freelist"], Value::Null);

    let (_folder, path) = changed(FILE, |bytes| bytes[4096 + 20] ^= 1);
    let answer = run(args!["db", "info", path]);
    assert_eq!(answer.code, 0);
    assert!(answer.stdout.contains("meta 1      invalid: version"), "{}", answer.stdout);

    let (_folder, path) = changed(FILE, |bytes| bytes.truncate(300_000));
    let answer = run(args!["db", "info", path]);
    assert_eq!(answer.code, 3);
    assert!(answer.stdout.contains("80928 too few"), "{}", answer.stdout);
}

#[test]
fn a_file_without_metas_is_damaged() {
    let (_folder, path) = changed(FILE, |bytes| {
        bytes[64] ^= 1;
        bytes[4096 + 64] ^= 1;
    });
    for command in ["info", "pages", "buckets", "check"] {
        let answer = run(args!["db", command, path]);
        assert_eq!((answer.code, answer.stdout.as_str()), (3, ""), "{command}: {answer:?}");
        assert!(answer.stderr.contains("no usable meta page") && answer.stderr.lines().count() == 1, "{answer:?}");
    }
}

#[test]
fn the_page_table_accounts_for_every_page() {
    for name in fixtures() {
        let info = run(args!["db", "info", "-o", "json", fixture(&name)]).json();
        let answer = run(args!["db", "pages", "-o", "json", fixture(&name)]).json();
        let pages = answer["pages"].as_array().expect("pages");
        let mut next = 0;
        for page in pages {
            assert_eq!(page["id"].as_u64(), Some(next), "{name}");
            next += 1 + page["overflow"].as_u64().expect("overflow");
        }
        assert_eq!(Some(next), info["highWaterMark"].as_u64(), "{name}");
        let text = run(args!["db", "pages", fixture(&name)]);
        assert_eq!(text.stdout.lines().count(), pages.len() + 1, "{name}");
    }
}

/// What a header says of pages behind it is not believed where those are others', or not in the file.
#[test]
fn a_damaged_page_hides_no_others_from_the_page_table() {
    let pages = |path: &Path| {
        let answer = run(args!["db", "pages", "-o", "json", path]);
        let pages = answer.json()["pages"].as_array().expect("pages").clone();
        let ends = pages.iter().map(|page| page["id"].as_u64().zip(page["overflow"].as_u64()).expect("numbers"));
        let mut next = 0;
        for (id, overflow) in ends {
            assert_eq!(id, next);
            next += 1 + overflow;
        }
        (answer.code, next, pages.len())
    };
    let (_, all, rows) = pages(&fixture(FILE));
    for overflow in [1_u32, 5, u32::MAX] {
        let (_folder, path) =
            changed(FILE, |bytes| bytes[4096 * 2 + 12..][..4].copy_from_slice(&overflow.to_le_bytes()));
        assert_eq!(pages(&path), (3, all, rows), "{overflow}");
        for command in ["pages", "buckets"] {
            let answer = run(args!["db", command, path]);
            assert!(answer.code == 3 && answer.stderr.contains("damaged, so the numbers"), "{command}: {answer:?}");
        }
    }
}

#[test]
fn a_page_is_shown_without_its_values() {
    let mut tree = Bucket::new();
    tree.bucket("plain").put("name", "s3cret");
    tree.bucket("plain").put([0xff, 0x00], "binary");
    let (_folder, path) = written(&Layout::default().build(&tree));
    let root = run(args!["db", "info", "-o", "json", path]).json()["metas"][0]["root"].to_string();
    let answer = run(args!["db", "page", path, root]);
    assert_eq!(answer.code, 0, "{answer:?}");
    assert!(answer.stdout.contains("plain  "), "{answer:?}");
    assert!(!answer.stdout.contains("s3cret"), "{answer:?}");
}

#[test]
fn records_are_shown_as_revisions_and_values_only_when_asked_for() {
    let page = run(args!["db", "page", "-o", "json", fixture(FILE), "2"]).json()["pages"][0].clone();
    assert_eq!((&page["kind"], &page["items"]), (&json!("leaf"), &json!(5)));
    let first = &page["elements"][0];
    assert_eq!(
        (&first["revision"], &first["tombstone"], &first["valueSize"]),
        (&json!("64.0"), &json!(false), &json!(1806))
    );
    assert_eq!((first.get("value"), first.get("valueBase64")), (None, None));
    let page = run(args!["db", "page", "-o", "json", "--values", fixture(FILE), "2"]).json()["pages"][0].clone();
    let first = &page["elements"][0];
    assert!(first.get("value").is_some() || first.get("valueBase64").is_some(), "{first}");

    let meta = run(args!["db", "page", fixture(FILE), "0"]);
    assert!(meta.stdout.contains("in force: transaction 20"), "{meta:?}");
}

#[test]
fn elements_that_cannot_be_read_are_shown_as_such() {
    let (_folder, path) = changed(FILE, |bytes| bytes[4096 * 2 + 16 + 4..][..4].fill(0xff));
    let answer = run(args!["db", "page", path, "2"]);
    assert!(answer.stdout.contains("     0  ?  (does not lie inside the page)\n     1  revision 65.0"), "{answer:?}");
    let page = run(args!["db", "page", "-o", "json", path, "2"]).json()["pages"][0].clone();
    assert_eq!(page["elements"][0], json!({"index": 0, "unreadable": true}));
}

/// From 65 535 ids on the number of free pages does not fit the header of the list any more.
#[test]
fn a_freelist_is_shown_with_its_ids() {
    for free_pages in [3, 65_535] {
        let layout = Layout { page_size: 512, freelist: Freelist::Persisted, free_pages, ..Layout::default() };
        let (_folder, path) = written(&layout.build(&Bucket::new()));
        let list = run(args!["db", "info", "-o", "json", path]).json()["metas"][0]["freelist"].to_string();
        let page = run(args!["db", "page", "-o", "json", path, list]).json()["pages"][0].clone();
        assert_eq!((&page["kind"], &page["freeIds"]), (&json!("freelist"), &json!(free_pages)));
        assert_eq!(page["free"].as_array().map(Vec::len), usize::try_from(free_pages).ok());
        let text = run(args!["db", "page", path, list]).stdout;
        assert!(text.contains(&format!("freelist, {free_pages} free pages")), "{}", &text[..100]);
        assert_eq!(text.lines().count() as u64, free_pages + 1);
    }
}

#[test]
fn a_page_that_is_not_there_is_told() {
    let answer = run(args!["db", "page", fixture(FILE), "93"]);
    assert_eq!((answer.code, answer.stdout.as_str()), (1, ""), "{answer:?}");
    assert!(answer.stderr.contains("there is no page 93; ids go from 0 to 92"), "{answer:?}");
}

#[test]
fn buckets_are_counted_as_etcd_counts_them() {
    for name in fixtures() {
        let answer = run(args!["db", "buckets", "-o", "json", fixture(&name)]).json();
        let status = run(args!["status", "-o", "json", fixture(&name)]).json();
        let buckets = answer["buckets"].as_array().expect("buckets");
        let pairs: u64 = buckets.iter().filter_map(|bucket| bucket["pairs"].as_u64()).sum();
        assert_eq!(Some(pairs), status["store"]["totalPairs"].as_u64(), "{name}");
        let names: Vec<_> = buckets.iter().map(|bucket| bucket["name"].as_str().expect("name")).collect();
        assert!(names.contains(&"key") && names.contains(&"meta"), "{names:?}");
        let text = run(args!["db", "buckets", fixture(&name)]);
        assert_eq!(text.stdout.lines().count(), buckets.len(), "{name}");
    }
}

#[test]
fn the_check_names_what_is_wrong_and_where() {
    for name in fixtures() {
        let answer = run(args!["db", "check", fixture(&name)]);
        assert_eq!(answer.code, 0, "{name}: {answer:?}");
        assert!(answer.stdout.starts_with("SOUND  "), "{name}: {answer:?}");
    }
    let (_folder, path) = changed(FILE, |bytes| bytes[4096 * 2] ^= 1);
    let answer = run(args!["db", "check", path]);
    assert_eq!(answer.code, 3);
    assert!(answer.stdout.contains("error PAGE_ID") && answer.stdout.contains("bucket key, page 2,"), "{answer:?}");
    let json = run(args!["db", "check", "-o", "json", path]).json();
    assert_eq!((&json["sound"], &json["counts"]["PAGE_ID"]), (&json!(false), &json!(1)));
    assert_eq!(json["problems"][0]["page"], 2);
    let page = run(args!["db", "page", path, "2"]);
    assert!(page.stdout.starts_with("page 2 (its header says 3): leaf, "), "{page:?}");
}
