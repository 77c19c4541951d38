//! bbolt databases from a description: a [`Bucket`] says what is inside, a [`Layout`] how it lies in the file.
//!
//! Pages are packed as bbolt packs them (keys and values follow the element table in order and without gaps,
//! slack is zero: `docs/format/bbolt.md#leaf-page`) and trees obey the rules for building (`docs/format/bbolt.md#building`): a
//! branch key equals the first key of its child, every branch has two elements or more, all leaves of a bucket have one depth.

mod bucket;
mod byte_order;
mod freelist;
mod layout;
mod meta;
mod pack;
mod page;
mod place;
mod plan;
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
pub(crate) use place::Placement;
pub(crate) use plan::{Content, Payload, Plan};
