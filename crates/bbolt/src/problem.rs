//! [`StructureProblem`]: what the structural check reports, one value for each violation of a rule, with its code and
//! numbers.

use etcdsnap_quantity::{plural, quantity};
use std::fmt;

use etcdsnap_fault::{Collector, Fault, codes};

impl StructureCode {
    /// Does this problem prevent elements or whole pages of a bucket from being read, so that counts of the bucket are
    /// incomplete?
    pub fn hides_content(self) -> bool {
        matches!(
            self,
            Self::PgidRange
                | Self::PageEof
                | Self::PageId
                | Self::PageType
                | Self::PageTruncated
                | Self::DoubleRef
                | Self::Depth
                | Self::CountSpace
                | Self::CountMax
                | Self::EmptyPage
                | Self::KeyEmpty
                | Self::ElemBounds
                | Self::ElemOverlap
                | Self::BucketHeader
                | Self::InlineShort
                | Self::InlineType
                | Self::InlineNested
        )
    }
}

codes! {
    /// The rules of the structural check (`docs/format/bbolt.md#invariants`).
    pub enum StructureCode {
        /// The file ends before the meta.
        MetaTruncated "META_TRUNCATED" Error,
        /// Magic, version or checksum of a meta is wrong.
        MetaInvalid "META_INVALID" Error,
        /// The header of a meta page has another page id.
        MetaPageId "META_PAGE_ID" Warning,
        /// The header of a meta page has the flags of another kind.
        MetaPageFlags "META_PAGE_FLAGS" Warning,
        /// A meta has another page size than the file.
        MetaPageSize "META_PAGE_SIZE" Error,
        /// A meta has flags; bbolt writes none.
        MetaFlags "META_FLAGS" Warning,
        /// The root page is below 2 or not below the high-water mark.
        MetaRootRange "META_ROOT_RANGE" Error,
        /// The freelist page is below 2 or not below the high-water mark.
        MetaFreelistRange "META_FREELIST_RANGE" Error,
        /// The file is shorter than its high-water mark requires.
        FileTruncated "FILE_TRUNCATED" Error,
        /// The transactions of the metas are more than two apart.
        MetaTxidGap "META_TXID_GAP" Warning,
        /// Both metas have the same transaction id.
        MetaTxidEqual "META_TXID_EQUAL" Warning,
        /// The metas are not in the slots that their transaction ids' parity requires, and the file is not a snapshot.
        MetaTxidParity "META_TXID_PARITY" Note,
        /// The file ends before the freelist page.
        FreelistEof "FREELIST_EOF" Error,
        /// The freelist has more ids than its pages hold.
        FreelistCount "FREELIST_COUNT" Error,
        /// An id on the freelist is below 2 or not below the high-water mark.
        FreelistRange "FREELIST_RANGE" Error,
        /// An id is on the freelist twice.
        FreelistDup "FREELIST_DUP" Error,
        /// The freelist is not ascending.
        FreelistUnsorted "FREELIST_UNSORTED" Warning,
        /// A page is on the freelist and in use.
        ReachableFreed "REACHABLE_FREED" Error,
        /// A page is neither on the freelist nor in use.
        UnreachableUnfreed "UNREACHABLE_UNFREED" Error,
        /// A page id is below 2 or not below the high-water mark.
        PgidRange "PGID_RANGE" Error,
        /// The file ends before the page.
        PageEof "PAGE_EOF" Error,
        /// The header of a page has another id.
        PageId "PAGE_ID" Error,
        /// A page has another kind than is expected at its place: a branch, a leaf, or the freelist.
        PageType "PAGE_TYPE" Error,
        /// The overflow pages of a page reach beyond the high-water mark.
        OverflowRange "OVERFLOW_RANGE" Error,
        /// The file ends inside the page.
        PageTruncated "PAGE_TRUNCATED" Error,
        /// A page is referred to twice.
        DoubleRef "DOUBLE_REF" Error,
        /// A tree is deeper than the most levels that are followed.
        Depth "DEPTH" Error,
        /// The leaves of a bucket are at different depths.
        UnevenDepth "UNEVEN_DEPTH" Error,
        /// The element table does not fit into the page.
        CountSpace "COUNT_SPACE" Error,
        /// The element count is 65535, which is reserved.
        CountMax "COUNT_MAX" Error,
        /// A page without elements that is not a leaf and the root page of its bucket.
        EmptyPage "EMPTY_PAGE" Error,
        /// A branch page with only one element.
        SingleChild "SINGLE_CHILD" Error,
        /// A page has more overflow pages than its bytes need.
        OverflowWaste "OVERFLOW_WASTE" Warning,
        /// A key without bytes.
        KeyEmpty "KEY_EMPTY" Error,
        /// A key longer than bbolt accepts.
        KeySize "KEY_SIZE" Warning,
        /// A value longer than bbolt accepts.
        ValueSize "VALUE_SIZE" Error,
        /// Bytes of an element lie outside its page.
        ElemBounds "ELEM_BOUNDS" Error,
        /// Bytes of two elements overlap.
        ElemOverlap "ELEM_OVERLAP" Error,
        /// Elements are not packed one after the other, as bbolt writes them.
        ElemLayout "ELEM_LAYOUT" Warning,
        /// An element has undefined flags.
        ElemFlags "ELEM_FLAGS" Error,
        /// Bytes after the last element are not zero.
        SlackNonzero "SLACK_NONZERO" Note,
        /// A key is below the one before it.
        KeyOrder "KEY_ORDER" Error,
        /// A key equals the one before it.
        KeyDup "KEY_DUP" Error,
        /// The first key of a page is below the key that its parent has for it.
        KeyBelowParent "KEY_BELOW_PARENT" Error,
        /// The first key of a page is above the key that its parent has for it.
        KeyNotParent "KEY_NOT_PARENT" Error,
        /// A key of a page is not below the next key of its parent.
        KeyAboveParent "KEY_ABOVE_PARENT" Error,
        /// The value of a bucket is shorter than a bucket header.
        BucketHeader "BUCKET_HEADER" Error,
        /// The value of a bucket with a root page is longer than a bucket header.
        BucketValueSize "BUCKET_VALUE_SIZE" Warning,
        /// The value of an inline bucket is shorter than its headers.
        InlineShort "INLINE_SHORT" Error,
        /// The page inside an inline bucket is not a leaf.
        InlineType "INLINE_TYPE" Error,
        /// The page inside an inline bucket has an id or overflow pages, which must be 0.
        InlineHeader "INLINE_HEADER" Warning,
        /// A bucket inside an inline bucket.
        InlineNested "INLINE_NESTED" Error,
        /// An inline bucket larger than a quarter of a page.
        InlineBig "INLINE_BIG" Note,
        /// Bytes after the high-water mark are not zero.
        TailNonzero "TAIL_NONZERO" Note,
    }
}

