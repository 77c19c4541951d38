//! The file that a result is about, as every JSON document shows it.

use etcdsnap_snapshot::container::Spooled;
use etcdsnap_snapshot::report::SourceFacts;
use serde::Serialize;

use super::words::{TextOrBase64, label, utc};

/// A file that was read.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Source<'a> {
    #[serde(flatten)]
    path: TextOrBase64<'a>,
    kind: &'static str,
    compression: &'static str,
    size: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    line_ends_undone: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    spooled: Option<Spool<'a>>,
    modified: Option<String>,
}

/// The temporary file that its content was written to.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Spool<'a> {
    folder: TextOrBase64<'a>,
    bytes: u64,
    in_memory: bool,
}

/// How the file was packed (compression, line ends) and where its content was put, to follow the name of the file in a
/// text.
pub fn packing(facts: &SourceFacts) -> String {
    let mut text = match facts.compression {
        "none" => String::new(),
        compression => format!(", {compression}-compressed"),
    };
    if facts.line_ends_undone {
        text.push_str(", with LF instead of CR LF");
    }
    if let Some(Spooled { folder, in_memory, .. }) = &facts.spooled {
        let memory = if *in_memory { " (a tmpfs, so in memory)" } else { "" };
        text = format!("{text}, in a temporary file in {}{memory}", label(folder));
    }
    text
}

impl<'a> From<&'a SourceFacts> for Source<'a> {
    fn from(facts: &'a SourceFacts) -> Self {
        Self {
            path: TextOrBase64::path(&facts.path),
            kind: facts.kind,
            compression: facts.compression,
            size: facts.size,
            line_ends_undone: facts.line_ends_undone,
            spooled: facts.spooled.as_ref().map(|spooled| Spool {
                folder: TextOrBase64::path(&spooled.folder),
                bytes: spooled.bytes,
                in_memory: spooled.in_memory,
            }),
            modified: facts.modified.and_then(utc),
        }
    }
}
