//! [`PageChecker`]: the rules for the content of one branch or leaf page: element table, bounds, packing, key order, slack.

use etcdsnap_checksum::is_zero;

use crate::bucket::BucketHeader;
use crate::format::{BUCKET_FLAG, BUCKET_HEADER, COUNT_OVERFLOW, MAX_KEY, MAX_VALUE, PAGE_HEADER, PageKind};
use crate::page::{ElementFields, Page};
use crate::problem::{Detail, Problems, StructureCode, StructureProblem};

/// What the parent of a page says about its keys.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bounds<'a> {
    /// The parent's key for the page; its first key must equal it.
    pub low: Option<&'a [u8]>,
    /// The parent's next key; all keys must be below it.
    pub high: Option<&'a [u8]>,
    /// Is it the root page of its bucket?
    pub root: bool,
}

/// A bucket found in an element of a leaf, which the walk visits next.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FoundBucket<'a> {
    pub element: u16,
    /// Byte offset of its name in the file.
    pub offset: u64,
    pub name: &'a [u8],
    pub header: BucketHeader,
    /// The page inside the value, when the bucket is inline and the page can be read.
    pub inline: Option<Page<'a>>,
}

/// What the walk needs to know of a page after its check.
#[derive(Debug, Default)]
pub(crate) struct CheckedPage<'a> {
    /// The bytes from the first key to the last value, when they are packed without a gap and no value is a bucket.
    pub packed: Option<&'a [u8]>,
    /// Number of elements, counted from the first, that may be read: all, unless they exceed the
    /// [budget](Page::element_budget).
    pub readable: u16,
    /// Keys that are not buckets.
    pub keys: u64,
    pub buckets: Vec<FoundBucket<'a>>,
}

/// Checks one page and reports problems; made and used up for each page.
pub(crate) struct PageChecker<'a, 'p> {
    pub page: Page<'a>,
    pub bucket: u32,
    pub bounds: Bounds<'a>,
    pub page_size: u32,
    pub problems: &'p mut Problems,
}

