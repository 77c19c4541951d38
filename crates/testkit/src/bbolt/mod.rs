//! Builds bbolt databases: a [`Bucket`] describes the content, a [`Layout`] the pages of the file.
//!
//! Pages are packed as bbolt packs them (keys and values follow the element table in order and without gaps,
//! slack is zero: `docs/format/bbolt.md#leaf-page`) and trees obey the rules for building (`docs/format/bbolt.md#building`): a
//! branch key equals the first key of its child, every branch has two elements or more, all leaves of a bucket have one depth.

mod bucket;
mod byte_order;
mod freelist;
mod layout;
mod meta;
mod packing;
mod page;
mod page_numbers;
mod page_tree;
mod render;

pub use bucket::{Bucket, Entry};
pub use byte_order::ByteOrder;
pub use layout::{Freelist, Layout, MetaStyle, PageOrder};

pub(crate) use byte_order::Reader;
pub(crate) use freelist::{freelist_bytes, write_freelist};
pub(crate) use meta::{MAGIC, META_SIZE, Meta, NO_FREELIST};
pub(crate) use page::{
    BRANCH, BUCKET_ELEMENT, BUCKET_HEADER, ELEMENT, FREELIST, HEADER, LEAF, LeafElement, MAX_ELEMENTS, write_leaf,
};
pub(crate) use page_numbers::PageNumbers;
pub(crate) use page_tree::{Content, PageTree, Payload};
