//! The rules that one page has to keep, whatever tree it is in: table, bounds, packing, order, slack.

use crate::bucket::BucketHeader;
use crate::format::{BUCKET_FLAG, BUCKET_HEADER, COUNT_OVERFLOW, MAX_KEY, MAX_VALUE, PAGE_HEADER, PageKind};
use crate::page::{ElementFields, Page};
use crate::problem::{Code, Detail, Problems, StructureProblem};

/// What a page's parent says about it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bounds<'a> {
    /// The parent's key for the page; its first key must equal it.
    pub low: Option<&'a [u8]>,
    /// The parent's next key; all keys must be below it.
    pub high: Option<&'a [u8]>,
    /// Is it the root of its bucket?
    pub root: bool,
}

/// A bucket found among the elements of a leaf.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FoundBucket<'a> {
    pub element: u16,
    /// Byte offset of its name in the file.
    pub offset: u64,
    pub name: &'a [u8],
    pub header: BucketHeader,
    /// The page inside the value, when the bucket is inline and that page can be read.
    pub inline: Option<Page<'a>>,
}

/// What the rules leave to say about a page.
#[derive(Debug, Default)]
pub(crate) struct CheckedPage<'a> {
    /// First key to last value, when they are packed without a gap and hold no buckets.
    pub packed: Option<&'a [u8]>,
    /// Elements from the first on that can be read: all, unless they [share too many bytes](Page::room).
    pub admitted: u16,
    /// Plain keys.
    pub keys: u64,
    pub buckets: Vec<FoundBucket<'a>>,
}

/// One page under examination and where to complain.
pub(crate) struct PageChecker<'a, 'p> {
    pub page: Page<'a>,
    pub bucket: u32,
    pub bounds: Bounds<'a>,
    pub page_size: u32,
    pub problems: &'p mut Problems,
}

