//! `kube extract`: manifests, and the account of what is in them.

use std::collections::{BTreeMap, HashSet};
use std::io::{self, Write};

use etcdsnap_kube::json::{self, JsonLayout};
use etcdsnap_kube::list::{ListFormat, ListWriter};
use etcdsnap_kube::manifest::{CleanOptions, clean};
use etcdsnap_kube::yaml;
use etcdsnap_objects::ObjectRecord;
use etcdsnap_objects::extract::{ExtractPlan, ObjectIdentity};
use etcdsnap_quote::quote;
use etcdsnap_snapshot::first_of::first_of;
use etcdsnap_snapshot::known::Known;

use super::Piece;
use crate::output::Sheet;
use crate::output::quantity;
use crate::output::sheet::PLAIN;

/// Names that are listed of each reason; all are counted.
const NAMED: usize = 5;

/// How a manifest is made.
#[derive(Clone, Copy, Debug)]
pub struct Making<'m> {
    /// Its form.
    pub form: ListFormat,
    /// Whether it stands in a list, as JSON does in a stream.
    pub in_list: bool,
    /// How it is cleaned, given the uids of all that is written.
    pub cleaning: Option<(CleanOptions, &'m HashSet<String>)>,
}

/// A manifest, and what is to be told of it.
#[derive(Debug, Default)]
pub struct Manifest {
    /// Its text; empty where there is none.
    pub piece: Piece,
    /// Finalizers that were taken off, or are left on.
    pub finalizers: Vec<String>,
    /// Whether the schema does not know its kind, so that there is no manifest.
    pub unknown_kind: bool,
}

impl Making<'_> {
    /// Makes the manifest of an object.
    pub fn manifest(self, entry: &ObjectRecord<'_, '_>) -> Manifest {
        let mut manifest = Manifest::default();
        manifest.piece = Piece::of_object(entry, false, |object, text| {
            if !object.known_kind {
                manifest.unknown_kind = true;
                return;
            }
            manifest.finalizers = match self.cleaning {
                Some((rules, uids)) => clean(object, rules, |uid| uids.contains(uid)),
                None => Vec::new(),
            };
            // Memory takes everything.
            _ = match (self.form, self.in_list) {
                (form, true) => form.write_item(&object.value, text),
                (ListFormat::Json, false) => json::write(&object.value, JsonLayout::Indented, text),
                (ListFormat::Yaml, false) => yaml::write_manifest(&object.value, text),
            };
        });
        manifest
    }
}

/// Manifests in one stream: YAML documents, or a List in JSON.
#[derive(Debug)]
pub enum Stream<W: Write> {
    /// Documents, and whether there was one.
    Yaml(W, bool),
    /// Items.
    Json(ListWriter<W>),
}

impl<W: Write> Stream<W> {
    /// Begins a stream.
    pub fn new(out: W, form: ListFormat) -> Self {
        match form {
            ListFormat::Yaml => Self::Yaml(out, false),
            ListFormat::Json => Self::Json(ListWriter::new(out, form)),
        }
    }

    /// Writes the next manifest.
    pub fn write(&mut self, text: &[u8]) -> io::Result<()> {
        match self {
            Self::Json(list) => list.item_text(text),
            Self::Yaml(out, begun) => {
                if std::mem::replace(begun, true) {
                    out.write_all(b"---\n")?;
                }
                out.write_all(text)
            }
        }
    }

    /// Ends the stream.
    pub fn finish(self) -> io::Result<()> {
        let mut out = match self {
            Self::Yaml(out, _) => out,
            Self::Json(list) => list.finish()?,
        };
        out.flush()
    }
}

/// What was written and what was not, for people.
#[derive(Debug, Default)]
pub struct Account {
    /// Manifests written, by kind.
    written: BTreeMap<String, u64>,
    /// Objects whose finalizers were taken off, with them.
    finalizers: Vec<String>,
    with_finalizers: u64,
}

impl Account {
    /// Takes note of a manifest that was written.
    pub fn note(&mut self, identity: &ObjectIdentity, manifest: &Manifest) {
        *self.written.entry(identity.kind.clone()).or_default() += 1;
        if manifest.finalizers.is_empty() {
            return;
        }
        self.with_finalizers += 1;
        if self.finalizers.len() < NAMED {
            self.finalizers.push(format!("{} ({})", named(identity), manifest.finalizers.join(", ")));
        }
    }

    /// How many were written.
    pub fn total(&self) -> u64 {
        self.written.values().sum()
    }

    /// Lays out the account.
    pub fn lay_out<P>(&self, plan: &ExtractPlan<P>, revision: Known<i64>, sheet: &mut Sheet) {
        let kinds: Vec<_> = self.written.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let lead = format!("extracted {} of revision {revision}", quantity(self.total(), "object"));
        let colon = if kinds.is_empty() { "" } else { ": " };
        sheet.line(&[(PLAIN, &format!("{lead}{colon}"))], &kinds.join(", "));
        if !plan.left_out.is_empty() {
            sheet.line(&[(PLAIN, &format!("left out {}:", quantity(plan.left_out.len() as u64, "object")))], "");
        }
        let mut reasons: BTreeMap<_, Vec<&ObjectIdentity>> = BTreeMap::new();
        for (identity, reason) in &plan.left_out {
            reasons.entry(*reason).or_default().push(identity);
        }
        for (reason, objects) in reasons {
            let names = objects.iter().take(NAMED).map(|identity| named(identity));
            let text = format!("{}: {}", reason.reason(), first_of(names, objects.len() as u64));
            sheet.line(&[(PLAIN, &format!("{:>6}  ", objects.len()))], &text);
        }
        if self.with_finalizers > 0 {
            let lead = format!("took finalizers off {}: ", quantity(self.with_finalizers, "object"));
            sheet.line(&[(PLAIN, &lead)], &first_of(&self.finalizers, self.with_finalizers));
        }
    }
}

fn named(identity: &ObjectIdentity) -> String {
    quote(identity.to_string().as_bytes())
}
