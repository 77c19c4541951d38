//! The file that a result is about, as every JSON document shows it.

use etcdsnap_snapshot::report::SourceFacts;
use serde::Serialize;

use super::words::{TextOrBase64, utc};

/// A file that was read.
#[derive(Debug, Serialize)]
pub struct Source<'a> {
    #[serde(flatten)]
    path: TextOrBase64<'a>,
    kind: &'static str,
    compression: &'static str,
    size: u64,
    modified: Option<String>,
}

impl<'a> From<&'a SourceFacts> for Source<'a> {
    fn from(facts: &'a SourceFacts) -> Self {
        Self {
            path: TextOrBase64::path(&facts.path),
            kind: facts.kind,
            compression: facts.compression,
            size: facts.size,
            modified: facts.modified.and_then(utc),
        }
    }
}
