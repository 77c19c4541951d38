//! Differences of random histories are those of a model, between revisions of one file and between files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use etcdsnap_proto::mvccpb::KeyValue;
use etcdsnap_snapshot::container::{Container, OpenOptions};
use etcdsnap_snapshot::contents::{Contents, Source};
use etcdsnap_snapshot::diff::{Change, Diff, Scope, Side, diff};
use etcdsnap_snapshot::progress::Silent;
use etcdsnap_testkit::bbolt::{Layout, PageOrder};
use etcdsnap_testkit::etcd::{Compactions, EtcdStore, RandomHistory};
use etcdsnap_testkit::random::Random;

type Live = BTreeMap<Vec<u8>, KeyValue>;
type Entry = (Vec<u8>, Option<KeyValue>, Option<KeyValue>);

/// A store in a file of its own.
struct File {
    store: EtcdStore,
    container: Container,
}

impl File {
    fn new(folder: &Path, name: &str, store: EtcdStore, layout: &Layout) -> Self {
        let path = folder.join(name);
        fs::write(&path, layout.build(&store.to_tree())).expect("written");
        let container = Container::open(&path, &OpenOptions::default()).expect("a database");
        Self { store, container }
    }

    fn random_revision(&self, random: &mut Random) -> i64 {
        let (first, last) = (self.store.compacted_revision().max(1), self.store.current_revision());
        first + i64::try_from(random.below(u64::try_from(last - first + 1).expect("some"))).expect("small")
    }

    fn live_at(&self, revision: i64) -> Live {
        self.store.live_at(revision).into_iter().filter(|(key, _)| !key.is_empty()).collect()
    }
}

/// What a model says: every key of either side that is in scope and differs.
fn expected(before: &Live, after: &Live, scope: &Scope) -> Vec<Entry> {
    let keys: BTreeSet<_> = before.keys().chain(after.keys()).filter(|key| scope.has(key)).collect();
    let entry = |key: &Vec<u8>| (key.clone(), before.get(key).cloned(), after.get(key).cloned());
    let same = |entry: &Entry| match (&entry.1, &entry.2) {
        (Some(one), Some(other)) => {
            let mut one = one.clone();
            if scope.ignore_revisions {
                let KeyValue { create_revision, mod_revision, version, .. } = *other;
                one = KeyValue { create_revision, mod_revision, version, ..one };
            }
            if scope.ignore_leases {
                one.lease = other.lease;
            }
            one == *other
        }
        _ => false,
    };
    keys.into_iter().map(entry).filter(|entry| !same(entry)).collect()
}

fn found(diff: &Diff<'_>) -> Vec<Entry> {
    let entries: Vec<_> = diff
        .iter()
        .map(|difference| {
            let value = |record: etcdsnap_mvcc::Record<'_>| KeyValue::from(record.kv);
            assert_eq!(difference.change() == Change::Changed, difference.fields().next().is_some());
            (difference.key.to_vec(), difference.before.map(value), difference.after.map(value))
        })
        .collect();
    assert_eq!(entries.len(), diff.len());
    entries
}

fn assert_agrees(one: &File, before: i64, other: &File, after: i64, scope: &Scope) {
    let (first, second) = (Source::new(&one.container, &Silent), Source::new(&other.container, &Silent));
    let contents = Contents::open(&first).expect("sound");
    let others = Contents::open(&second).expect("sound");
    let sides = (Side { contents: &contents, revision: before }, Side { contents: &others, revision: after });
    let diff = diff(sides.0, sides.1, scope).expect("readable");
    let expected = expected(&one.live_at(before), &other.live_at(after), scope);
    assert_eq!(found(&diff), expected, "{before} to {after}");
    assert_eq!(diff.is_empty(), expected.is_empty());
}

fn scopes() -> [Scope; 4] {
    [
        Scope::default(),
        Scope { prefixes: vec![b"key/00000".into(), b"key/00010".into()], ..Scope::default() },
        Scope { excluded: vec![b"key/00001".into()], ignore_revisions: true, ..Scope::default() },
        Scope { ignore_leases: true, ..Scope::default() },
    ]
}

#[test]
fn revisions_of_one_file() {
    let folder = tempfile::tempdir().expect("folder");
    for seed in 0..6 {
        let compactions = [Compactions::Never, Compactions::Finished(2), Compactions::LastUnfinished(1)][seed % 3];
        let history = RandomHistory { seed: seed as u64, operations: 400, compactions, ..RandomHistory::default() };
        let layout = Layout { page_order: PageOrder::Shuffled(1), ..Layout::default() };
        let file = File::new(folder.path(), &format!("{seed}.db"), history.build_store(), &layout);
        let mut random = Random::new(seed as u64);
        for scope in scopes() {
            for _ in 0..6 {
                let (before, after) = (file.random_revision(&mut random), file.random_revision(&mut random));
                assert_agrees(&file, before, &file, after, &scope);
            }
        }
    }
}

#[test]
fn a_snapshot_and_a_later_one_of_the_same_store() {
    let folder = tempfile::tempdir().expect("folder");
    for seed in 0..4 {
        let play = |operations| {
            RandomHistory { seed, operations, compactions: Compactions::Never, ..RandomHistory::default() }
                .build_store()
        };
        let early = File::new(folder.path(), "early.db", play(300), &Layout::default());
        let mut store = play(500);
        store.compact(store.current_revision() - 20);
        let shuffled = Layout { page_order: PageOrder::Shuffled(seed), page_size: 16384, ..Layout::default() };
        let late = File::new(folder.path(), "late.db", store, &shuffled);
        let mut random = Random::new(seed);
        for scope in scopes() {
            let (before, after) = (early.random_revision(&mut random), late.random_revision(&mut random));
            assert_agrees(&early, before, &late, after, &scope);
            assert_agrees(&late, after, &early, before, &scope);
            assert_agrees(&early, early.store.current_revision(), &late, late.store.current_revision(), &scope);
        }
    }
}

/// The same revisions, and other records under them.
#[test]
fn stores_that_have_nothing_to_do_with_each_other() {
    let folder = tempfile::tempdir().expect("folder");
    let file = |seed| {
        let store = RandomHistory { seed, operations: 300, ..RandomHistory::default() }.build_store();
        File::new(folder.path(), &format!("{seed}.db"), store, &Layout::default())
    };
    let (one, other) = (file(1), file(2));
    for scope in scopes() {
        assert_agrees(&one, one.store.current_revision(), &other, other.store.current_revision(), &scope);
    }
}

/// Equal bytes are equal, and so is the same content in another layout.
#[test]
fn the_same_twice() {
    let folder = tempfile::tempdir().expect("folder");
    let store = RandomHistory { seed: 9, operations: 300, ..RandomHistory::default() }.build_store();
    let revision = store.current_revision();
    let file = |name, layout: &Layout| File::new(folder.path(), name, store.clone(), layout);
    let (one, copy) = (file("one.db", &Layout::default()), file("copy.db", &Layout::default()));
    let other = file("other.db", &Layout { page_size: 16384, ..Layout::default() });
    for twin in [&copy, &other] {
        assert_agrees(&one, revision, twin, revision, &Scope::default());
        assert!(expected(&one.live_at(revision), &twin.live_at(revision), &Scope::default()).is_empty());
    }
}
