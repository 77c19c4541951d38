//! Rows in the three forms: a table, one JSON document, JSON lines; written as they come.

use std::io::{self, Write};

use etcdsnap_snapshot::known::Known;
use serde::Serialize;

use crate::args::TableForm;

/// A row that can be shown.
pub trait Row: Serialize {
    /// The line of titles.
    const TITLES: &'static str;

    /// Writes the row as a line of the table, without its end.
    fn text(&self, out: &mut dyn Write) -> io::Result<()>;
}

/// Writes rows; `head` is what a document has before them, `null` where it is not known, and `name` what it calls them.
pub fn write<R: Row>(
    head: &[(&str, Known<i64>)],
    name: &str,
    rows: impl Iterator<Item = R>,
    form: TableForm,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut rows = rows.peekable();
    match form {
        TableForm::Text if rows.peek().is_none() => Ok(()),
        TableForm::Text => {
            writeln!(out, "{}", R::TITLES)?;
            rows.try_for_each(|row| {
                row.text(out)?;
                out.write_all(b"\n")
            })
        }
        TableForm::Ndjson => rows.try_for_each(|row| json_line(&row, out)),
        TableForm::Json => {
            out.write_all(b"{")?;
            for (name, number) in head {
                write!(out, "\"{name}\":")?;
                serde_json::to_writer(&mut *out, number)?;
                out.write_all(b",")?;
            }
            write!(out, "\"{name}\":[")?;
            for (number, row) in rows.enumerate() {
                if number > 0 {
                    out.write_all(b",")?;
                }
                serde_json::to_writer(&mut *out, &row)?;
            }
            out.write_all(b"]}\n")
        }
    }
}

/// Writes one JSON line.
pub fn json_line(row: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, row)?;
    out.write_all(b"\n")
}

/// A lease in 16 hex digits; nothing when there is none.
pub fn lease_field(id: i64) -> Option<String> {
    (id != 0).then(|| format!("{id:016x}"))
}
