//! `kube get`.

use std::io::{self, Write};

use etcdsnap_kube::list::{ListFormat, ListWriter};
use etcdsnap_mvcc::Position;
use etcdsnap_objects::{ObjectRecord, ObjectSelection, Objects, SelectedObjects};
use etcdsnap_quote::quote;

use super::reading::selection;
use super::unread::Unread;
use crate::args::kube::{Get, GetForm};
use crate::commands::Session;
use crate::exit::{Exit, Failure};
use crate::output::kube::Piece;
use crate::output::kube::get::{Table, item, line, name, whole};
use crate::output::{console, label, quantity};

pub fn run(session: &Session, args: &Get) -> Result<Exit, Failure> {
    session.objects(&args.source, |objects| {
        let selection = selection(objects, &args.meant)?;
        let selected = objects.select(&selection);
        let nothing = selected.positions.is_empty();
        if nothing && selected.missing.is_empty() {
            tell_none(args, objects, &selection);
        }
        let mut printing = Printing { args, objects, selection: &selection, unread: Unread::default() };
        let shown = if nothing && selection.single().is_some() {
            Exit::Done
        } else {
            console::write(Exit::Done, |out| printing.print(&selected.positions, out))?
        };
        Ok(shown.and(tell_missing(args, &selected)).and(printing.unread.tell()))
    })
}

/// What is being printed.
struct Printing<'p, 'a> {
    args: &'p Get,
    objects: &'p Objects<'a>,
    selection: &'p ObjectSelection,
    unread: Unread,
}

impl Printing<'_, '_> {
    fn print(&mut self, positions: &[Position], out: &mut dyn Write) -> io::Result<()> {
        let managed_fields = self.args.show_managed_fields;
        match self.args.output {
            GetForm::Text | GetForm::Wide => self.tables(positions, out),
            GetForm::Name => self.pieces(positions, name, |text| out.write_all(text)),
            GetForm::Yaml => self.list(positions, ListFormat::Yaml, out),
            GetForm::Json => self.list(positions, ListFormat::Json, out),
            GetForm::Ndjson => self.pieces(positions, |entry| line(entry, managed_fields), |text| out.write_all(text)),
        }
    }

    /// As kubectl: a single name gives the object itself, anything else a list.
    fn list(&mut self, positions: &[Position], form: ListFormat, out: &mut dyn Write) -> io::Result<()> {
        let managed_fields = self.args.show_managed_fields;
        if self.selection.single().is_some() && positions.len() == 1 {
            return self.pieces(positions, |entry| whole(entry, form, managed_fields), |text| out.write_all(text));
        }
        let mut list = ListWriter::new(out, form);
        self.pieces(positions, |entry| item(entry, form, managed_fields), |text| list.item_text(text))?;
        list.finish().map(drop)
    }

    /// A table for each resource.
    fn tables(&mut self, positions: &[Position], out: &mut dyn Write) -> io::Result<()> {
        let objects = self.objects;
        let resource = |at: &Position| objects.entry(*at).map(|entry| (entry.key.root, entry.key.path));
        let wide = self.args.output == GetForm::Wide;
        let typed = self
            .selection
            .wanted
            .first()
            .is_none_or(|first| self.selection.wanted.iter().any(|wanted| wanted.path != first.path));
        let with_namespaces = self.selection.namespace.is_none();
        for (number, group) in positions.chunk_by(|one, other| resource(one) == resource(other)).enumerate() {
            if number > 0 {
                out.write_all(b"\n")?;
            }
            let table = Table::new(objects, group, wide, typed, with_namespaces);
            table.titles(out)?;
            self.pieces(group, |entry| table.row(entry), |text| out.write_all(text))?;
        }
        Ok(())
    }

    /// Makes the texts of objects on all threads, and writes them in order.
    fn pieces(
        &mut self,
        positions: &[Position],
        make: impl Fn(&ObjectRecord<'_, '_>) -> Piece + Sync,
        mut write: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let make = |entry: ObjectRecord<'_, '_>| (entry.record.kv.key.to_vec(), make(&entry));
        self.objects.stream(positions, make, |(key, piece)| {
            self.unread.note_piece(&key, &piece);
            if piece.text.is_empty() { Ok(()) } else { write(&piece.text) }
        })
    }
}

/// Says that nothing was found, and where something would have been.
fn tell_none(args: &Get, objects: &Objects<'_>, selection: &ObjectSelection) {
    let (file, revision) = (label(&args.source.file), objects.shown_revision());
    let Some(namespace) = &selection.namespace else {
        return Failure::new(format!("{file}: no objects found at revision {revision}")).print();
    };
    let others = objects.select(&ObjectSelection { namespace: None, ..selection.clone() }).positions.len() as u64;
    let elsewhere = match others {
        0 => String::new(),
        _ => format!("; elsewhere {}, which -A shows", quantity(others, "object")),
    };
    let namespace = quote(namespace.as_bytes());
    Failure::new(format!("{file}: no objects found in namespace {namespace} at revision {revision}{elsewhere}"))
        .print();
}

/// Says which of the named objects are not there.
fn tell_missing(args: &Get, selected: &SelectedObjects) -> Exit {
    for wanted in &selected.missing {
        let name = quote(wanted.name.as_deref().unwrap_or_default().as_bytes());
        let place = match args.meant.namespace().filter(|_| wanted.namespaced) {
            Some(namespace) => format!(" in namespace {}", quote(namespace.as_bytes())),
            None => String::new(),
        };
        Failure::new(format!("{}: no {} {name}{place}", label(&args.source.file), wanted.resource)).print();
    }
    if selected.missing.is_empty() { Exit::Done } else { Exit::Failed }
}