impl<'a> PageChecker<'a, '_> {
    fn report(&mut self, code: StructureCode, element: Option<u16>, at: u64, found: Detail, against: Detail) {
        let offset = self.page.offset.saturating_add(at);
        let page = self.page.position;
        self.problems.push(StructureProblem { bucket: Some(self.bucket), page, element, code, offset, found, against });
    }

    /// Checks element table, elements, key order and slack, reports every problem, and returns what the walk goes on with.
    pub fn check(mut self) -> CheckedPage<'a> {
        let page = self.page;
        let table_end = page.table_end();
        let limit = page.run.len() as u64;
        if table_end > limit {
            let count = Detail::Number(page.count.into());
            self.report(StructureCode::CountSpace, None, 0, count, Detail::Number(limit - PAGE_HEADER as u64));
            return CheckedPage { readable: page.count, ..CheckedPage::default() };
        }
        self.check_count();
        let mut checked = CheckedPage::default();
        let mut scan = ElementScan {
            packed_at: table_end,
            previous: None,
            highest: None,
            disordered: false,
            spans: Vec::new(),
            gaps: false,
            has_buckets: false,
            budget: Some(page.element_budget()),
        };
        for index in 0..page.count {
            let fields = match page.kind {
                PageKind::Branch => page.branch_fields(index).map(|(fields, _)| fields),
                _ => page.leaf_fields(index),
            };
            let Some(fields) = fields else { break };
            self.check_element(index, fields, &mut scan, &mut checked);
            if scan.budget.is_none() {
                break;
            }
            checked.readable = index.saturating_add(1);
        }
        self.check_upper_bound(&scan);
        self.check_overlaps(&mut scan);
        self.check_slack(scan.packed_at.max(scan.spans.iter().map(|(_, end, _)| *end).max().unwrap_or(0)));
        if !scan.gaps && !scan.has_buckets && page.kind == PageKind::Leaf {
            let start = usize::try_from(table_end).unwrap_or(usize::MAX);
            checked.packed = page.run.get(start..usize::try_from(scan.packed_at).unwrap_or(0));
        }
        checked
    }

    fn check_count(&mut self) {
        let page = self.page;
        let kind = || Detail::Words(page.kind.to_string());
        if page.count == COUNT_OVERFLOW {
            self.report(StructureCode::CountMax, None, 10, Detail::None, Detail::None);
        }
        if page.count == 0 && (page.kind == PageKind::Branch || !self.bounds.root) {
            self.report(StructureCode::EmptyPage, None, 10, kind(), Detail::None);
        }
        if page.count == 1 && page.kind == PageKind::Branch {
            self.report(StructureCode::SingleChild, None, 10, kind(), Detail::None);
        }
    }

    #[inline]
    fn check_element(
        &mut self,
        index: u16,
        fields: ElementFields,
        scan: &mut ElementScan<'a>,
        checked: &mut CheckedPage<'a>,
    ) {
        let page = self.page;
        if fields.flags > BUCKET_FLAG || fields.key_size > MAX_KEY || fields.value_size > MAX_VALUE {
            self.check_fields(index, &fields);
        }
        let Some((key, value)) = page.key_and_value(&fields) else {
            scan.begin_gap(page.table_end(), index);
            if fields.key_size == 0 {
                self.report(StructureCode::KeyEmpty, Some(index), fields.key, Detail::None, Detail::None);
            }
            let bytes = Detail::Words(format!("{} to {}", fields.key, fields.end()));
            let room = Detail::Words(format!("{} to {}", page.table_end(), page.run.len()));
            self.report(StructureCode::ElemBounds, Some(index), fields.key, bytes, room);
            return;
        };
        // When the budget is used up, enough elements have been seen to tell which overlap.
        scan.budget = scan.budget.and_then(|budget| budget.checked_sub((key.len() + value.len()) as u64));
        if scan.budget.is_none() {
            return;
        }
        if fields.key != scan.packed_at || scan.gaps {
            self.note_unpacked(index, &fields, scan);
        }
        scan.packed_at = fields.end();
        if key.is_empty() {
            self.report(StructureCode::KeyEmpty, Some(index), fields.key, Detail::None, Detail::None);
        } else {
            self.check_order(index, &fields, key, scan);
        }
        if page.kind == PageKind::Branch {
            return;
        }
        if fields.flags & BUCKET_FLAG == 0 {
            checked.keys += 1;
            return;
        }
        scan.has_buckets = true;
        if !key.is_empty()
            && let Some(found) = self.check_bucket_value(index, &fields, key, value)
        {
            checked.buckets.push(found);
        }
    }

    #[cold]
    fn check_fields(&mut self, index: u16, fields: &ElementFields) {
        if fields.flags & !BUCKET_FLAG != 0 {
            let flags = Detail::Words(format!("{:#x}", fields.flags));
            self.report(StructureCode::ElemFlags, Some(index), fields.key, flags, Detail::None);
        }
        let (key_size, value_size) = (u64::from(fields.key_size), u64::from(fields.value_size));
        if fields.key_size > MAX_KEY {
            let (found, against) = (Detail::Number(key_size), Detail::Number(MAX_KEY.into()));
            self.report(StructureCode::KeySize, Some(index), fields.key, found, against);
        }
        if fields.value_size > MAX_VALUE {
            let (found, against) = (Detail::Number(value_size), Detail::Number(MAX_VALUE.into()));
            self.report(StructureCode::ValueSize, Some(index), fields.key, found, against);
        }
    }

    /// Remembers where an element lies, from the first gap on, so that overlaps can be found.
    #[cold]
    fn note_unpacked(&mut self, index: u16, fields: &ElementFields, scan: &mut ElementScan<'a>) {
        scan.begin_gap(self.page.table_end(), index);
        if fields.key != scan.packed_at {
            let (found, against) = (Detail::Number(fields.key), Detail::Number(scan.packed_at));
            self.report(StructureCode::ElemLayout, Some(index), fields.key, found, against);
        }
        scan.spans.push((fields.key, fields.end(), index));
    }

    #[inline]
    fn check_order(&mut self, index: u16, fields: &ElementFields, key: &'a [u8], scan: &mut ElementScan<'a>) {
        match scan.previous {
            None if index == 0 => {
                if let Some(low) = self.bounds.low.filter(|low| *low != key) {
                    let code = if key < low { StructureCode::KeyBelowParent } else { StructureCode::KeyNotParent };
                    self.report(code, Some(index), fields.key, Detail::key(key), Detail::key(low));
                }
            }
            Some(previous) if key <= previous => {
                scan.disordered = true;
                let code = if key == previous { StructureCode::KeyDup } else { StructureCode::KeyOrder };
                self.report(code, Some(index), fields.key, Detail::key(key), Detail::key(previous));
            }
            _ => {}
        }
        if !scan.disordered || scan.highest.is_none_or(|(highest, _)| key > highest) {
            scan.highest = Some((key, index));
        }
        scan.previous = Some(key);
    }

    fn check_upper_bound(&mut self, scan: &ElementScan<'a>) {
        if let (Some(high), Some((key, index))) = (self.bounds.high, scan.highest)
            && key >= high
        {
            let at = self.page.table_end();
            self.report(StructureCode::KeyAboveParent, Some(index), at, Detail::key(key), Detail::key(high));
        }
    }

    fn check_overlaps(&mut self, scan: &mut ElementScan<'a>) {
        scan.spans.sort_unstable();
        for pair in scan.spans.windows(2) {
            if let [(_, end, first), (start, _, second)] = pair
                && start < end
            {
                let (first, second) = (*first, *second);
                self.report(
                    StructureCode::ElemOverlap,
                    Some(second),
                    *start,
                    Detail::None,
                    Detail::Number(first.into()),
                );
                return;
            }
        }
    }

    /// Checks the slack, which is what follows the last element: no more overflow pages than needed, and only zeros.
    fn check_slack(&mut self, used: u64) {
        let page = self.page;
        if page.position.is_some() {
            let needed = used.div_ceil(self.page_size.into()).max(1) - 1;
            if needed < u64::from(page.overflow) {
                let found = Detail::Number(page.overflow.into());
                self.report(StructureCode::OverflowWaste, None, 12, found, Detail::Number(needed));
            }
        }
        let slack = usize::try_from(used).ok().and_then(|used| page.run.get(used..)).unwrap_or_default();
        if !is_zero(slack) {
            self.report(StructureCode::SlackNonzero, None, used, Detail::Number(used), Detail::None);
        }
    }

    #[cold]
    fn check_bucket_value(
        &mut self,
        element: u16,
        fields: &ElementFields,
        name: &'a [u8],
        value: &'a [u8],
    ) -> Option<FoundBucket<'a>> {
        let (page, page_size) = (self.page, self.page_size);
        let mut report = |code, found| self.report(code, Some(element), fields.key, found, Detail::key(name));
        let size = Detail::Number(value.len() as u64);
        let Some(header) = BucketHeader::parse(value, page.order) else {
            report(StructureCode::BucketHeader, size);
            return None;
        };
        if page.position.is_none() {
            report(StructureCode::InlineNested, Detail::key(name));
            return None;
        }
        if header.root != 0 {
            if value.len() != BUCKET_HEADER {
                report(StructureCode::BucketValueSize, size);
            }
            return Some(FoundBucket { element, offset: page.offset + fields.key, name, header, inline: None });
        }
        let image = value.get(BUCKET_HEADER..).unwrap_or_default();
        let offset = page.offset + fields.end() - image.len() as u64;
        let Some(inline) = Page::parse(image, page.order, None, offset) else {
            report(StructureCode::InlineShort, size);
            return None;
        };
        if inline.kind != PageKind::Leaf {
            report(StructureCode::InlineType, Detail::Words(inline.kind.to_string()));
            return None;
        }
        if inline.id != 0 || inline.overflow != 0 {
            report(StructureCode::InlineHeader, Detail::None);
        }
        if image.len() > page_size as usize / 4 {
            report(StructureCode::InlineBig, Detail::Number(image.len() as u64));
        }
        Some(FoundBucket { element, offset: page.offset + fields.key, name, header, inline: Some(inline) })
    }
}

/// State that is carried from one element of a page to the next.
struct ElementScan<'a> {
    /// Offset at which the next key begins if elements are packed.
    packed_at: u64,
    previous: Option<&'a [u8]>,
    highest: Option<(&'a [u8], u16)>,
    /// Is there a key that is not above the one before it? Otherwise the last key is the highest.
    disordered: bool,
    /// Start, end and index of elements, collected from the first gap on.
    spans: Vec<(u64, u64, u16)>,
    gaps: bool,
    /// Is there an element with the flag of a bucket, whether its value is one or not?
    has_buckets: bool,
    /// What is left of the page's [budget](Page::element_budget); `None` when it is exceeded.
    budget: Option<u64>,
}

impl ElementScan<'_> {
    /// Remembers the packed elements before `index` as one span; from here on spans are collected one by one.
    fn begin_gap(&mut self, table_end: u64, index: u16) {
        if !self.gaps {
            self.spans.push((table_end, self.packed_at, index.saturating_sub(1)));
            self.gaps = true;
        }
    }
}
