//! `deleted`: one row a deleted key.

use std::io::{self, Write};

use etcdsnap_mvcc::Record;
use etcdsnap_quote::quote;
use etcdsnap_snapshot::known::Known;
use serde::Serialize;

use super::rows;
use super::words::TextOrBase64;
use crate::args::TableForm;

/// What a listing is of.
#[derive(Clone, Copy, Debug)]
pub struct Listing {
    /// The revision it shows.
    pub revision: Known<i64>,
}

/// One deleted key.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row<'a> {
    #[serde(flatten)]
    key: TextOrBase64<'a>,
    deleted_revision: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    mod_revision: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    read_at: Option<i64>,
}

impl<'a> Row<'a> {
    /// The row of a key with its deletion and the put before it.
    pub fn new(tombstone: &Record<'a>, last: Option<&Record<'a>>, compacted: i64) -> Self {
        let deleted = tombstone.revision.main;
        let before = deleted.saturating_sub(1);
        Self {
            key: TextOrBase64::key(tombstone.kv.key),
            deleted_revision: deleted,
            mod_revision: last.map(|last| last.revision.main),
            version: last.map(|last| last.kv.version),
            size: last.map(|last| last.kv.value.len() as u64),
            read_at: last.map(|_| before).filter(|before| *before >= compacted),
        }
    }
}

impl rows::Row for Row<'_> {
    const TITLES: &'static str = "   DELETED   MODIFIED  VERSION       SIZE    READ AT  KEY";

    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        let number = |number: Option<i64>| number.map_or("-".to_owned(), |number| number.to_string());
        let (modified, version, read_at) = (number(self.mod_revision), number(self.version), number(self.read_at));
        let size = self.size.map_or("-".to_owned(), |size| size.to_string());
        let (deleted, key) = (self.deleted_revision, quote(self.key.bytes));
        write!(out, "{deleted:>10} {modified:>10} {version:>8} {size:>10} {read_at:>10}  {key}")
    }
}

impl Listing {
    /// Writes the listing.
    pub fn write<'a>(
        self,
        deleted: impl Iterator<Item = Row<'a>>,
        form: TableForm,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        rows::write(&[("revision", self.revision)], "deleted", deleted, form, out)
    }
}
