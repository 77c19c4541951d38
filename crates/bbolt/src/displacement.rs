//! Finds the pages that stand beside their places, and with them where bytes of a file were lost or added.
//!
//! Every page with elements carries its own number, so in a whole file page 7 begins at 7 times the page size. Where bytes
//! were lost before it, it begins so many bytes earlier, and so do all pages after it; where bytes were added, later.
//! Verification asks here about a damaged file before it blames the end of it.

use crate::db::Db;
use crate::format::{BRANCH_POS, ByteOrder, ELEMENT, LEAF_POS, MAGIC, PAGE_HEADER, PageKind};

/// The most places that are looked for. Where there are more, something changed the whole file, and more of them say
/// nothing new.
const PLACES: u32 = 8;
/// How many bytes after a page are searched for the next one: several times the longest value that etcd accepts, 1.5 MiB
/// by default.
const SEARCH: u64 = 16 << 20;
/// The fewest bytes that are said to be repeated: fewer may be so by accident.
const CERTAIN: u64 = 16;

/// Where bytes of a file were lost or added, as its pages tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Displacement {
    /// The first page that was found beside its place.
    pub page: u64,
    /// How many bytes it begins after its place in a whole file; before it when negative.
    pub shift: i64,
    /// The last page before it that stands at its place.
    pub last_in_place: u64,
    /// The bytes were lost or added after this offset, that of the last byte of the header of `last_in_place`.
    pub after: u64,
    /// And before this offset, at which the displaced page begins.
    pub before: u64,
    /// No page after it stands as far from its place.
    pub alone: bool,
    /// The bytes that were added are those before them once more.
    pub repeated: bool,
    /// Places at which bytes were lost, this one included.
    pub lost: u32,
    /// Places at which bytes were added, this one included.
    pub added: u32,
    /// The shift of the last page that was found; `None` when there are more places than are looked for.
    pub at_end: Option<i64>,
}

impl Displacement {
    /// Looks at the pages of `db`; `None` when all that were found stand at their places.
    pub fn find(db: &Db<'_>) -> Option<Self> {
        let size = u64::from(db.page_size());
        let pages = Pages { bytes: db.bytes(), size, order: db.order(), count: db.meta().high_water_mark };
        let second = db.metas()[1].is_ok();
        pages.displacement(if second { size } else { 0 })
    }

    /// The same for a file without a usable meta, whose page size is a guess: a page [`alone`](Self::alone) proves nothing.
    pub fn find_without_meta(bytes: &[u8], page_size: u32) -> Option<Self> {
        let size = u64::from(page_size);
        // As many pages as a file could have had that lost half of its bytes.
        let count = (bytes.len() as u64).saturating_mul(2) / size.max(1);
        let magic = bytes.get(PAGE_HEADER..).and_then(|meta| ByteOrder::Big.u32(meta, 0));
        let order = if magic == Some(MAGIC) { ByteOrder::Big } else { ByteOrder::Little };
        let pages = Pages { bytes, size, order, count };
        pages.displacement(0)
    }

    /// In how many places the file was changed: so many, or more when [`at_end`](Self::at_end) is not known.
    pub fn places(&self) -> u32 {
        self.lost + self.added
    }
}

/// The bytes of a file as pages.
struct Pages<'a> {
    bytes: &'a [u8],
    size: u64,
    order: ByteOrder,
    /// The high-water mark.
    count: u64,
}

