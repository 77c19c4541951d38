//! What verification found, as values.
//!
//! A [`Finding`] is one fact about one backup: which rule (a [`Kind`] of the [catalogue](crate::catalogue)), where, and the
//! numbers of this case in one sentence. The same values feed every output form.

use etcdsnap_fault::{Collector, Fault};
use serde::{Serialize, Serializer};

use crate::place::Place;

pub use etcdsnap_fault::Severity;

/// The part of a backup that a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// The file itself: kind, length, SHA-256, changes while it was read.
    Container,
    /// bbolt metas, pages, elements and buckets.
    Structure,
    /// Revisions, records and compaction in the `key` bucket.
    Mvcc,
    /// Members, leases, alarms, auth, versions.
    Cluster,
    /// Kubernetes' objects in the keyspace.
    Kubernetes,
    /// Segments, records and checksums of a write-ahead log.
    Wal,
    /// How log, `.snap` files and database of a data directory fit together.
    Directory,
}

impl Layer {
    /// Lower-case name, as in the JSON output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Container => "container",
            Self::Structure => "structure",
            Self::Mvcc => "mvcc",
            Self::Cluster => "cluster",
            Self::Kubernetes => "kubernetes",
            Self::Wal => "wal",
            Self::Directory => "directory",
        }
    }
}

/// One rule of the catalogue: what it means whenever it is found, and what to do then.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// Stable identifier, `SCREAMING_SNAKE_CASE`; scripts depend on it.
    pub id: &'static str,
    /// How bad it is, unless the case says otherwise.
    pub severity: Severity,
    /// Which part of the backup it is about.
    pub layer: Layer,
    /// A few words, lower case, no full stop.
    pub title: &'static str,
    /// What it means and how it comes about; whole sentences.
    pub explanation: &'static str,
    /// What to do; whole sentences, imperative.
    pub remedy: &'static str,
}

/// One fact that verification found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The rule.
    #[serde(rename = "id", serialize_with = "id_only")]
    pub kind: &'static Kind,
    /// How bad it is in this case.
    pub severity: Severity,
    /// Where.
    pub place: Place,
    /// This case in one sentence with its numbers; never contains bytes of a value, save the kind, the uid and the owners of a
    /// Kubernetes object that can be decoded as a whole.
    pub message: String,
}

impl Finding {
    /// A finding with its rule's own severity.
    pub fn new(kind: &'static Kind, place: Place, message: impl Into<String>) -> Self {
        Self { kind, severity: kind.severity, place, message: message.into() }
    }

    /// The same finding, taken more or less seriously in this case.
    #[must_use]
    pub fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }
}

/// Findings in bounded memory: all are counted, a limited number of each rule is kept.
pub type Findings = Collector<Finding>;

impl Fault for Finding {
    type Code = &'static str;

    /// The id of the rule.
    fn code(&self) -> &'static str {
        self.kind.id
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape serde asks for")]
fn id_only<S: Serializer>(kind: &&'static Kind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.id)
}
