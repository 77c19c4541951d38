//! Provides a free page, or an unused one at the end of the file, for a corruption that needs one. The database stays sound.

use super::parsed_database::{NotApplicable, Outcome, ParsedDatabase};
use crate::bbolt::{freelist_bytes, write_freelist};

impl ParsedDatabase {
    /// The id of a free page. If there is none, one is added at the end of the file.
    pub fn free_page(&mut self) -> Result<u64, NotApplicable> {
        if let Some(page) = self.free.first() {
            return Ok(*page);
        }
        let page = self.append_page();
        if self.freelist_page().is_some() {
            self.set_freelist(vec![page])?;
        }
        self.free.push(page);
        Ok(page)
    }

    /// Adds a page at the end of the file that no page refers to, and raises the high-water mark of both metas.
    pub fn append_page(&mut self) -> u64 {
        let page = self.meta().high_water;
        for slot in 0..2 {
            self.metas[slot].high_water = page + 1;
            self.write_meta(slot);
        }
        let needed = usize::try_from(page + 1).expect("one page more than memory holds already") * self.page_size;
        self.bytes.resize(self.bytes.len().max(needed), 0);
        page
    }

    /// Replaces the ids of the persisted freelist by `ids`, sorted. Its page stays where it is.
    pub fn set_freelist(&mut self, mut ids: Vec<u64>) -> Outcome {
        let page = self.freelist_page().ok_or(NotApplicable("the freelist is not persisted"))?;
        let at = self.at(page)?;
        let overflow = self.u32(at + 12)?;
        let len = self.page_size * (usize::try_from(overflow).expect("32 bits fit usize") + 1);
        if freelist_bytes(ids.len()) > len || at + len > self.bytes.len() {
            return Err(NotApplicable("the freelist page is full"));
        }
        ids.sort_unstable();
        let mut written = Vec::with_capacity(len);
        write_freelist(&mut written, self.order, page, overflow, &ids);
        written.resize(len, 0);
        self.bytes[at..at + len].copy_from_slice(&written);
        Ok(())
    }
}
