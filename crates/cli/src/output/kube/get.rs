//! `kube get`: objects as kubectl prints them, or a table of what every object says of itself.

use std::fmt::Write as _;
use std::io::{self, Write};

use etcdsnap_kube::json::{self, JsonLayout};
use etcdsnap_kube::list::ListFormat;
use etcdsnap_kube::yaml;
use etcdsnap_mvcc::Position;
use etcdsnap_objects::{ObjectRecord, Objects, UnreadableObject};
use etcdsnap_quote::quote;
use jiff::Timestamp;

use super::Piece;
use crate::output::column;

/// Blanks between columns, as kubectl has them.
const GAP: &str = "   ";

/// An object by itself.
pub fn whole(entry: &ObjectRecord<'_, '_>, form: ListFormat, managed_fields: bool) -> Piece {
    Piece::of_object(entry, managed_fields, |object, text| {
        // Memory takes everything.
        _ = match form {
            ListFormat::Json => json::write(&object.value, JsonLayout::Indented, text),
            ListFormat::Yaml => yaml::write(&object.value, text),
        };
    })
}

/// An object as it stands in a list.
pub fn item(entry: &ObjectRecord<'_, '_>, form: ListFormat, managed_fields: bool) -> Piece {
    Piece::of_object(entry, managed_fields, |object, text| _ = form.write_item(&object.value, text))
}

/// An object in a line of JSON.
pub fn line(entry: &ObjectRecord<'_, '_>, managed_fields: bool) -> Piece {
    Piece::of_object(entry, managed_fields, |object, text| {
        _ = json::write(&object.value, JsonLayout::Compact, text);
        text.push(b'\n');
    })
}

/// The name of an object.
pub fn name(entry: &ObjectRecord<'_, '_>) -> Piece {
    Piece::of_text(quote(entry.name().as_bytes()) + "\n")
}

/// A table of objects of one resource.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Has it columns beyond what kubectl's has?
    pub wide: bool,
    /// Do names have their type before them, as where several tables follow one another?
    pub typed: bool,
    /// Width of the column of namespaces, where there is one.
    namespace: Option<usize>,
    name: usize,
}

impl Table {
    /// A table for these objects; `with_namespaces` if it is not of one namespace only.
    pub fn new(objects: &Objects<'_>, positions: &[Position], wide: bool, typed: bool, with_namespaces: bool) -> Self {
        let mut table = Self { wide, typed, namespace: None, name: "NAME".len() };
        for entry in positions.iter().filter_map(|at| objects.entry(*at)) {
            table.name = column([table.name, table.shown_name(&entry).len()]);
            if let Some(namespace) = entry.key.namespace.filter(|_| with_namespaces) {
                let width = column([quote(namespace.as_bytes()).len(), "NAMESPACE".len()]);
                table.namespace = table.namespace.max(Some(width));
            }
        }
        table
    }

    fn shown_name(self, entry: &ObjectRecord<'_, '_>) -> String {
        quote(if self.typed { entry.name() } else { entry.key.name.to_owned() }.as_bytes())
    }

    /// The line of titles.
    pub fn titles(self, out: &mut dyn Write) -> io::Result<()> {
        if let Some(width) = self.namespace {
            write!(out, "{:<width$}{GAP}", "NAMESPACE")?;
        }
        write!(out, "{:<width$}{GAP}", "NAME", width = self.name)?;
        if self.wide {
            writeln!(
                out,
                "{:<20}{GAP}{:>10}{GAP}{:>8}{GAP}{:>8}{GAP}STORED AS",
                "CREATED", "REVISION", "WRITES", "SIZE"
            )
        } else {
            writeln!(out, "CREATED")
        }
    }

    /// The line of an object.
    pub fn row(self, entry: &ObjectRecord<'_, '_>) -> Piece {
        let (created, stored_as, unreadable) = match header(entry) {
            Ok((created, stored_as)) => (created, stored_as, None),
            Err(reason @ UnreadableObject::Encrypted(_)) => {
                ("<encrypted>".to_owned(), "<encrypted>".to_owned(), Some(reason))
            }
            Err(reason) => ("<unreadable>".to_owned(), "<unreadable>".to_owned(), Some(reason)),
        };
        let mut text = String::new();
        if let Some(width) = self.namespace {
            _ = write!(text, "{:<width$}{GAP}", quote(entry.key.namespace.unwrap_or_default().as_bytes()));
        }
        _ = write!(text, "{:<width$}{GAP}", self.shown_name(entry), width = self.name);
        let kv = &entry.record.kv;
        _ = if self.wide {
            let (revision, writes, size) = (kv.mod_revision, kv.version, kv.value.len());
            writeln!(text, "{created:<20}{GAP}{revision:>10}{GAP}{writes:>8}{GAP}{size:>8}{GAP}{stored_as}")
        } else {
            writeln!(text, "{created}")
        };
        Piece { text: text.into_bytes(), unreadable, unknown: None }
    }
}

/// When an object was created, and the version it is stored in.
fn header(entry: &ObjectRecord<'_, '_>) -> Result<(String, String), UnreadableObject> {
    let clear = entry.open()?;
    let header = clear.header()?;
    let created = header.metadata.created.and_then(|seconds| Timestamp::from_second(seconds).ok());
    let stored_as = quote(header.api_version.as_bytes());
    Ok((created.map_or_else(|| "<none>".to_owned(), |time| time.to_string()), stored_as))
}