impl Pages<'_> {
    /// `meta` is the offset of the last meta page that stands at its place.
    fn displacement(&self, meta: u64) -> Option<Displacement> {
        let last = self.last(0, 2).and_then(|page| self.place(page, 0)).unwrap_or(0).max(meta);
        let (page, before) = self.next(last)?;
        let shift = self.shift(page, before)?;
        let after = last + PAGE_HEADER as u64;
        Some(self.follow(Displacement {
            page,
            shift,
            last_in_place: last / self.size,
            after,
            before,
            alone: self.last(shift, page.saturating_add(1)).is_none(),
            repeated: self.repeats(after, before, shift),
            lost: 0,
            added: 0,
            at_end: None,
        }))
    }

    /// Counts the places, from the first on.
    fn follow(&self, mut found: Displacement) -> Displacement {
        let (mut at, mut shift) = (found.before, 0);
        // Ends, because each round finds a page behind the one before, and there are no more than so many rounds.
        while found.places() < PLACES {
            let Some((page, moved)) = self.id(at).and_then(|page| Some((page, self.shift(page, at)?))) else { break };
            *(if moved < shift { &mut found.lost } else { &mut found.added }) += 1;
            shift = moved;
            let last = self.last(shift, page).and_then(|last| self.place(last, shift)).unwrap_or(at);
            match self.next(last.max(at)) {
                Some((_, next)) => at = next,
                None => return Displacement { at_end: Some(shift), ..found },
            }
        }
        found
    }

    /// The last page from `first` on that begins so many bytes after its place.
    fn last(&self, shift: i64, first: u64) -> Option<u64> {
        let end = (self.bytes.len() as u64).saturating_add_signed(shift.saturating_neg()).div_ceil(self.size);
        (first..end.min(self.count))
            .rev()
            .find(|page| self.place(*page, shift).and_then(|at| self.id(at)) == Some(*page))
    }

    /// The first page that begins after the header of the one at `from`, and where it begins.
    fn next(&self, from: u64) -> Option<(u64, u64)> {
        let from = from.saturating_add(PAGE_HEADER as u64);
        let end = from.saturating_add(SEARCH).min(self.bytes.len() as u64);
        (from..end).find_map(|at| Some((self.id(at)?, at)))
    }

    fn place(&self, page: u64, shift: i64) -> Option<u64> {
        page.checked_mul(self.size)?.checked_add_signed(shift)
    }

    fn shift(&self, page: u64, at: u64) -> Option<i64> {
        i64::try_from(at).ok()?.checked_sub(i64::try_from(page.checked_mul(self.size)?).ok()?)
    }

    /// The number of the page that begins at byte `at`, if one does that has elements. What tells is its number, its kind,
    /// and that its first key follows its table of elements: some 80 bits that agree by no accident.
    #[inline]
    fn id(&self, at: u64) -> Option<u64> {
        let page = self.bytes.get(usize::try_from(at).ok()?..)?;
        let pos = match PageKind::from_flags(self.order.u16(page, 8)?) {
            PageKind::Branch => BRANCH_POS,
            PageKind::Leaf => LEAF_POS,
            _ => return None,
        };
        let (id, elements) = (self.order.u64(page, 0)?, self.order.u16(page, 10)?);
        let end = id.checked_add(self.order.u32(page, 12)?.into())?;
        let table = ELEMENT * usize::from(elements);
        let is_page = id >= 2 && end < self.count && elements > 0;
        (is_page && self.order.u32(page, PAGE_HEADER + pos)? as usize == table).then_some(id)
    }

    /// Do so many bytes stand twice, one copy behind the other, and does the second begin between `after` and `before`?
    fn repeats(&self, after: u64, before: u64, shift: i64) -> bool {
        let Ok(length) = u64::try_from(shift) else { return false };
        let [Ok(first), Ok(last), Ok(distance)] = [after.max(length), before, length].map(usize::try_from) else {
            return false;
        };
        let mut run = 0;
        // Ends with the file at the latest.
        for at in first..last.saturating_add(distance).min(self.bytes.len()) {
            run = if self.bytes[at] == self.bytes[at - distance] { run + 1 } else { 0 };
            if run == distance {
                let copy = &self.bytes[at + 1 - distance..=at];
                // A run of one byte repeats itself, whatever was put into it.
                return length >= CERTAIN && copy.iter().any(|byte| *byte != copy[0]);
            }
            if run == 0 && at >= last {
                return false;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use etcdsnap_testkit::example;

    use super::*;

    const PAGE_SIZE: u32 = 4096;
    const SIZE: usize = PAGE_SIZE as usize;

    /// Where a page begins.
    fn start(page: u64) -> usize {
        usize::try_from(page).expect("small") * SIZE
    }

    fn find(file: &[u8]) -> Option<Displacement> {
        Displacement::find(&Db::open(file).expect("a database"))
    }

    /// Page ids of the pages that have elements.
    fn pages(file: &[u8]) -> Vec<u64> {
        let db = Db::open(file).expect("a database");
        let pages = Pages { bytes: file, size: SIZE as u64, order: db.order(), count: db.meta().high_water_mark };
        (2..pages.count).filter(|page| pages.id(page * SIZE as u64) == Some(*page)).collect()
    }

    #[test]
    fn a_whole_file_and_a_cut_one_have_all_pages_in_place() {
        let file = example();
        assert!(pages(&file).len() > 3, "{:?}", pages(&file));
        for length in (SIZE..file.len()).step_by(977) {
            assert_eq!(find(&file[..length]), None, "{length}");
        }
    }

    #[test]
    fn a_place_is_found_to_the_page() {
        let file = example();
        let all = pages(&file);
        let [before, page] = [all[1], all[2]];
        let at = start(before) + 100;
        for lost in [1, 100, SIZE - 1, SIZE] {
            let shorter = [&file[..at], &file[at + lost..]].concat();
            let found = find(&shorter).expect("displaced");
            let shift = -i64::try_from(lost).expect("small");
            assert_eq!((found.shift, found.lost, found.added, found.at_end), (shift, 1, 0, Some(shift)), "{found:?}");
            assert!(found.page >= page && !found.repeated, "{found:?}");
            assert!((found.after..found.before).contains(&(at as u64)), "{found:?}");
        }
        for added in [1, 100, SIZE] {
            let longer = [&file[..at], &vec![0xa5; added], &file[at..]].concat();
            let found = find(&longer).expect("displaced");
            assert_eq!(
                (found.page, found.shift, found.lost, found.added),
                (page, i64::try_from(added).expect("small"), 0, 1),
                "{found:?}"
            );
            assert!(!found.repeated && (found.after..=found.before).contains(&(at as u64)), "{found:?}");
        }
        let twice = [&file[..at], &file[at - 3000..]].concat();
        assert!(find(&twice).is_some_and(|found| found.repeated && found.shift == 3000));
    }

    #[test]
    fn two_places_are_counted() {
        let file = example();
        let all = pages(&file);
        let (first, second) = (start(all[0]) + 50, start(all[2]) + 50);
        let both = [&file[..first], &file[first + 10..second], &[7; 30], &file[second..]].concat();
        let found = find(&both).expect("displaced");
        assert_eq!((found.shift, found.lost, found.added, found.at_end), (-10, 1, 1, Some(20)), "{found:?}");
    }

    #[test]
    fn without_a_meta_several_pages_have_to_agree() {
        let file = example();
        let shorter = &file[10..];
        assert!(Db::open(shorter).is_err());
        let found = Displacement::find_without_meta(shorter, PAGE_SIZE).expect("displaced");
        assert_eq!((found.shift, found.at_end, found.page, found.alone), (-10, Some(-10), pages(&file)[0], false));
        assert_eq!(Displacement::find_without_meta(&vec![0; 100_000], PAGE_SIZE), None);
    }
}
