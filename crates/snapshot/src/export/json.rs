//! JSON: an object a row, each on a line of its own, or all in one document.

use std::io::{self, Write};

use super::field::{Field, Value, write_base64, write_number};
use super::pieces::{self, Rows};
use super::{Cell, Table, Writer};
use crate::known::Known;

/// Writes objects.
pub(super) struct Json<W> {
    out: W,
    objects: Objects,
    first: bool,
}

struct Objects {
    fields: Vec<Field>,
    width: usize,
    /// Is it one document?
    document: bool,
}

impl<W: Write> Json<W> {
    /// One object a line.
    pub fn lines(table: &Table, text: bool, out: W) -> Self {
        let objects = Objects { fields: Field::of(table, text), width: table.columns.len(), document: false };
        Self { out, objects, first: true }
    }

    /// `{"table":…,"rows":[…],"revision":…}`
    pub fn document(table: &Table, text: bool, mut out: W) -> io::Result<Self> {
        write!(out, "{{\"table\":\"{}\",\"rows\":[", table.name)?;
        let mut lines = Self::lines(table, text, out);
        lines.objects.document = true;
        Ok(lines)
    }
}

impl<W: Write> Writer for Json<W> {
    fn write(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        pieces::write(&self.objects, cells, self.first, &mut self.out)?;
        self.first &= cells.is_empty();
        Ok(())
    }

    fn finish(&mut self, revision: Option<Known<i64>>) -> io::Result<()> {
        if self.objects.document {
            self.out.write_all(b"]")?;
            if let Some(revision) = revision {
                write!(self.out, ",\"revision\":{}", serde_json::to_string(&revision)?)?;
            }
            self.out.write_all(b"}\n")?;
        }
        self.out.flush()
    }
}

impl Rows for Objects {
    fn width(&self) -> usize {
        self.width
    }

    fn row(&self, row: &[Cell<'_>], first: bool, out: &mut impl Write) -> io::Result<()> {
        if self.document && !first {
            out.write_all(b",")?;
        }
        let mut before: &[u8] = b"{\"";
        for field in &self.fields {
            let value = field.value(row);
            if matches!(value, Value::Null) {
                continue;
            }
            out.write_all(before)?;
            out.write_all(field.name.as_bytes())?;
            out.write_all(b"\":")?;
            write_value(&value, out)?;
            before = b",\"";
        }
        // A row with nothing in it is an object too.
        let end: &[u8] = if before == b"{\"" { b"{}" } else { b"}" };
        out.write_all(end)?;
        if self.document { Ok(()) } else { out.write_all(b"\n") }
    }
}

fn write_value(value: &Value<'_>, out: &mut impl Write) -> io::Result<()> {
    match value {
        Value::Null => out.write_all(b"null"),
        Value::Bool(yes) => write!(out, "{yes}"),
        Value::Integer(number) => write_number(*number, out),
        Value::Unsigned(number) => write_number(*number, out),
        Value::Id(id) => {
            out.write_all(b"\"")?;
            write_number(*id, out)?;
            out.write_all(b"\"")
        }
        Value::Bytes(bytes) => {
            out.write_all(b"\"")?;
            write_base64(bytes, out)?;
            out.write_all(b"\"")
        }
        Value::Text(text) => Ok(serde_json::to_writer(out, text)?),
        Value::Json(json) => out.write_all(json.as_bytes()),
    }
}