impl<'a> PageChecker<'a, '_> {
    fn report(&mut self, code: Code, element: Option<u16>, at: u64, found: Detail, against: Detail) {
        let offset = self.page.offset.saturating_add(at);
        let page = self.page.position;
        self.problems.push(StructureProblem { bucket: Some(self.bucket), page, element, code, offset, found, against });
    }

    /// Checks table, elements, order and slack; reports every violation and returns what is sound.
    pub fn check(mut self) -> CheckedPage<'a> {
        let page = self.page;
        let table_end = page.table_end();
        let limit = page.run.len() as u64;
        if table_end > limit {
            let count = Detail::Number(page.count.into());
            self.report(Code::CountSpace, None, 0, count, Detail::Number(limit - PAGE_HEADER as u64));
            return CheckedPage { admitted: page.count, ..CheckedPage::default() };
        }
        self.check_count();
        let mut body = CheckedPage::default();
        let mut scan = ElementScan {
            packed_at: table_end,
            previous: None,
            highest: None,
            disordered: false,
            spans: Vec::new(),
            gaps: false,
            has_buckets: false,
            room: Some(page.element_budget()),
        };
        for index in 0..page.count {
            let span = match page.kind {
                PageKind::Branch => page.branch_fields(index).map(|(span, _)| span),
                _ => page.leaf_fields(index),
            };
            let Some(span) = span else { break };
            self.check_element(index, span, &mut scan, &mut body);
            if scan.room.is_none() {
                break;
            }
            body.admitted = index.saturating_add(1);
        }
        self.check_upper_bound(&scan);
        self.check_overlaps(&mut scan);
        self.check_slack(scan.packed_at.max(scan.spans.iter().map(|(_, end, _)| *end).max().unwrap_or(0)));
        if !scan.gaps && !scan.has_buckets && page.kind == PageKind::Leaf {
            let start = usize::try_from(table_end).unwrap_or(usize::MAX);
            body.packed = page.run.get(start..usize::try_from(scan.packed_at).unwrap_or(0));
        }
        body
    }

    fn check_count(&mut self) {
        let page = self.page;
        let kind = || Detail::Words(page.kind.to_string());
        if page.count == COUNT_OVERFLOW {
            self.report(Code::CountMax, None, 10, Detail::None, Detail::None);
        }
        if page.count == 0 && (page.kind == PageKind::Branch || !self.bounds.root) {
            self.report(Code::EmptyPage, None, 10, kind(), Detail::None);
        }
        if page.count == 1 && page.kind == PageKind::Branch {
            self.report(Code::SingleChild, None, 10, kind(), Detail::None);
        }
    }

    #[inline]
    fn check_element(
        &mut self,
        index: u16,
        span: ElementFields,
        scan: &mut ElementScan<'a>,
        body: &mut CheckedPage<'a>,
    ) {
        let page = self.page;
        if span.flags > BUCKET_FLAG || span.key_size > MAX_KEY || span.value_size > MAX_VALUE {
            self.check_fields(index, &span);
        }
        let Some((key, value)) = page.key_and_value(&span) else {
            scan.begin_gap(page.table_end(), index);
            if span.key_size == 0 {
                self.report(Code::KeyEmpty, Some(index), span.key, Detail::None, Detail::None);
            }
            let bytes = Detail::Words(format!("{} to {}", span.key, span.end()));
            let room = Detail::Words(format!("{} to {}", page.table_end(), page.run.len()));
            self.report(Code::ElemBounds, Some(index), span.key, bytes, room);
            return;
        };
        // Enough elements are seen by then to tell which overlap.
        scan.room = scan.room.and_then(|room| room.checked_sub((key.len() + value.len()) as u64));
        if scan.room.is_none() {
            return;
        }
        if span.key != scan.packed_at || scan.gaps {
            self.note_unpacked(index, &span, scan);
        }
        scan.packed_at = span.end();
        if key.is_empty() {
            self.report(Code::KeyEmpty, Some(index), span.key, Detail::None, Detail::None);
        } else {
            self.check_order(index, &span, key, scan);
        }
        if page.kind == PageKind::Branch {
            return;
        }
        if span.flags & BUCKET_FLAG == 0 {
            body.keys += 1;
            return;
        }
        scan.has_buckets = true;
        if !key.is_empty()
            && let Some(found) = self.check_bucket_value(index, &span, key, value)
        {
            body.buckets.push(found);
        }
    }

    #[cold]
    fn check_fields(&mut self, index: u16, span: &ElementFields) {
        if span.flags & !BUCKET_FLAG != 0 {
            let flags = Detail::Words(format!("{:#x}", span.flags));
            self.report(Code::ElemFlags, Some(index), span.key, flags, Detail::None);
        }
        let (key_size, value_size) = (u64::from(span.key_size), u64::from(span.value_size));
        if span.key_size > MAX_KEY {
            let (found, against) = (Detail::Number(key_size), Detail::Number(MAX_KEY.into()));
            self.report(Code::KeySize, Some(index), span.key, found, against);
        }
        if span.value_size > MAX_VALUE {
            let (found, against) = (Detail::Number(value_size), Detail::Number(MAX_VALUE.into()));
            self.report(Code::ValueSize, Some(index), span.key, found, against);
        }
    }

    /// From the first gap on, spans are kept to look for overlaps.
    #[cold]
    fn note_unpacked(&mut self, index: u16, span: &ElementFields, scan: &mut ElementScan<'a>) {
        scan.begin_gap(self.page.table_end(), index);
        if span.key != scan.packed_at {
            let (found, against) = (Detail::Number(span.key), Detail::Number(scan.packed_at));
            self.report(Code::ElemLayout, Some(index), span.key, found, against);
        }
        scan.spans.push((span.key, span.end(), index));
    }

    #[inline]
    fn check_order(&mut self, index: u16, span: &ElementFields, key: &'a [u8], scan: &mut ElementScan<'a>) {
        match scan.previous {
            None if index == 0 => {
                if let Some(low) = self.bounds.low.filter(|low| *low != key) {
                    let code = if key < low { Code::KeyBelowParent } else { Code::KeyNotParent };
                    self.report(code, Some(index), span.key, Detail::key(key), Detail::key(low));
                }
            }
            Some(previous) if key <= previous => {
                scan.disordered = true;
                let code = if key == previous { Code::KeyDup } else { Code::KeyOrder };
                self.report(code, Some(index), span.key, Detail::key(key), Detail::key(previous));
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
            self.report(Code::KeyAboveParent, Some(index), at, Detail::key(key), Detail::key(high));
        }
    }

    fn check_overlaps(&mut self, scan: &mut ElementScan<'a>) {
        scan.spans.sort_unstable();
        for pair in scan.spans.windows(2) {
            if let [(_, end, first), (start, _, second)] = pair
                && start < end
            {
                let (first, second) = (*first, *second);
                self.report(Code::ElemOverlap, Some(second), *start, Detail::None, Detail::Number(first.into()));
                return;
            }
        }
    }

    /// What follows the last element: no more overflow pages than needed, and zeros.
    fn check_slack(&mut self, used: u64) {
        let page = self.page;
        if page.position.is_some() {
            let needed = used.div_ceil(self.page_size.into()).max(1) - 1;
            if needed < u64::from(page.overflow) {
                let found = Detail::Number(page.overflow.into());
                self.report(Code::OverflowWaste, None, 12, found, Detail::Number(needed));
            }
        }
        let slack = usize::try_from(used).ok().and_then(|used| page.run.get(used..)).unwrap_or_default();
        if !is_zero(slack) {
            self.report(Code::SlackNonzero, None, used, Detail::Number(used), Detail::None);
        }
    }

    #[cold]
    fn check_bucket_value(
        &mut self,
        element: u16,
        span: &ElementFields,
        name: &'a [u8],
        value: &'a [u8],
    ) -> Option<FoundBucket<'a>> {
        let (page, page_size) = (self.page, self.page_size);
        let mut complain = |code, found| self.report(code, Some(element), span.key, found, Detail::key(name));
        let size = Detail::Number(value.len() as u64);
        let Some(header) = BucketHeader::parse(value, page.order) else {
            complain(Code::BucketHeader, size);
            return None;
        };
        if page.position.is_none() {
            complain(Code::InlineNested, Detail::key(name));
            return None;
        }
        if header.root != 0 {
            if value.len() != BUCKET_HEADER {
                complain(Code::BucketValueSize, size);
            }
            return Some(FoundBucket { element, offset: page.offset + span.key, name, header, inline: None });
        }
        let image = value.get(BUCKET_HEADER..).unwrap_or_default();
        let offset = page.offset + span.end() - image.len() as u64;
        let Some(inline) = Page::parse(image, page.order, None, offset) else {
            complain(Code::InlineShort, size);
            return None;
        };
        if inline.kind != PageKind::Leaf {
            complain(Code::InlineType, Detail::Words(inline.kind.to_string()));
            return None;
        }
        if inline.id != 0 || inline.overflow != 0 {
            complain(Code::InlineHeader, Detail::None);
        }
        if image.len() > page_size as usize / 4 {
            complain(Code::InlineBig, Detail::Number(image.len() as u64));
        }
        Some(FoundBucket { element, offset: page.offset + span.key, name, header, inline: Some(inline) })
    }
}

