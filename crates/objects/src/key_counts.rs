//! What lies in a backup, told from the keys alone.

use std::collections::HashMap;
use std::fmt;

use etcdsnap_kube::StoredValue;
use etcdsnap_kube::key::{ClassifiedKey, Roots, other_program};
use etcdsnap_kube::metadata::ObjectHeader;
use etcdsnap_mvcc::{Index, Position, Record};
use etcdsnap_quote::excerpt;
use rayon::prelude::*;

/// The living keys, by what they hold.
#[derive(Clone, Debug, Default)]
pub struct KeyCounts {
    /// Objects by root and resource, in this order.
    pub resources: Vec<ResourceCount>,
    /// Keys of what API servers keep for themselves.
    pub internal: u64,
    /// Keys below a root that no known rule made.
    pub unknown: u64,
    /// Keys of other programs.
    pub foreign: u64,
    /// Those programs, as far as they are known, in the order of the alphabet.
    pub other_programs: Vec<&'static str>,
    /// The first of the other programs' keys in the order of keys.
    pub example: Option<Vec<u8>>,
    /// Whether any value was written by an API server.
    pub is_kubernetes: bool,
}

/// The objects of one resource below one root.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResourceCount {
    /// Root, such as `/registry`.
    pub root: String,
    /// What says in keys which resource it is, such as `services/specs`.
    pub path: String,
    /// Living objects.
    pub objects: u64,
    /// Bytes of their keys and values.
    pub bytes: u64,
}

/// The same while it is being counted.
#[derive(Default)]
struct Count<'a> {
    resources: HashMap<(&'a str, &'a str), (u64, u64)>,
    key_counts: KeyCounts,
    example: Option<&'a [u8]>,
}

impl KeyCounts {
    /// Looks at all keys that live.
    pub(crate) fn take<'a>(index: &Index<'a>, live: &[Position], roots: &Roots) -> Self {
        let look = |mut count: Count<'a>, at: &Position| {
            count.look(index, *at, roots);
            count
        };
        live.par_iter().fold(Count::default, look).reduce(Count::default, Count::merge).finish()
    }

    /// Living objects of all resources.
    pub fn objects(&self) -> u64 {
        self.resources.iter().map(|count| count.objects).sum()
    }
}

impl<'a> Count<'a> {
    fn look(&mut self, index: &Index<'a>, at: Position, roots: &Roots) {
        let Some(record) = index.record(at) else { return };
        let (key, value) = (record.kv.key, record.kv.value);
        match roots.classify(key) {
            ClassifiedKey::Object(place) => {
                let (objects, bytes) = self.resources.entry((place.root, place.path)).or_default();
                *objects += 1;
                *bytes += (key.len() + value.len()) as u64;
                self.key_counts.is_kubernetes = self.key_counts.is_kubernetes || is_object(value);
            }
            ClassifiedKey::Internal(..) => self.key_counts.internal += 1,
            ClassifiedKey::Unknown { .. } => self.key_counts.unknown += 1,
            ClassifiedKey::Foreign => {
                self.key_counts.foreign += 1;
                self.key_counts
                    .other_programs
                    .extend(other_program(key).filter(|name| !self.key_counts.other_programs.contains(name)));
                self.example = least(self.example, Some(key));
            }
        }
    }

    fn merge(mut self, other: Self) -> Self {
        for (place, (objects, bytes)) in other.resources {
            let count = self.resources.entry(place).or_default();
            *count = (count.0 + objects, count.1 + bytes);
        }
        self.key_counts.internal += other.key_counts.internal;
        self.key_counts.unknown += other.key_counts.unknown;
        self.key_counts.foreign += other.key_counts.foreign;
        self.key_counts.other_programs.extend(other.key_counts.other_programs);
        self.key_counts.is_kubernetes |= other.key_counts.is_kubernetes;
        self.example = least(self.example, other.example);
        self
    }

    fn finish(self) -> KeyCounts {
        let Self { resources, mut key_counts, example } = self;
        let count = |((root, path), (objects, bytes)): ((&str, &str), _)| ResourceCount {
            root: root.to_owned(),
            path: path.to_owned(),
            objects,
            bytes,
        };
        key_counts.resources = resources.into_iter().map(count).collect();
        key_counts.resources.sort_unstable();
        key_counts.other_programs.sort_unstable();
        key_counts.other_programs.dedup();
        key_counts.example = example.map(<[u8]>::to_vec);
        key_counts
    }
}

fn least<'a>(one: Option<&'a [u8]>, other: Option<&'a [u8]>) -> Option<&'a [u8]> {
    one.into_iter().chain(other).min()
}

/// Whether one of these records was written by an API server: enough for a hint.
pub fn looks_like_kubernetes<'a>(records: impl IntoIterator<Item = Record<'a>>) -> bool {
    let roots = Roots::default();
    records
        .into_iter()
        .any(|record| matches!(roots.classify(record.kv.key), ClassifiedKey::Object(_)) && is_object(record.kv.value))
}

/// Whether an API server wrote a value.
fn is_object(value: &[u8]) -> bool {
    match StoredValue::recognise(value) {
        StoredValue::Encrypted(_) | StoredValue::Protobuf(_) => true,
        stored => ObjectHeader::of(&stored).is_ok(),
    }
}

/// What was found instead of objects.
impl fmt::Display for KeyCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.objects() + self.internal + self.unknown + self.foreign;
        match (keys, &self.example) {
            (0, _) => return f.write_str("no key lives"),
            (1, _) => f.write_str("one key lives")?,
            _ => write!(f, "{keys} keys live")?,
        }
        if !self.other_programs.is_empty() {
            write!(f, ", some of {}", self.other_programs.join(", "))?;
        }
        if let Some(example) = &self.example {
            write!(f, ", such as {}", excerpt(example))?;
        }
        Ok(())
    }
}
