//! The two tables of the keyspace: keys at a revision, and records. Their columns have the names of etcd's own fields.

use etcdsnap_mvcc::Record;

use super::{Cell, Column, Kind, Table};

/// Are values exported?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// They are.
    With,
    /// Their column is left out.
    Without,
}

const KEY: Column = Column::new("key", Kind::Bytes);
const FIELDS: [Column; 3] = [
    Column::new("create_revision", Kind::Integer),
    Column::new("mod_revision", Kind::Integer),
    Column::new("version", Kind::Integer),
];
const VALUE: Column = Column::new("value", Kind::Bytes);
const LEASE: Column = Column::new("lease", Kind::Id);

/// Keys as they live at a revision.
pub fn live_table(values: Values) -> Table {
    let mut columns = vec![KEY];
    columns.extend(FIELDS);
    columns.extend((values == Values::With).then_some(VALUE));
    columns.push(LEASE);
    Table { name: "keys", columns }
}

/// The row of a live key.
pub fn live_row<'a>(record: &Record<'a>, values: Values, cells: &mut Vec<Cell<'a>>) {
    let kv = &record.kv;
    cells.push(Cell::Bytes(kv.key));
    cells.extend([kv.create_revision, kv.mod_revision, kv.version].map(Cell::Integer));
    cells.extend((values == Values::With).then_some(Cell::Bytes(kv.value)));
    cells.push(if kv.lease == 0 { Cell::Null } else { Cell::Id(kv.lease) });
}

/// All records up to a revision, in the order of revisions. A deletion has a key alone.
pub fn record_table(values: Values) -> Table {
    let first =
        [Column::new("type", Kind::Text), Column::new("revision", Kind::Integer), Column::new("sub", Kind::Integer)];
    let Table { columns, .. } = live_table(values);
    Table { name: "records", columns: first.into_iter().chain(columns).collect() }
}

/// The row of a record.
pub fn record_row<'a>(record: &Record<'a>, values: Values, cells: &mut Vec<Cell<'a>>) {
    cells.push(Cell::Text(if record.tombstone { "DELETE" } else { "PUT" }.into()));
    cells.extend([record.revision.main, record.revision.sub].map(Cell::Integer));
    if record.tombstone {
        let nulls = FIELDS.len() + usize::from(values == Values::With) + 1;
        cells.push(Cell::Bytes(record.kv.key));
        cells.extend(std::iter::repeat_n(Cell::Null, nulls));
    } else {
        live_row(record, values, cells);
    }
}