/// One violation of a rule of the structural check: where it is, what was found and what was expected.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StructureProblem {
    /// Index of the bucket in [`Walk::buckets`](crate::check::Walk::buckets); `None` for metas and freelist.
    pub bucket: Option<u32>,
    /// Page id; `None` for the page of an inline bucket.
    pub page: Option<u64>,
    /// Index of the element.
    pub element: Option<u16>,
    /// The rule that is violated.
    pub code: StructureCode,
    /// Byte offset in the file.
    pub offset: u64,
    /// What was found.
    pub found: Detail,
    /// What it was compared with.
    pub against: Detail,
}

/// A number, key or text of a problem. It never has bytes of a value, which may be secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// Nothing.
    #[default]
    None,
    /// A number; its meaning depends on the code.
    Number(u64),
    /// A key, cut after 18 bytes.
    Key(Box<[u8]>),
    /// First and last id of a run of pages.
    Pages(u64, u64),
    /// Text, where the cause has several forms.
    Words(String),
}

impl Detail {
    /// A key, cut after 18 bytes, the length of the longest key of a record. With a damaged key size the following bytes
    /// belong to a value, which may be secret.
    pub(crate) fn key(key: &[u8]) -> Self {
        Self::Key(key.get(..18).unwrap_or(key).into())
    }

    /// A number of things that are called `noun`.
    fn of(&self, noun: &str) -> String {
        match self {
            Self::Number(number) => quantity(*number, noun),
            other => format!("{other} {}", plural(noun)),
        }
    }
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Number(number) => write!(f, "{number}"),
            Self::Key(key) if !key.is_empty() && key.iter().all(u8::is_ascii_graphic) => {
                f.write_str(&String::from_utf8_lossy(key))
            }
            Self::Key(key) => key.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
            Self::Pages(first, last) if first == last => write!(f, "page {first}"),
            Self::Pages(first, last) => write!(f, "pages {first} to {last}"),
            Self::Words(words) => f.write_str(words),
        }
    }
}

