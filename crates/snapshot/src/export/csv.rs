//! CSV as in RFC 4180: a line of names, then a line a row. A field is quoted where it has to be; null is the empty field, and
//! text that is empty is `""`, so that the two can be told apart.

use std::io::{self, Write};

use super::field::{Field, Value, write_base64, write_number};
use super::pieces::{self, Rows};
use super::{Cell, Table, Writer};
use crate::known::Known;

/// Writes lines.
pub(super) struct Csv<W> {
    out: W,
    lines: Lines,
}

struct Lines {
    fields: Vec<Field>,
    width: usize,
}

impl<W: Write> Csv<W> {
    /// Writes the line of names.
    pub fn new(table: &Table, text: bool, mut out: W) -> io::Result<Self> {
        let fields = Field::of(table, text);
        let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
        writeln!(out, "{}", names.join(","))?;
        Ok(Self { out, lines: Lines { fields, width: table.columns.len() } })
    }
}

impl<W: Write> Writer for Csv<W> {
    fn write(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        pieces::write(&self.lines, cells, false, &mut self.out)
    }

    fn finish(&mut self, _: Option<Known<i64>>) -> io::Result<()> {
        self.out.flush()
    }
}

impl Rows for Lines {
    fn width(&self) -> usize {
        self.width
    }

    fn row(&self, row: &[Cell<'_>], _: bool, out: &mut impl Write) -> io::Result<()> {
        for (number, field) in self.fields.iter().enumerate() {
            if number > 0 {
                out.write_all(b",")?;
            }
            match field.value(row) {
                Value::Null => {}
                Value::Bool(yes) => write!(out, "{yes}")?,
                Value::Integer(number) | Value::Id(number) => write_number(number, out)?,
                Value::Unsigned(number) => write_number(number, out)?,
                Value::Bytes([]) => out.write_all(b"\"\"")?,
                Value::Bytes(bytes) => write_base64(bytes, out)?,
                Value::Text(text) | Value::Json(text) => write_text(text, out)?,
            }
        }
        out.write_all(b"\n")
    }
}

/// Text with a comma, a quote or an end of line in it, and empty text, stands in quotes; quotes in it are doubled.
fn write_text(text: &str, out: &mut impl Write) -> io::Result<()> {
    if !text.is_empty() && !text.contains([',', '"', '\n', '\r']) {
        return out.write_all(text.as_bytes());
    }
    out.write_all(b"\"")?;
    for (number, part) in text.split('"').enumerate() {
        if number > 0 {
            out.write_all(b"\"\"")?;
        }
        out.write_all(part.as_bytes())?;
    }
    out.write_all(b"\"")
}
