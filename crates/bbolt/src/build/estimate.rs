//! [`SizeEstimate`]: the size that a built file would have, computed from the sizes of its elements.
//!
//! A [`SizeEstimate`] packs one bucket as [`Builder`](super::Builder) would, but keeps only counts. Parts of a bucket
//! may be measured separately and [merged](SizeEstimate::merge) in any order. A few leaves are then packed differently
//! than in a file that is built in one pass, so the result is an estimate. Measured in one pass it is exact except for
//! the keys of branches, of which only the mean length is known.

use super::bytes::{ELEMENT_SIZE, MOST_ELEMENTS, PAGE_HEADER_SIZE};
use super::leaf::fits_leaf;
use super::options::BuildOptions;
use super::tree_builder::inline_limit;
use crate::format::BUCKET_HEADER;

/// The size that one bucket would have in a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SizeEstimate {
    page_size: u64,
    /// Bytes of a page that is full.
    limit: u64,
    inline_limit: u64,
    /// Number of complete leaves, and of their pages with overflow.
    leaves: u64,
    pages: u64,
    /// Bytes of the first keys of all leaves together.
    first_keys: u64,
    /// The leaf that is being filled: number of its elements, and its bytes with the header.
    open_elements: u64,
    open_bytes: u64,
    has_buckets: bool,
    /// Pages of the buckets inside.
    nested: u64,
}

/// The space that a bucket would need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BucketSize {
    /// It would be inline, with a value of this many bytes.
    Inline(u64),
    /// It would have this many pages, with those of the buckets inside it.
    Pages(u64),
}

impl SizeEstimate {
    /// The estimate of an empty bucket in a file built with these options.
    pub fn new(options: &BuildOptions) -> Self {
        let page_size = u64::from(options.page_size);
        Self {
            page_size,
            limit: page_size * u64::from(options.fill_percent) / 100,
            inline_limit: inline_limit(options.page_size).into(),
            leaves: 0,
            pages: 0,
            first_keys: 0,
            open_elements: 0,
            open_bytes: PAGE_HEADER_SIZE.into(),
            has_buckets: false,
            nested: 0,
        }
    }

    /// Adds the next element, with a key and a value of these lengths.
    #[inline]
    pub fn put(&mut self, key: u64, value: u64) {
        let bytes = u64::from(ELEMENT_SIZE) + key + value;
        let open = (self.open_elements, self.open_bytes);
        if self.open_elements > 0 && !fits_leaf(open, bytes, self.limit, self.page_size) {
            self.close();
        }
        if self.open_elements == 0 {
            self.first_keys += key;
        }
        self.open_elements += 1;
        self.open_bytes += bytes;
    }

    /// Adds the next element, which is a bucket with a name of this length and of this size.
    pub fn bucket(&mut self, name: u64, size: BucketSize) {
        let (value, pages) = match size {
            BucketSize::Inline(bytes) => (bytes, 0),
            BucketSize::Pages(pages) => (BUCKET_HEADER as u64, pages),
        };
        self.put(name, value);
        self.nested += pages;
        self.has_buckets = true;
    }

    /// Completes the open leaf.
    fn close(&mut self) {
        self.leaves += 1;
        self.pages += self.open_bytes.div_ceil(self.page_size);
        self.open_elements = 0;
        self.open_bytes = PAGE_HEADER_SIZE.into();
    }

    /// Adds the elements of another part of the same bucket.
    pub fn merge(&mut self, other: &Self) {
        self.leaves += other.leaves;
        self.pages += other.pages;
        self.first_keys += other.first_keys;
        self.has_buckets |= other.has_buckets;
        self.nested += other.nested;
        if other.open_elements == 0 {
            return;
        }
        let open = other.open_bytes - u64::from(PAGE_HEADER_SIZE);
        if self.open_elements > 0 && self.open_bytes + open > self.limit {
            self.close();
        } else if self.open_elements > 0 {
            // Two leaves become one, so there is one first key less.
            self.first_keys -= self.first_keys / (self.leaves + 2);
        }
        self.open_elements += other.open_elements;
        self.open_bytes += open;
    }

