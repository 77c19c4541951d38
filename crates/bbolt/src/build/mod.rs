//! Building a new file from elements in key order, in one pass from the leaves to the root pages.
//!
//! ```text
//!               root                    Only the right edge of a bucket's tree is in memory: the leaf being filled and one
//!             /      \                  open branch a level. A page is written once, when the next element does not fit
//!        branch      branch …           any more; it gets the next page id, so children come before their parents. A
//!       /  |   \     /   :              bucket inside another one is finished before the leaf that refers to it, and the
//!    leaf leaf leaf leaf ┄ being filled root bucket comes last.
//! ```
//!
//! The file follows every rule that bbolt relies on in its own later writes (`docs/format/bbolt.md#building`): a branch
//! has the whole first key of each child, at least two children, and only children of one height; no page but the root of
//! an empty bucket is empty; elements lie packed, and what is left of a page is zero.
//!
//! The metas are written last, so an unfinished output cannot be opened. They are like those of a snapshot: slot 0 has
//! the transaction id of the options, slot 1 the one before it, and both refer to the same root page. Making the output
//! durable is left to the caller: write and sync a temporary file, then rename it.
//!
//! ```
//! use std::io::Cursor;
//! use etcdsnap_bbolt::build::{BuildError, BuildOptions, Builder};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut file = Cursor::new(Vec::new());
//! let mut builder = Builder::new(&mut file, &BuildOptions::default())?;
//! builder.bucket::<BuildError>(b"meta", 0, |bucket| bucket.put(b"term", b"\x02"))?;
//! let built = builder.finish()?;
//! assert_eq!(built.size, file.get_ref().len() as u64);
//!
//! let db = etcdsnap_bbolt::Db::open(file.get_ref())?;
//! let meta = db.root().bucket(b"meta")?.expect("just built");
//! assert_eq!(meta.get(b"term")?, Some(&b"\x02"[..]));
//! # Ok(())
//! # }
//! ```

mod branch;
mod builder;
mod built_bucket;
mod bytes;
mod copy;
mod element;
mod error;
mod estimate;
mod leaf;
mod level;
mod options;
mod page_writer;
mod tree_builder;

pub use builder::{Builder, Built};
pub use element::ElementError;
pub use error::{BuildError, CopyError};
pub use estimate::{BucketSize, SizeEstimate};
pub use options::{BuildOptions, FreelistMode};

pub(crate) use branch::Child;
pub(crate) use built_bucket::BuiltBucket;
pub(crate) use bytes::meta_page;
pub(crate) use element::Element;
pub(crate) use leaf::Leaf;
pub(crate) use level::{Level, root_above};
pub(crate) use page_writer::PageWriter;
pub(crate) use tree_builder::inline_limit;
