//! Ways to break a database: the 68 corruptions of `docs/format/bbolt.md#corruptions` by name, and plain damage to bytes
//! and pages.
//!
//! A [`Corruption`] looks for a suitable place by itself, in any sound database with a large enough `key` bucket (three
//! levels, values with overflow; [`specimen`] makes one), and says which codes of
//! `docs/format/bbolt.md#invariants` an exhaustive checker must report afterwards.

mod catalogue;
mod choose;
mod elements;
mod freelist;
mod inline;
mod metas;
mod order;
mod overflow;
mod pages;
mod plain;
mod references;
mod room;
mod specimen;
mod subject;

pub use catalogue::{ALL, Codes, Corruption};
pub use plain::{append_garbage, flip_bit, swap_pages, truncate, zero_page};
pub use specimen::{specimen, specimen_store};
pub use subject::NotApplicable;
