//! The objects of a real cluster: found, selected, with their history.

use std::convert::Infallible;
use std::path::{Path, PathBuf};

use etcdsnap_kube::encryption::Keyring;
use etcdsnap_mvcc::Position;
use etcdsnap_objects::{ObjectSelection, ObjectSelectionError, Objects, OpenObjectsError, UnreadableObject};
use etcdsnap_snapshot::container::{Container, OpenOptions};
use etcdsnap_snapshot::contents::{Contents, Source};
use etcdsnap_snapshot::progress::Silent;

fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata").join(name)
}

fn read<T>(name: &str, look: impl FnOnce(&Contents<'_>) -> T) -> T {
    let container = Container::open(&testdata(name), &OpenOptions::default()).expect("a backup");
    let source = Source::new(&container, &Silent);
    look(&Contents::open(&source).expect("a database"))
}

fn keyring() -> Keyring {
    Keyring::from_config(&std::fs::read_to_string(testdata("kube/real-1.20/enc.yaml")).expect("a file")).expect("keys")
}

/// The objects at a revision.
fn cluster<T>(revision: i64, keyring: Keyring, look: impl FnOnce(&mut Objects<'_>) -> T) -> T {
    let none: [&str; 0] = [];
    read("kube/real-1.20/k8s-1.20.2-enc.snapshot.db", |contents| {
        look(&mut Objects::open(contents, Some(revision), keyring, &none).expect("objects"))
    })
}

fn names(objects: &Objects<'_>, positions: &[Position]) -> Vec<String> {
    positions.iter().filter_map(|at| Some(objects.entry(*at)?.name())).collect()
}

fn selected(objects: &Objects<'_>, words: &[&str], change: impl FnOnce(&mut ObjectSelection)) -> Vec<String> {
    let mut selection = ObjectSelection::parse(words, objects).expect("a selection");
    change(&mut selection);
    names(objects, &objects.select(&selection).positions)
}

#[test]
fn words_select_objects_in_their_order() {
    cluster(251, keyring(), |objects| {
        let demo = |selection: &mut ObjectSelection| selection.namespace = Some("demo".to_owned());
        assert_eq!(selected(objects, &["sts,deploy"], demo), ["statefulset.apps/db", "deployment.apps/web"]);
        assert_eq!(selected(objects, &["deploy/web", "cm/cfg"], demo), ["deployment.apps/web", "configmap/cfg"]);
        assert_eq!(selected(objects, &["Foo"], demo), ["foo.ex.io/bar"]);
        assert_eq!(selected(objects, &["ns", "demo", "default"], demo), ["namespace/demo", "namespace/default"]);
        assert_eq!(
            selected(objects, &["ns"], |selection| selection.labels = "team".parse().expect("labels")),
            ["namespace/demo"]
        );
        let all = selected(objects, &[], |_| {});
        assert_eq!(all.len() as u64, objects.key_counts().objects());
        // Without a type, a namespace has no objects but its own.
        assert!(selected(objects, &[], demo).len() < 30);
        let error = |words: &[&str]| ObjectSelection::parse(words, objects).expect_err("no selection");
        assert_eq!(error(&["widgets"]), ObjectSelectionError::UnknownType("widgets".to_owned()));
        assert!(matches!(error(&["deploy/web", "cm"]), ObjectSelectionError::Mixed(_)));
        assert!(matches!(error(&["deploy", "cm/x"]), ObjectSelectionError::Mixed(_)));
        assert!(matches!(error(&["deploy/"]), ObjectSelectionError::Malformed(_)));
    });
}

#[test]
fn history_has_deletions_and_what_was_before_them() {
    cluster(251, keyring(), |objects| {
        let selection = ObjectSelection::parse(&["svc/web", "secret/creds"], objects).expect("a selection");
        assert_eq!(objects.select(&selection).missing.len(), 2);
        let changes = objects.changes(&selection, -1);
        let revisions: Vec<_> =
            changes.iter().filter_map(|change| Some(objects.entry(change.at)?.record.revision.main)).collect();
        assert_eq!(revisions, [195, 200, 246, 247]);
        let gone = objects.deleted(&selection);
        let last = gone.iter().filter_map(|deleted| objects.entry(deleted.last_put?));
        let values: Vec<_> = last
            .map(|entry| {
                let clear = entry.open().expect("keys that open it");
                let object = entry.object(&clear, false).expect("an object");
                (entry.name(), object.value.text_at(&["metadata", "resourceVersion"]).map(str::to_owned))
            })
            .collect();
        let expected = [("secret/creds", "195"), ("service/web", "200")];
        assert_eq!(values, expected.map(|(name, revision)| (name.to_owned(), Some(revision.to_owned()))));
    });
}

#[test]
fn without_keys_only_names_are_known() {
    cluster(251, Keyring::default(), |objects| {
        let selection = ObjectSelection::parse(&["cm"], objects).expect("a selection");
        let positions = objects.select(&selection).positions;
        assert_eq!(names(objects, &positions), ["configmap/cfg"]);
        let mut reasons = Vec::new();
        let Ok(()) = objects.stream(
            &positions,
            |entry| entry.open().map(drop),
            |opened| {
                reasons.extend(opened.err());
                Ok::<(), Infallible>(())
            },
        );
        assert!(matches!(reasons.as_slice(), [UnreadableObject::Encrypted(_)]), "{reasons:?}");
    });
}

#[test]
fn an_earlier_revision_has_what_lived_then() {
    let at = |revision| cluster(revision, keyring(), |objects| selected(objects, &["svc/web", "secret/creds"], |_| {}));
    assert_eq!(at(245), ["service/web", "secret/creds"]);
    assert_eq!(at(246), ["service/web"]);
    assert!(at(251).is_empty());
}

#[test]
fn other_databases_say_what_they_are() {
    let none: [&str; 0] = [];
    read("etcd/etcd-3.6.14-seed1.db", |contents| {
        let error = Objects::open(contents, None, Keyring::default(), &none).expect_err("no objects");
        let OpenObjectsError::NotKubernetes(key_counts) = &error else { panic!("{error}") };
        assert!(!key_counts.is_kubernetes && key_counts.to_string().starts_with("136 keys live"), "{key_counts}");
    });
}
