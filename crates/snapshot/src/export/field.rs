//! From columns to the fields that are written: with text wanted, a column of bytes becomes two fields, of which every row has
//! one.

use std::io::{self, Write};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::{Cell, Column, Kind, Table};

/// A field of the output.
#[derive(Clone, Debug)]
pub(super) struct Field {
    /// Its name.
    pub name: String,
    /// The column it comes from.
    column: usize,
    /// What it holds.
    pub kind: FieldKind,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FieldKind {
    /// What its column holds.
    Column(Kind),
    /// The bytes of its column where they are UTF-8.
    Utf8,
    /// The bytes of its column where they are not UTF-8.
    NotUtf8,
}

/// What a row has in a field.
pub(super) enum Value<'v> {
    Null,
    Bool(bool),
    Integer(i64),
    Unsigned(u64),
    Id(i64),
    Bytes(&'v [u8]),
    Text(&'v str),
    Json(&'v str),
}

impl Field {
    /// The fields of a table.
    pub fn of(table: &Table, text: bool) -> Vec<Self> {
        let fields = |(column, Column { name, kind }): (usize, &Column)| {
            let field = |name: String, kind| Self { name, column, kind };
            match kind {
                Kind::Bytes if text => {
                    vec![field((*name).to_owned(), FieldKind::Utf8), field(format!("{name}Base64"), FieldKind::NotUtf8)]
                }
                _ => vec![field((*name).to_owned(), FieldKind::Column(*kind))],
            }
        };
        table.columns.iter().enumerate().flat_map(fields).collect()
    }

    /// What a row has in it.
    pub fn value<'v>(&self, row: &'v [Cell<'_>]) -> Value<'v> {
        match (row.get(self.column), self.kind) {
            (None | Some(Cell::Null), _) => Value::Null,
            (Some(Cell::Bool(yes)), _) => Value::Bool(*yes),
            (Some(Cell::Integer(number)), _) => Value::Integer(*number),
            (Some(Cell::Unsigned(number)), _) => Value::Unsigned(*number),
            (Some(Cell::Id(id)), _) => Value::Id(*id),
            (Some(Cell::Text(text)), _) => Value::Text(text),
            (Some(Cell::Json(json)), _) => Value::Json(json),
            (Some(Cell::Bytes(bytes)), FieldKind::Column(_)) => Value::Bytes(bytes),
            (Some(Cell::Bytes(bytes)), kind) => match (std::str::from_utf8(bytes), kind) {
                (Ok(text), FieldKind::Utf8) => Value::Text(text),
                (Err(_), FieldKind::NotUtf8) => Value::Bytes(bytes),
                _ => Value::Null,
            },
        }
    }
}

/// Writes bytes as base64, in pieces that fit the stack.
pub(super) fn write_base64(bytes: &[u8], out: &mut impl Write) -> io::Result<()> {
    const PIECE: usize = 3 * 1024;
    let mut text = [0; PIECE / 3 * 4];
    for piece in bytes.chunks(PIECE) {
        let len = BASE64_STANDARD.encode_slice(piece, &mut text).map_err(io::Error::other)?;
        out.write_all(&text[..len])?;
    }
    Ok(())
}

/// Writes a number in decimal.
pub(super) fn write_number(number: impl itoa::Integer, out: &mut impl Write) -> io::Result<()> {
    out.write_all(itoa::Buffer::new().format(number).as_bytes())
}
