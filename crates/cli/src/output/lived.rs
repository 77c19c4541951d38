//! What lives under a key, but for its value: the fields that `keys` lists and `diff` tells of both sides.

use etcdsnap_mvcc::Record;
use serde::Serialize;

use super::rows::lease_field;

/// The numbers of a put.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Lived {
    pub create_revision: i64,
    pub mod_revision: i64,
    pub version: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lease: Option<String>,
    /// Bytes of the value.
    pub size: u64,
}

impl From<Record<'_>> for Lived {
    fn from(Record { kv, .. }: Record<'_>) -> Self {
        Self {
            create_revision: kv.create_revision,
            mod_revision: kv.mod_revision,
            version: kv.version,
            lease: lease_field(kv.lease),
            size: kv.value.len() as u64,
        }
    }
}
