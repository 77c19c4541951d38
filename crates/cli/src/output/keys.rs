//! `keys`: one row a key.

use std::io::{self, Write};

use etcdsnap_mvcc::Record;
use etcdsnap_quote::quote;
use etcdsnap_snapshot::known::Known;
use serde::Serialize;

use super::lived::Lived;
use super::rows;
use super::words::TextOrBase64;
use crate::args::TableForm;

/// What a listing is of.
#[derive(Clone, Copy, Debug)]
pub struct Listing {
    /// The revision it shows.
    pub revision: Known<i64>,
    /// Keys there are, those included that a limit leaves out.
    pub count: usize,
}

/// Only the number.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Count {
    /// The revision it is of.
    pub revision: Known<i64>,
    /// The number of keys.
    pub count: usize,
}

/// One key.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row<'a> {
    #[serde(flatten)]
    key: TextOrBase64<'a>,
    #[serde(flatten)]
    lived: Lived,
}

impl<'a> Row<'a> {
    /// The row of a live key.
    pub fn new(record: &Record<'a>) -> Self {
        Self { key: TextOrBase64::key(record.kv.key), lived: Lived::from(*record) }
    }
}

impl rows::Row for Row<'_> {
    const TITLES: &'static str = "   CREATED   MODIFIED  VERSION             LEASE       SIZE  KEY";

    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        let Lived { create_revision, mod_revision, version, lease, size } = &self.lived;
        let (lease, key) = (lease.as_deref().unwrap_or("-"), quote(self.key.bytes));
        write!(out, "{create_revision:>10} {mod_revision:>10} {version:>8}  {lease:>16} {size:>10}  {key}")
    }
}

impl Listing {
    /// Writes the listing.
    pub fn write<'a>(
        self,
        keys: impl Iterator<Item = Row<'a>>,
        form: TableForm,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let count = i64::try_from(self.count).unwrap_or(i64::MAX);
        rows::write(&[("revision", self.revision), ("count", Known::whole(count))], "keys", keys, form, out)
    }
}
