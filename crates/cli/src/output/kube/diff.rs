//! What `kube diff` prints: a line for each object that differs with its fields below, rows, and the numbers.

use std::fmt::Write as _;
use std::io::{self, Write};

use etcdsnap_kube::decode::Object;
use etcdsnap_kube::yaml;
use etcdsnap_mvcc::Record;
use etcdsnap_objects::{IgnoredDifferences, ObjectChangeKind, ObjectDifference};
use etcdsnap_quote::quote;
use etcdsnap_snapshot::known::Known;
use serde::Serialize;

use super::edits;
use crate::args::State;
use crate::args::kube::{Diff as Args, DiffForm};
use crate::output::patch::unified;
use crate::output::rows::json_line;
use crate::output::words::{TextOrBase64, label, quantity};

/// How many objects differ in which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stat {
    added: u64,
    removed: u64,
    changed: u64,
    recreated: u64,
    /// Of these, compared as they are stored.
    compared_as_stored: u64,
    /// Differ by what is left out alone.
    left_out: u64,
    /// Keys of no object.
    other_keys: u64,
}

/// What is printed of one object.
#[derive(Debug)]
pub struct Piece {
    change_kind: ObjectChangeKind,
    as_stored: bool,
    text: Vec<u8>,
}

/// A difference in JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    change: &'static str,
    resource: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<&'a str>,
    name: &'a str,
    root: &'a str,
    #[serde(flatten)]
    key: TextOrBase64<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Stored>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<Stored>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<edits::Row>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unknown_fields_differ: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    compared_as_stored: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patch: Option<String>,
}

/// How an object is stored on one side.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    create_revision: i64,
    mod_revision: i64,
    size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<String>,
}

impl Piece {
    /// Tells of an object in the form asked for.
    pub fn of(compared: &ObjectDifference<'_, '_>, args: &Args) -> Self {
        let mut text = Vec::new();
        // Memory takes everything.
        _ = match args.output {
            _ if args.stat => Ok(()),
            DiffForm::Text => text.write_all(told(compared, args.patch).as_bytes()),
            DiffForm::Name => writeln!(text, "{}", name(compared)),
            DiffForm::Json => serde_json::to_writer(&mut text, &row(compared, args.patch)).map_err(io::Error::from),
            DiffForm::Ndjson => json_line(&row(compared, args.patch), &mut text),
        };
        Self { change_kind: compared.change_kind, as_stored: compared.unreadable.is_some(), text }
    }
}

/// What is printed while differences come.
pub struct Report<'o> {
    args: &'o Args,
    revisions: (Known<i64>, Known<i64>),
    stat: Stat,
    out: &'o mut dyn Write,
}

impl<'o> Report<'o> {
    /// Begins.
    pub fn new(args: &'o Args, revisions: (Known<i64>, Known<i64>), out: &'o mut dyn Write) -> io::Result<Self> {
        let report = Self { args, revisions, stat: Stat::default(), out };
        match args.output {
            DiffForm::Text => {
                let side =
                    |state: &State, revision: Known<i64>| format!("{} at revision {revision}", label(&state.path));
                writeln!(report.out, "--- {}", side(&args.before, revisions.0))?;
                writeln!(report.out, "+++ {}", side(&args.after, revisions.1))?;
            }
            DiffForm::Json if !args.stat => report.out.write_all(b"{\"differences\":[")?,
            DiffForm::Json => report.out.write_all(b"{")?,
            DiffForm::Ndjson | DiffForm::Name => {}
        }
        Ok(report)
    }

    /// Writes an object that differs.
    pub fn piece(&mut self, piece: &Piece) -> io::Result<()> {
        if self.args.output == DiffForm::Json && !self.args.stat && self.stat.differ() > 0 {
            self.out.write_all(b",")?;
        }
        let count = match piece.change_kind {
            ObjectChangeKind::Added => &mut self.stat.added,
            ObjectChangeKind::Removed => &mut self.stat.removed,
            ObjectChangeKind::Changed => &mut self.stat.changed,
            ObjectChangeKind::Recreated => &mut self.stat.recreated,
        };
        *count += 1;
        self.stat.compared_as_stored += u64::from(piece.as_stored);
        self.out.write_all(&piece.text)
    }

    /// The numbers so far.
    pub fn stat(&self) -> Stat {
        self.stat
    }

    /// Writes the numbers.
    pub fn finish(mut self, left_out: IgnoredDifferences) -> io::Result<Stat> {
        (self.stat.left_out, self.stat.other_keys) = (left_out.routine, left_out.no_objects);
        let stat = self.stat;
        match self.args.output {
            DiffForm::Text => self.numbers()?,
            DiffForm::Json => {
                let end: &[u8] = if self.args.stat { b"" } else { b"]," };
                self.out.write_all(end)?;
                for (name, state, revision) in
                    [("before", &self.args.before, self.revisions.0), ("after", &self.args.after, self.revisions.1)]
                {
                    let path = serde_json::to_string(&TextOrBase64::path(&state.path))?;
                    let path = path.trim_end_matches('}');
                    let revision = serde_json::to_string(&revision)?;
                    write!(self.out, "\"{name}\":{path},\"revision\":{revision}}},")?;
                }
                writeln!(self.out, "\"stat\":{}}}", serde_json::to_string(&stat)?)?;
            }
            DiffForm::Ndjson if self.args.stat => json_line(&stat, self.out)?,
            DiffForm::Ndjson | DiffForm::Name => {}
        }
        Ok(stat)
    }

