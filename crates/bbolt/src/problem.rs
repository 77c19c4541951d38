//! What can be wrong with a file: [`Corruption`] stops a reader, [`Problem`]s are collected by the structural check.

use std::fmt;

use crate::collector::{Collector, Counted};

/// Why reading could not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Corruption {
    /// A page id that is not between 2 and the high-water mark, or not in the file.
    #[error("page {page} does not exist")]
    PageRange {
        /// The id.
        page: u64,
    },
    /// A page whose header does not say what it must.
    #[error("page {page} is not the branch or leaf page it should be")]
    PageHeader {
        /// Its id.
        page: u64,
    },
    /// An element whose bytes do not lie inside its page.
    #[error("element {element} of page {page} does not lie inside the page")]
    Element {
        /// The page.
        page: u64,
        /// Index of the element.
        element: u16,
    },
    /// A page without elements that is not the root of its bucket.
    #[error("page {page} is empty")]
    EmptyPage {
        /// The page.
        page: u64,
    },
    /// A step that did not move on in key order.
    #[error("element {element} of page {page} is out of order")]
    KeyOrder {
        /// The page.
        page: u64,
        /// Index of the element.
        element: u16,
    },
    /// A tree deeper than any real one.
    #[error("the tree is too deep at page {page}")]
    TooDeep {
        /// The page that is too deep.
        page: u64,
    },
    /// More bytes of elements than the file has: some share theirs.
    #[error("the elements up to element {element} of page {page} have more bytes than the file")]
    Sharing {
        /// The page.
        page: u64,
        /// Index of the element.
        element: u16,
    },
    /// A bucket whose value is too short for its header, or for its inline page's header.
    #[error("a bucket's value is too short")]
    BucketHeader,
}

/// How serious a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// Only worth knowing.
    Info,
    /// Suspicious; bbolt does not write this.
    Warning,
    /// Wrong, or dangerous at the next write.
    Error,
}

impl Code {
    /// Does it keep elements or whole pages of a bucket from being read, so that what was read is not all of the
    /// bucket?
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

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident $name:literal $grade:ident,)*) => {
        /// Every rule of the structural check (`docs/format/bbolt.md#invariants`).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code { $($(#[$doc])* $variant,)* }

        impl Code {
            /// All codes, in the order of the enum.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Stable name.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// How serious it is.
            pub fn grade(self) -> Grade {
                match self { $(Self::$variant => Grade::$grade,)* }
            }
        }
    };
}

