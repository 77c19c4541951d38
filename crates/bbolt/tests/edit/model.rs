//! Any edits of any file, next to a model that is nothing but a map.

use etcdsnap_bbolt::Db;
use etcdsnap_bbolt::edit::{EditError, Editor};
use etcdsnap_testkit::bbolt::{Bucket, ByteOrder, Freelist, Layout, MetaStyle, PageOrder};
use etcdsnap_testkit::random::Random;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::content::sound;
use crate::{edited, editor};

/// One thing to do, told to the editor and to the model alike.
#[derive(Clone, Debug)]
pub enum Op {
    /// Key number, length of the key, length of the value.
    Put(u8, u16, u16, u16),
    Delete(u8, u16, u16),
    /// Deletes all keys of these numbers that have no more than the number in them.
    DeleteRange(u8, u16, u16),
    Replace(u8, Vec<(u16, u16, u16)>),
    Create(u8),
    DeleteBucket(u8),
}

const BUCKETS: [&str; 6] = ["alarm", "key", "members", "auth users", "nests", "z"];

fn name(number: u8) -> &'static [u8] {
    BUCKETS[usize::from(number) % BUCKETS.len()].as_bytes()
}

/// Keys of one number and several lengths stand next to each other.
fn key(number: u16, length: u16) -> Vec<u8> {
    let mut key = format!("{:05}", number % 700).into_bytes();
    key.resize(5 + usize::from(length), b'.');
    key
}

fn value(length: u16) -> Vec<u8> {
    vec![b'v'; length.into()]
}

pub fn ops() -> impl Strategy<Value = Vec<Op>> {
    let key_length = prop_oneof![6 => Just(0_u16), 2 => 1..12_u16, 1 => 100..260_u16];
    let value_length = prop_oneof![1 => Just(0_u16), 6 => 1..90_u16, 2 => 90..900_u16, 1 => 900..9_000_u16];
    let pair = (any::<u16>(), key_length.clone(), value_length);
    let op = prop_oneof![
        8 => (any::<u8>(), pair.clone()).prop_map(|(bucket, (number, key, value))| Op::Put(bucket, number, key, value)),
        4 => (any::<u8>(), any::<u16>(), key_length).prop_map(|(bucket, number, key)| Op::Delete(bucket, number, key)),
        3 => (any::<u8>(), 0..700_u16, 0..700_u16).prop_map(|(bucket, from, to)| Op::DeleteRange(bucket, from, to)),
        1 => (any::<u8>(), vec(pair, 0..30)).prop_map(|(bucket, pairs)| Op::Replace(bucket, pairs)),
        1 => any::<u8>().prop_map(Op::Create),
        1 => any::<u8>().prop_map(Op::DeleteBucket),
    ];
    vec(op, 1..14)
}

/// Does it to the editor.
pub fn tell(op: &Op, editor: &mut Editor<'_>) -> Result<(), EditError> {
    match op {
        Op::Put(bucket, number, length, size) => editor.put(name(*bucket), key(*number, *length), value(*size)),
        Op::Delete(bucket, number, length) => editor.delete(name(*bucket), key(*number, *length)),
        Op::DeleteRange(bucket, from, to) => {
            (*from..*to).try_for_each(|number| editor.delete(name(*bucket), key(number, 0)))
        }
        Op::Replace(bucket, pairs) => {
            let pairs = pairs.iter().map(|(number, length, size)| (key(*number, *length), value(*size)));
            editor.replace_bucket(name(*bucket), pairs)
        }
        Op::Create(bucket) => editor.create_bucket(name(*bucket)),
        Op::DeleteBucket(bucket) => editor.delete_bucket(name(*bucket)),
    }
}

/// Does it to the model, and says what the editor must say.
fn imagine(op: &Op, model: &mut Bucket) -> Result<(), EditError> {
    let (Op::Put(bucket, ..)
    | Op::Delete(bucket, ..)
    | Op::DeleteRange(bucket, ..)
    | Op::Replace(bucket, _)
    | Op::Create(bucket)
    | Op::DeleteBucket(bucket)) = op;
    let bucket = name(*bucket);
    match (op, model.entries.contains_key(bucket)) {
        (Op::DeleteRange(_, from, to), _) if from >= to => return Ok(()),
        (Op::Create(_), false) => _ = model.bucket(bucket),
        (Op::Create(_), true) => return Err(EditError::BucketExists { bucket: bucket.into() }),
        (_, false) => return Err(EditError::BucketMissing { bucket: bucket.into() }),
        (Op::DeleteBucket(_), true) => _ = model.entries.remove(bucket),
        (_, true) => imagine_inside(op, model.bucket(bucket)),
    }
    Ok(())
}

