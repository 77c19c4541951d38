//! `kube describe-key`: the parts of a key, and how its value is stored.

use etcdsnap_kube::key::{ClassifiedKey, InternalKey, KeyMismatch, other_program};
use etcdsnap_mvcc::Record;
use etcdsnap_objects::{ObjectRecord, Objects, StorageForm};
use etcdsnap_quote::quote;
use etcdsnap_snapshot::known::Known;
use jiff::Timestamp;
use serde::Serialize;

use crate::output::rows::lease_field;
use crate::output::sheet::{BAD, FAINT, PLAIN, Sheet};
use crate::output::words::TextOrBase64;
use crate::output::{quantity, size};

/// What a key holds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Document<'a> {
    #[serde(flatten)]
    key: TextOrBase64<'a>,
    holds: &'static str,
    root: Option<&'a str>,
    path: Option<&'a str>,
    resource: Option<String>,
    group: Option<String>,
    kind: Option<String>,
    namespace: Option<&'a str>,
    name: Option<&'a str>,
    /// Who else keeps keys that begin so.
    program: Option<&'static str>,
    revision: Known<i64>,
    state: &'static str,
    deleted_revision: Option<i64>,
    records: usize,
    stored: Option<Stored>,
}

/// The newest value under the key.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    create_revision: i64,
    mod_revision: i64,
    version: i64,
    lease: Option<String>,
    size: u64,
    encoding: &'static str,
    encryption: Option<String>,
    api_version: Option<String>,
    kind: Option<String>,
    uid: Option<String>,
    created: Option<String>,
    /// Why no more of it is known.
    problem: Option<String>,
    /// What key and metadata say differently.
    disagreement: Option<&'static str>,
}

impl<'a> Document<'a> {
    /// Describes a key with its history, oldest first.
    pub fn new(objects: &Objects<'a>, key: &'a [u8], history: &[Record<'a>]) -> Self {
        let newest = history.last();
        let deleted_revision = newest.filter(|newest| newest.tombstone).map(|newest| newest.revision.main);
        let mut document = Self {
            key: TextOrBase64::key(key),
            holds: "foreign",
            root: None,
            path: None,
            resource: None,
            group: None,
            kind: None,
            namespace: None,
            name: None,
            program: other_program(key),
            revision: objects.shown_revision(),
            state: match (newest, deleted_revision) {
                (None, _) => "absent",
                (_, Some(_)) => "deleted",
                _ => "live",
            },
            deleted_revision,
            records: history.len(),
            stored: history.iter().rfind(|record| !record.tombstone).map(|put| Stored::new(objects, put)),
        };
        document.locate(objects, key);
        document
    }

    fn locate(&mut self, objects: &Objects<'_>, key: &'a [u8]) {
        match objects.classify(key) {
            ClassifiedKey::Object(place) => {
                let resource = objects.resource(&place);
                self.holds = "object";
                (self.root, self.path) = (Some(place.root), Some(place.path));
                (self.namespace, self.name) = (place.namespace, Some(place.name));
                self.resource = Some(objects.resource_name(&place));
                self.group = resource.map(|resource| resource.group.to_string());
                self.kind = resource.map(|resource| resource.kind.to_string());
            }
            ClassifiedKey::Internal(internal, name) => {
                self.holds = match internal {
                    InternalKey::MasterLease => "masterLease",
                    InternalKey::PeerServerLease => "peerServerLease",
                    InternalKey::Range => "range",
                    InternalKey::CompactionClock => "compactionClock",
                };
                self.name = Some(name);
            }
            ClassifiedKey::Unknown { root, .. } => (self.holds, self.root) = ("unknown", Some(root)),
            ClassifiedKey::Foreign => {}
        }
    }

    /// The document as text.
    pub fn text(&self, sheet: &mut Sheet) {
        sheet.heading(&quote(self.key.bytes));
        let mut line = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                sheet.line(&[(FAINT, &format!("  {name:<11}"))], value);
            }
        };
        let quoted = |text: Option<&str>| text.map(|text| quote(text.as_bytes()));
        let program = self.program.map_or_else(String::new, |program| format!(" ({program})"));
        let what = match self.holds {
            "object" => None,
            "masterLease" => Some("the lease of a living API server".to_owned()),
            "peerServerLease" => Some("the lease of a living API server, for requests of other ones".to_owned()),
            "range" => Some("IP addresses or ports that are given out".to_owned()),
            "compactionClock" => Some("the clock of the API servers' compaction".to_owned()),
            "unknown" => Some("a key of no rule below a root of an API server".to_owned()),
            _ => Some(format!("a key of another program{program}")),
        };
        line("holds", what.as_deref());
        line("root", quoted(self.root).as_deref());
        line("resource", quoted(self.resource.as_deref()).as_deref());
        line("kind", quoted(self.kind.as_deref()).as_deref());
        line("namespace", quoted(self.namespace).as_deref());
        line("name", quoted(self.name).as_deref());
        let state = match (self.state, self.deleted_revision) {
            ("live", _) => format!("lives at revision {}", self.revision),
            (_, Some(deleted)) => format!("deleted at revision {deleted}"),
            _ => format!("there is no such key at revision {}, nor in the history before it", self.revision),
        };
        let records = quantity(self.records as u64, "record");
        line("state", Some(&if self.records > 0 { format!("{state}; {records} in the file") } else { state }));
        if let Some(stored) = &self.stored {
            stored.text(sheet);
        }
    }
}

