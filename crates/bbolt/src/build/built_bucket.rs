//! [`BuiltBucket`]: a finished bucket, and the value of its element in the parent bucket.

use super::bytes::header;
use super::leaf::Leaf;
use crate::format::{BUCKET_HEADER, ByteOrder, PageKind};

/// A finished bucket: where its elements are.
#[derive(Debug)]
pub(crate) enum BuiltBucket {
    /// In a tree of pages with this root.
    Page(u64),
    /// In the bucket's own value.
    Inline(Leaf),
}

impl BuiltBucket {
    /// Encodes the value of the bucket's element in its parent.
    pub(crate) fn value(&self, order: ByteOrder, sequence: u64) -> Vec<u8> {
        let (root, image) = match self {
            Self::Page(root) => (*root, 0),
            Self::Inline(leaf) => (0, leaf.bytes() as usize),
        };
        let mut value = Vec::with_capacity(BUCKET_HEADER + image);
        value.extend_from_slice(&order.bytes_of_u64(root));
        value.extend_from_slice(&order.bytes_of_u64(sequence));
        if let Self::Inline(leaf) = self {
            header(&mut value, order, 0, PageKind::Leaf, leaf.count(), 0);
            leaf.write_body(order, &mut value);
        }
        value
    }
}
