//! The document of `-o json`, which the page of `-o html` carries too.

use etcdsnap_snapshot::report::SourceFacts;
use etcdsnap_snapshot::usage::{Balance, BucketUsage, Counts, KeyUsage, PrefixUsage, Savings, Usage};
use serde::Serialize;

use super::hints::{Hint, hints};
use crate::output::source::Source;
use crate::output::words::TextOrBase64;

/// The account of one file.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Document<'a> {
    source: Source<'a>,
    sound: bool,
    /// Bytes of the file, decompressed: the sum of the columns.
    size: u64,
    columns: &'a Balance,
    database_size: u64,
    counts: &'a Counts,
    #[serde(flatten)]
    separator: TextOrBase64<'a>,
    depth: usize,
    /// Components that were asked for: more than `depth` when there would have been too many prefixes.
    depth_asked: usize,
    prefixes: Vec<PrefixRow<'a>>,
    buckets: Vec<BucketRow<'a>>,
    largest_keys: Vec<KeyRow<'a>>,
    most_rewritten_keys: Vec<KeyRow<'a>>,
    savings: Option<Savings>,
    hints: Vec<Hint>,
}

/// A prefix.
#[derive(Debug, Serialize)]
struct PrefixRow<'a> {
    #[serde(flatten)]
    prefix: TextOrBase64<'a>,
    #[serde(flatten)]
    usage: &'a PrefixUsage<'a>,
    total: u64,
}

/// A bucket; `parent` is its position in the list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct BucketRow<'a> {
    #[serde(flatten)]
    name: TextOrBase64<'a>,
    parent: Option<u32>,
    inline: bool,
    elements: u64,
    content: u64,
    page_headers: u64,
    branch_pages: u64,
    slack: u64,
    total: u64,
}

/// A key.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct KeyRow<'a> {
    #[serde(flatten)]
    key: TextOrBase64<'a>,
    deleted: bool,
    value_size: u64,
    version: i64,
    records: u64,
    bytes: u64,
}

impl<'a> Document<'a> {
    /// The document about one file.
    pub fn new(source: &'a SourceFacts, usage: &'a Usage<'a>, separator: &'a u8) -> Self {
        Self {
            source: source.into(),
            sound: usage.is_sound,
            size: usage.balance.total(),
            columns: &usage.balance,
            database_size: usage.database_size,
            counts: &usage.counts,
            separator: TextOrBase64 {
                key: "separator",
                base64_key: "separatorBase64",
                bytes: std::slice::from_ref(separator),
            },
            depth: usage.depth,
            depth_asked: usage.depth_asked,
            prefixes: usage.prefixes.iter().map(PrefixRow::from).collect(),
            buckets: usage.buckets.iter().map(BucketRow::from).collect(),
            largest_keys: usage.largest.iter().map(KeyRow::from).collect(),
            most_rewritten_keys: usage.most_rewritten.iter().map(KeyRow::from).collect(),
            savings: usage.savings,
            hints: hints(usage),
        }
    }
}

impl<'a> From<&'a PrefixUsage<'a>> for PrefixRow<'a> {
    fn from(usage: &'a PrefixUsage<'a>) -> Self {
        let prefix = TextOrBase64 { key: "prefix", base64_key: "prefixBase64", bytes: usage.prefix };
        Self { prefix, usage, total: usage.total() }
    }
}

impl<'a> From<&BucketUsage<'a>> for BucketRow<'a> {
    fn from(usage: &BucketUsage<'a>) -> Self {
        Self {
            name: TextOrBase64 { key: "name", base64_key: "nameBase64", bytes: usage.name },
            parent: usage.parent,
            inline: usage.inline,
            elements: usage.elements,
            content: usage.content,
            page_headers: usage.page_headers,
            branch_pages: usage.branch_pages,
            slack: usage.slack,
            total: usage.total(),
        }
    }
}

impl<'a> From<&KeyUsage<'a>> for KeyRow<'a> {
    fn from(usage: &KeyUsage<'a>) -> Self {
        Self {
            key: TextOrBase64 { key: "key", base64_key: "keyBase64", bytes: usage.key },
            deleted: usage.deleted,
            value_size: usage.value_size,
            version: usage.version,
            records: usage.records,
            bytes: usage.bytes,
        }
    }
}