impl Stored {
    fn new<'a>(objects: &Objects<'a>, put: &Record<'a>) -> Self {
        let entry = objects.entry_of(*put);
        let form = entry.as_ref().map(StorageForm::of);
        let clear = objects.clear(put);
        let header = clear.as_ref().map_err(ToString::to_string);
        let header = header.and_then(|clear| clear.header().map_err(|error| error.to_string()));
        let known = header.as_ref().ok();
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let created = known.and_then(|header| Timestamp::from_second(header.metadata.created?).ok());
        let disagreement = |entry: &ObjectRecord<'_, '_>| entry.key.mismatch(&known?.metadata);
        Self {
            create_revision: put.kv.create_revision,
            mod_revision: put.kv.mod_revision,
            version: put.kv.version,
            lease: lease_field(put.kv.lease),
            size: put.kv.value.len() as u64,
            encoding: form.as_ref().map_or("unknown", |form| form.encoding.as_str()),
            encryption: form.and_then(|form| form.encryption),
            api_version: known.and_then(|header| text(&header.api_version)),
            kind: known.and_then(|header| text(&header.kind)),
            uid: known.and_then(|header| text(&header.metadata.uid)),
            created: created.map(|time| time.to_string()),
            problem: header.as_ref().err().cloned(),
            disagreement: entry.as_ref().and_then(disagreement).map(|disagreement| match disagreement {
                KeyMismatch::Name => "name",
                KeyMismatch::Namespace => "namespace",
            }),
        }
    }

    fn text(&self, sheet: &mut Sheet) {
        let mut line = |name: &str, value: &str| sheet.line(&[(FAINT, &format!("  {name:<11}"))], value);
        let (mod_revision, created) = (self.mod_revision, self.create_revision);
        let writes = quantity(self.version.max(0).unsigned_abs(), "write");
        line("value", &format!("{} at revision {mod_revision}; {writes} since revision {created}", size(self.size)));
        if let Some(lease) = &self.lease {
            line("lease", lease);
        }
        line("encoding", self.encoding);
        if let Some(encryption) = &self.encryption {
            line("encrypted", encryption);
        }
        if let (Some(version), Some(kind)) = (&self.api_version, &self.kind) {
            line("stored as", &format!("{} {}", quote(version.as_bytes()), quote(kind.as_bytes())));
        }
        if let Some(uid) = &self.uid {
            line("uid", &quote(uid.as_bytes()));
        }
        if let Some(created) = &self.created {
            line("created", created);
        }
        if let Some(problem) = &self.problem {
            sheet.styled(&[(BAD, "  problem    ")], PLAIN, problem);
        }
        if let Some(part) = self.disagreement {
            let text = format!("key and metadata have different {part}s: edited by hand, or damaged");
            sheet.styled(&[(BAD, "  problem    ")], PLAIN, &text);
        }
    }
}
