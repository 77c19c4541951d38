//! How a database lies in its file.

use super::{Bucket, ByteOrder, Plan};

/// Every choice a writer of bbolt files has, and some it never takes but a reader must bear.
///
/// The default is what an etcd snapshot looks like: 4 KiB pages, little endian, no freelist, metas of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Page size in bytes; a power of two of 512 or more.
    pub page_size: u32,
    /// Byte order of all integers.
    pub byte_order: ByteOrder,
    /// How full pages get before the next one is begun, in percent of the page size (10 to 100).
    pub fill_percent: u32,
    /// Fewest elements of a leaf: with 2 or more, large values share a page with overflow (bbolt itself keeps up to 4 together).
    pub min_leaf_elements: usize,
    /// Fewest levels of every bucket that is not inline, counted from 1 for a lone leaf. Pages are split further
    /// than their size asks until it is reached, or until no page can be split legally.
    pub min_depth: usize,
    /// Branch pages with a single child above each leaf of every bucket but the root bucket, taken in turn and from the
    /// beginning again; none when empty. bbolt leaves no such pages, and different numbers make a tree whose leaves are
    /// not on one level.
    pub chains: Vec<usize>,
    /// Largest page image in bytes that is stored inline in its parent; `None` is bbolt's rule of a quarter page.
    /// `Some(0)` gives every bucket its own pages, `Some(usize::MAX)` keeps every bucket without sub-buckets inline.
    pub inline_limit: Option<usize>,
    /// Is the list of free pages in the file?
    pub freelist: Freelist,
    /// Number of free pages below the high-water mark. They hold what such pages hold in real files: copies of
    /// older leaves and branches under their own page number, values, zeros.
    pub free_pages: u64,
    /// Where pages lie.
    pub page_order: PageOrder,
    /// What the two metas say.
    pub metas: MetaStyle,
    /// The higher transaction id; at least 1.
    pub txid: u64,
    /// Zero bytes behind the high-water mark, as left by bbolt's growing of the file.
    pub preallocated: usize,
}

/// Is the list of free pages in the file?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freelist {
    /// The meta says 2^64-1, as in every etcd file from Linux.
    NotPersisted,
    /// A freelist page (with overflow when it is long) lists all free pages.
    Persisted,
}

/// Where pages lie in the file. Free pages are always spread among the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageOrder {
    /// Children before parents, leaves in key order: what a bulk builder leaves.
    LeavesFirst,
    /// The root first, then level by level.
    RootFirst,
    /// Any page anywhere, following the seed: what years of copy-on-write leave.
    Shuffled(u64),
}

/// What the two metas say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetaStyle {
    /// Slot 0 has the higher transaction id T, slot 1 has T-1 (`docs/format/bbolt.md#twin-metas`).
    Snapshot,
    /// The higher id is in slot `T mod 2`, as a server leaves it.
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
    /// The database file holding `root`, without a trailer (see [`crate::seal`]).
    ///
    /// # Panics
    /// When the layout is impossible (page size not a power of two from 512 up, transaction id 0) or a key is empty.
    pub fn build(&self, root: &Bucket) -> Vec<u8> {
        assert!(self.page_size >= 512 && self.page_size.is_power_of_two(), "page size {}", self.page_size);
        assert!(self.txid >= 1, "transaction id 0 leaves none for the older meta");
        let mut plan = Plan::new(self);
        let root_node = plan.tree(root, &[]);
        plan.render(root_node, root.sequence)
    }

    pub(crate) fn page_bytes(&self) -> usize {
        usize::try_from(self.page_size).expect("32 bits fit usize")
    }

    pub(crate) fn inline_limit_bytes(&self) -> usize {
        self.inline_limit.unwrap_or(self.page_bytes() / 4)
    }

    /// Bytes a page may hold before the next is begun.
    pub(crate) fn fill_bytes(&self) -> usize {
        self.page_bytes() * usize::try_from(self.fill_percent).expect("a percentage") / 100
    }
}
