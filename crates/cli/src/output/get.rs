//! `get`: values as they are, as hex digits, or as `etcdctl get` prints them.

use std::io::{self, Write};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use etcdsnap_mvcc::Record;
use etcdsnap_quote::quote;
use etcdsnap_snapshot::known::Known;
use serde::Serialize;
use serde::ser::SerializeMap as _;

use super::patch::plain;

/// The head of a server's answer. What a file does not hold of it is 0, what could not be read is null.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Header {
    /// The cluster.
    pub cluster_id: u64,
    /// The member that answers.
    pub member_id: Known<u64>,
    /// The store's current revision.
    pub revision: Known<i64>,
    /// The raft term.
    pub raft_term: Known<u64>,
}

/// The document of `etcdctl get -w json`.
#[derive(Debug)]
pub struct Answer<'r, 'a> {
    /// Its head.
    pub header: Header,
    /// The keys.
    pub records: &'r [Record<'a>],
    /// Are values left out?
    pub keys_only: bool,
}

struct Kv<'a> {
    record: Record<'a>,
    keys_only: bool,
}

impl Serialize for Answer<'_, '_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("header", &self.header)?;
        if !self.records.is_empty() {
            let kvs: Vec<_> =
                self.records.iter().map(|record| Kv { record: *record, keys_only: self.keys_only }).collect();
            map.serialize_entry("kvs", &kvs)?;
            map.serialize_entry("count", &self.records.len())?;
        }
        map.end()
    }
}

impl Serialize for Kv<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let kv = &self.record.kv;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("key", &BASE64_STANDARD.encode(kv.key))?;
        map.serialize_entry("create_revision", &kv.create_revision)?;
        map.serialize_entry("mod_revision", &kv.mod_revision)?;
        map.serialize_entry("version", &kv.version)?;
        if !self.keys_only && !kv.value.is_empty() {
            map.serialize_entry("value", &BASE64_STANDARD.encode(kv.value))?;
        }
        if kv.lease != 0 {
            map.serialize_entry("lease", &kv.lease)?;
        }
        map.end()
    }
}

/// May a value go to a terminal as it is?
pub fn is_plain(value: &[u8]) -> bool {
    plain(value).is_some()
}

/// A key a line.
pub fn lines(records: &[Record<'_>], out: &mut dyn Write) -> io::Result<()> {
    records.iter().try_for_each(|record| writeln!(out, "{}", quote(record.kv.key)))
}

/// A key a line, and its value on the next.
pub fn values(records: &[Record<'_>], out: &mut dyn Write) -> io::Result<()> {
    records.iter().try_for_each(|record| writeln!(out, "{}\n{}", quote(record.kv.key), quote(record.kv.value)))
}

/// Hex digits: of the value alone, or of each key and, on the next line, its value.
pub fn hex(records: &[Record<'_>], value_alone: bool, keys_only: bool, out: &mut dyn Write) -> io::Result<()> {
    for Record { kv, .. } in records {
        if keys_only || !value_alone {
            hex_line(kv.key, out)?;
        }
        if !keys_only {
            hex_line(kv.value, out)?;
        }
    }
    Ok(())
}

fn hex_line(bytes: &[u8], out: &mut dyn Write) -> io::Result<()> {
    bytes.iter().try_for_each(|byte| write!(out, "{byte:02x}"))?;
    out.write_all(b"\n")
}
