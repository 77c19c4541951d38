//! The forms of an answer: what `--write-out` chooses.

mod table;

use serde_json::Value;

use super::{Compat, HashKv, Status};
use crate::size;

/// A form of `--write-out`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One line, parts separated by commas.
    Simple,
    /// One line a part, with quoted names.
    Fields,
    /// One JSON object.
    Json,
    /// A table with borders.
    Table,
    /// Known to the flag, and to no answer about a file.
    Protobuf,
}

impl Form {
    /// The form of that name.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "simple" => Self::Simple,
            "fields" => Self::Fields,
            "json" => Self::Json,
            "table" => Self::Table,
            "protobuf" => Self::Protobuf,
            _ => return None,
        })
    }
}

/// One answer, ready for every form.
#[derive(Debug)]
pub struct Answer {
    /// Titles and cells, for the simple form and the table.
    columns: Vec<(&'static str, String)>,
    fields: Vec<(&'static str, String)>,
    json: String,
}

impl Answer {
    /// What `snapshot status` says; `keys` is counted as that release line counts.
    pub fn status(status: &Status, keys: u64, compat: Compat) -> Self {
        let &Status { hash, revision, total_size, .. } = status;
        let version = (compat >= Compat::V3_6).then_some(status.storage_version.as_str());
        let mut columns = vec![
            ("HASH", format!("{hash:x}")),
            ("REVISION", revision.to_string()),
            ("TOTAL KEYS", keys.to_string()),
            ("TOTAL SIZE", size(total_size)),
        ];
        columns.extend(version.map(|version| ("VERSION", version.to_owned())));
        let mut fields = vec![
            ("Hash", hash.to_string()),
            ("Revision", revision.to_string()),
            ("Keys", keys.to_string()),
            ("Size", total_size.to_string()),
        ];
        fields.extend(version.map(|version| ("Version", version.to_owned())));
        let version = version.map(|version| format!(",\"version\":{}", Value::from(version))).unwrap_or_default();
        let json = format!(
            "{{\"hash\":{hash},\"revision\":{revision},\"totalKey\":{keys},\"totalSize\":{total_size}{version}}}"
        );
        Self { columns, fields, json }
    }

    /// What `hashkv` says.
    pub fn hash_kv(answer: HashKv) -> Self {
        let HashKv { hash, hash_revision, compact_revision } = answer;
        let parts = [hash.to_string(), hash_revision.to_string(), compact_revision.to_string()];
        Self {
            columns: ["HASH", "HASH REVISION", "COMPACT REVISION"].into_iter().zip(parts.clone()).collect(),
            fields: ["Hash", "Hash revision", "Compact revision"].into_iter().zip(parts).collect(),
            json: format!(
                "{{\"hash\":{hash},\"hashRevision\":{hash_revision},\"compactRevision\":{compact_revision}}}"
            ),
        }
    }

    /// The text in that form, with its last line break; `None` in a form that answers about files do not have.
    pub fn text(&self, form: Form, compat: Compat) -> Option<String> {
        Some(match form {
            Form::Simple => {
                let cells: Vec<&str> = self.columns.iter().map(|(_, cell)| cell.as_str()).collect();
                cells.join(", ") + "\n"
            }
            Form::Fields => {
                let lines: Vec<String> =
                    self.fields.iter().map(|(name, value)| format!("\"{name}\" : {value}\n")).collect();
                lines.concat()
            }
            Form::Json => format!("{}\n", self.json),
            Form::Table => {
                table::render(&self.columns, if compat >= Compat::V3_7 { &table::LINES } else { &table::ASCII })
            }
            Form::Protobuf => return None,
        })
    }
}
