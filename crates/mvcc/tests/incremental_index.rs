//! An index made with the help of an earlier file is the one that is made without.

use etcdsnap_bbolt::Db;
use etcdsnap_mvcc::{Baseline, Index, Position, Record, Revisions};
use etcdsnap_testkit::bbolt::{Layout, PageOrder};
use etcdsnap_testkit::etcd::{Compactions, EtcdStore, RandomHistory};
use proptest::prelude::*;

fn history(seed: u64, operations: usize, compactions: Compactions) -> EtcdStore {
    RandomHistory { seed, operations, compactions, ..RandomHistory::default() }.build_store()
}

fn build(store: &EtcdStore, page_order: PageOrder) -> Vec<u8> {
    Layout { page_size: 1024, page_order, ..Layout::default() }.build(&store.to_tree())
}

/// All that an index says.
#[derive(Debug, PartialEq)]
struct Said<'a> {
    live: Vec<Option<Record<'a>>>,
    changes: Vec<(Option<Record<'a>>, Option<Record<'a>>)>,
    deleted: usize,
    violations: bool,
}

fn said<'a>(index: &Index<'a>, revision: i64) -> Said<'a> {
    let record = |at: Position| index.record(at);
    let live = index.sorted_by_key(index.live_at(revision), |at| *at);
    let changes = index.changes(-1, revision).into_iter();
    Said {
        live: live.into_iter().map(record).collect(),
        changes: changes.map(|(at, before)| (record(at), before.and_then(record))).collect(),
        deleted: index.deleted_at(revision).len(),
        violations: index.violations.is_empty(),
    }
}

/// Compares both ways to index `late`, for all keys and for some; how many leaves were shared.
fn assert_same(early: &[u8], late: &[u8], upto: i64) -> usize {
    let (early, late) = (Db::open(early).expect("sound"), Db::open(late).expect("sound"));
    let wanted = |key: &[u8]| key.ends_with(b"1");
    let mut counts = Vec::new();
    for wanted in [None, Some(&wanted as &etcdsnap_mvcc::KeyFilter<'_>)] {
        let before = Revisions::open(&early, &(), 10).expect("sound");
        let index = before.index(upto, wanted);
        let after = Revisions::open(&late, &(), 10).expect("sound");
        let plain = Revisions::open(&late, &(), 10).expect("sound");
        let current = after.current_revision();
        let (with, shared) = after.index_incrementally(Baseline { revisions: &before, index: &index }, current, wanted);
        let without = plain.index(current, wanted);
        for revision in [after.compaction().compacted().max(1), current / 2, current] {
            assert_eq!(said(&with, revision), said(&without, revision), "at {revision}");
        }
        assert_eq!(after.damage().is_none(), plain.damage().is_none());
        let moved = |at: Position| Some((index.record(at)?, with.record(shared.later_position(at)?)?));
        let moved: Vec<_> = index.live_at(upto).into_iter().filter_map(moved).collect();
        assert!(moved.iter().all(|(one, other)| one == other));
        counts.push(shared.len());
    }
    assert_eq!(counts[0], counts[1], "what is wanted does not decide what is shared");
    counts[0]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_later_file_of_the_same_store(seed in 0_u64..1000, more in 0_usize..120, upto in 2_i64..400) {
        let play = |operations| history(seed, operations, Compactions::Never);
        let (early, mut late) = (play(300), play(300 + more));
        let early_file = build(&early, PageOrder::LeavesFirst);
        let shared = assert_same(&early_file, &build(&late, PageOrder::LeavesFirst), upto);
        prop_assert!(shared > 0);
        // Compacted in between: leaves that have records on both sides of it are read again.
        late.compact(late.current_revision() / 2);
        assert_same(&early_file, &build(&late, PageOrder::LeavesFirst), upto);
        assert_same(&early_file, &build(&late, PageOrder::Shuffled(seed)), upto);
    }

    #[test]
    fn files_with_compactions_of_their_own(seed in 0_u64..1000, finished in any::<bool>()) {
        let compactions = if finished { Compactions::Finished(2) } else { Compactions::LastUnfinished(1) };
        let file = |operations| build(&history(seed, operations, compactions), PageOrder::LeavesFirst);
        assert_same(&file(300), &file(340), i64::MAX);
    }
}

/// Nothing is taken from a damaged file, and damage of a shared page's copy is seen.
#[test]
fn damage_is_not_shared() {
    let store = history(3, 300, Compactions::Never);
    let sound = build(&store, PageOrder::LeavesFirst);
    let leaf = {
        let db = Db::open(&sound).expect("sound");
        (2..db.pages_in_file()).filter_map(|id| db.page(id)).find(|page| page.count > 3).expect("a leaf").offset()
    };
    let mut damaged = sound.clone();
    let at = usize::try_from(leaf).expect("small") + 16 + 8;
    damaged[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(assert_same(&sound, &sound, i64::MAX) > 0);
    assert_eq!(assert_same(&damaged, &sound, i64::MAX), 0);
    assert!(assert_same(&sound, &damaged, i64::MAX) > 0);
}
