//! A snapshot of a real API server's etcd, against what kubectl printed of it.

use std::collections::BTreeMap;
use std::path::Path;

use etcdsnap_bbolt::Db;
use etcdsnap_kube::cluster::Cluster;
use etcdsnap_kube::decode::{Object, decode};
use etcdsnap_kube::encryption::Keyring;
use etcdsnap_kube::json::{JsonLayout, to_string};
use etcdsnap_kube::key::{ClassifiedKey, RootFinder, Roots};
use etcdsnap_kube::list::{ListFormat, ListWriter};
use etcdsnap_kube::manifest::{ApplyStage, CleanOptions, clean, exclusion_reason};
use etcdsnap_kube::metadata::ObjectHeader;
use etcdsnap_kube::value::Value;
use etcdsnap_kube::{StoredValue, yaml};
use etcdsnap_proto::KeyValueRef;

use crate::fixtures::{folders, json, read, testdata, text};

/// Bytes of the hash behind a snapshot.
const TRAILER: usize = 32;

/// A live key: its value in clear, and the revision of its last change.
struct Live {
    value: Vec<u8>,
    revision: i64,
}

/// The live keys of a snapshot, decrypted.
fn live(path: &Path, keyring: &Keyring) -> BTreeMap<Vec<u8>, Live> {
    let file = read(path);
    let db = Db::open(&file[..file.len() - TRAILER]).expect("a database");
    let keys = db.root().bucket(b"key").expect("sound").expect("a bucket");
    let mut live = BTreeMap::new();
    for element in keys.elements() {
        let element = element.expect("sound");
        let record = KeyValueRef::parse(element.value).expect("a record");
        if element.key.len() > 17 {
            live.remove(record.key);
            continue;
        }
        let value = match StoredValue::recognise(record.value) {
            StoredValue::Encrypted(sealed) => keyring.decrypt(&sealed, record.key).expect("a key that opens it").value,
            _ => record.value.to_vec(),
        };
        live.insert(record.key.to_vec(), Live { value, revision: record.mod_revision });
    }
    live
}

fn observe(live: &BTreeMap<Vec<u8>, Live>) -> (Roots, Cluster) {
    let (mut finder, mut cluster) = (RootFinder::default(), Cluster::default());
    for (key, Live { value, .. }) in live {
        finder.look(key, value);
        if ObjectHeader::read(value).is_ok_and(|header| Cluster::is_informative(&header.kind)) {
            cluster.observe(&decode(value, cluster.options(false)).expect("an object"));
        }
    }
    (finder.finish(), cluster)
}

/// The objects a list of kubectl's has, as the list that we make of them.
fn listed(expected: &Value<'_>, live: &BTreeMap<Vec<u8>, Live>, managed_fields: bool, form: ListFormat) -> String {
    let (roots, cluster) = observe(live);
    let mut list = ListWriter::new(Vec::new(), form);
    for item in expected.at(&["items"]).and_then(Value::as_list).expect("a list") {
        let object = find(item, live, &roots, &cluster, managed_fields);
        list.item(&object.value).expect("memory");
    }
    String::from_utf8(list.finish().expect("memory")).expect("a text")
}

fn find<'a>(
    wanted: &Value<'_>,
    live: &'a BTreeMap<Vec<u8>, Live>,
    roots: &Roots,
    cluster: &Cluster,
    managed_fields: bool,
) -> Object<'a> {
    let named = |key: &[u8]| match roots.classify(key) {
        ClassifiedKey::Object(key) => {
            let kind = cluster.resources().at_path(key.path).map(|resource| &*resource.kind);
            wanted.text_at(&["kind"]) == kind
                && wanted.text_at(&["metadata", "name"]) == Some(key.name)
                && wanted.text_at(&["metadata", "namespace"]) == key.namespace
        }
        _ => false,
    };
    let (_, Live { value, revision }) = live.iter().find(|(key, _)| named(key)).expect("a key of that object");
    let mut object = decode(value, cluster.options(managed_fields)).expect("an object");
    assert_eq!(object.unknown, []);
    cluster.present(&mut object, *revision);
    object
}

#[test]
fn a_real_cluster_shows_as_by_kubectl() {
    for folder in folders() {
        let folder = folder.join("real-1.20");
        let keyring = Keyring::from_config(&text(&folder.join("enc.yaml"))).expect("a configuration");
        let live = live(&folder.join("k8s-1.20.2-enc.snapshot.db"), &keyring);
        for name in ["cm", "crd", "deploy", "event", "foos", "job", "lease", "ns", "pod", "role", "sts", "svc"] {
            let path = folder.join(format!("kubectl_{name}.json"));
            let recorded = text(&path);
            assert_eq!(listed(&json(&recorded), &live, true, ListFormat::Json), recorded, "{name}");
            let recorded_yaml = text(&path.with_extension("yaml"));
            assert_eq!(listed(&json(&recorded), &live, false, ListFormat::Yaml), recorded_yaml, "{name}");
        }
    }
}

