//! What must hold for every stored value of Kubernetes, whatever is in it.

use etcdsnap_kube::StoredValue;
use etcdsnap_kube::cluster::Cluster;
use etcdsnap_kube::decode::{DecodeOptions, decode};
use etcdsnap_kube::json::{self, JsonLayout};
use etcdsnap_kube::manifest::{CleanOptions, clean, exclusion_reason, redact};
use etcdsnap_kube::metadata::ObjectHeader;
use etcdsnap_kube::schema::Schema;
use etcdsnap_kube::yaml;

/// Put into values by hand or by chance. It is not part of any text of ours.
const SECRET: char = '☠';

/// Decodes a value for several releases, writes it, completes it, cleans it.
pub fn exercise(value: &[u8]) {
    for release in [None, Some(20), Some(34)] {
        let options = DecodeOptions { release, managed_fields: true };
        let mut object = match decode(value, options) {
            Ok(object) => object,
            Err(error) => {
                let names_a_key = matches!(StoredValue::recognise(value), StoredValue::Encrypted(_));
                assert!(names_a_key || !error.to_string().contains(SECRET), "{error}");
                return;
            }
        };
        let text = json::to_string(&object.value, JsonLayout::Indented);
        json::parse(text.as_bytes()).expect("what is written is JSON");
        agree(value, &ObjectHeader::of_value(&object.value).ok());
        Cluster::default().present(&mut object, 7);
        if let Ok(header) = ObjectHeader::of_value(&object.value) {
            exclusion_reason(&header, object.value.text_at(&["type"]));
        }
        redact(&mut object);
        clean(&mut object, CleanOptions::default(), |_| false);
        drop(yaml::to_string(&object.value));
    }
}

/// The reader of metadata must find what the decoder found, where the object has its metadata once and in whole.
fn agree(value: &[u8], decoded: &Option<ObjectHeader<'_>>) {
    if let (Ok(header), Some(decoded), StoredValue::Json(_)) =
        (ObjectHeader::read(value), decoded, StoredValue::recognise(value))
    {
        assert_eq!((&header.api_version, &header.kind), (&decoded.api_version, &decoded.kind));
        assert_eq!(
            (&header.metadata.name, &header.metadata.labels),
            (&decoded.metadata.name, &decoded.metadata.labels)
        );
    }
}

/// An envelope around a message, for one of all kinds.
pub fn envelope(choice: usize, message: &[u8]) -> Vec<u8> {
    let mut kinds: Vec<_> = Schema::built_in().kinds().collect();
    kinds.sort_unstable();
    let (api_version, kind) = kinds[choice % kinds.len()];
    let field = |number: u8, bytes: &[u8]| [&[number << 3 | 2][..], &varint(bytes.len()), bytes].concat();
    let of = [field(1, api_version.as_bytes()), field(2, kind.as_bytes())].concat();
    [b"k8s\0".to_vec(), field(1, &of), field(2, message)].concat()
}

fn varint(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7f {
        bytes.push((number & 0x7f | 0x80) as u8);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}
