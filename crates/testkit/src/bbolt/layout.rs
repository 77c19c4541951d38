//! The layout of a database file: page size, fill, order of pages, freelist, metas.

use super::{Bucket, ByteOrder, PageTree};

/// How a database is laid out in its file; [`Layout::build`] writes the file. It has all choices of bbolt, and some that bbolt
/// never makes but a reader must accept.
///
/// The default is the layout of an etcd snapshot: 4 KiB pages, little endian, no freelist, metas of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Page size in bytes; a power of two of 512 or more.
    pub page_size: u32,
    /// Byte order of all integers.
    pub byte_order: ByteOrder,
    /// How full a page gets before the next one is started, in percent of the page size (10 to 100).
    pub fill_percent: u32,
    /// Fewest elements of a leaf: with 2 or more, large values share a page with overflow (bbolt itself keeps up to 4 together).
    pub min_leaf_elements: usize,
    /// Minimum depth of every bucket that is not inline; a single leaf has depth 1. Pages are split further than their size
    /// requires until the depth is reached or no page can be split legally.
    pub min_depth: usize,
    /// Number of branch pages with a single child above each leaf of every bucket but the root bucket, used cyclically; none
    /// when empty. bbolt writes no such pages, and different numbers make a tree whose leaves are not on one level.
    pub chains: Vec<usize>,
    /// Largest page image in bytes that is stored inline in its parent; `None` is bbolt's rule of a quarter page.
    /// `Some(0)` gives every bucket its own pages, `Some(usize::MAX)` keeps every bucket without sub-buckets inline.
    pub inline_limit: Option<usize>,
    /// Is the freelist stored in the file?
    pub freelist: Freelist,
    /// Number of free pages below the high-water mark. Their content is that of free pages in real files: older copies of
    /// leaves and branches under their own page id, parts of values, zeros.
    pub free_pages: u64,
    /// The order of the pages in the file.
    pub page_order: PageOrder,
    /// The transaction ids of the two metas.
    pub metas: MetaStyle,
    /// The higher transaction id; at least 1.
    pub txid: u64,
    /// Zero bytes after the high-water mark, as bbolt writes them when it grows the file.
    pub preallocated: usize,
}

/// Is the freelist stored in the file?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freelist {
    /// The freelist field of the meta is 2^64-1, as in every etcd file from Linux.
    NotPersisted,
    /// A freelist page (with overflow when it is long) lists all free pages.
    Persisted,
}

/// The order of the pages in the file. Free pages are always spread among the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageOrder {
    /// Children before parents, leaves in key order, as a program writes that builds the whole database at once.
    LeavesFirst,
    /// The root first, then level by level.
    RootFirst,
    /// A random order with that seed, as after years of copy-on-write.
    Shuffled(u64),
}

/// The transaction ids of the two metas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetaStyle {
    /// Slot 0 has the higher transaction id T, slot 1 has T-1 (`docs/format/bbolt.md#twin-metas`).
    Snapshot,
    /// The higher id T is in slot `T mod 2`, as in a server's database.
    Live,
    /// Both slots have the same id, as after `bbolt surgery revert-meta-page`.
    Equal,
}

impl Default for Layout {
    fn default() -> Self {
        Layout {
            page_size: 4096,
            byte_order: ByteOrder::Little,
            fill_percent: 90,
            min_leaf_elements: 1,
            min_depth: 1,
            chains: Vec::new(),
            inline_limit: None,
            freelist: Freelist::NotPersisted,
            free_pages: 0,
            page_order: PageOrder::LeavesFirst,
            metas: MetaStyle::Snapshot,
            txid: 8,
            preallocated: 0,
        }
    }
}

impl Layout {
    /// The database file with the content of `root`, without a trailer (see [`crate::append_trailer`]).
    ///
    /// # Panics
    /// When the layout is impossible (page size not a power of two from 512 up, transaction id 0) or a key is empty.
    pub fn build(&self, root: &Bucket) -> Vec<u8> {
        assert!(self.page_size >= 512 && self.page_size.is_power_of_two(), "page size {}", self.page_size);
        assert!(self.txid >= 1, "transaction id 0 leaves none for the older meta");
        let mut tree = PageTree::new(self);
        let root_node = tree.add_bucket(root, &[]);
        tree.render(root_node, root.sequence)
    }

    pub(crate) fn page_bytes(&self) -> usize {
        usize::try_from(self.page_size).expect("32 bits fit usize")
    }

    pub(crate) fn inline_limit_bytes(&self) -> usize {
        self.inline_limit.unwrap_or(self.page_bytes() / 4)
    }

    /// Number of bytes in a page before the next one is started.
    pub(crate) fn fill_bytes(&self) -> usize {
        self.page_bytes() * usize::try_from(self.fill_percent).expect("a percentage") / 100
    }
}
