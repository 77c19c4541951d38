//! `db info`: both metas, which of them is in force, and the size of everything.

use std::fmt;

use etcdsnap_bbolt::format::NO_FREELIST;
use etcdsnap_bbolt::{Db, Meta, MetaError};
use serde::Serialize;

use crate::output::sheet::{BAD, FAINT, GOOD, PLAIN, Sheet};
use crate::output::size;

/// The document of `-o json`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Info {
    page_size: u32,
    byte_order: &'static str,
    /// Bytes of the file without its trailer.
    file_size: u64,
    /// Bytes up to the high-water mark.
    size: u64,
    high_water_mark: u64,
    freelist_persisted: bool,
    metas: [Slot; 2],
}

/// One of the two metas.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase", tag = "state")]
pub enum Slot {
    /// The one in force.
    Chosen(Fields),
    /// Valid, but older.
    Older(Fields),
    /// Not a meta.
    Invalid { problem: String },
}

/// What a meta says.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fields {
    txid: u64,
    root: u64,
    /// Absent when the freelist was not written.
    freelist: Option<u64>,
    high_water_mark: u64,
    page_size: u32,
    flags: u32,
    sequence: u64,
    /// 16 hex digits.
    checksum: String,
}

impl Info {
    /// What there is to say about an opened file.
    pub fn new(db: &Db<'_>) -> Self {
        Self {
            page_size: db.page_size(),
            byte_order: db.order().as_str(),
            file_size: db.bytes().len() as u64,
            size: db.size(),
            high_water_mark: db.meta().high_water_mark,
            freelist_persisted: db.has_freelist(),
            metas: db.metas().each_ref().map(|meta| Slot::new(meta, db.meta())),
        }
    }

    /// Does the file end before its pages do?
    pub fn is_cut(&self) -> bool {
        self.file_size < self.size
    }
}

impl Slot {
    /// One of the metas, seen beside the one in force.
    pub fn new(meta: &Result<Meta, MetaError>, chosen: &Meta) -> Self {
        match meta {
            Ok(meta) if meta.slot == chosen.slot => Self::Chosen(Fields::new(meta)),
            Ok(meta) => Self::Older(Fields::new(meta)),
            Err(error) => Self::Invalid { problem: error.to_string() },
        }
    }
}

impl Fields {
    fn new(meta: &Meta) -> Self {
        Self {
            txid: meta.txid,
            root: meta.root,
            freelist: Some(meta.freelist).filter(|page| *page != NO_FREELIST),
            high_water_mark: meta.high_water_mark,
            page_size: meta.page_size,
            flags: meta.flags,
            sequence: meta.sequence,
            checksum: format!("{:016x}", meta.checksum),
        }
    }
}

/// Lays it out.
pub fn text(info: &Info, sheet: &mut Sheet) {
    let mut row = |name: &str, value: &str| sheet.line(&[(FAINT, &format!("{name:<12}"))], value);
    row("page size", &format!("{} bytes, {}-endian", info.page_size, info.byte_order));
    row("pages", &format!("{} below the high-water mark", info.high_water_mark));
    row("size", &format!("{} ({} bytes)", size(info.size), info.size));
    row("file", &format!("{} ({} bytes){}", size(info.file_size), info.file_size, beyond(info)));
    row(
        "freelist",
        if info.freelist_persisted {
            "in the file"
        } else {
            "not in the file; bbolt finds free pages when it opens it"
        },
    );
    for (number, slot) in info.metas.iter().enumerate() {
        let color = match slot {
            Slot::Chosen(_) => GOOD,
            Slot::Older(_) => PLAIN,
            Slot::Invalid { .. } => BAD,
        };
        sheet.styled(&[(FAINT, &format!("{:<12}", format!("meta {number}")))], color, &slot.to_string());
    }
}

fn beyond(info: &Info) -> String {
    match info.file_size.checked_sub(info.size) {
        Some(0) => String::new(),
        Some(more) => format!(", {more} of them behind the high-water mark"),
        None => format!(", {} too few", info.size - info.file_size),
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chosen(fields) => write!(f, "in force: {}", fields.words()),
            Self::Older(fields) => write!(f, "older: {}", fields.words()),
            Self::Invalid { problem } => write!(f, "invalid: {problem}"),
        }
    }
}

impl Fields {
    fn words(&self) -> String {
        let freelist = self.freelist.map_or_else(|| "none".to_owned(), |page| page.to_string());
        format!(
            "transaction {}, root page {}, freelist page {freelist}, high-water mark {}, checksum {}",
            self.txid, self.root, self.high_water_mark, self.checksum
        )
    }
}
