//! Damaged objects: whatever is read of them, nothing panics and nothing is without an end.

use etcdsnap_kube::MAX_DEPTH;
use etcdsnap_kube::cluster::Cluster;
use etcdsnap_kube::decode::{DecodeError, DecodeOptions, decode};
use etcdsnap_kube::json::{JsonLayout, parse, to_string};
use etcdsnap_kube::manifest::{CleanOptions, clean, exclusion_reason, redact};
use etcdsnap_kube::metadata::ObjectHeader;
use etcdsnap_kube::yaml;

use crate::fixtures::{gunzip, hex, testdata};

fn exercise(value: &[u8], release: Option<u8>) -> Result<(), DecodeError> {
    let header = ObjectHeader::read(value);
    let mut object = decode(value, DecodeOptions { release, managed_fields: true })?;
    parse(to_string(&object.value, JsonLayout::Indented).as_bytes()).expect("what is written is JSON");
    if let Ok(header) = header {
        exclusion_reason(&header, object.value.text_at(&["type"]));
    }
    Cluster::default().present(&mut object, 7);
    redact(&mut object);
    clean(&mut object, CleanOptions::default(), |_| false);
    drop(yaml::to_string(&object.value));
    Ok(())
}

/// Numbers that look random and are the same every time.
fn numbers() -> impl Iterator<Item = usize> {
    let mut state = 7_u64;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).expect("31 bits")
    })
}

#[test]
fn any_byte_may_be_wrong() {
    let pairs = gunzip(&testdata().join("sparse-pairs.tsv.gz"));
    let mut numbers = numbers();
    let mut next = move |below: usize| numbers.next().expect("no end") % below;
    let (mut read, mut refused) = (0, 0);
    for line in pairs.lines() {
        let value = hex(line.split('\t').next().expect("two columns"));
        for release in [None, Some(20), Some(33), Some(37)] {
            let mut damaged = value.clone();
            let at = next(damaged.len());
            damaged[at] ^= 1 << next(8);
            if next(3) == 0 {
                damaged.truncate(next(value.len()));
            }
            match exercise(&damaged, release) {
                Ok(()) => read += 1,
                Err(_) => refused += 1,
            }
        }
    }
    assert!(read > 1000 && refused > 1000, "{read} read, {refused} refused");
}

#[test]
fn errors_name_the_message_and_not_its_content() {
    let mut value = hex("6b3873000a0f0a0276311209");
    value.extend(b"ConfigMap\x12\x0f\x0a\x0d\x0a\x01a\x5a\x08\x0a\x01k\x12\x63hun");
    let error = decode(&value, DecodeOptions::default()).expect_err("a value that is too short");
    assert_eq!(error.to_string(), "metadata.labels[…]: the message ends within a field");
}

fn varint(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(number & 0x7f).expect("seven bits");
        number >>= 7;
        bytes.push(if number > 0 { low | 0x80 } else { low });
        if number == 0 {
            return bytes;
        }
    }
}

/// A field of a protobuf message that holds bytes.
fn field(number: usize, bytes: &[u8]) -> Vec<u8> {
    [&varint(number << 3 | 2), &varint(bytes.len()), bytes].concat()
}

/// A stored object from the fields of its message.
fn envelope(api_version: &str, kind: &str, message: &[u8]) -> Vec<u8> {
    let of = [field(1, api_version.as_bytes()), field(2, kind.as_bytes())].concat();
    [b"k8s\0".to_vec(), field(1, &of), field(2, message)].concat()
}

/// A stored definition of a custom resource, given the schema of its only version.
fn definition(schema: &[u8]) -> Vec<u8> {
    let version = field(4, &field(1, schema));
    envelope("apiextensions.k8s.io/v1", "CustomResourceDefinition", &field(2, &field(7, &version)))
}

#[test]
fn messages_in_parts_are_read_once() {
    // Every schema says twice what it must not be; the second time adds nothing.
    const NOT: usize = 28;
    let schema = (0..64).fold(Vec::new(), |inner, _| [field(NOT, &inner), field(NOT, b"")].concat());
    let definition = definition(&schema);
    let object = decode(&definition, DecodeOptions::default()).expect("a definition");
    assert_eq!(to_string(&object.value, JsonLayout::Compact).matches(r#""not":"#).count(), 64);
}

#[test]
fn unknown_fields_behind_damaged_metadata_have_their_own_place() {
    const LABELS: usize = 11;
    let damaged = field(1, &field(LABELS, b"\x0a\x01k\x12\x63hun"));
    let value = envelope("ex.io/v1", "Foo", &[damaged, field(99, b"")].concat());
    let object = decode(&value, DecodeOptions::default()).expect("an object of an unknown kind");
    let places = object.unknown.iter().map(|field| (field.path.as_str(), field.number));
    assert_eq!(places.collect::<Vec<_>>(), [("", 1), ("", 99)]);
}

#[test]
fn places_are_told_by_their_first_steps() {
    const NOT: usize = 28;
    let schema = (0..30).fold(Vec::new(), |inner, _| [field(NOT, &inner), field(99, b"")].concat());
    let definition = definition(&schema);
    let object = decode(&definition, DecodeOptions::default()).expect("a definition");
    let deep = format!("spec.versions[0].schema.openAPIV3Schema{}…", ".not".repeat(11));
    assert_eq!(object.unknown.len(), 30);
    assert_eq!(object.unknown.iter().filter(|field| field.path == deep).count(), 18);
}

#[test]
fn unknown_fields_of_objects_within_objects_have_a_place() {
    let metadata = field(1, &field(99, b""));
    let inner = envelope("v1", "ConfigMap", &[metadata, field(99, b"")].concat());
    let broken = envelope("v1", "ConfigMap", &[field(99, b""), vec![0x0a, 9]].concat());
    let items = [inner, broken].map(|inner| field(3, &field(1, &inner))).concat();
    let template = envelope("template.openshift.io/v1", "Template", &[items, field(98, b"")].concat());
    let object = decode(&template, DecodeOptions::default()).expect("a template");
    let places: Vec<_> = object.unknown.iter().map(|field| (field.path.as_str(), field.number)).collect();
    assert_eq!(places, [("objects[0].metadata", 99), ("objects[0]", 99), ("objects[1]", 1), ("", 98)]);
}

#[test]
fn json_within_objects_counts_the_levels_above() {
    // The list of objects and its item are above.
    for (levels, fits) in [(MAX_DEPTH - 2, true), (MAX_DEPTH - 1, false), (MAX_DEPTH, false), (100_000, false)] {
        let raw = "[".repeat(levels) + &"]".repeat(levels);
        let template = envelope("template.openshift.io/v1", "Template", &field(3, &field(1, raw.as_bytes())));
        let object = decode(&template, DecodeOptions::default()).expect("a template");
        assert_eq!(object.unknown.is_empty(), fits, "{levels} levels");
        parse(to_string(&object.value, JsonLayout::Compact).as_bytes()).expect("no deeper than what is read");
    }
}

#[test]
fn objects_within_objects_have_an_end() {
    // A Template may hold objects, which may be Templates.
    let mut value = b"{}".to_vec();
    for _ in 0..3000 {
        value = envelope("template.openshift.io/v1", "Template", &field(3, &field(1, &value)));
    }
    let object = decode(&value, DecodeOptions::default()).expect("the outermost object");
    assert!(!object.unknown.is_empty(), "what lies too deep is kept as it is");
}
