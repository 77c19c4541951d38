//! `diff`.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use clap::builder::{OsStringValueParser, TypedValueParser};

use super::{TableForm, examples};

/// Shows what differs between two backups, or between two revisions of one
///
/// Keys that were added, removed and changed, in the order of keys. A key is changed when its value, its lease or one of its
/// revisions differs.
///
/// FILE@REV is the file at that revision, FILE alone the newest. A file whose own name ends in @ and digits is taken as it
/// is; `FILE@` is the newest revision of FILE, whatever its name.
#[derive(Debug, clap::Args)]
#[command(after_help = examples::DIFF)]
pub struct Diff {
    /// What was before: FILE or FILE@REV
    #[arg(value_name = "BEFORE", value_parser = State::parser())]
    pub before: State,

    /// What is after: FILE or FILE@REV
    #[arg(value_name = "AFTER", value_parser = State::parser())]
    pub after: State,

    /// Shows the numbers only
    #[arg(long, conflicts_with = "patch")]
    pub stat: bool,

    /// Shows also how values changed, line by line, where they are text
    #[arg(long)]
    pub patch: bool,

    /// Only keys that begin with this; may be given several times
    #[arg(long, value_name = "PREFIX")]
    pub prefix: Vec<OsString>,

    /// No keys that begin with this; may be given several times
    #[arg(long, value_name = "PREFIX")]
    pub exclude_prefix: Vec<OsString>,

    /// Takes keys for equal that differ in revisions and versions alone
    #[arg(long)]
    pub ignore_revisions: bool,

    /// Takes keys for equal that differ in their leases alone
    #[arg(long)]
    pub ignore_leases: bool,

    /// Form of the result
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = TableForm::Text)]
    pub output: TableForm,
}

/// A file and the revision it is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The file.
    pub path: PathBuf,
    /// The revision; the newest when `None`.
    pub revision: Option<i64>,
}

impl State {
    /// What clap reads one with.
    pub fn parser() -> impl TypedValueParser<Value = Self> {
        OsStringValueParser::new().try_map(|text| Self::parse(&text))
    }

    /// Reads FILE, FILE@REV or FILE@. What is the name of a file as a whole is that file.
    fn parse(text: &OsStr) -> Result<Self, &'static str> {
        let whole = Self { path: PathBuf::from(text), revision: None };
        let bytes = text.as_bytes();
        let Some(at) = bytes.iter().rposition(|byte| *byte == b'@').filter(|at| *at > 0) else { return Ok(whole) };
        if whole.path.exists() {
            return Ok(whole);
        }
        let (name, digits) = (&bytes[..at], &bytes[at + 1..]);
        let path = Path::new(OsStr::from_bytes(name)).to_owned();
        let revision = std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        match revision.map(str::parse) {
            Some(Ok(0)) => Err("revisions begin with 1"),
            Some(Ok(revision)) => Ok(Self { path, revision: Some(revision) }),
            Some(Err(_)) if digits.is_empty() => Ok(Self { path, revision: None }),
            _ => Ok(whole),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_stands_behind_the_last_at() {
        let state = |text: &str| {
            let State { path, revision } = State::parse(OsStr::new(text)).expect("a state");
            (path.to_str().map(ToOwned::to_owned).unwrap_or_default(), revision)
        };
        assert_eq!(state("a.db"), ("a.db".to_owned(), None));
        assert_eq!(state("a.db@7"), ("a.db".to_owned(), Some(7)));
        assert_eq!(state("a@b.db@7"), ("a@b.db".to_owned(), Some(7)));
        assert_eq!(state("a@b.db"), ("a@b.db".to_owned(), None));
        assert_eq!(state("a.db@"), ("a.db".to_owned(), None));
        assert_eq!(state("-@12"), ("-".to_owned(), Some(12)));
        assert_eq!(state("@7"), ("@7".to_owned(), None));
        assert!(State::parse(OsStr::new("a.db@0")).is_err());
        assert_eq!(state("a@99999999999999999999"), ("a@99999999999999999999".to_owned(), None));
    }
}
