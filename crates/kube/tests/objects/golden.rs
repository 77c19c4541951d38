//! Kubernetes' golden objects, and random objects with nil, zero and empty fields: stored bytes and their JSON.

use std::collections::BTreeMap;
use std::fs;

use etcdsnap_kube::decode::{DecodeOptions, decode};
use etcdsnap_kube::json::{JsonLayout, to_string};
use etcdsnap_kube::yaml;

use crate::fixtures::{all, folders, gunzip, hex, json, read, testdata, text};

const NEWEST: DecodeOptions = DecodeOptions { release: None, managed_fields: true };

/// The object as compact JSON, which must leave nothing unknown.
fn decoded(stored: &[u8], name: &str) -> String {
    let object = decode(stored, NEWEST).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(object.unknown, [], "{name}");
    to_string(&object.value, JsonLayout::Compact)
}

/// Name, stored bytes, JSON and YAML of the golden objects.
fn golden() -> Vec<(String, Vec<u8>, String, String)> {
    let mut objects = Vec::new();
    for line in gunzip(&testdata().join("golden.jsonl.gz")).lines() {
        let line = json(line);
        let [name, stored, json, yaml] =
            ["name", "pb", "json", "yaml"].map(|key| line.text_at(&[key]).expect(key).to_owned());
        objects.push((name, hex(&stored), json, yaml));
    }
    for entry in all().into_iter().flat_map(|all| fs::read_dir(all.join("golden/HEAD")).expect("golden objects")) {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "pb") {
            let [json, yaml] = ["json", "yaml"].map(|extension| text(&path.with_extension(extension)));
            objects.push((path.display().to_string(), read(&path), json, yaml));
        }
    }
    objects
}

#[test]
fn golden_objects_decode_to_their_json_and_yaml() {
    let objects = golden();
    assert!(objects.len() >= 193);
    for (name, stored, json_text, yaml_text) in objects {
        let expected = json(&json_text);
        assert_eq!(yaml::to_string(&expected), yaml_text, "{name}");
        // An event of a watch is not an object that can be stored: it has no kind.
        if !name.contains("WatchEvent") {
            assert_eq!(decoded(&stored, &name), to_string(&expected, JsonLayout::Compact), "{name}");
        }
    }
}

#[test]
fn sparse_objects_decode_to_their_json() {
    for folder in folders() {
        let pairs = gunzip(&folder.join("sparse-pairs.tsv.gz"));
        let mut kinds = BTreeMap::new();
        for (number, line) in pairs.lines().enumerate() {
            let (stored, expected) = line.split_once('\t').expect("two columns");
            let name = format!("pair {}", number + 1);
            let expected = json(expected);
            assert_eq!(decoded(&hex(stored), &name), to_string(&expected, JsonLayout::Compact), "{name}");
            *kinds.entry(["apiVersion", "kind"].map(|key| expected.text_at(&[key]).map(str::to_owned))).or_insert(0) +=
                1;
        }
        assert_eq!(kinds.len(), 338);
    }
}

#[test]
fn an_empty_map_that_is_a_message_is_an_empty_map() {
    // OpenShift's OptionalNodeSelector: field 9 of the spec is there and empty.
    let field =
        |number: u8, bytes: &[u8]| [&[number << 3 | 2, u8::try_from(bytes.len()).expect("short")][..], bytes].concat();
    let of = [field(1, b"build.openshift.io/v1"), field(2, b"Build")].concat();
    let message = field(2, &field(1, &field(9, b"")));
    let stored = [b"k8s\0".to_vec(), field(1, &of), field(2, &message)].concat();
    let object = decode(&stored, NEWEST).expect("an object");
    assert_eq!(to_string(object.value.at(&["spec", "nodeSelector"]).expect("a selector"), JsonLayout::Compact), "{}");
}

#[test]
fn vectors_decode_to_their_json_and_yaml() {
    let folder = testdata().join("vectors");
    for name in ["configmap", "secret", "lease", "pod", "deployment", "role", "event", "service"] {
        let stored = read(&folder.join(name).with_extension("pb"));
        let expected = text(&folder.join(name).with_extension("json"));
        assert_eq!(decoded(&stored, name), to_string(&json(&expected), JsonLayout::Compact));
        let object = decode(&stored, NEWEST).expect(name);
        assert_eq!(yaml::to_string(&object.value), text(&folder.join(name).with_extension("yaml")), "{name}");
    }
    let stored = read(&folder.join("foo_cbor.bin"));
    let expected = r#"{"apiVersion":"ex.io/v1","kind":"Foo","metadata":{"name":"x"},"spec":{"b":true,"f":1.5,"l":["a",null],"n":1,"s":"t"}}"#;
    assert_eq!(decoded(&stored, "CBOR"), expected);
}
