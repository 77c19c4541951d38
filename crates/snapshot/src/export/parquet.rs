//! Apache Parquet, through Arrow's own crate. Columns are gathered row by row and written as a row group when they have grown
//! to some ten megabytes; more is never held, except by one value that is larger by itself.

use std::io::{self, Write};
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use parquet::basic::{Compression, ConvertedType, LogicalType, Repetition, Type as Physical, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{ColumnPath, Type};

use super::field::{Field, FieldKind, Value};
use super::{Cell, Kind, Table, Writer};
use crate::known::Known;

/// Bytes gathered before they are written.
const ROW_GROUP: usize = 32 << 20;

/// Writes row groups.
pub(super) struct Parquet<W: Write + Send> {
    file: SerializedFileWriter<W>,
    fields: Vec<Field>,
    columns: Vec<Gathered>,
    width: usize,
    weight: usize,
}

/// The values of one column, and for each row whether there is one.
struct Gathered {
    /// Is its name one that promises base64?
    base64: bool,
    present: Vec<i16>,
    values: Values,
}

enum Values {
    Bools(Vec<bool>),
    Numbers(Vec<i64>),
    Bytes(Vec<ByteArray>),
}

impl<W: Write + Send> Parquet<W> {
    pub fn new(table: &Table, text: bool, out: W) -> io::Result<Self> {
        let fields = Field::of(table, text);
        let schema = schema(table.name, &fields).map_err(into_io)?;
        let zstd = Compression::ZSTD(ZstdLevel::try_new(3).map_err(into_io)?);
        let mut properties = WriterProperties::builder().set_compression(zstd).set_created_by("etcdsnap".to_owned());
        // Values hardly ever repeat: a dictionary of them would only cost memory.
        for name in ["value", "valueBase64"] {
            properties = properties.set_column_dictionary_enabled(ColumnPath::from(name), false);
        }
        let file = SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties.build())).map_err(into_io)?;
        let columns = fields.iter().map(|field| Gathered::new(field.kind)).collect();
        Ok(Self { file, fields, columns, width: table.columns.len(), weight: 0 })
    }

    fn write_group(&mut self) -> Result<(), ParquetError> {
        if self.columns.first().is_none_or(|column| column.present.is_empty()) {
            return Ok(());
        }
        let mut group = self.file.next_row_group()?;
        for (gathered, field) in self.columns.iter_mut().zip(&self.fields) {
            let full = std::mem::replace(gathered, Gathered::new(field.kind));
            if let Some(mut column) = group.next_column()? {
                full.write(&mut column)?;
                column.close()?;
            }
        }
        group.close()?;
        self.weight = 0;
        Ok(())
    }
}

impl<W: Write + Send> Writer for Parquet<W> {
    fn write(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        for row in cells.chunks(self.width.max(1)) {
            for (column, field) in self.columns.iter_mut().zip(&self.fields) {
                self.weight += column.take(&field.value(row));
            }
            if self.weight >= ROW_GROUP {
                self.write_group().map_err(into_io)?;
            }
        }
        Ok(())
    }

    fn finish(&mut self, _: Option<Known<i64>>) -> io::Result<()> {
        self.write_group().map_err(into_io)?;
        self.file.finish().map_err(into_io)?;
        self.file.inner_mut().flush()
    }
}

impl Gathered {
    fn new(kind: FieldKind) -> Self {
        let values = match physical(kind) {
            Physical::BOOLEAN => Values::Bools(Vec::new()),
            Physical::INT64 => Values::Numbers(Vec::new()),
            _ => Values::Bytes(Vec::new()),
        };
        Self { base64: kind == FieldKind::NotUtf8, present: Vec::new(), values }
    }

    /// Takes a value in; returns about how many bytes it holds for it.
    fn take(&mut self, value: &Value<'_>) -> usize {
        const NUMBER: usize = 16;
        let weight = match (&mut self.values, value) {
            (Values::Bools(values), Value::Bool(yes)) => {
                values.push(*yes);
                NUMBER
            }
            (Values::Numbers(values), Value::Integer(number) | Value::Id(number)) => {
                values.push(*number);
                NUMBER
            }
            (Values::Numbers(values), Value::Unsigned(number)) => {
                values.push(number.cast_signed());
                NUMBER
            }
            (Values::Bytes(values), Value::Text(text) | Value::Json(text)) => {
                values.push(ByteArray::from(*text));
                text.len() + 4 * NUMBER
            }
            (Values::Bytes(values), Value::Bytes(bytes)) if self.base64 => {
                let text = BASE64_STANDARD.encode(bytes);
                let weight = text.len() + 4 * NUMBER;
                values.push(ByteArray::from(text.into_bytes()));
                weight
            }
            (Values::Bytes(values), Value::Bytes(bytes)) => {
                values.push(ByteArray::from(bytes.to_vec()));
                bytes.len() + 4 * NUMBER
            }
            _ => {
                self.present.push(0);
                return NUMBER;
            }
        };
        self.present.push(1);
        weight
    }

    fn write(self, column: &mut SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        fn typed<T: DataType>(
            column: &mut SerializedColumnWriter<'_>,
            values: &[T::T],
            present: &[i16],
        ) -> Result<(), ParquetError> {
            column.typed::<T>().write_batch(values, Some(present), None).map(drop)
        }
        match self.values {
            Values::Bools(values) => typed::<BoolType>(column, &values, &self.present),
            Values::Numbers(values) => typed::<Int64Type>(column, &values, &self.present),
            Values::Bytes(values) => typed::<ByteArrayType>(column, &values, &self.present),
        }
    }
}

fn schema(name: &str, fields: &[Field]) -> Result<Type, ParquetError> {
    let field = |field: &Field| {
        let mut column = Type::primitive_type_builder(&field.name, physical(field.kind))
            .with_repetition(Repetition::OPTIONAL)
            .with_logical_type(None);
        match field.kind {
            FieldKind::Utf8 | FieldKind::NotUtf8 | FieldKind::Column(Kind::Text) => {
                column = column.with_logical_type(Some(LogicalType::String)).with_converted_type(ConvertedType::UTF8);
            }
            FieldKind::Column(Kind::Json) => {
                column = column.with_logical_type(Some(LogicalType::Json)).with_converted_type(ConvertedType::JSON);
            }
            FieldKind::Column(Kind::Unsigned) => {
                let unsigned = LogicalType::integer(64, false);
                column = column.with_logical_type(Some(unsigned)).with_converted_type(ConvertedType::UINT_64);
            }
            FieldKind::Column(_) => {}
        }
        column.build().map(Arc::new)
    };
    let fields = fields.iter().map(field).collect::<Result<_, _>>()?;
    Type::group_type_builder(name).with_fields(fields).build()
}

fn physical(kind: FieldKind) -> Physical {
    match kind {
        FieldKind::Column(Kind::Bool) => Physical::BOOLEAN,
        FieldKind::Column(Kind::Integer | Kind::Unsigned | Kind::Id) => Physical::INT64,
        _ => Physical::BYTE_ARRAY,
    }
}

/// The error of the output, when it is one: a closed pipe has to stay one.
fn into_io(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(source) => match source.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(source) => io::Error::other(source),
        },
        error => io::Error::other(error),
    }
}
