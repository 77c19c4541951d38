//! How the objects of each resource are stored: versions, encodings, encryption.

use std::collections::{BTreeMap, HashMap};

use etcdsnap_kube::StoredValue;
use etcdsnap_kube::metadata::ObjectHeader;
use etcdsnap_kube::resource::Resource;
use etcdsnap_mvcc::Position;
use rayon::prelude::*;

use crate::{ObjectRecord, Objects, Plaintext, ResourceCount};

/// A resource that has objects in a backup.
#[derive(Clone, Debug)]
pub struct StoredResource<'o> {
    /// Where they are, and how many.
    pub count: &'o ResourceCount,
    /// What is known of the resource.
    pub resource: Option<&'o Resource>,
    /// How they are stored, and how many so.
    pub forms: Vec<(StorageForm, u64)>,
}

/// How an object is stored.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StorageForm {
    /// `apiVersion`; empty where it cannot be read.
    pub api_version: String,
    /// How its bytes are to be read once they are in clear.
    pub encoding: Encoding,
    /// Provider and key it is encrypted with, such as `aescbc, key key1`.
    pub encryption: Option<String>,
}

/// How an object becomes bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Encoding {
    /// Kubernetes' protobuf envelope.
    Protobuf,
    /// JSON.
    Json,
    /// CBOR.
    Cbor,
    /// Sealed with a key that is not at hand, or none of these.
    Unknown,
}

impl Encoding {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Protobuf => "protobuf",
            Self::Json => "json",
            Self::Cbor => "cbor",
            Self::Unknown => "unknown",
        }
    }
}

impl StorageForm {
    /// How an object is stored.
    pub fn of(entry: &ObjectRecord<'_, '_>) -> Self {
        let encryption = entry.sealed().map(|sealed| sealed.to_string());
        let (encoding, api_version) = entry.open().map_or((Encoding::Unknown, String::new()), |clear| read(&clear));
        Self { api_version, encoding, encryption }
    }
}

fn read(clear: &Plaintext<'_>) -> (Encoding, String) {
    let stored = clear.stored();
    let encoding = match &stored {
        StoredValue::Protobuf(envelope) => {
            return (Encoding::Protobuf, String::from_utf8_lossy(envelope.api_version).into_owned());
        }
        StoredValue::Json(_) => Encoding::Json,
        StoredValue::Cbor(_) => Encoding::Cbor,
        StoredValue::Encrypted(_) | StoredValue::Foreign(_) => Encoding::Unknown,
    };
    (encoding, ObjectHeader::of(&stored).map(|header| header.api_version.into_owned()).unwrap_or_default())
}

/// Forms by root and path.
type Forms<'a> = HashMap<(&'a str, &'a str), BTreeMap<StorageForm, u64>>;

impl<'a> Objects<'a> {
    /// The resources that have objects, by root and path.
    pub fn stored_resources(&self) -> Vec<StoredResource<'_>> {
        let look = |mut forms: Forms<'a>, at: &Position| {
            if let Some(entry) = self.entry(*at) {
                let of_resource = forms.entry((entry.key.root, entry.key.path)).or_default();
                *of_resource.entry(StorageForm::of(&entry)).or_default() += 1;
            }
            forms
        };
        let mut forms = self.live().par_iter().fold(Forms::default, look).reduce(Forms::default, merge);
        let resource = |count| -> StoredResource<'_> {
            let ResourceCount { root, path, .. }: &ResourceCount = count;
            let forms = forms.remove(&(root.as_str(), path.as_str())).unwrap_or_default();
            StoredResource {
                count,
                resource: self.cluster().resources().at_path(path),
                forms: forms.into_iter().collect(),
            }
        };
        self.key_counts().resources.iter().map(resource).collect()
    }
}

fn merge<'a>(mut one: Forms<'a>, other: Forms<'a>) -> Forms<'a> {
    for (place, forms) in other {
        let of_resource = one.entry(place).or_default();
        for (form, objects) in forms {
            *of_resource.entry(form).or_default() += objects;
        }
    }
    one
}
