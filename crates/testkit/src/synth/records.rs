//! Generates the records: first one for each live key up to the compacted revision, then all changes since.

use etcdsnap_proto::prost::encoding::encode_varint;

use super::{LEASES, SyntheticDatabase, object_keys};
use crate::etcd::RecordKey;
use crate::random::Random;

/// The first main revision.
const FIRST_MAIN: i64 = 2;
/// Longest value in bytes, near etcd's limit for a request.
const MAX_VALUE: u64 = 1_500_000;
/// Length of the text from which values are taken.
const FILLER: usize = 4 << 20;

/// Tags of the fields of a `KeyValue` (docs/format/messages.md#key-and-value).
const KEY: u8 = 0x0a;
const CREATE_REVISION: u8 = 0x10;
const MOD_REVISION: u8 = 0x18;
const VERSION: u8 = 0x20;
const VALUE: u8 = 0x2a;
const LEASE: u8 = 0x30;

/// One record, whose user value is a range of the filler.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub key: Vec<u8>,
    /// The bytes before the user's value.
    head: Vec<u8>,
    /// Start and length of the user's value in the filler.
    value: (usize, usize),
    /// The bytes after the user's value.
    tail: Vec<u8>,
}

impl Record {
    /// Length of the record's value in bytes.
    pub fn len(&self) -> usize {
        self.head.len() + self.value.1 + self.tail.len()
    }
}

/// The text from which values are taken.
pub(super) struct Filler(Vec<u8>);

impl Filler {
    pub fn new(seed: u64) -> Self {
        let letters = b"abcdefghijklmnopqrstuvwxyz0123456789-./:{}\"\0\x12\x1a\x0a    ";
        let text = Random::new(seed).bytes(FILLER).into_iter();
        Filler(text.map(|byte| letters[usize::from(byte) % letters.len()]).collect())
    }

    /// Appends the bytes of a record's value.
    pub fn write_value(&self, record: &Record, out: &mut Vec<u8>) {
        let (start, len) = record.value;
        out.extend_from_slice(&record.head);
        out.extend_from_slice(&self.0[start..start + len]);
        out.extend_from_slice(&record.tail);
    }
}

/// Iterator that generates the records.
pub(super) struct Records {
    random: Random,
    mean: u64,
    delete_percent: u64,
    leases: u64,
    /// Create revision and version of each object; the version of a deleted one is 0.
    objects: Vec<(i64, i64)>,
    /// Objects whose record up to the compacted revision is still to come.
    compacted_objects: Vec<u64>,
    /// Number of changes still to come.
    changes: u64,
    /// A key was deleted, and none was created in exchange yet.
    owes_creation: bool,
    main: i64,
    /// Objects that the current transaction has put, and the number of puts still to come.
    transaction: (Vec<u64>, u64),
    compacted: i64,
}

impl Records {
    pub fn new(synth: &SyntheticDatabase, mean: u64) -> Self {
        let mut random = Random::new(synth.seed);
        let mut compacted_objects: Vec<u64> = (0..synth.live_keys).collect();
        random.shuffle(&mut compacted_objects);
        Records {
            random,
            mean,
            delete_percent: synth.delete_percent.min(50),
            leases: LEASES.min(synth.live_keys),
            objects: vec![(0, 0); compacted_objects.len()],
            compacted_objects,
            changes: synth.records - synth.live_keys,
            owes_creation: false,
            main: FIRST_MAIN,
            transaction: (Vec::new(), 0),
            compacted: -1,
        }
    }

    /// The revision of the last record.
    pub fn revision(&self) -> i64 {
        self.main
    }

    /// The compacted revision.
    pub fn compacted(&self) -> i64 {
        self.compacted
    }

    fn next_compacted(&mut self, object: u64) -> Record {
        self.main += 1 + self.random.below(4).cast_signed();
        self.compacted = self.main;
        let age = self.random.below(self.main.unsigned_abs() - 1).cast_signed();
        let (created, version) = if age == 0 || age + FIRST_MAIN > self.main {
            (self.main, 1)
        } else {
            (self.main - age, 2 + self.random.below(40).cast_signed().min(age - 1))
        };
        self.put(object, created, version, 0)
    }

