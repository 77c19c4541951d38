//! The list of the 68 corruptions, with the codes that a checker must report for each.

use super::parsed_database::{NotApplicable, Outcome, ParsedDatabase};
use super::{elements, freelist, inline, key_order, metas, overflow, pages, references};

/// One way to damage a database, with the codes that a checker must report for it.
#[derive(Debug, Clone, Copy)]
pub struct Corruption {
    /// Its name in `docs/format/bbolt.md#corruptions`.
    pub name: &'static str,
    /// Does it need a database with a persisted freelist?
    pub needs_freelist: bool,
    /// Codes for a database with a persisted freelist.
    pub persisted: Codes,
    /// Codes for a database without a freelist, as etcd on Linux writes it.
    pub etcd: Codes,
    /// The function that does the damage.
    mutate: fn(&mut ParsedDatabase) -> Outcome,
}

/// The codes of `docs/format/bbolt.md#invariants` that must be reported for a corruption. Both lists are empty when no
/// structural check can detect it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Codes {
    /// Codes of severity error, each at least once, and no other error.
    pub errors: &'static [&'static str],
    /// Codes of severity warning that must be among the warnings.
    pub warnings: &'static [&'static str],
}

impl Corruption {
    /// The corruption with that name.
    pub fn named(name: &str) -> Option<&'static Corruption> {
        ALL.iter().find(|corruption| corruption.name == name)
    }

    /// Damages `db`, a sound database that this crate built, with or without a trailer. The trailer stays as it was; see
    /// [`crate::replace_trailer`]. The checksums of the metas are correct afterwards unless they are the damage.
    ///
    /// # Errors
    /// The database has no suitable place. `db` is unchanged.
    pub fn apply(&self, db: &mut Vec<u8>) -> Result<(), NotApplicable> {
        let mut parsed = ParsedDatabase::read(db)?;
        if self.needs_freelist && parsed.freelist_page().is_none() {
            return Err(NotApplicable("the freelist is not persisted"));
        }
        (self.mutate)(&mut parsed)?;
        parsed.bytes.append(&mut parsed.trailer);
        *db = parsed.bytes;
        Ok(())
    }
}

type Mutation = fn(&mut ParsedDatabase) -> Outcome;
type List = &'static [&'static str];

const fn errors(errors: List) -> Codes {
    Codes { errors, warnings: &[] }
}

const fn warning(warnings: List) -> Codes {
    Codes { errors: &[], warnings }
}

const NOTHING: Codes = errors(&[]);

/// A corruption with the same codes with and without a freelist.
const fn both(name: &'static str, codes: Codes, mutate: Mutation) -> Corruption {
    Corruption { name, needs_freelist: false, persisted: codes, etcd: codes, mutate }
}

/// A corruption with other errors when there is a freelist: pages that are no longer used and not listed count too.
const fn each(name: &'static str, persisted: List, etcd: List, mutate: Mutation) -> Corruption {
    Corruption { name, needs_freelist: false, persisted: errors(persisted), etcd: errors(etcd), mutate }
}

/// A corruption of the freelist itself.
const fn listed(name: &'static str, persisted: Codes, mutate: Mutation) -> Corruption {
    Corruption { name, needs_freelist: true, persisted, etcd: NOTHING, mutate }
}

