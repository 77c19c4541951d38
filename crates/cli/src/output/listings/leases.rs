//! `leases`.

use std::collections::BTreeMap;

use etcdsnap_snapshot::buckets::{Lease, Leases};
use serde::Serialize;

use super::table;
use crate::output::Sheet;
use crate::output::sheet::{FAINT, ODD, PLAIN};
use crate::output::words::quantity;

/// The document of `-o json`. Ids are 16 hex digits.
#[derive(Debug, Serialize)]
pub struct Document {
    leases: Vec<Row>,
    /// Leases that live keys refer to and that are not there.
    missing: Vec<Missing>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    id: String,
    /// Seconds.
    ttl: i64,
    /// Seconds left at the last checkpoint; 0 when there was none.
    remaining_ttl: i64,
    /// Live keys attached to it.
    keys: u64,
}

#[derive(Debug, Serialize)]
struct Missing {
    id: String,
    keys: u64,
}

impl Document {
    /// The leases of one database, and the number of live keys attached to each lease.
    pub fn new(leases: &Leases, attached: &BTreeMap<i64, u64>) -> Self {
        let row = |lease: &Lease| Row {
            id: hex(lease.id),
            ttl: lease.ttl,
            remaining_ttl: lease.remaining,
            keys: attached.get(&lease.id).copied().unwrap_or(0),
        };
        let is_missing = |id: i64| leases.get(id).is_none();
        let missing = attached.iter().filter(|(id, _)| is_missing(**id));
        Self {
            leases: leases.iter().map(row).collect(),
            missing: missing.map(|(id, keys)| Missing { id: hex(*id), keys: *keys }).collect(),
        }
    }

    /// Lays them out.
    pub fn text(&self, sheet: &mut Sheet) {
        if self.leases.is_empty() {
            sheet.line(&[(FAINT, "leases  ")], "none");
        } else {
            let left = |seconds| if seconds == 0 { "-".to_owned() } else { format!("{seconds} s") };
            let row = |row: &Row| {
                vec![row.id.clone(), format!("{} s", row.ttl), left(row.remaining_ttl), row.keys.to_string()]
            };
            let rows: Vec<_> = self.leases.iter().map(row).collect();
            table(&["ID", "TTL", "REMAINING", "KEYS"], &rows, sheet);
        }
        for Missing { id, keys } in &self.missing {
            let body = format!("lease {id}, to which {} attached", are(*keys));
            sheet.line(&[(ODD, "missing"), (PLAIN, "  ")], &body);
        }
    }
}

fn are(keys: u64) -> String {
    format!("{} {}", quantity(keys, "live key"), if keys == 1 { "is" } else { "are" })
}

fn hex(id: i64) -> String {
    format!("{:016x}", id.cast_unsigned())
}
