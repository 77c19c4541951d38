//! [`Severity`]: how serious a fault is.

use serde::Serialize;

/// How serious a fault is; ordered from harmless to serious.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing to do.
    Note,
    /// Suspicious, or something that a person should do or decide before or after a restore.
    Warning,
    /// The file is damaged, or cannot be used as it is.
    Error,
}

impl Severity {
    /// Its name in lower case, as in the JSON output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}