/// All corruptions, in the order of `docs/format/bbolt.md#corruptions`.
pub const ALL: &[Corruption] = &[
    both("a01_meta_active_badsum", errors(&["META_INVALID"]), metas::active_checksum),
    both("a02_both_meta_bad", errors(&["META_INVALID", "NO_META"]), metas::both_checksums),
    both("a03_meta0_zeroed", errors(&["META_INVALID"]), metas::meta0_zeroed),
    both("a04_meta0_checksum_zero", errors(&["META_INVALID"]), metas::meta0_checksum_zero),
    both("a05_meta_flags_4", warning(&["META_FLAGS"]), metas::flags_4),
    each(
        "a06_meta_root_hwm",
        &["META_ROOT_RANGE", "PGID_RANGE", "UNREACHABLE_UNFREED"],
        &["META_ROOT_RANGE", "PGID_RANGE"],
        metas::root_is_high_water,
    ),
    both("a07_meta_txid_huge", warning(&["META_TXID_GAP"]), metas::huge_txid),
    each("a08_meta_hwm_low", &["FREELIST_RANGE", "PGID_RANGE"], &["PGID_RANGE"], metas::low_high_water),
    each("a09_meta_hwm_high", &["FILE_TRUNCATED", "UNREACHABLE_UNFREED"], &["FILE_TRUNCATED"], metas::high_high_water),
    each(
        "b01_truncated_half",
        &["FILE_TRUNCATED", "PAGE_EOF", "UNREACHABLE_UNFREED"],
        &["FILE_TRUNCATED", "PAGE_EOF"],
        pages::truncated_half,
    ),
    both("b02_leaf_zeroed", errors(&["PAGE_ID", "PAGE_TYPE"]), pages::leaf_zeroed),
    each(
        "b03_branch_zeroed",
        &["PAGE_ID", "PAGE_TYPE", "UNREACHABLE_UNFREED"],
        &["PAGE_ID", "PAGE_TYPE"],
        pages::branch_zeroed,
    ),
    both("b04_page_id_wrong", errors(&["PAGE_ID"]), pages::wrong_id),
    both("b05_page_flags_03", errors(&["PAGE_TYPE"]), pages::flags_03),
    both("b06_leaf_to_freelist_type", errors(&["PAGE_TYPE"]), pages::leaf_to_freelist),
    both("c01_leaf_keys_swapped", errors(&["KEY_ORDER"]), key_order::leaf_keys_swapped),
    both("c02_leaf_key_dup", errors(&["KEY_DUP"]), key_order::leaf_key_duplicated),
    both("c03_first_key_below_parent", errors(&["KEY_BELOW_PARENT"]), key_order::first_key_below_parent),
    both("c04_last_key_above_next", errors(&["KEY_ABOVE_PARENT"]), key_order::last_key_above_next),
    both("c05_branch_key_lowered", errors(&["KEY_ABOVE_PARENT", "KEY_NOT_PARENT"]), key_order::branch_key_lowered),
    both("c06_branch_key_raised", errors(&["KEY_ORDER", "KEY_BELOW_PARENT"]), key_order::branch_key_raised),
    both(
        "c07_branch_key_swapped",
        errors(&["KEY_ORDER", "KEY_BELOW_PARENT", "KEY_ABOVE_PARENT", "KEY_NOT_PARENT"]),
        key_order::branch_keys_swapped,
    ),
    both("d01_leaf_pos_far", errors(&["ELEM_BOUNDS"]), elements::pos_far),
    both("d02_leaf_pos_into_next_page", errors(&["ELEM_BOUNDS"]), elements::pos_into_next_page),
    both("d03_leaf_ksize_zero", errors(&["KEY_EMPTY"]), elements::ksize_zero),
    both("d04_leaf_ksize_huge", errors(&["ELEM_BOUNDS"]), elements::ksize_huge),
    both("d05_leaf_vsize_crosses_page", errors(&["ELEM_BOUNDS"]), elements::vsize_crosses_page),
    both("d06_leaf_vsize_huge", errors(&["ELEM_BOUNDS"]), elements::vsize_huge),
    both("d07_leaf_count_plus5", errors(&["ELEM_BOUNDS", "ELEM_FLAGS"]), elements::count_plus5),
    both("d08_leaf_count_minus5", warning(&["ELEM_LAYOUT"]), elements::count_minus5),
    both("d09_leaf_count_zero", errors(&["EMPTY_PAGE"]), elements::count_zero),
    both("d10_leaf_elems_overlap", errors(&["ELEM_OVERLAP"]), elements::elements_overlap),
    both("d11_leaf_elem_flags_2", errors(&["ELEM_FLAGS"]), elements::flags_2),
    both("d12_kv_marked_bucket", errors(&["PGID_RANGE"]), elements::value_marked_bucket),
    Corruption {
        name: "d13_branch_count_minus1",
        needs_freelist: false,
        persisted: errors(&["UNREACHABLE_UNFREED"]),
        etcd: warning(&["ELEM_LAYOUT"]),
        mutate: elements::branch_count_minus1,
    },
    each("d14_branch_count_zero", &["EMPTY_PAGE", "UNREACHABLE_UNFREED"], &["EMPTY_PAGE"], elements::branch_count_zero),
    both("d15_value_bytes_flipped", NOTHING, elements::value_byte_flipped),
    both("d16_slack_nonzero", NOTHING, elements::slack_nonzero),
    each("e01_double_ref", &["DOUBLE_REF", "UNREACHABLE_UNFREED"], &["DOUBLE_REF"], references::double_reference),
    each("e02_cycle_to_ancestor", &["DOUBLE_REF", "UNREACHABLE_UNFREED"], &["DOUBLE_REF"], references::cycle_to_root),
    each("e03_cycle_to_self", &["DOUBLE_REF", "UNREACHABLE_UNFREED"], &["DOUBLE_REF"], references::cycle_to_self),
    each("e04_child_eq_hwm", &["PGID_RANGE", "UNREACHABLE_UNFREED"], &["PGID_RANGE"], references::child_is_high_water),
    each(
        "e05_child_above_hwm",
        &["PGID_RANGE", "UNREACHABLE_UNFREED"],
        &["PGID_RANGE"],
        references::child_above_high_water,
    ),
    each(
        "e06_child_beyond_file",
        &["PGID_RANGE", "UNREACHABLE_UNFREED"],
        &["PGID_RANGE"],
        references::child_beyond_file,
    ),
    each("e07_child_zero", &["PGID_RANGE", "UNREACHABLE_UNFREED"], &["PGID_RANGE"], references::child_zero),
    each("e08_child_is_free_page", &["UNREACHABLE_UNFREED", "REACHABLE_FREED"], &[], references::child_is_stale_copy),
    each("e09_uneven_depth", &["UNEVEN_DEPTH", "UNREACHABLE_UNFREED"], &["UNEVEN_DEPTH"], references::uneven_depth),
    both("f01_overflow_plus1", errors(&["DOUBLE_REF"]), overflow::plus1),
    each("f02_overflow_minus1", &["ELEM_BOUNDS", "UNREACHABLE_UNFREED"], &["ELEM_BOUNDS"], overflow::minus1),
    each(
        "f03_overflow_huge",
        &["OVERFLOW_RANGE", "PAGE_TRUNCATED", "DOUBLE_REF", "REACHABLE_FREED"],
        &["OVERFLOW_RANGE", "PAGE_TRUNCATED", "DOUBLE_REF"],
        overflow::huge,
    ),
    each(
        "f04_overflow_past_hwm",
        &["OVERFLOW_RANGE", "PAGE_TRUNCATED", "DOUBLE_REF", "REACHABLE_FREED"],
        &["OVERFLOW_RANGE", "PAGE_TRUNCATED", "DOUBLE_REF"],
        overflow::past_high_water,
    ),
    listed("g01_freelist_dup", errors(&["FREELIST_DUP", "UNREACHABLE_UNFREED"]), freelist::duplicate),
    listed("g02_freelist_has_reachable", errors(&["UNREACHABLE_UNFREED", "REACHABLE_FREED"]), freelist::has_reachable),
    listed(
        "g03_freelist_has_meta0",
        errors(&["FREELIST_RANGE", "UNREACHABLE_UNFREED", "REACHABLE_FREED"]),
        freelist::has_meta0,
    ),
    listed("g04_freelist_above_hwm", errors(&["FREELIST_RANGE", "UNREACHABLE_UNFREED"]), freelist::above_high_water),
    listed("g05_freelist_count_minus3", errors(&["UNREACHABLE_UNFREED"]), freelist::count_minus3),
    listed(
        "g06_freelist_count_big",
        errors(&["FREELIST_COUNT", "FREELIST_RANGE", "FREELIST_DUP", "REACHABLE_FREED"]),
        freelist::count_big,
    ),
    listed("g07_freelist_unsorted", warning(&["FREELIST_UNSORTED"]), freelist::unsorted),
    listed("g08_freelist_page_zeroed", errors(&["PAGE_ID", "PAGE_TYPE", "UNREACHABLE_UNFREED"]), freelist::page_zeroed),
    listed(
        "g09_freelist_ptr_to_leaf",
        errors(&["PAGE_TYPE", "DOUBLE_REF", "UNREACHABLE_UNFREED"]),
        freelist::pointer_to_leaf,
    ),
    listed(
        "g10_freelist_has_ov_tail",
        errors(&["UNREACHABLE_UNFREED", "REACHABLE_FREED"]),
        freelist::has_overflow_tail,
    ),
    both("h01_inline_count_big", errors(&["COUNT_SPACE"]), inline::count_big),
    both("h02_inline_pos_bad", errors(&["ELEM_BOUNDS"]), inline::pos_bad),
    both("h03_inline_keys_swapped", errors(&["KEY_ORDER"]), inline::keys_swapped),
    both("h04_inline_type_branch", errors(&["INLINE_TYPE"]), inline::type_branch),
    each("h05_key_bucket_flag_cleared", &["UNREACHABLE_UNFREED"], &[], inline::key_bucket_flag_cleared),
    each("h06_key_bucket_root_to_leaf", &["UNREACHABLE_UNFREED"], &[], inline::key_bucket_root_to_leaf),
    each(
        "h07_key_bucket_inline_0",
        &["INLINE_SHORT", "UNREACHABLE_UNFREED"],
        &["INLINE_SHORT"],
        inline::key_bucket_inline,
    ),
];
