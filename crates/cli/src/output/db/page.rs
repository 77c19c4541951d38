//! `db page`: one page decoded, element by element.

use std::io::{self, Write};

use etcdsnap_bbolt::format::BUCKET_FLAG;
use etcdsnap_bbolt::{BucketHeader, Db, Page, PageKind};
use etcdsnap_mvcc::RevisionKey;
use etcdsnap_quote::{go_quote, quote};
use serde::Serialize;

use crate::output::db::info::Slot;
use crate::output::quantity;
use crate::output::words::TextOrBase64;

/// A page and how to show it.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The file.
    pub db: Db<'a>,
    /// The page.
    pub page: Page<'a>,
    /// Are values shown, or only their sizes?
    pub values: bool,
}

/// The header.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Header {
    /// Where it stands.
    id: u64,
    /// What it says it is.
    claimed_id: u64,
    kind: String,
    items: u16,
    overflow: u32,
    offset: u64,
    bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<Slot>,
    /// How many ids a freelist says it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    free_ids: Option<u64>,
}

/// One element.
#[derive(Debug, Serialize)]
struct Element<'a> {
    index: u16,
    #[serde(flatten)]
    key: Option<TextOrBase64<'a>>,
    /// The key as a revision, where it has the form of one.
    #[serde(flatten)]
    record: Option<Record>,
    #[serde(flatten)]
    holds: Holds<'a>,
}

/// What the key of a record says.
#[derive(Debug, Serialize)]
struct Record {
    revision: String,
    tombstone: bool,
}

/// What an element holds beside its key.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
enum Holds<'a> {
    /// The page of a subtree.
    Child(u64),
    /// A bucket.
    Bucket { root: u64, sequence: u64 },
    /// Bytes that do not lie inside the page, or not in the way they should.
    Unreadable(bool),
    /// A value.
    #[serde(untagged)]
    Value {
        #[serde(rename = "valueSize")]
        size: usize,
        #[serde(flatten)]
        value: Option<TextOrBase64<'a>>,
    },
}

impl<'a> View<'a> {
    fn header(&self) -> Header {
        Header {
            id: self.page.position.unwrap_or(self.page.id),
            claimed_id: self.page.id,
            kind: self.page.kind.to_string(),
            items: self.page.count,
            overflow: self.page.overflow,
            offset: self.page.offset(),
            bytes: self.page.bytes().len() as u64,
            meta: self.meta(),
            free_ids: self.is_freelist().then(|| self.page.free_id_count()),
        }
    }

    fn is_freelist(&self) -> bool {
        self.page.kind == PageKind::Freelist
    }

    /// The ids on a freelist page; none on others.
    fn free(&self) -> impl Iterator<Item = u64> + use<'a> {
        let ids = self.is_freelist().then(|| self.page.free_ids());
        ids.into_iter().flatten()
    }

    /// The meta that stands on it.
    fn meta(&self) -> Option<Slot> {
        let slot = usize::try_from(self.page.position?).ok()?;
        self.db.metas().get(slot).map(|meta| Slot::new(meta, self.db.meta()))
    }

    fn elements(&self) -> impl Iterator<Item = Element<'a>> {
        let count = if matches!(self.page.kind, PageKind::Branch | PageKind::Leaf) { self.page.count } else { 0 };
        // A table that is longer than the page has no elements in it beyond the page's end.
        let room = self.page.bytes().len() / etcdsnap_bbolt::format::ELEMENT;
        (0..count).take(room).map(move |index| self.element(index))
    }

    fn element(&self, index: u16) -> Element<'a> {
        let with = |key, holds| Element { index, key: Some(TextOrBase64::key(key)), record: Record::of(key), holds };
        let unreadable = Element { index, key: None, record: None, holds: Holds::Unreadable(true) };
        if self.page.kind == PageKind::Branch {
            let element = self.page.branch_element(index);
            return element.map_or(unreadable, |element| with(element.key, Holds::Child(element.child)));
        }
        let Some(element) = self.page.leaf_element(index) else { return unreadable };
        let holds = if element.flags & BUCKET_FLAG == 0 {
            let value = TextOrBase64 { key: "value", base64_key: "valueBase64", bytes: element.value };
            Holds::Value { size: element.value.len(), value: self.values.then_some(value) }
        } else {
            BucketHeader::parse(element.value, self.db.order()).map_or(Holds::Unreadable(true), |header| {
                Holds::Bucket { root: header.root, sequence: header.sequence }
            })
        };
        with(element.key, holds)
    }
}

impl Record {
    fn of(key: &[u8]) -> Option<Self> {
        let RevisionKey { revision, tombstone } = RevisionKey::parse(key).ok()?;
        Some(Self { revision: revision.to_string(), tombstone })
    }
}

/// Writes one page for people.
pub fn text(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Header { id, claimed_id, kind, items, overflow, offset, bytes, meta, free_ids } = view.header();
    let claims = if id == claimed_id { String::new() } else { format!(" (its header says {claimed_id})") };
    let items = free_ids.map_or_else(|| quantity(items.into(), "element"), |ids| quantity(ids, "free page"));
    let overflow = quantity(overflow.into(), "overflow page");
    writeln!(out, "page {id}{claims}: {kind}, {items}, {overflow}, {bytes} bytes at offset {offset}")?;
    if let Some(meta) = meta {
        writeln!(out, "        {meta}")?;
    }
    for element in view.elements() {
        let holds = match element.holds {
            Holds::Child(page) => format!("page {page}"),
            Holds::Bucket { root: 0, sequence } => format!("inline bucket, sequence {sequence}"),
            Holds::Bucket { root, sequence } => format!("bucket at page {root}, sequence {sequence}"),
            Holds::Value { size, value: None } => quantity(size as u64, "byte"),
            Holds::Value { value: Some(value), .. } => go_quote(value.bytes),
            Holds::Unreadable(_) => "(does not lie inside the page)".to_owned(),
        };
        writeln!(out, "{:>6}  {}  {holds}", element.index, shown(&element))?;
    }
    view.free().try_for_each(|id| writeln!(out, "{id:>12}"))
}

/// A key as the revision that it is, or as text.
fn shown(element: &Element<'_>) -> String {
    match (&element.record, &element.key) {
        (Some(Record { revision, tombstone: false }), _) => format!("revision {revision}"),
        (Some(Record { revision, tombstone: true }), _) => format!("revision {revision} tombstone"),
        (None, Some(key)) => quote(key.bytes),
        (None, None) => "?".to_owned(),
    }
}

/// Writes one page as a JSON object.
pub fn json(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let header = serde_json::to_string(&view.header())?;
    write!(out, "{},\"elements\":[", header.strip_suffix('}').unwrap_or(&header))?;
    for (number, element) in view.elements().enumerate() {
        if number > 0 {
            out.write_all(b",")?;
        }
        serde_json::to_writer(&mut *out, &element)?;
    }
    if view.is_freelist() {
        out.write_all(b"],\"free\":[")?;
        for (number, id) in view.free().enumerate() {
            write!(out, "{}{id}", if number > 0 { "," } else { "" })?;
        }
    }
    out.write_all(b"]}")
}
