//! What `kube history` prints: a section for each object, with a line for each revision and the fields that it changed.

use std::fmt::Write as _;
use std::io::{self, Write};

use etcdsnap_objects::{Author, ObjectRevision, RevisionEffect, UnreadableObject};
use etcdsnap_quote::quote;
use jiff::Timestamp;
use serde::Serialize;

use super::edits;
use crate::args::TableForm;
use crate::output::rows::json_line;
use crate::output::words::TextOrBase64;

const TITLES: &str = "    REVISION  EVENT      WHEN                       SIZE  WHO";

/// What is printed of one revision.
#[derive(Debug)]
pub struct Piece {
    /// The key.
    pub key: Vec<u8>,
    /// Why not all is told.
    pub unreadable: Option<UnreadableObject>,
    /// The object, as its section is called.
    title: String,
    text: Vec<u8>,
}

/// A revision in JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    revision: i64,
    sub: i64,
    event: &'static str,
    resource: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<&'a str>,
    name: &'a str,
    #[serde(flatten)]
    key: TextOrBase64<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    creation_timestamp: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deletion_timestamp: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    authors: Vec<AuthorRow<'a>>,
    fields: Vec<edits::Row>,
    fields_known: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable: Option<String>,
}

#[derive(Serialize)]
struct AuthorRow<'a> {
    manager: &'a str,
    operation: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    subresource: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
}

impl Piece {
    /// Tells of a revision in the form asked for.
    pub fn of(past: &ObjectRevision<'_, '_>, form: TableForm) -> Self {
        let mut text = Vec::new();
        // Memory takes everything.
        _ = match form {
            TableForm::Text => text.write_all(told(past).as_bytes()),
            TableForm::Json => serde_json::to_writer(&mut text, &row(past)).map_err(io::Error::from),
            TableForm::Ndjson => json_line(&row(past), &mut text),
        };
        let (entry, unreadable) = (&past.entry, past.unreadable.clone());
        let namespace = entry.key.namespace.map(|namespace| format!(" in namespace {}", quote(namespace.as_bytes())));
        let title = quote(entry.name().as_bytes()) + &namespace.unwrap_or_default();
        Self { key: entry.record.kv.key.to_vec(), unreadable, title, text }
    }
}

/// What is printed while revisions come.
pub struct Report<'o> {
    form: TableForm,
    out: &'o mut dyn Write,
    last: Option<Vec<u8>>,
}

impl<'o> Report<'o> {
    /// Begins.
    pub fn new(form: TableForm, out: &'o mut dyn Write) -> Self {
        Self { form, out, last: None }
    }

    /// Writes a revision.
    pub fn piece(&mut self, piece: Piece) -> io::Result<()> {
        let (is_first, is_next) = (self.last.is_none(), self.last.as_ref() != Some(&piece.key));
        match self.form {
            TableForm::Text if is_next => {
                self.out.write_all(if is_first { b"" } else { b"\n" })?;
                writeln!(self.out, "{}: {}\n{TITLES}", piece.title, quote(&piece.key))?;
            }
            TableForm::Json => self.out.write_all(if is_first { b"{\"revisions\":[" } else { b"," })?,
            TableForm::Text | TableForm::Ndjson => {}
        }
        self.last = Some(piece.key);
        self.out.write_all(&piece.text)
    }

    /// Writes what belongs behind the last one.
    pub fn finish(self) -> io::Result<()> {
        match (self.form, self.last) {
            (TableForm::Json, None) => self.out.write_all(b"{\"revisions\":[]}\n"),
            (TableForm::Json, Some(_)) => self.out.write_all(b"]}\n"),
            _ => Ok(()),
        }
    }
}

fn told(past: &ObjectRevision<'_, '_>) -> String {
    let record = &past.entry.record;
    let size = if record.tombstone { "-".to_owned() } else { record.kv.value.len().to_string() };
    let when = time(past).unwrap_or_else(|| "-".to_owned());
    let mut who: Vec<String> = past.authors.iter().map(who).collect();
    if who.is_empty() {
        who.push("-".to_owned());
    }
    let (event, who) = (event(past.effect), who.join(", "));
    let mut text = format!("{:>12}  {event:<9}  {when:<20}  {size:>9}  {who}\n", record.revision.to_string());
    match (&past.unreadable, past.effect, past.deletion) {
        // A text takes everything.
        (Some(reason), ..) => _ = writeln!(text, "    {reason}"),
        (None, RevisionEffect::Deleted, Some(seconds)) => {
            _ = writeln!(text, "    its deletionTimestamp was {}", instant(seconds).unwrap_or_default());
        }
        (None, RevisionEffect::Changed, _) if !past.has_before => {
            text.push_str("    what it was before is compacted\n");
        }
        _ => edits::lines(&past.edits, &mut text),
    }
    text
}

/// `kube-controller-manager (status)`, `helm (apply)`; `kubectl (owner)` where it may have been someone else.
fn who(author: &Author) -> String {
    let (applied, owner) = ((author.operation == "Apply").then_some("apply"), author.time.is_none().then_some("owner"));
    let subresource = Some(author.subresource.as_str()).filter(|name| !name.is_empty());
    let notes: Vec<&str> = owner.into_iter().chain(applied).chain(subresource).collect();
    let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) };
    quote((author.manager.clone() + &notes).as_bytes())
}

fn event(effect: RevisionEffect) -> &'static str {
    match effect {
        RevisionEffect::Created => "created",
        RevisionEffect::Recreated => "recreated",
        RevisionEffect::Changed => "changed",
        RevisionEffect::Deleted => "deleted",
    }
}

/// When it happened, where that is known.
fn time(past: &ObjectRevision<'_, '_>) -> Option<String> {
    match past.effect {
        RevisionEffect::Created | RevisionEffect::Recreated => past.created.and_then(instant),
        RevisionEffect::Changed => past.authors.iter().filter_map(|author| author.time).max().and_then(instant),
        RevisionEffect::Deleted => None,
    }
}

fn instant(seconds: i64) -> Option<String> {
    Timestamp::from_second(seconds).ok().map(|time| time.to_string())
}

fn row<'r>(past: &'r ObjectRevision<'_, '_>) -> Row<'r> {
    let (entry, record) = (&past.entry, &past.entry.record);
    let author = |author: &'r Author| AuthorRow {
        manager: &author.manager,
        operation: &author.operation,
        subresource: &author.subresource,
        time: author.time.and_then(instant),
    };
    Row {
        revision: record.revision.main,
        sub: record.revision.sub,
        event: event(past.effect),
        resource: entry.resource_name(),
        namespace: entry.key.namespace,
        name: entry.key.name,
        key: TextOrBase64::key(record.kv.key),
        time: time(past),
        creation_timestamp: past.created.and_then(instant),
        deletion_timestamp: past.deletion.and_then(instant),
        version: (!record.tombstone).then_some(record.kv.version),
        size: (!record.tombstone).then_some(record.kv.value.len() as u64),
        authors: past.authors.iter().map(author).collect(),
        fields: edits::rows(&past.edits),
        fields_known: past.unreadable.is_none() && (past.has_before || past.effect != RevisionEffect::Changed),
        unreadable: past.unreadable.as_ref().map(ToString::to_string),
    }
}
