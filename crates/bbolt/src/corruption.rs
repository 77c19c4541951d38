//! [`Corruption`]: the error of the readers ([`Bucket`](crate::Bucket), [`Cursor`](crate::Cursor)) in a damaged file.

/// Why a reader cannot go on: the first inconsistency on the way to what it wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Corruption {
    /// A page id that is below 2, not below the high-water mark, or beyond the end of the file.
    #[error("page {page} does not exist")]
    PageRange {
        /// The id.
        page: u64,
    },
    /// A page whose header has another id, or that is neither a branch nor a leaf.
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
    /// A page without elements that is not the root page of its bucket.
    #[error("page {page} is empty")]
    EmptyPage {
        /// The page.
        page: u64,
    },
    /// An element whose key is not above (or below, when moving backward) the one before it.
    #[error("element {element} of page {page} is out of order")]
    KeyOrder {
        /// The page.
        page: u64,
        /// Index of the element.
        element: u16,
    },
    /// A tree that is deeper than the most levels that are followed.
    #[error("the tree is too deep at page {page}")]
    TooDeep {
        /// The page that is too deep.
        page: u64,
    },
    /// The elements read so far have more bytes than the file, so some of them share bytes.
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