codes! {
    /// The file ends before the meta.
    MetaTruncated "META_TRUNCATED" Error,
    /// Magic, version or checksum of a meta is wrong.
    MetaInvalid "META_INVALID" Error,
    /// The header of a meta page names another page.
    MetaPageId "META_PAGE_ID" Warning,
    /// The header of a meta page says it is something else.
    MetaPageFlags "META_PAGE_FLAGS" Warning,
    /// A meta names another page size than the file has.
    MetaPageSize "META_PAGE_SIZE" Error,
    /// A meta has flags; bbolt writes none.
    MetaFlags "META_FLAGS" Warning,
    /// The root page is below 2 or not below the high-water mark.
    MetaRootRange "META_ROOT_RANGE" Error,
    /// The freelist page is below 2 or not below the high-water mark.
    MetaFreelistRange "META_FREELIST_RANGE" Error,
    /// The file is shorter than the high-water mark says.
    FileTruncated "FILE_TRUNCATED" Error,
    /// The transactions of the metas are more than two apart.
    MetaTxidGap "META_TXID_GAP" Warning,
    /// Both metas have the same transaction.
    MetaTxidEqual "META_TXID_EQUAL" Warning,
    /// A transaction stands in the slot of the other parity, and the file is no snapshot.
    MetaTxidParity "META_TXID_PARITY" Info,
    /// The file ends before the freelist page.
    FreelistEof "FREELIST_EOF" Error,
    /// The freelist has more ids than its pages hold.
    FreelistCount "FREELIST_COUNT" Error,
    /// An id on the freelist is below 2 or not below the high-water mark.
    FreelistRange "FREELIST_RANGE" Error,
    /// An id stands on the freelist twice.
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
    /// A page names another id than its own.
    PageId "PAGE_ID" Error,
    /// A page is neither branch nor leaf, or not the freelist it should be.
    PageType "PAGE_TYPE" Error,
    /// The overflow of a page passes the high-water mark.
    OverflowRange "OVERFLOW_RANGE" Error,
    /// The file ends inside the page.
    PageTruncated "PAGE_TRUNCATED" Error,
    /// A page is used twice.
    DoubleRef "DOUBLE_REF" Error,
    /// A tree is deeper than any real one.
    Depth "DEPTH" Error,
    /// The leaves of a bucket are at different depths.
    UnevenDepth "UNEVEN_DEPTH" Error,
    /// The element table does not fit into the page.
    CountSpace "COUNT_SPACE" Error,
    /// The element count is the one that no page may have.
    CountMax "COUNT_MAX" Error,
    /// A page without elements that is not the root leaf of its bucket.
    EmptyPage "EMPTY_PAGE" Error,
    /// A branch page with a single element.
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
    /// Elements are not packed one behind the other as bbolt writes them.
    ElemLayout "ELEM_LAYOUT" Warning,
    /// An element has flags that do not exist.
    ElemFlags "ELEM_FLAGS" Error,
    /// Bytes behind the last element are not zero.
    SlackNonzero "SLACK_NONZERO" Info,
    /// A key is below the one before it.
    KeyOrder "KEY_ORDER" Error,
    /// A key equals the one before it.
    KeyDup "KEY_DUP" Error,
    /// The first key of a page is below the key its parent has for it.
    KeyBelowParent "KEY_BELOW_PARENT" Error,
    /// The first key of a page is above the key its parent has for it.
    KeyNotParent "KEY_NOT_PARENT" Error,
    /// A key of a page is not below the next key of its parent.
    KeyAboveParent "KEY_ABOVE_PARENT" Error,
    /// The value of a bucket is shorter than a bucket header.
    BucketHeader "BUCKET_HEADER" Error,
    /// A bucket with a root page has more than its header.
    BucketValueSize "BUCKET_VALUE_SIZE" Warning,
    /// The value of an inline bucket is shorter than its headers.
    InlineShort "INLINE_SHORT" Error,
    /// The page inside an inline bucket is no leaf.
    InlineType "INLINE_TYPE" Error,
    /// The page inside an inline bucket has an id or an overflow.
    InlineHeader "INLINE_HEADER" Warning,
    /// A bucket inside an inline bucket.
    InlineNested "INLINE_NESTED" Error,
    /// An inline bucket larger than a quarter of a page.
    InlineBig "INLINE_BIG" Info,
    /// Bytes behind the high-water mark are not zero.
    TailNonzero "TAIL_NONZERO" Info,
}

/// One thing that is wrong, where, and with which numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StructureProblem {
    /// Index of the bucket in [`Walk::buckets`](crate::check::Walk::buckets); `None` for metas and freelist.
    pub bucket: Option<u32>,
    /// Page id; `None` for an inline page.
    pub page: Option<u64>,
    /// Index of the element.
    pub element: Option<u16>,
    /// The rule.
    pub code: Code,
    /// Byte offset in the file.
    pub offset: u64,
    /// What was found.
    pub found: Detail,
    /// What it was measured against.
    pub against: Detail,
}

/// A number or a key that belongs to a problem. Values never appear here.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// Nothing to say.
    #[default]
    None,
    /// A number; the code says of what.
    Number(u64),
    /// A key, cut after 18 bytes.
    Key(Box<[u8]>),
    /// First and last of a run of pages.
    Pages(u64, u64),
    /// Words for a cause that has several forms.
    Words(String),
}

