//! Functions that damage a database: the 68 corruptions of `docs/format/bbolt.md#corruptions` by name, and damage to bits,
//! bytes and whole pages.
//!
//! A [`Corruption`] finds a suitable place itself, in any sound database with a large enough bucket `key` (three levels,
//! values with overflow; [`specimen`] makes one). It lists the codes of `docs/format/bbolt.md#invariants` that an exhaustive
//! checker must report afterwards.

mod catalogue;
mod elements;
mod find_place;
mod freelist;
mod inline;
mod key_order;
mod metas;
mod overflow;
mod pages;
mod parsed_database;
mod raw_bytes;
mod references;
mod spare_pages;
mod specimen;

pub use catalogue::{ALL, Codes, Corruption};
pub use parsed_database::NotApplicable;
pub use raw_bytes::{append_garbage, flip_bit, swap_pages, truncate, zero_page};
pub use specimen::{specimen, specimen_store};
