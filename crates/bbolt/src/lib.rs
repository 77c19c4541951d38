//! Reading, checking and writing bbolt database files, given as bytes.
//!
//! The format is described in [`mod@format`]; [`Db`] opens a file given as `&[u8]`, [`Bucket`] and [`Cursor`] read it,
//! and [`check`](check::check) checks all of it. Every byte is checked before it is used: readers return [`Corruption`],
//! the check collects [`StructureProblem`]s, and nothing panics. [`build`] makes a new file from elements in key order,
//! [`edit`] changes a few elements of an existing one; neither modifies the bytes that are read.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let file = etcdsnap_testkit::example();
//! let db = etcdsnap_bbolt::Db::open(&file)?;
//! for element in db.root().elements() {
//!     println!("{}", String::from_utf8_lossy(element?.key));
//! }
//! let walk = etcdsnap_bbolt::check::check(&db, &(), etcdsnap_bbolt::check::DEFAULT_LIMIT);
//! assert_eq!(walk.problems.worst(), None);
//! # Ok(())
//! # }
//! ```

mod bucket;
pub mod build;
pub mod check;
mod corruption;
mod cursor;
mod db;
mod displacement;
pub mod edit;
pub mod format;
mod meta;
mod page;
mod problem;

pub use bucket::{Bucket, BucketHeader};
pub use corruption::Corruption;
pub use cursor::Cursor;
pub use db::{Db, DbOpenError};
pub use displacement::Displacement;
pub use format::{ByteOrder, PageKind};
pub use meta::{Meta, MetaError};
pub use page::{BranchElement, LeafElement, Page};
pub use problem::{Detail, Problems, StructureCode, StructureProblem};
