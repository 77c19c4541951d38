//! `db buckets`: the tree of buckets with what is in each.

use std::collections::BTreeMap;

use etcdsnap_bbolt::check::BucketInfo;
use etcdsnap_quote::quote;
use etcdsnap_snapshot::known::Known;
use serde::Serialize;

use crate::output::sheet::{FAINT, STRONG, Sheet};
use crate::output::words::{TextOrBase64, at_least, known};
use crate::output::{quantity, size};

/// A bucket and what was counted in it.
#[derive(Clone, Copy, Debug)]
pub struct Counted<'a> {
    /// The bucket.
    pub info: BucketInfo<'a>,
    /// What is in it; `None` where that was not counted: in the root, and below the buckets of the root.
    pub content: Option<Content>,
}

/// What is in a bucket.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Content {
    /// Keys.
    pub pairs: Known<u64>,
    /// Bytes of keys and values.
    pub bytes: Known<u64>,
}

/// A bucket in the document of `-o json`; parents come before their children.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry<'a> {
    index: u32,
    parent: Option<u32>,
    #[serde(flatten)]
    name: TextOrBase64<'a>,
    root: u64,
    inline: bool,
    sequence: u64,
    depth: u32,
    #[serde(flatten)]
    content: Option<Content>,
}

impl<'a> From<&Counted<'a>> for Entry<'a> {
    fn from(bucket: &Counted<'a>) -> Self {
        let Counted { info, content } = *bucket;
        Self {
            index: info.index,
            parent: info.parent,
            name: TextOrBase64 { key: "name", base64_key: "nameBase64", bytes: info.name },
            root: info.root,
            inline: is_inline(&info),
            sequence: info.sequence,
            depth: info.depth,
            content,
        }
    }
}

/// The root bucket is never inline, even where a damaged meta says that its root is page 0.
fn is_inline(info: &BucketInfo<'_>) -> bool {
    info.root == 0 && info.parent.is_some()
}

/// Lays out the tree. `buckets` are in the order of their indexes, parents before children; `all` says whether
/// these are all buckets that the file has.
pub fn text(buckets: &[Counted<'_>], all: bool, sheet: &mut Sheet) {
    // Nesting is bounded by the file, not by us: no recursion, and an indent that stops growing.
    const DEEPEST_INDENT: usize = 20;
    let mut children: BTreeMap<Option<u32>, Vec<&Counted<'_>>> = BTreeMap::new();
    for bucket in buckets {
        children.entry(bucket.info.parent).or_default().push(bucket);
    }
    let mut open: Vec<_> = children.remove(&None).into_iter().flatten().map(|bucket| (bucket, 0)).rev().collect();
    // Ends, because the buckets inside of one are taken out of `children` when it is shown.
    while let Some((bucket, level)) = open.pop() {
        line(bucket, level.min(DEEPEST_INDENT), sheet);
        let inside = children.remove(&Some(bucket.info.index)).into_iter().flatten();
        open.extend(inside.map(|child| (child, level + 1)).rev());
    }
    if !all {
        sheet.line(&[(FAINT, "and perhaps more")], "  the list of buckets could not be read to its end");
    }
}

fn line(bucket: &Counted<'_>, level: usize, sheet: &mut Sheet) {
    let Counted { info, content } = bucket;
    let name = if info.parent.is_none() { "(root)".to_owned() } else { quote(info.name) };
    let place = if is_inline(info) {
        "inline".to_owned()
    } else {
        let levels = if info.depth == 0 { "not read".to_owned() } else { quantity(info.depth.into(), "level") };
        format!("root page {}, {levels}", info.root)
    };
    let sequence = if info.sequence == 0 { String::new() } else { format!(", sequence {}", info.sequence) };
    let lead = format!("{}{name}", "  ".repeat(level));
    let content = content.map(|Content { pairs, bytes }| match bytes.all() {
        Some(bytes) => format!("{}, {}, ", known(&pairs, "pair"), size(*bytes)),
        None => format!("{}, ", at_least(&pairs, "pair")),
    });
    let body = format!("{}{place}{sequence}", content.unwrap_or_default());
    sheet.line(&[(STRONG, &format!("{lead:<20}")), (FAINT, "  ")], &body);
}
