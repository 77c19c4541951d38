//! Tables written out for other programs: rows in, bytes out.
//!
//! A [`Table`] has a name and typed columns; its rows come as [`Cell`]s that borrow from the file. A [`Writer`] turns them into
//! one of the [`Format`]s, piece by piece: what is held in memory has a bound that does not depend on the number
//! of rows nor on the size of values.
//!
//! ```
//! use etcdsnap_snapshot::export::{Cell, Column, Format, Kind, Table};
//!
//! let columns = vec![Column::new("key", Kind::Bytes), Column::new("version", Kind::Integer)];
//! let table = Table { name: "keys", columns };
//! let mut out = Vec::new();
//! let mut writer = Format::Ndjson.writer(&table, true, &mut out)?;
//! writer.write(&[Cell::Bytes(b"/a"), Cell::Integer(3)])?;
//! writer.finish(None)?;
//! drop(writer);
//! assert_eq!(out, b"{\"key\":\"/a\",\"version\":3}\n");
//! # Ok::<(), std::io::Error>(())
//! ```

mod buckets;
mod csv;
mod field;
mod json;
mod keyspace;
#[cfg(feature = "parquet")]
mod parquet;
mod pieces;

use std::borrow::Cow;
use std::io::{self, Write};

use crate::known::Known;

pub use buckets::Bucket;
pub use keyspace::{Values, live_row, live_table, record_row, record_table};

/// What is exported: a name and columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// `keys`, `records` or the name of a bucket.
    pub name: &'static str,
    /// The columns, as many as each row has cells.
    pub columns: Vec<Column>,
}

/// One column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What its cells hold.
    pub kind: Kind,
}

impl Column {
    /// A column.
    pub const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind }
    }
}

/// What the cells of a column hold. Any cell may be null instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Yes or no.
    Bool,
    /// A number that no reader of JSON mangles.
    Integer,
    /// A number that is never negative, and in no sound file too great for a reader of JSON.
    Unsigned,
    /// A number of all 64 bits: a string in JSON.
    Id,
    /// Any bytes: base64, or text where that is wanted and they are UTF-8; as they are in Parquet.
    Bytes,
    /// Text.
    Text,
    /// A JSON value: stands as such in JSON, as its text elsewhere.
    Json,
}

/// One cell of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell<'a> {
    /// Nothing: left out in JSON, empty in CSV.
    Null,
    /// For [`Kind::Bool`].
    Bool(bool),
    /// For [`Kind::Integer`].
    Integer(i64),
    /// For [`Kind::Unsigned`].
    Unsigned(u64),
    /// For [`Kind::Id`].
    Id(i64),
    /// For [`Kind::Bytes`].
    Bytes(&'a [u8]),
    /// For [`Kind::Text`].
    Text(Cow<'a, str>),
    /// For [`Kind::Json`].
    Json(String),
}

/// Rows in, bytes out.
pub trait Writer {
    /// Writes rows: the cells of the first, then those of the second, and so on.
    ///
    /// # Errors
    /// The bytes could not be written.
    fn write(&mut self, cells: &[Cell<'_>]) -> io::Result<()>;

    /// Writes what belongs behind the last row. Nothing may be written afterwards. `revision` is the one at which the
    /// keyspace was read, if it was: whether it is known turns out with the last row.
    ///
    /// # Errors
    /// The bytes could not be written.
    fn finish(&mut self, revision: Option<Known<i64>>) -> io::Result<()>;
}

/// The form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line.
    Ndjson,
    /// One JSON document.
    Json,
    /// RFC 4180 with a line of column names; lines end in LF.
    Csv,
    /// Apache Parquet, compressed with zstd.
    #[cfg(feature = "parquet")]
    Parquet,
}

impl Format {
    /// A writer of this form. With `text`, bytes that are UTF-8 stand as text under the column's name, and others as base64
    /// under the name with `Base64` behind it; without, all are base64.
    ///
    /// # Errors
    /// What belongs before the first row could not be written.
    pub fn writer<'w>(
        self,
        table: &Table,
        text: bool,
        out: impl Write + Send + 'w,
    ) -> io::Result<Box<dyn Writer + 'w>> {
        Ok(match self {
            Self::Ndjson => Box::new(json::Json::lines(table, text, out)),
            Self::Json => Box::new(json::Json::document(table, text, out)?),
            Self::Csv => Box::new(csv::Csv::new(table, text, out)?),
            #[cfg(feature = "parquet")]
            Self::Parquet => Box::new(parquet::Parquet::new(table, text, out)?),
        })
    }
}