    /// A change after the compacted revision; every twentieth transaction has two to four puts.
    fn next_change(&mut self) -> Record {
        let (puts, left) = &mut self.transaction;
        if *left == 0 {
            self.main += 1;
            puts.clear();
            *left = if self.random.chance(1, 20) { 2 + self.random.below(3) } else { 1 };
        }
        *left -= 1;
        let sub = i64::try_from(puts.len()).expect("at most four");
        let alone = puts.is_empty() && *left == 0;
        let last = self.changes == 0;
        if self.owes_creation && (last || self.random.chance(1, 2)) {
            self.owes_creation = false;
            self.objects.push((0, 0));
            return self.update(self.objects.len() as u64 - 1, sub);
        }
        let object = self.live_object();
        if alone && !last && !self.owes_creation && self.random.chance(self.delete_percent, 100) {
            self.owes_creation = true;
            return self.delete(object);
        }
        self.update(object, sub)
    }

    /// A live object that the transaction has not changed yet; old ones change more often.
    fn live_object(&mut self) -> u64 {
        let objects = self.objects.len() as u64;
        let skewed = self.random.below(objects) * self.random.below(objects) / objects.max(1);
        (skewed..objects)
            .chain(0..skewed)
            .find(|object| self.object(*object).1 > 0 && !self.transaction.0.contains(object))
            .unwrap_or(0)
    }

    fn update(&mut self, object: u64, sub: i64) -> Record {
        let (created, version) = self.object(object);
        let created = if version == 0 { self.main } else { created };
        self.transaction.0.push(object);
        self.put(object, created, version + 1, sub)
    }

    fn put(&mut self, object: u64, created: i64, version: i64, sub: i64) -> Record {
        *self.object_mut(object) = (created, version);
        let mut head = user_key(object);
        for (tag, number) in [(CREATE_REVISION, created), (MOD_REVISION, self.main), (VERSION, version)] {
            head.push(tag);
            encode_varint(number.unsigned_abs(), &mut head);
        }
        let len = self.value_len();
        let start = self.random.index(FILLER - len);
        head.push(VALUE);
        encode_varint(len as u64, &mut head);
        let mut tail = Vec::new();
        if object_keys::has_lease(object) {
            tail.push(LEASE);
            encode_varint(lease_id(object % self.leases).unsigned_abs(), &mut tail);
        }
        Record { key: RecordKey::put(self.main, sub).encode(), head, value: (start, len), tail }
    }

    fn delete(&mut self, object: u64) -> Record {
        *self.object_mut(object) = (0, 0);
        Record { key: RecordKey::tombstone(self.main, 0).encode(), head: user_key(object), ..Record::default() }
    }

    /// A random length of a value: mostly about half the mean, sometimes several times the mean, rarely very long.
    fn value_len(&mut self) -> usize {
        let (low, high) = match self.random.below(8_000) {
            0 => return self.long_value(),
            1..5_600 => (20, 86),
            5_600..7_600 => (86, 238),
            _ => (216, 649),
        };
        let percent = low + self.random.below(high - low);
        let len = (self.mean * percent / 100).clamp(1, MAX_VALUE);
        usize::try_from(len).expect("a short value")
    }

    /// A random length from 64 KB to the limit; in a small database the mean.
    fn long_value(&mut self) -> usize {
        let len = if self.objects.len() < 10_000 { self.mean } else { 65_536 + self.random.below(MAX_VALUE - 65_536) };
        usize::try_from(len.clamp(1, MAX_VALUE)).expect("below the limit")
    }

    fn object(&self, object: u64) -> (i64, i64) {
        self.objects[usize::try_from(object).expect("an index")]
    }

    fn object_mut(&mut self, object: u64) -> &mut (i64, i64) {
        &mut self.objects[usize::try_from(object).expect("an index")]
    }
}

impl Iterator for Records {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        if let Some(object) = self.compacted_objects.pop() {
            return Some(self.next_compacted(object));
        }
        self.changes = self.changes.checked_sub(1)?;
        Some(self.next_change())
    }
}

/// Id of lease `number`.
pub(super) fn lease_id(number: u64) -> i64 {
    0x20f4_a1f9_0000_0000 + i64::try_from(number).expect("few leases")
}

/// The encoded field with the user's key.
fn user_key(object: u64) -> Vec<u8> {
    let mut key = Vec::with_capacity(64);
    object_keys::write_key(&mut key, object);
    let mut field = Vec::with_capacity(96);
    field.push(KEY);
    encode_varint(key.len() as u64, &mut field);
    field.extend_from_slice(&key);
    field
}