impl Detail {
    /// A key, cut after 18 bytes: the length of the longest key of a record. A damaged size makes a value's bytes part of its
    /// key, and those are nobody's business.
    pub(crate) fn key(key: &[u8]) -> Self {
        Self::Key(key.get(..18).unwrap_or(key).into())
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
            Code::MetaTruncated => write!(f, "the file ends before meta {found}"),
            Code::MetaInvalid => write!(f, "meta {against} is invalid: {found}"),
            Code::MetaPageId => write!(f, "the page of meta {against} says it is page {found}"),
            Code::MetaPageFlags => write!(f, "the page of meta {against} says it is a {found} page"),
            Code::MetaPageSize => write!(f, "this meta says pages have {found} bytes, but they have {against}"),
            Code::MetaFlags => write!(f, "this meta has flags {found}; bbolt writes 0"),
            Code::MetaRootRange => write!(f, "root page {found} is not between 2 and the high-water mark {against}"),
            Code::MetaFreelistRange => {
                write!(f, "freelist page {found} is not between 2 and the high-water mark {against}")
            }
            Code::FileTruncated => write!(f, "the high-water mark needs {against} bytes, the file has {found}"),
            Code::MetaTxidGap => write!(f, "the metas are of transactions {found} and {against}, too far apart"),
            Code::MetaTxidEqual => write!(f, "both metas are of transaction {found}"),
            Code::MetaTxidParity => write!(f, "the metas of transactions {found} and {against} stand in odd slots"),
            Code::FreelistEof => write!(f, "the file ends before the freelist page"),
            Code::FreelistCount => write!(f, "the freelist says {found} ids, its pages hold {against}"),
            Code::FreelistRange => {
                write!(f, "free page {found} is not between 2 and the high-water mark {against}")
            }
            Code::FreelistDup => write!(f, "page {found} is on the freelist twice"),
            Code::FreelistUnsorted => write!(f, "the freelist is not sorted: {found} follows {against}"),
            Code::ReachableFreed => write!(f, "{found} in use and on the freelist"),
            Code::UnreachableUnfreed => write!(f, "{found} neither in use nor on the freelist"),
            Code::PgidRange => write!(f, "page id {found} is not between 2 and the high-water mark {against}"),
            Code::PageEof => write!(f, "the file ends before this page"),
            Code::PageId => write!(f, "the page says it is page {found}"),
            Code::PageType => write!(f, "the page is {found}, not {against}"),
            Code::OverflowRange => write!(f, "{found} overflow pages pass the high-water mark {against}"),
            Code::PageTruncated => write!(f, "the file ends after {found} of the page's {against} bytes"),
            Code::DoubleRef => write!(f, "the page is used twice"),
            Code::Depth => write!(f, "the tree is deeper than {against} levels"),
            Code::UnevenDepth => write!(f, "a {found} page at level {against}, where others are not"),
            Code::CountSpace => write!(f, "{found} elements do not fit into {against} bytes"),
            Code::CountMax => write!(f, "the element count 65535 is impossible"),
            Code::EmptyPage => write!(f, "the {found} page has no elements"),
            Code::SingleChild => write!(f, "the branch page has one element, bbolt needs two"),
            Code::OverflowWaste => write!(f, "{found} overflow pages where {against} are enough"),
            Code::KeyEmpty => write!(f, "the key has no bytes"),
            Code::KeySize => write!(f, "the key has {found} bytes, bbolt accepts {against}"),
            Code::ValueSize => write!(f, "the value has {found} bytes, bbolt accepts {against}"),
            Code::ElemBounds => write!(f, "bytes {found} lie outside the page's {against}"),
            Code::ElemOverlap => write!(f, "the element overlaps element {against}"),
            Code::ElemLayout => write!(f, "the key is at byte {found} of the page, packed it would be at {against}"),
            Code::ElemFlags => write!(f, "element flags {found} do not exist"),
            Code::SlackNonzero => write!(f, "bytes behind the last element (from {found}) are not zero"),
            Code::KeyOrder => write!(f, "key {found} is below the key before it, {against}"),
            Code::KeyDup => write!(f, "key {found} stands here twice"),
            Code::KeyBelowParent => write!(f, "first key {found} is below the parent's key {against}"),
            Code::KeyNotParent => write!(f, "first key {found} is not the parent's key {against}"),
            Code::KeyAboveParent => write!(f, "key {found} is not below the parent's next key {against}"),
            Code::BucketHeader => write!(f, "the bucket {against} has {found} bytes, its header needs 16"),
            Code::BucketValueSize => write!(f, "the bucket {against} has {found} bytes instead of 16"),
            Code::InlineShort => write!(f, "the inline bucket {against} has {found} bytes, its headers need 32"),
            Code::InlineType => write!(f, "the inline bucket {against} holds a {found} page, not a leaf"),
            Code::InlineHeader => write!(f, "the page inside the inline bucket {against} has an id or overflow"),
            Code::InlineNested => write!(f, "the bucket {found} stands inside an inline bucket"),
            Code::InlineBig => write!(f, "the inline bucket {against} has {found} bytes, more than bbolt writes"),
            Code::TailNonzero => write!(f, "{found} bytes behind the high-water mark are not all zero"),
        }
    }
}

/// The problems of one file: all counted, of each code only the first so many kept.
pub type Problems = Collector<StructureProblem>;

impl Counted for StructureProblem {
    const KINDS: usize = Code::ALL.len();

    fn kind(&self) -> usize {
        self.code as usize
    }

    fn hidden_bucket(&self) -> Option<u32> {
        self.bucket.filter(|_| self.code.hides_content())
    }
}

impl Problems {
    /// How many there are of one code, kept or not.
    pub fn count(&self, code: Code) -> u64 {
        self.count_of(code as usize)
    }

    /// Codes that were found, with their counts.
    pub fn codes(&self) -> impl Iterator<Item = (Code, u64)> {
        Code::ALL.iter().map(|code| (*code, self.count(*code))).filter(|(_, count)| *count > 0)
    }

    /// The most serious grade found.
    pub fn worst(&self) -> Option<Grade> {
        self.codes().map(|(code, _)| code.grade()).max()
    }
}