impl fmt::Display for StructureProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (found, against) = (&self.found, &self.against);
        match self.code {
            StructureCode::MetaTruncated => write!(f, "the file ends before meta {found}"),
            StructureCode::MetaInvalid => write!(f, "meta {against} is invalid: {found}"),
            StructureCode::MetaPageId => write!(f, "the header of meta page {against} has the page id {found}"),
            StructureCode::MetaPageFlags => {
                write!(f, "the header of meta page {against} has the flags of a {found} page")
            }
            StructureCode::MetaPageSize => {
                write!(f, "this meta says pages have {}, but they have {against}", found.of("byte"))
            }
            StructureCode::MetaFlags => write!(f, "this meta has flags {found}; bbolt writes 0"),
            StructureCode::MetaRootRange => {
                write!(f, "root page {found} is not between 2 and the high-water mark {against}")
            }
            StructureCode::MetaFreelistRange => {
                write!(f, "freelist page {found} is not between 2 and the high-water mark {against}")
            }
            StructureCode::FileTruncated => {
                write!(f, "the high-water mark needs {}, the file has {found}", against.of("byte"))
            }
            StructureCode::MetaTxidGap => {
                write!(f, "the metas are of transactions {found} and {against}, too far apart")
            }
            StructureCode::MetaTxidEqual => write!(f, "both metas are of transaction {found}"),
            StructureCode::MetaTxidParity => {
                write!(f, "the metas of transactions {found} and {against} are in each other's slots")
            }
            StructureCode::FreelistEof => write!(f, "the file ends before the freelist page"),
            StructureCode::FreelistCount => {
                write!(f, "the freelist counts {}, its pages have room for {against}", found.of("id"))
            }
            StructureCode::FreelistRange => {
                write!(f, "free page {found} is not between 2 and the high-water mark {against}")
            }
            StructureCode::FreelistDup => write!(f, "page {found} is on the freelist twice"),
            StructureCode::FreelistUnsorted => write!(f, "the freelist is not sorted: {found} follows {against}"),
            StructureCode::ReachableFreed => write!(f, "{found} in use and on the freelist"),
            StructureCode::UnreachableUnfreed => write!(f, "{found} neither in use nor on the freelist"),
            StructureCode::PgidRange => write!(f, "page id {found} is not between 2 and the high-water mark {against}"),
            StructureCode::PageEof => write!(f, "the file ends before this page"),
            StructureCode::PageId => write!(f, "the header of the page has the page id {found}"),
            StructureCode::PageType => write!(f, "the page is {found}, not {against}"),
            StructureCode::OverflowRange => {
                write!(f, "the page with {} reaches beyond the high-water mark {against}", found.of("overflow page"))
            }
            StructureCode::PageTruncated => write!(f, "the file ends after {found} of the page's {against} bytes"),
            StructureCode::DoubleRef => write!(f, "the page is referred to twice"),
            StructureCode::Depth => write!(f, "the tree is deeper than {against} levels"),
            StructureCode::UnevenDepth => {
                write!(f, "a {found} page at level {against}, where the tree has the other kind")
            }
            StructureCode::CountSpace => {
                write!(f, "a table of {} does not fit into {}", found.of("element"), against.of("byte"))
            }
            StructureCode::CountMax => write!(f, "the element count 65535 is not allowed"),
            StructureCode::EmptyPage => write!(f, "the {found} page has no elements"),
            StructureCode::SingleChild => write!(f, "the branch page has one element, bbolt needs at least two"),
            StructureCode::OverflowWaste => write!(f, "the page has {} and needs {against}", found.of("overflow page")),
            StructureCode::KeyEmpty => write!(f, "the key has no bytes"),
            StructureCode::KeySize => write!(f, "the key has {}, bbolt accepts {against}", found.of("byte")),
            StructureCode::ValueSize => write!(f, "the value has {}, bbolt accepts {against}", found.of("byte")),
            StructureCode::ElemBounds => write!(f, "bytes {found} lie outside the page's {against}"),
            StructureCode::ElemOverlap => write!(f, "the element overlaps element {against}"),
            StructureCode::ElemLayout => {
                write!(f, "the key is at byte {found} of the page, packed it would be at {against}")
            }
            StructureCode::ElemFlags => write!(f, "element flags {found} do not exist"),
            StructureCode::SlackNonzero => write!(f, "bytes after the last element (from {found}) are not zero"),
            StructureCode::KeyOrder => write!(f, "key {found} is below the key before it, {against}"),
            StructureCode::KeyDup => write!(f, "key {found} equals the key before it"),
            StructureCode::KeyBelowParent => write!(f, "first key {found} is below the parent's key {against}"),
            StructureCode::KeyNotParent => write!(f, "first key {found} is not the parent's key {against}"),
            StructureCode::KeyAboveParent => write!(f, "key {found} is not below the parent's next key {against}"),
            StructureCode::BucketHeader => {
                write!(f, "the bucket {against} has {}, its header needs 16", found.of("byte"))
            }
            StructureCode::BucketValueSize => write!(f, "the bucket {against} has {} instead of 16", found.of("byte")),
            StructureCode::InlineShort => {
                write!(f, "the inline bucket {against} has {}, its headers need 32", found.of("byte"))
            }
            StructureCode::InlineType => write!(f, "the inline bucket {against} holds a {found} page, not a leaf"),
            StructureCode::InlineHeader => {
                write!(f, "the page inside the inline bucket {against} has an id or overflow")
            }
            StructureCode::InlineNested => write!(f, "the bucket {found} is inside an inline bucket"),
            StructureCode::InlineBig => {
                write!(f, "the inline bucket {against} has {}, more than bbolt writes", found.of("byte"))
            }
            StructureCode::TailNonzero => {
                write!(f, "{} after the high-water mark, and not all of them zero", found.of("byte"))
            }
        }
    }
}

/// The problems of one file: all are counted, a limited number of each code is kept.
pub type Problems = Collector<StructureProblem>;

impl Fault for StructureProblem {
    type Code = StructureCode;

    fn code(&self) -> StructureCode {
        self.code
    }

    /// Its bucket, when a part of it cannot be read.
    fn unread_part(&self) -> Option<u32> {
        self.bucket.filter(|_| self.code.hides_content())
    }
}