/// What is remembered from element to element.
struct ElementScan<'a> {
    /// Where the next key begins when elements are packed.
    packed_at: u64,
    previous: Option<&'a [u8]>,
    highest: Option<(&'a [u8], u16)>,
    /// Was a key not above the one before it? Otherwise the last one is the highest.
    disordered: bool,
    /// Start, end and index of elements, collected only once a gap was seen.
    spans: Vec<(u64, u64, u16)>,
    gaps: bool,
    /// Is an element marked as a bucket, be it one or not?
    has_buckets: bool,
    /// What is left of the page's [room](Page::room).
    room: Option<u64>,
}

impl ElementScan<'_> {
    /// Notes the packed elements before `index` as one span; from here on spans are collected one by one.
    fn begin_gap(&mut self, table_end: u64, index: u16) {
        if !self.gaps {
            self.spans.push((table_end, self.packed_at, index.saturating_sub(1)));
            self.gaps = true;
        }
    }
}

/// Are all bytes zero? Looks at whole blocks so that it runs at the speed of memory.
pub(crate) fn is_zero(bytes: &[u8]) -> bool {
    let (blocks, rest) = bytes.as_chunks::<64>();
    blocks.iter().all(|block| block.iter().fold(0, |all, byte| all | byte) == 0) && rest.iter().all(|byte| *byte == 0)
}
