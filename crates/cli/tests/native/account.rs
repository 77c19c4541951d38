//! `usage`: the account of every byte.

use etcdsnap_testkit::bbolt::{Layout, PageOrder};
use etcdsnap_testkit::etcd::{EtcdStore, RandomHistory, Server};
use serde_json::{Value, json};

use crate::program::{Answer, args, fixture, fixtures, run, run_with_input, written};

const REAL: &str = "etcd-3.6.14-seed1.db";

/// A column that is not known is null, and its bytes are in another one.
fn sum(columns: &Value) -> u64 {
    columns
        .as_object()
        .expect("columns")
        .values()
        .map(|bytes| if bytes.is_null() { 0 } else { bytes.as_u64().expect("bytes") })
        .sum()
}

#[test]
fn columns_add_up_to_every_real_file() {
    for name in fixtures() {
        let answer = run(args!["usage", "-o", "json", fixture(&name)]);
        assert_eq!((answer.code, answer.stderr.as_str()), (0, ""), "{name}");
        let json = answer.json();
        let size = std::fs::metadata(fixture(&name)).expect("file").len();
        assert_eq!((sum(&json["columns"]), &json["size"]), (size, &json!(size)), "{name}");
        assert_eq!(json["source"]["size"], size);
    }
}

#[test]
fn text_shows_every_column_with_bytes_and_their_sum() {
    let answer = run(args!["usage", fixture(REAL)]);
    assert_eq!(answer.code, 0);
    let block = answer.stdout.split("\n\n").nth(1).expect("columns");
    let bytes =
        |line: &str| line.trim_start_matches('=').split_whitespace().next().and_then(|bytes| bytes.parse::<u64>().ok());
    let mut columns: Vec<u64> = block.lines().filter_map(bytes).collect();
    assert_eq!(columns.pop(), Some(380_960));
    assert_eq!(columns.iter().sum::<u64>(), 380_960, "{block}");
    assert_eq!(columns.len(), 12);
}

fn nasty() -> Vec<u8> {
    let mut store = EtcdStore::new(Server::V3_6);
    for key in ["</script><b>", "a/\u{1b}[31m/x", "a/b\n/x", "a/\u{202e}/x"] {
        store.put(key, "value");
    }
    store.put(b"\xff/\xfe/x".as_slice(), "value");
    store.put("big/x", vec![7; 1_600_000]);
    Layout { page_size: 16384, page_order: PageOrder::Shuffled(1), ..Layout::default() }.build(&store.to_tree())
}

#[test]
fn nasty_keys_are_harmless_in_every_form() {
    let (_folder, path) = written(&nasty());
    let text = run(args!["usage", path]).stdout;
    assert!(text.contains("a/b\\n/") && text.contains("\"\\xff/\\xfe/\""), "{text}");
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'));
    let json = run(args!["usage", "-o", "json", path]).json();
    let rows = json["prefixes"].as_array().expect("rows");
    assert!(rows.iter().any(|row| row["prefixBase64"] == "/y/+Lw=="), "{rows:?}");
    let html = run(args!["usage", "-o", "html", path]).stdout;
    assert!(html.starts_with("<!doctype html>") && !html.contains("</script><b>"));
}

#[test]
fn the_page_carries_the_same_numbers() {
    let html = run(args!["usage", "-o", "html", fixture(REAL)]).stdout;
    let (_, rest) = html.split_once("<script type=\"application/json\" id=\"account\">").expect("the document");
    let (carried, _) = rest.split_once("</script>").expect("its end");
    let carried: Value = serde_json::from_str(carried).expect("json");
    assert_eq!(carried, run(args!["usage", "-o", "json", "--depth", "3", fixture(REAL)]).json());
}

#[test]
fn large_keys_are_remarked_upon() {
    let (_folder, path) = written(&nasty());
    let json = run(args!["usage", "-o", "json", path]).json();
    let ids: Vec<_> = json["hints"].as_array().expect("hints").iter().map(|hint| hint["id"].as_str()).collect();
    assert_eq!(ids, [Some("OVERSIZED_KEYS")]);
    assert_eq!(json["largestKeys"][0]["key"], "big/x");
    assert_eq!(json["largestKeys"][0]["valueSize"], 1_600_000);
}

#[test]
fn depth_separator_and_length_of_lists_can_be_chosen() {
    let rows = |answer: Answer| answer.json()["prefixes"].as_array().expect("rows").len();
    assert_eq!(rows(run(args!["usage", "-o", "json", "--depth", "0", fixture(REAL)])), 1);
    assert!(rows(run(args!["usage", "-o", "json", "--depth", "3", fixture(REAL)])) > 10);
    let json =
        run(args!["usage", "-o", "json", "--separator", "s", "--depth", "1", "--top", "1", fixture(REAL)]).json();
    assert_eq!((&json["separator"], json["largestKeys"].as_array().map(Vec::len)), (&json!("s"), Some(1)));
    assert!(json["prefixes"].as_array().expect("rows").iter().any(|row| row["prefix"] == "/regis"));
    assert_eq!(run(args!["usage", "--separator", "ab", fixture(REAL)]).code, 2);
}

#[test]
fn compressed_and_streamed_files_have_the_same_account() {
    let bytes = std::fs::read(fixture(REAL)).expect("bytes");
    let plain = run(args!["usage", "-o", "json", fixture(REAL)]).json();
    let streamed = run_with_input(args!["usage", "-o", "json", "-"], &bytes).json();
    assert_eq!(streamed["columns"], plain["columns"]);
    assert_eq!(streamed["prefixes"], plain["prefixes"]);
}

#[test]
fn buckets_are_shown_too() {
    let text = run(args!["usage", "--by", "bucket", fixture(REAL)]).stdout;
    assert!(text.contains("BY BUCKET") && text.contains("  members_removed, inline\n"), "{text}");
}

#[test]
fn damage_is_a_column_and_ends_with_3() {
    // The element table of a leaf of the bucket `key` claims more than the page holds.
    let mut file = Layout::default().build(&RandomHistory::default().build_store().to_tree());
    let page = file.chunks(4096).position(|page| page[8] == 2 && page[24] == 17).expect("a leaf");
    file[page * 4096 + 11] = 0x7f;
    let (_folder, path) = written(&file);
    let answer = run(args!["usage", "-o", "json", path]);
    assert_eq!(answer.code, 3, "{answer:?}");
    assert!(answer.stderr.contains("damaged") && answer.stderr.lines().count() == 1, "{answer:?}");
    let json = answer.json();
    assert_eq!((json["sound"].clone(), sum(&json["columns"])), (json!(false), file.len() as u64));
    assert!(json["columns"]["damaged"].as_u64() >= Some(4096) && json["savings"].is_null());
    assert!(run(args!["usage", path]).stdout.contains("damaged: in use, but not readable"));
}