    /// The size of the bucket after all elements were added.
    pub fn bucket_size(mut self) -> BucketSize {
        if self.leaves == 0 && !self.has_buckets && self.open_bytes <= self.inline_limit {
            return BucketSize::Inline(BUCKET_HEADER as u64 + self.open_bytes);
        }
        if self.open_elements > 0 || self.leaves == 0 {
            self.close();
        }
        BucketSize::Pages(self.pages + self.branch_pages() + self.nested)
    }

    /// Number of pages of a file with this root bucket, which is never inline, including the metas.
    pub fn file_pages(mut self) -> u64 {
        self.has_buckets = true;
        match self.bucket_size() {
            BucketSize::Pages(pages) => pages + 2,
            BucketSize::Inline(_) => 2,
        }
    }

    /// Number of branch pages, assuming that all keys have the mean length.
    fn branch_pages(&self) -> u64 {
        let header = u64::from(PAGE_HEADER_SIZE);
        let child = u64::from(ELEMENT_SIZE) + self.first_keys / self.leaves.max(1);
        let children = (self.limit.saturating_sub(header) / child).clamp(2, MOST_ELEMENTS.into());
        let (mut level, mut pages) = (self.leaves, 0);
        // Ends, because a branch has at least two children.
        while level > 1 {
            let branches = level.div_ceil(children);
            pages += branches * (header + child * children.min(level)).div_ceil(self.page_size);
            level = branches;
        }
        pages
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::super::{BuildError, Builder};
    use super::*;

    /// Pages of a built file and of its estimate, for a bucket of values of these sizes, measured in `parts` parts.
    fn both(sizes: &[usize], parts: usize, page_size: u32) -> (u64, u64) {
        let options = BuildOptions { page_size, ..BuildOptions::default() };
        let mut file = Cursor::new(Vec::new());
        let mut builder = Builder::new(&mut file, &options).expect("options");
        let fill = |builder: &mut Builder<_>| {
            (0_u64..).zip(sizes).try_for_each(|(number, size)| builder.put(&number.to_be_bytes(), &vec![1; *size]))
        };
        builder.bucket::<BuildError>(b"key", 0, fill).expect("builds");
        let built = builder.finish().expect("builds").high_water_mark;

        let mut bucket = SizeEstimate::new(&options);
        for part in sizes.chunks(sizes.len().div_ceil(parts).max(1)) {
            let mut estimate = SizeEstimate::new(&options);
            for size in part {
                estimate.put(8, *size as u64);
            }
            bucket.merge(&estimate);
        }
        let mut root = SizeEstimate::new(&options);
        root.bucket(3, bucket.bucket_size());
        (built, root.file_pages())
    }

    #[test]
    fn measured_in_one_go_it_is_exact() {
        let odd: Vec<usize> = (0..5_000).map(|number| number * number % 3_000).collect();
        let (small, mixed) = (vec![20; 40_000], [100_000, 5, 70_000]);
        for sizes in [&[][..], &[1], &[1000], &[1010], &[900; 3], &small, &mixed, &odd] {
            for page_size in [512, 4096, 16384] {
                let (built, estimated) = both(sizes, 1, page_size);
                assert_eq!(built, estimated, "{} elements, pages of {page_size}", sizes.len());
            }
        }
    }

    #[test]
    fn measured_in_parts_it_is_close() {
        let sizes: Vec<usize> = (0..30_000).map(|number| number * number % 3_000).collect();
        for parts in [2, 7, 60] {
            let (built, estimated) = both(&sizes, parts, 4096);
            assert!(built.abs_diff(estimated) <= built / 200, "{parts} parts: {estimated} for {built}");
        }
    }
}
