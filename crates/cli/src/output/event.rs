//! What happened to keys: one row a put or deletion, and how the value changed.

use std::io::{self, Write};

use etcdsnap_mvcc::Record;
use etcdsnap_quote::quote;
use serde::Serialize;

use super::patch::Patch;
use super::rows::{Row, json_line, lease_field};
use super::words::TextOrBase64;
use crate::args::TableForm;

/// One put or deletion.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// The record.
    pub record: Record<'a>,
    /// What lived under the key before, when that is known.
    pub before: Option<Record<'a>>,
}

/// The JSON of an event.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fields<'a> {
    revision: i64,
    sub: i64,
    event: &'static str,
    #[serde(flatten)]
    key: TextOrBase64<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    create_revision: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lease: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
}

impl<'a> Event<'a> {
    /// `create`, `update` or `delete`.
    pub fn name(&self) -> &'static str {
        match self.record {
            Record { tombstone: true, .. } => "delete",
            Record { kv, .. } if kv.version == 1 => "create",
            _ => "update",
        }
    }

    /// What JSON has of it.
    pub fn fields(&self) -> Fields<'a> {
        let Record { revision, tombstone, kv } = self.record;
        Fields {
            revision: revision.main,
            sub: revision.sub,
            event: self.name(),
            key: TextOrBase64::key(kv.key),
            create_revision: (!tombstone).then_some(kv.create_revision),
            version: (!tombstone).then_some(kv.version),
            lease: lease_field(kv.lease),
            size: (!tombstone).then_some(kv.value.len() as u64),
        }
    }

    /// Version, lease and size as columns.
    pub fn columns(&self) -> String {
        let Record { tombstone, kv, .. } = self.record;
        if tombstone {
            return format!("{:>8}  {:>16} {:>10}", "-", "-", "-");
        }
        let lease = lease_field(kv.lease);
        format!("{:>8}  {:>16} {:>10}", kv.version, lease.as_deref().unwrap_or("-"), kv.value.len())
    }
}

/// Something that an event is told with.
pub trait Told<'a>: Row {
    /// The event.
    fn event(&self) -> &Event<'a>;
}

impl<'a> Told<'a> for Event<'a> {
    fn event(&self) -> &Event<'a> {
        self
    }
}

impl Serialize for Event<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.fields().serialize(serializer)
    }
}

impl Row for Event<'_> {
    const TITLES: &'static str = "    REVISION  EVENT    VERSION             LEASE       SIZE  KEY";

    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        let Record { revision, kv, .. } = self.record;
        write!(out, "{:>12}  {} {}  {}", revision.to_string(), self.name(), self.columns(), quote(kv.key))
    }
}

/// An event with its patch, for JSON.
#[derive(Serialize)]
struct Patched<'r, R> {
    #[serde(flatten)]
    row: &'r R,
    #[serde(skip_serializing_if = "Option::is_none")]
    patch: Option<String>,
}

/// Writes events as they come.
pub struct Rows<'o> {
    form: TableForm,
    patch: bool,
    out: &'o mut dyn Write,
    written: u64,
}

impl<'o> Rows<'o> {
    /// With `patch`, each row is followed by the change of its value.
    pub fn new(form: TableForm, patch: bool, out: &'o mut dyn Write) -> Self {
        Self { form, patch, out, written: 0 }
    }

    /// Writes all rows.
    pub fn write<'a, R: Told<'a>>(mut self, rows: impl Iterator<Item = R>) -> io::Result<()> {
        self.some(rows)?;
        self.finish()
    }

    /// Writes some rows; more may follow.
    pub fn some<'a, R: Told<'a>>(&mut self, mut rows: impl Iterator<Item = R>) -> io::Result<()> {
        rows.try_for_each(|row| self.row(&row))
    }

    fn row<'a, R: Told<'a>>(&mut self, row: &R) -> io::Result<()> {
        let patch = self.patch.then(|| Patch::of(row.event()));
        match (self.form, self.written) {
            (TableForm::Text, 0) => writeln!(self.out, "{}", R::TITLES)?,
            (TableForm::Json, 0) => self.out.write_all(b"{\"events\":[")?,
            (TableForm::Json, _) => self.out.write_all(b",")?,
            _ => {}
        }
        self.written += 1;
        match self.form {
            TableForm::Text => {
                row.text(self.out)?;
                self.out.write_all(b"\n")?;
                patch.map_or(Ok(()), |patch| patch.text(self.out))
            }
            TableForm::Json => {
                Ok(serde_json::to_writer(&mut *self.out, &Patched { row, patch: patch.and_then(Patch::json) })?)
            }
            TableForm::Ndjson => json_line(&Patched { row, patch: patch.and_then(Patch::json) }, self.out),
        }
    }

    /// Writes what belongs behind the last row.
    pub fn finish(self) -> io::Result<()> {
        match (self.form, self.written) {
            (TableForm::Json, 0) => self.out.write_all(b"{\"events\":[]}\n"),
            (TableForm::Json, _) => self.out.write_all(b"]}\n"),
            _ => Ok(()),
        }
    }
}
