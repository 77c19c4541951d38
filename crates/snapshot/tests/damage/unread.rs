//! What could not be read is not known, and nothing is concluded from it: whatever pages are lost, every value that is
//! still given is the one that the whole file gives, and no finding says that something is missing which is only
//! unread.

use std::collections::BTreeSet;

use etcdsnap_snapshot::container::{Container, OpenOptions};
use etcdsnap_snapshot::finding::Layer;
use etcdsnap_snapshot::inspection::{Inspection, Options};
use etcdsnap_snapshot::progress::Silent;
use etcdsnap_testkit::damage::zero_page;
use serde_json::Value;

use super::samples::{PAGE, answer, snapshot};

/// What `status` says of these bytes; `None` when there is no usable meta.
fn facts(file: &[u8]) -> Option<[Value; 2]> {
    let container = Container::from_stdin(file, &OpenOptions::default()).ok()?;
    let inspection = Inspection::alone(&container, &Options::default(), &Silent).ok()?;
    let json = |facts: Result<Value, _>| facts.expect("JSON");
    Some([
        json(serde_json::to_value(inspection.store_facts())),
        json(serde_json::to_value(inspection.database_facts())),
    ])
}

/// Is every value of `part` unknown or that of `whole`? Lists of buckets are compared one by one.
fn agree(part: &Value, whole: &Value, name: &str, context: &str) {
    match (part, whole) {
        (Value::Null, _) => {}
        (Value::Object(part), Value::Object(whole)) => {
            for (name, value) in part.iter().filter(|(name, _)| !["unread", "atLeast"].contains(&name.as_str())) {
                agree(value, &whole[name], name, context);
            }
        }
        (Value::Array(part), Value::Array(whole)) if name == "buckets" => {
            assert_eq!(part.len(), whole.len(), "{context}: {name}");
            part.iter().zip(whole).for_each(|(part, whole)| agree(part, whole, "bucket", context));
        }
        _ => assert_eq!(part, whole, "{context}: {name}"),
    }
}

/// Kinds found about records and the cluster.
fn conclusions(file: &[u8]) -> BTreeSet<&'static str> {
    let judged = |layer| matches!(layer, Layer::Mvcc | Layer::Cluster);
    let answer = answer(file);
    let explained = answer.cause.map(|cause| cause.consequences).unwrap_or_default();
    let kinds = answer.findings.iter().map(|finding| finding.kind).filter(|kind| judged(kind.layer));
    kinds.map(|kind| kind.id).filter(|id| !explained.contains(id)).collect()
}

/// All files with some pages lost: each page with a header zeroed, and each page the last one.
fn damaged() -> impl Iterator<Item = (String, Vec<u8>)> {
    let whole = snapshot();
    let pages = whole.len() / PAGE;
    let zeroed = {
        let whole = whole.clone();
        // The middle of a value that takes several pages is read whatever it holds; only the SHA-256 proves that.
        let begins = |file: &[u8], page: usize| file[page * PAGE..][..8] == (page as u64).to_le_bytes();
        (2..pages).filter(move |page| begins(&snapshot(), *page)).map(move |page| {
            let mut file = whole.clone();
            zero_page(&mut file, PAGE, page);
            (format!("page {page} zeroed"), file)
        })
    };
    zeroed.chain((2..pages).map(move |page| (format!("cut at page {page}"), whole[..page * PAGE + 100].to_vec())))
}

#[test]
fn a_value_is_unknown_or_right() {
    let [store, database] = facts(&snapshot()).expect("sound");
    let mut unknown = BTreeSet::new();
    for (context, file) in damaged() {
        let [part, pages] = facts(&file).expect("the metas are sound");
        agree(&part, &store, "store", &context);
        agree(&pages, &database, "database", &context);
        let nulls = |value: &Value| {
            value
                .as_object()
                .expect("an object")
                .iter()
                .filter(|(_, value)| value.is_null())
                .map(|(name, _)| name.clone())
                .collect::<Vec<_>>()
        };
        unknown.extend(nulls(&part).into_iter().chain(nulls(&pages)));
    }
    for name in
        ["liveKeys", "statusHash", "compactedRevision", "authEnabled", "leases", "members", "alarms", "freePages"]
    {
        assert!(unknown.contains(name), "{name} is never unknown: {unknown:?}");
    }
}

#[test]
fn nothing_is_concluded_from_what_was_not_read() {
    let sound = conclusions(&snapshot());
    for (context, file) in damaged() {
        let found = conclusions(&file);
        assert!(found.is_subset(&sound), "{context}: {:?}", found.difference(&sound).collect::<Vec<_>>());
    }
}

/// Counts of what could be read are lower bounds.
#[test]
fn there_is_at_least_what_was_read() {
    let [store, _] = facts(&snapshot()).expect("sound");
    let mut seen = 0;
    for (context, file) in damaged() {
        let [part, _] = facts(&file).expect("the metas are sound");
        for (name, least) in part["atLeast"].as_object().into_iter().flatten() {
            assert!(least.as_u64() <= store[name].as_u64(), "{context}: {name}");
            seen += 1;
        }
    }
    assert!(seen > 0);
}