fn imagine_inside(op: &Op, bucket: &mut Bucket) {
    match op {
        Op::Put(_, number, length, size) => _ = bucket.put(key(*number, *length), value(*size)),
        Op::Delete(_, number, length) => _ = bucket.entries.remove(&key(*number, *length)),
        Op::DeleteRange(_, from, to) => {
            for number in *from..*to {
                bucket.entries.remove(&key(number, 0));
            }
        }
        Op::Replace(_, pairs) => {
            bucket.entries.clear();
            for (number, length, size) in pairs {
                bucket.put(key(*number, *length), value(*size));
            }
        }
        Op::Create(_) | Op::DeleteBucket(_) => {}
    }
}

fn layouts() -> impl Strategy<Value = Layout> {
    let page = (9..13_u32, any::<bool>(), prop_oneof![Just(30_u32), Just(90), Just(100)]);
    let tree = (1..5_usize, 1..5_usize, option::of(prop_oneof![Just(0_usize), Just(4_000)]));
    let place = (0..60_u64, any::<bool>(), any::<u64>(), 0..3_usize, 1..20_u64, 0..10_000_usize);
    (page, tree, place).prop_map(|((size, big, fill_percent), tree, place)| Layout {
        page_size: 1 << size,
        byte_order: if big { ByteOrder::Big } else { ByteOrder::Little },
        fill_percent,
        min_leaf_elements: tree.0,
        min_depth: tree.1,
        chains: Vec::new(),
        inline_limit: tree.2,
        freelist: if place.1 { Freelist::Persisted } else { Freelist::NotPersisted },
        free_pages: place.0,
        page_order: PageOrder::Shuffled(place.2),
        metas: [MetaStyle::Snapshot, MetaStyle::Live, MetaStyle::Equal][place.3],
        txid: place.4,
        preallocated: place.5,
    })
}

/// A few small buckets, one larger than a page of any size here, and one that only nests.
pub fn content(seed: u64) -> Bucket {
    let mut random = Random::new(seed);
    let mut root = Bucket { sequence: random.below(3), ..Bucket::new() };
    for (bucket, most) in [("alarm", 1), ("key", 700), ("members", 12), ("z", 60)] {
        let inner = root.bucket(bucket);
        inner.sequence = random.below(9);
        for _ in 0..random.below(most) {
            let number = u16::try_from(random.below(700)).expect("small");
            let length = if random.chance(1, 20) { 200 } else { 0 };
            let size = if random.chance(1, 50) { 6_000 } else { random.within(0..80) };
            inner.put(key(number, length), vec![b'o'; size]);
        }
    }
    root.bucket("nests").bucket("inner").bucket("innermost").put("deep", "down");
    root
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn any_edits_of_any_file(layout in layouts(), seed in any::<u64>(), rounds in vec(ops(), 1..5), no_undo in any::<bool>()) {
        let mut model = content(seed);
        let mut file = layout.build(&model);
        for round in rounds {
            let before = model.clone();
            let mut editor = editor(&file);
            for op in &round {
                prop_assert_eq!(tell(op, &mut editor), imagine(op, &mut model));
            }
            let mut edit = editor.finish().expect("sound");
            if no_undo {
                edit = edit.without_undo();
            }
            let after = edited(&file, &edit);
            prop_assert_eq!(sound(&after), model.clone());
            assert_metas(&file, &after, if no_undo { &model } else { &before });
            file = after;
        }
    }
}

/// The new meta is newer, has no freelist, and what is in the other slot leads to `other`.
fn assert_metas(before: &[u8], after: &[u8], other: &Bucket) {
    let (old, new) = (*Db::open(before).expect("opens").meta(), *Db::open(after).expect("opens").meta());
    assert!(new.txid > old.txid && new.txid <= old.txid + 3);
    assert_eq!(new.txid % 2, u64::from(new.slot), "bbolt writes transaction T to slot T modulo 2");
    assert!(!Db::open(after).expect("opens").has_freelist());
    let mut undone = after.to_vec();
    let slot = usize::from(new.slot) * usize::try_from(new.page_size).expect("small");
    undone[slot + 16..slot + 20].fill(0);
    let db = Db::open(&undone).expect("the other meta is whole");
    assert_eq!(crate::content::read(&db.root()), *other);
}
