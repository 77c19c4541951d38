//! What became of objects in random histories is what a model says: between two files, and revision by revision.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fs;
use std::path::Path;

use etcdsnap_kube::encryption::Keyring;
use etcdsnap_objects::{
    IgnoredDifferences, IncludedChanges, ObjectChangeKind, ObjectComparison, ObjectHistory, ObjectSelection, Objects,
    RevisionEffect, RoutineChange,
};
use etcdsnap_snapshot::container::{Container, OpenOptions};
use etcdsnap_snapshot::contents::{Contents, Source};
use etcdsnap_snapshot::progress::Silent;
use etcdsnap_testkit::bbolt::Layout;
use etcdsnap_testkit::etcd::{EtcdStore, Server};
use etcdsnap_testkit::random::Random;

/// What tells two states of an object apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    uid: u64,
    spec: u64,
    status: u64,
}

/// A store with the objects that live in it.
#[derive(Clone)]
struct Model {
    store: EtcdStore,
    live: BTreeMap<String, State>,
    /// What every write did, in the order of revisions.
    deeds: Vec<(String, RevisionEffect)>,
    uids: u64,
}

impl Model {
    fn new() -> Self {
        let mut store = EtcdStore::new(Server::V3_6);
        store.put(
            "/registry/namespaces/default",
            r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"default"}}"#,
        );
        Self { store, live: BTreeMap::new(), deeds: Vec::new(), uids: 0 }
    }

    fn write(&mut self, random: &mut Random) {
        let name = format!("o{}", random.below(6));
        let key = format!("/registry/ex.io/foos/shop/{name}");
        let was_there = self.deeds.iter().any(|(other, _)| *other == key);
        let Some(state) = self.live.get_mut(&key) else {
            self.uids += 1;
            let state = State { uid: self.uids, spec: random.below(3), status: random.below(3) };
            self.live.insert(key.clone(), state);
            self.deeds.push((key.clone(), if was_there { RevisionEffect::Recreated } else { RevisionEffect::Created }));
            return self.put(&key, &name, state);
        };
        match random.below(5) {
            0 => {
                self.live.remove(&key);
                self.deeds.push((key.clone(), RevisionEffect::Deleted));
                self.store.delete(key);
            }
            1 => {
                state.status = random.below(3);
                let state = *state;
                self.deeds.push((key.clone(), RevisionEffect::Changed));
                self.put(&key, &name, state);
            }
            _ => {
                state.spec = random.below(3);
                let state = *state;
                self.deeds.push((key.clone(), RevisionEffect::Changed));
                self.put(&key, &name, state);
            }
        }
    }

    fn put(&mut self, key: &str, name: &str, State { uid, spec, status }: State) {
        let metadata = format!(r#"{{"name":"{name}","namespace":"shop","uid":"{uid}"}}"#);
        let rest = format!(r#""spec":{{"a":{spec}}},"status":{{"b":{status}}}"#);
        self.store.put(key, format!(r#"{{"apiVersion":"ex.io/v1","kind":"Foo","metadata":{metadata},{rest}}}"#));
    }

    fn written(&self, folder: &Path, name: &str) -> Container {
        let path = folder.join(name);
        fs::write(&path, Layout::default().build(&self.store.to_tree())).expect("written");
        Container::open(&path, &OpenOptions::default()).expect("a database")
    }
}

/// What became of the objects, and how many states differ in their status alone.
fn expected(before: &Model, after: &Model, with_status: bool) -> (Vec<(String, ObjectChangeKind)>, u64) {
    let (mut fates, mut noise) = (BTreeMap::new(), 0);
    for (key, old) in &before.live {
        let change_kind = match after.live.get(key) {
            None => ObjectChangeKind::Removed,
            Some(new) if new.uid != old.uid => ObjectChangeKind::Recreated,
            Some(new) if new.spec != old.spec || with_status && new != old => ObjectChangeKind::Changed,
            Some(new) => {
                noise += u64::from(new != old);
                continue;
            }
        };
        fates.insert(key.clone(), change_kind);
    }
    for key in after.live.keys().filter(|key| !before.live.contains_key(*key)) {
        fates.insert(key.clone(), ObjectChangeKind::Added);
    }
    (fates.into_iter().collect(), noise)
}

fn objects<'a>(contents: &Contents<'a>) -> Objects<'a> {
    let none: &[&str] = &[];
    Objects::open(contents, None, Keyring::default(), none).expect("objects")
}

#[test]
fn fates_are_those_of_the_model() {
    let folder = tempfile::tempdir().expect("a folder");
    for seed in 0..150 {
        let mut random = Random::new(seed);
        let mut before = Model::new();
        (0..random.below(30)).for_each(|_| before.write(&mut random));
        // Another cluster gives other uids, its own later state the same.
        let mut after = before.clone();
        (0..random.below(30)).for_each(|_| after.write(&mut random));
        let (one, other) = (before.written(folder.path(), "one"), after.written(folder.path(), "other"));
        let (first, second) = (Source::new(&one, &Silent), Source::new(&other, &Silent));
        let (first, second) = (Contents::open(&first).expect("sound"), Contents::open(&second).expect("sound"));
        let (old, new) = (objects(&first), objects(&second));
        for with_status in [false, true] {
            let included = IncludedChanges::new(with_status.then_some(RoutineChange::Status));
            let comparison = ObjectComparison {
                before: &old,
                after: &new,
                selection: ObjectSelection::default(),
                included,
                show_secrets: false,
            };
            let mut found = Vec::new();
            let key = |key: &[u8]| String::from_utf8(key.to_vec()).expect("a text");
            let Ok::<_, Infallible>(IgnoredDifferences { routine: noise, .. }) = comparison.each(
                |compared| {
                    assert_eq!(
                        compared.change_kind == ObjectChangeKind::Added
                            || compared.change_kind == ObjectChangeKind::Removed,
                        compared.edits.is_empty()
                    );
                    (key(compared.entry.record.kv.key), compared.change_kind)
                },
                |change_kind| {
                    found.push(change_kind);
                    Ok(())
                },
            );
            let (fates, least) = expected(&before, &after, with_status);
            assert_eq!(found, fates, "seed {seed}");
            // A write that changed nothing is not even looked at, one that was taken back neither.
            assert_eq!(noise, least, "seed {seed}");
        }
    }
}

#[test]
fn the_past_is_that_of_the_model() {
    let folder = tempfile::tempdir().expect("a folder");
    for seed in 0..100 {
        let mut random = Random::new(seed);
        let mut model = Model::new();
        (0..=random.below(40)).for_each(|_| model.write(&mut random));
        let container = model.written(folder.path(), "one");
        let source = Source::new(&container, &Silent);
        let contents = Contents::open(&source).expect("sound");
        let objects = objects(&contents);
        let history = ObjectHistory { objects: &objects, included: IncludedChanges::for_past([]), show_secrets: false };
        let selection = ObjectSelection { namespace: Some("shop".to_owned()), ..ObjectSelection::default() };
        let changes = history.changes(&selection);
        let mut found: Vec<(i64, String, RevisionEffect)> = Vec::new();
        let Ok::<_, Infallible>(()) = history.each(
            &changes,
            |past| {
                let key = String::from_utf8(past.entry.record.kv.key.to_vec()).expect("a text");
                (past.entry.record.revision.main, key, past.effect)
            },
            |told| {
                found.push(told);
                Ok(())
            },
        );
        assert!(found.is_sorted_by_key(|(revision, key, _)| (key.clone(), *revision)), "seed {seed}: {found:?}");
        found.sort_by_key(|(revision, ..)| *revision);
        let told: Vec<_> = found.into_iter().map(|(_, key, effect)| (key, effect)).collect();
        assert_eq!(told, model.deeds, "seed {seed}");
    }
}
