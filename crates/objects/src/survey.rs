//! What lies in a backup, told from the keys alone.

use std::collections::HashMap;
use std::fmt;

use etcdsnap_kube::Stored;
use etcdsnap_kube::key::{Place, Roots, neighbour};
use etcdsnap_kube::metadata::Header;
use etcdsnap_mvcc::{Index, Position, Record};
use etcdsnap_snapshot::place::excerpt;
use rayon::prelude::*;

/// The living keys, by what they hold.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// Objects by root and resource, in this order.
    pub tallies: Vec<Tally>,
    /// Keys of what API servers keep for themselves.
    pub internal: u64,
    /// Keys below a root that no known rule made.
    pub unknown: u64,
    /// Keys of other programs.
    pub foreign: u64,
    /// Those programs, as far as they are known, in the order of the alphabet.
    pub neighbours: Vec<&'static str>,
    /// The first of the other programs' keys in the order of keys.
    pub example: Option<Vec<u8>>,
    /// Whether any value was written by an API server.
    pub is_kubernetes: bool,
}

/// The objects of one resource below one root.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tally {
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
    tallies: HashMap<(&'a str, &'a str), (u64, u64)>,
    survey: Survey,
    example: Option<&'a [u8]>,
}

impl Survey {
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
        self.tallies.iter().map(|tally| tally.objects).sum()
    }
}

impl<'a> Count<'a> {
    fn look(&mut self, index: &Index<'a>, at: Position, roots: &Roots) {
        let Some(record) = index.record(at) else { return };
        let (key, value) = (record.kv.key, record.kv.value);
        match roots.place(key) {
            Place::Object(place) => {
                let (objects, bytes) = self.tallies.entry((place.root, place.path)).or_default();
                *objects += 1;
                *bytes += (key.len() + value.len()) as u64;
                self.survey.is_kubernetes = self.survey.is_kubernetes || is_object(value);
            }
            Place::Internal(..) => self.survey.internal += 1,
            Place::Unknown { .. } => self.survey.unknown += 1,
            Place::Foreign => {
                self.survey.foreign += 1;
                self.survey.neighbours.extend(neighbour(key).filter(|name| !self.survey.neighbours.contains(name)));
                self.example = least(self.example, Some(key));
            }
        }
    }

    fn merge(mut self, other: Self) -> Self {
        for (place, (objects, bytes)) in other.tallies {
            let tally = self.tallies.entry(place).or_default();
            *tally = (tally.0 + objects, tally.1 + bytes);
        }
        self.survey.internal += other.survey.internal;
        self.survey.unknown += other.survey.unknown;
        self.survey.foreign += other.survey.foreign;
        self.survey.neighbours.extend(other.survey.neighbours);
        self.survey.is_kubernetes |= other.survey.is_kubernetes;
        self.example = least(self.example, other.example);
        self
    }

    fn finish(self) -> Survey {
        let Self { tallies, mut survey, example } = self;
        let tally = |((root, path), (objects, bytes)): ((&str, &str), _)| Tally {
            root: root.to_owned(),
            path: path.to_owned(),
            objects,
            bytes,
        };
        survey.tallies = tallies.into_iter().map(tally).collect();
        survey.tallies.sort_unstable();
        survey.neighbours.sort_unstable();
        survey.neighbours.dedup();
        survey.example = example.map(<[u8]>::to_vec);
        survey
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
        .any(|record| matches!(roots.place(record.kv.key), Place::Object(_)) && is_object(record.kv.value))
}

/// Whether an API server wrote a value.
fn is_object(value: &[u8]) -> bool {
    match Stored::recognise(value) {
        Stored::Encrypted(_) | Stored::Protobuf(_) => true,
        stored => Header::of(&stored).is_ok(),
    }
}

/// What was found instead of objects.
impl fmt::Display for Survey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.objects() + self.internal + self.unknown + self.foreign;
        match (keys, &self.example) {
            (0, _) => return f.write_str("no key lives"),
            (1, _) => f.write_str("one key lives")?,
            _ => write!(f, "{keys} keys live")?,
        }
        if !self.neighbours.is_empty() {
            write!(f, ", some of {}", self.neighbours.join(", "))?;
        }
        if let Some(example) = &self.example {
            write!(f, ", such as {}", excerpt(example))?;
        }
        Ok(())
    }
}
