//! What `diff` prints: one row a key, the numbers, and how values changed.

use std::io::{self, Write};
use std::path::Path;

use etcdsnap_mvcc::Record;
use etcdsnap_objects::looks_like_kubernetes;
use etcdsnap_quote::quote;
use etcdsnap_snapshot::diff::{Change, Diff, Difference, Field};
use etcdsnap_snapshot::known::Known;
use serde::Serialize;

use super::event::Event;
use super::lived::Lived;
use super::patch::Patch;
use super::rows::json_line;
use super::words::{TextOrBase64, label, quantity, size};
use crate::args::{Diff as Args, TableForm};

/// A comparison and how to show it.
#[derive(Clone, Copy, Debug)]
pub struct Report<'r, 'a> {
    /// The differences.
    pub diff: &'r Diff<'a>,
    /// What was asked for.
    pub args: &'r Args,
    /// The revisions compared.
    pub revisions: (Known<i64>, Known<i64>),
}

/// How many keys differ in which way, and the bytes of their values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Stat {
    added: u64,
    removed: u64,
    changed: u64,
    bytes_before: u64,
    bytes_after: u64,
}

/// A side in JSON.
#[derive(Debug, Serialize)]
struct SideRow<'a> {
    #[serde(flatten)]
    path: TextOrBase64<'a>,
    revision: Known<i64>,
}

/// A difference in JSON.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    change: &'static str,
    #[serde(flatten)]
    key: TextOrBase64<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Lived>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<Lived>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patch: Option<String>,
}

impl Report<'_, '_> {
    /// Writes it in the form asked for.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        match self.args.output {
            TableForm::Text => self.text(out),
            TableForm::Json => self.json(out),
            TableForm::Ndjson if self.args.stat => json_line(&self.stat(), out),
            TableForm::Ndjson => self.diff.iter().try_for_each(|difference| json_line(&self.row(&difference), out)),
        }
    }

    fn stat(&self) -> Stat {
        let mut stat = Stat::default();
        for difference in self.diff.iter() {
            match difference.change() {
                Change::Added => stat.added += 1,
                Change::Removed => stat.removed += 1,
                Change::Changed => stat.changed += 1,
            }
            let bytes = |record: Option<Record<'_>>| record.map_or(0, |record| record.kv.value.len() as u64);
            stat.bytes_before += bytes(difference.before);
            stat.bytes_after += bytes(difference.after);
        }
        stat
    }

    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        let side = |path: &Path, revision: Known<i64>| format!("{} at revision {revision}", label(path));
        writeln!(out, "--- {}", side(&self.args.before.path, self.revisions.0))?;
        writeln!(out, "+++ {}", side(&self.args.after.path, self.revisions.1))?;
        if !self.args.stat {
            for difference in self.diff.iter() {
                line(&difference, out)?;
                if let Some(patch) = patch(&difference).filter(|_| self.args.patch) {
                    patch.text(out)?;
                }
            }
        }
        let stat = self.stat();
        if self.diff.is_empty() {
            return writeln!(out, "no differences");
        }
        let (keys, bytes) = (quantity(self.diff.len() as u64, "key"), [stat.bytes_before, stat.bytes_after].map(size));
        let Stat { added, removed, changed, .. } = stat;
        let differ = if self.diff.len() == 1 { "differs" } else { "differ" };
        writeln!(
            out,
            "{keys} {differ}: {added} added, {removed} removed, {changed} changed; {} -> {} of values",
            bytes[0], bytes[1]
        )?;
        let records = self.diff.iter().flat_map(|difference| [difference.before, difference.after]);
        if looks_like_kubernetes(records.flatten()) {
            writeln!(out, "`etcdsnap kube diff` compares the Kubernetes objects among them field by field")?;
        }
        Ok(())
    }

    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let side = |path, revision| serde_json::to_string(&SideRow { path: TextOrBase64::path(path), revision });
        write!(out, "{{\"before\":{},", side(&self.args.before.path, self.revisions.0)?)?;
        write!(out, "\"after\":{},", side(&self.args.after.path, self.revisions.1)?)?;
        write!(out, "\"stat\":{}", serde_json::to_string(&self.stat())?)?;
        if !self.args.stat {
            out.write_all(b",\"differences\":[")?;
            for (number, difference) in self.diff.iter().enumerate() {
                out.write_all(if number > 0 { b"," } else { b"" })?;
                serde_json::to_writer(&mut *out, &self.row(&difference))?;
            }
            out.write_all(b"]")?;
        }
        out.write_all(b"}\n")
    }

    fn row<'a>(&self, difference: &Difference<'a>) -> Row<'a> {
        Row {
            change: match difference.change() {
                Change::Added => "added",
                Change::Removed => "removed",
                Change::Changed => "changed",
            },
            key: TextOrBase64::key(difference.key),
            fields: difference.fields().map(name).collect(),
            before: difference.before.map(Lived::from),
            after: difference.after.map(Lived::from),
            patch: if self.args.patch { patch(difference).and_then(Patch::json) } else { None },
        }
    }
}

fn name(field: Field) -> &'static str {
    match field {
        Field::Value => "value",
        Field::Lease => "lease",
        Field::CreateRevision => "createRevision",
        Field::ModRevision => "modRevision",
        Field::Version => "version",
    }
}

/// `~   1.2 kB -> 1.4 kB          45 -> 99          key  (value)`: the mark, sizes and revisions of both sides, the key.
fn line(difference: &Difference<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mark = match difference.change() {
        Change::Added => '+',
        Change::Removed => '-',
        Change::Changed => '~',
    };
    let number = |record: Option<Record<'_>>, of: fn(Record<'_>) -> String| record.map_or_else(|| "-".to_owned(), of);
    let bytes: fn(Record<'_>) -> String = |record| size(record.kv.value.len() as u64);
    let revision: fn(Record<'_>) -> String = |record| record.revision.main.to_string();
    let (before, after) = (difference.before, difference.after);
    write!(out, "{mark} {:>8} -> {:<8} ", number(before, bytes), number(after, bytes))?;
    write!(out, "{:>10} -> {:<10}  {}", number(before, revision), number(after, revision), quote(difference.key))?;
    // That a changed key has another revision goes without saying; what else changed does not.
    let is_silent = |field: &Field| matches!(field, Field::ModRevision | Field::Version);
    let fields: Vec<_> = difference.fields().filter(|field| !is_silent(field)).map(name).collect();
    let fields = if difference.change() == Change::Changed && fields.is_empty() { vec!["revision"] } else { fields };
    if fields.is_empty() { writeln!(out) } else { writeln!(out, "  ({})", fields.join(", ")) }
}

/// How the value changed, told as the put or deletion that would have changed it.
fn patch<'a>(difference: &Difference<'a>) -> Option<Patch> {
    let deleted = |mut record: Record<'a>| {
        record.tombstone = true;
        record.kv.value = &[];
        record
    };
    let record = difference.after.or(difference.before.map(deleted))?;
    Some(Patch::of(&Event { record, before: difference.before }))
}