#[test]
fn every_value_of_a_real_cluster_has_a_place_and_a_type() {
    for folder in folders() {
        let folder = folder.join("real-1.20");
        let keyring = Keyring::from_config(&text(&folder.join("enc.yaml"))).expect("a configuration");
        let live = live(&folder.join("k8s-1.20.2-enc.snapshot.db"), &keyring);
        let (roots, cluster) = observe(&live);
        assert_eq!(cluster.release(), Some(20));
        let mut objects = 0;
        for (key, Live { value, .. }) in &live {
            let key_text = String::from_utf8_lossy(key);
            let ClassifiedKey::Object(place) = roots.classify(key) else { continue };
            let header = ObjectHeader::read(value).unwrap_or_else(|error| panic!("{key_text}: {error}"));
            let object = decode(value, cluster.options(true)).expect("an object");
            assert!(object.known_kind, "{key_text}");
            assert_eq!(ObjectHeader::of_value(&object.value), Ok(header.clone()), "{key_text}");
            assert_eq!(place.mismatch(&header.metadata), None, "{key_text}");
            assert_eq!(
                json(&to_string(&object.value, JsonLayout::Compact)),
                json(&json_of_yaml(&object.value)),
                "{key_text}"
            );
            objects += 1;
        }
        assert!(objects > 150, "{objects}");
    }
}

/// The YAML of an object as another reader understands it, in JSON.
fn json_of_yaml(object: &Value<'_>) -> String {
    let value: serde_json::Value = serde_saphyr::from_str(&yaml::to_string(object)).expect("YAML");
    value.to_string()
}

#[test]
fn everything_of_a_real_cluster_becomes_a_manifest() {
    let folder = testdata().join("real-1.20");
    let keyring = Keyring::from_config(&text(&folder.join("enc.yaml"))).expect("a configuration");
    let live = live(&folder.join("k8s-1.20.2-enc.snapshot.db"), &keyring);
    let (roots, cluster) = observe(&live);
    let objects = live.iter().filter(|(key, _)| matches!(roots.classify(key), ClassifiedKey::Object(_)));
    let uids: Vec<_> =
        live.values().filter_map(|live| Some(ObjectHeader::read(&live.value).ok()?.metadata.uid)).collect();
    let is_extracted = |uid: &str| uids.iter().any(|known| known == uid);
    let mut kinds = Vec::new();
    for (key, Live { value, revision }) in objects {
        let mut object = decode(value, cluster.options(false)).expect("an object");
        cluster.present(&mut object, *revision);
        let header = ObjectHeader::of_value(&object.value).expect("a type");
        let controlled = header.metadata.controller().is_some_and(|owner| is_extracted(&owner.uid));
        if controlled || exclusion_reason(&header, object.value.text_at(&["type"])).is_some() {
            continue;
        }
        drop(header);
        clean(&mut object, CleanOptions::default(), is_extracted);
        let key = String::from_utf8_lossy(key);
        let manifest = yaml::to_string(&object.value);
        for trace in ["uid:", "resourceVersion:", "creationTimestamp:", "\nstatus:", "managedFields:", "nodeName:"] {
            assert!(!manifest.contains(trace), "{key}:\n{manifest}");
        }
        assert!(object.value.text_at(&["metadata", "name"]).is_some(), "{key}");
        let header = ObjectHeader::of_value(&object.value).expect("a type");
        kinds.push((ApplyStage::of(header.group(), &header.kind), header.kind.into_owned()));
    }
    kinds.sort();
    kinds.dedup();
    let kinds: Vec<_> = kinds.iter().map(|(_, kind)| kind.as_str()).collect();
    let expected = "Namespace CustomResourceDefinition LimitRange NetworkPolicy PriorityClass \
        ResourceQuota RuntimeClass StorageClass ServiceAccount Role RoleBinding PersistentVolume \
        PersistentVolumeClaim ConfigMap EndpointSlice CronJob DaemonSet Deployment Job Pod StatefulSet \
        HorizontalPodAutoscaler Ingress PodDisruptionBudget Foo ValidatingWebhookConfiguration";
    assert_eq!(kinds.join(" "), expected);
}
