//! `leases`.

use std::collections::BTreeMap;

use etcdsnap_quote::quote;
use etcdsnap_snapshot::buckets::{Buckets, Lease, Leases};
use etcdsnap_snapshot::known::Known;
use serde::Serialize;

use super::{perhaps_more, table, unread};
use crate::output::Sheet;
use crate::output::sheet::{FAINT, ODD, PLAIN, STRONG};
use crate::output::words::{TextOrBase64, quantity};

/// The live keys that are attached to each lease.
#[derive(Debug)]
pub enum Attached<'a> {
    /// How many there are.
    Count(&'a BTreeMap<i64, u64>),
    /// Which, in key order.
    Keys(BTreeMap<i64, Vec<&'a [u8]>>),
}

/// The document of `-o json`. Ids are 16 hex digits.
#[derive(Debug, Serialize)]
pub struct Document<'a> {
    /// Null where none could be read of what may be there.
    leases: Option<Vec<Row<'a>>>,
    /// Leases that live keys refer to and that are not there; null where that is not known.
    missing: Option<Vec<Missing<'a>>>,
    /// Buckets that could not be read to their ends: there may be more leases, or more keys attached to them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unread: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    id: String,
    /// Seconds.
    ttl: i64,
    /// Seconds left at the last checkpoint; 0 when there was none.
    remaining_ttl: i64,
    /// Live keys attached to it; null where not all records could be read.
    keys: Known<u64>,
    #[serde(flatten)]
    names: Names<'a>,
}

#[derive(Debug, Serialize)]
struct Missing<'a> {
    id: String,
    keys: u64,
    #[serde(flatten)]
    names: Names<'a>,
}

/// The attached keys by name, when they were asked for.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Names<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    attached: Option<Vec<TextOrBase64<'a>>>,
}

impl<'a> Attached<'a> {
    fn ids(&self) -> Vec<i64> {
        match self {
            Self::Count(counts) => counts.keys().copied().collect(),
            Self::Keys(keys) => keys.keys().copied().collect(),
        }
    }

    fn to(&self, lease: i64) -> (u64, Names<'a>) {
        match self {
            Self::Count(counts) => (counts.get(&lease).copied().unwrap_or(0), Names { attached: None }),
            Self::Keys(keys) => {
                let keys = keys.get(&lease).map(Vec::as_slice).unwrap_or_default();
                let attached = keys.iter().map(|key| TextOrBase64::key(key)).collect();
                (keys.len() as u64, Names { attached: Some(attached) })
            }
        }
    }
}

impl<'a> Document<'a> {
    /// The leases of one database, and the live keys attached to each.
    pub fn new(buckets: &Buckets, attached: &Attached<'a>) -> Self {
        let leases = &buckets.leases;
        let keys_are_read = buckets.is_read("key");
        let row = |lease: &Lease| {
            let (keys, names) = attached.to(lease.id);
            let keys = Known::new(keys, keys_are_read);
            Row { id: hex(lease.id), ttl: lease.ttl, remaining_ttl: lease.remaining, keys, names }
        };
        let missing = |leases: &Leases| {
            let missing = attached.ids().into_iter().filter(|id| leases.get(*id).is_none()).map(|id| {
                let (keys, names) = attached.to(id);
                Missing { id: hex(id), keys, names }
            });
            missing.collect()
        };
        Self {
            leases: (leases.is_whole() || !leases.part().is_empty()).then(|| leases.part().iter().map(row).collect()),
            missing: leases.all().filter(|_| keys_are_read).map(missing),
            unread: unread(buckets, &["key", "lease"]),
        }
    }

    /// Lays them out.
    pub fn text(&self, sheet: &mut Sheet) {
        let leases = self.leases.as_deref().unwrap_or_default();
        if leases.is_empty() {
            sheet.line(&[(FAINT, "leases  ")], if self.leases.is_some() { "none" } else { "unknown" });
        } else {
            let left = |seconds| if seconds == 0 { "-".to_owned() } else { format!("{seconds} s") };
            let row = |row: &Row| {
                vec![row.id.clone(), format!("{} s", row.ttl), left(row.remaining_ttl), row.keys.to_string()]
            };
            let rows: Vec<_> = leases.iter().map(row).collect();
            table(&["ID", "TTL", "REMAINING", "KEYS"], &rows, sheet);
            perhaps_more(&self.unread, "lease", sheet);
        }
        for Missing { id, keys, .. } in self.missing.iter().flatten() {
            let body = format!("lease {id}, to which {} attached", are(*keys));
            sheet.line(&[(ODD, "missing"), (PLAIN, "  ")], &body);
        }
        let rows = leases.iter().map(|row| (&row.id, &row.names));
        for (id, names) in rows.chain(self.missing.iter().flatten().map(|missing| (&missing.id, &missing.names))) {
            for (number, key) in names.attached.iter().flatten().enumerate() {
                if number == 0 {
                    sheet.blank();
                    sheet.line(&[(STRONG, id)], "");
                }
                sheet.line(&[(PLAIN, "  ")], &quote(key.bytes));
            }
        }
    }
}

fn are(keys: u64) -> String {
    format!("{} {}", quantity(keys, "live key"), if keys == 1 { "is" } else { "are" })
}

fn hex(id: i64) -> String {
    format!("{:016x}", id.cast_unsigned())
}