    fn numbers(&mut self) -> io::Result<()> {
        let Stat { added, removed, changed, recreated, left_out, other_keys, .. } = self.stat;
        if self.stat.differ() == 0 {
            writeln!(self.out, "no differences")?;
        } else {
            let objects = quantity(self.stat.differ(), "object");
            let differ = if self.stat.differ() == 1 { "differs" } else { "differ" };
            let kinds = format!("{added} added, {removed} removed, {changed} changed, {recreated} recreated");
            writeln!(self.out, "{objects} {differ}: {kinds}")?;
        }
        if left_out > 0 {
            let objects = quantity(left_out, "object");
            writeln!(self.out, "left out: {objects} with changes nobody made; `--with all` shows them")?;
        }
        if other_keys > 0 {
            let keys = quantity(other_keys, "key");
            writeln!(self.out, "left out: {keys} of no object; `etcdsnap diff` shows them")?;
        }
        Ok(())
    }
}

impl Stat {
    /// Objects that differ.
    pub fn differ(&self) -> u64 {
        self.added + self.removed + self.changed + self.recreated
    }

    /// Of these, compared as they are stored.
    pub fn compared_as_stored(&self) -> u64 {
        self.compared_as_stored
    }
}

/// `deployment.apps/web -n shop`
fn name(compared: &ObjectDifference<'_, '_>) -> String {
    let entry = &compared.entry;
    let namespace = entry.key.namespace.map(|namespace| format!(" -n {}", quote(namespace.as_bytes())));
    quote(entry.name().as_bytes()) + &namespace.unwrap_or_default()
}

fn told(compared: &ObjectDifference<'_, '_>, patch: bool) -> String {
    let mark = match compared.change_kind {
        ObjectChangeKind::Added => '+',
        ObjectChangeKind::Removed => '-',
        ObjectChangeKind::Changed => '~',
        ObjectChangeKind::Recreated => '!',
    };
    let mut text = format!("{mark} {}", name(compared));
    // A text takes everything.
    if compared.entry.key.root != "/registry" {
        _ = write!(text, "  below {}", quote(compared.entry.key.root.as_bytes()));
    }
    if compared.change_kind == ObjectChangeKind::Recreated {
        text.push_str("  (recreated)");
    }
    if let Some(reason) = &compared.unreadable {
        _ = write!(text, "  (compared as stored; {reason})");
    }
    text.push('\n');
    if patch {
        yaml_patch(compared).lines().for_each(|line| _ = writeln!(text, "    {line}"));
    } else {
        edits::lines(&compared.edits, &mut text);
    }
    if compared.unknown_differ {
        text.push_str("    ~ fields that this version does not know differ\n");
    }
    text
}

/// How the YAML differs.
fn yaml_patch(compared: &ObjectDifference<'_, '_>) -> String {
    let side = |object: Option<&Object<'_>>, record: Option<Record<'_>>| {
        let named = object.zip(record);
        let name = named.map(|(_, record)| format!("{}@{}", quote(record.kv.key), record.revision.main));
        (name.unwrap_or_else(|| "/dev/null".to_owned()), named.map(|(object, _)| yaml::to_string(&object.value)))
    };
    let (before, old) = side(compared.old, compared.before);
    let (after, new) = side(compared.new, compared.after);
    unified((&before, &old.unwrap_or_default()), (&after, &new.unwrap_or_default()))
}

fn row<'a>(compared: &ObjectDifference<'_, 'a>, patch: bool) -> Row<'a> {
    let entry = &compared.entry;
    let stored = |record: Option<Record<'_>>, object: Option<&Object<'_>>| {
        let kv = record?.kv;
        Some(Stored {
            create_revision: kv.create_revision,
            mod_revision: kv.mod_revision,
            size: kv.value.len() as u64,
            uid: object.and_then(|object| object.value.text_at(&["metadata", "uid"])).map(str::to_owned),
        })
    };
    Row {
        change: match compared.change_kind {
            ObjectChangeKind::Added => "added",
            ObjectChangeKind::Removed => "removed",
            ObjectChangeKind::Changed => "changed",
            ObjectChangeKind::Recreated => "recreated",
        },
        resource: entry.resource_name(),
        namespace: entry.key.namespace,
        name: entry.key.name,
        root: entry.key.root,
        key: TextOrBase64::key(entry.record.kv.key),
        before: stored(compared.before, compared.old),
        after: stored(compared.after, compared.new),
        fields: edits::rows(&compared.edits),
        unknown_fields_differ: compared.unknown_differ,
        compared_as_stored: compared.unreadable.as_ref().map(ToString::to_string),
        patch: patch.then(|| yaml_patch(compared)),
    }
}
