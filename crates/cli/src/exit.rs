//! How a run ends: its exit code, and the one line that says why when it could not do its work.
//!
//! Codes are a contract with scripts. When one run has several outcomes (several files), the one that must not be missed wins:
//! damage, then "could not", then a policy, then a difference.

use std::fmt;
use std::io::{self, Write as _};
use std::process::ExitCode;

use etcdsnap_publish::Error as Unpublished;
use etcdsnap_rewrite::Error as Rewriting;
use etcdsnap_snapshot::container::OpenError;
use etcdsnap_snapshot::finding::Finding;

/// Exit codes of the native commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done; nothing wrong found.
    Done,
    /// Could not do it: I/O, a missing or unreadable file.
    Failed,
    /// Wrong usage.
    Usage,
    /// The input is damaged, or would not boot.
    Damaged,
    /// An assertion did not hold.
    Policy,
    /// The inputs differ.
    Differ,
    /// The output is in place, but the report of it could not be written, or the disk did not confirm it.
    Unconfirmed,
    /// A signal asked to stop.
    Interrupted,
}

impl Exit {
    /// The number the process ends with.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Damaged => 3,
            Self::Policy => 4,
            Self::Differ => 5,
            Self::Unconfirmed => 6,
            Self::Interrupted => 130,
        }
    }

    /// The outcome of a run that had both outcomes.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        if self.weight() >= other.weight() { self } else { other }
    }

    fn weight(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Differ => 1,
            Self::Policy => 2,
            Self::Failed => 3,
            Self::Unconfirmed => 4,
            Self::Damaged => 5,
            Self::Usage => 6,
            Self::Interrupted => 7,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a command could not do its work: what, where, and what to do, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// How the process ends because of it.
    pub exit: Exit,
    /// What verification calls it, when the input itself is at fault.
    pub finding: Option<Box<Finding>>,
    message: String,
}

impl Failure {
    /// The work could not be done.
    pub fn new(message: impl Into<String>) -> Self {
        Self { exit: Exit::Failed, finding: None, message: one_line(&message.into()) }
    }

    /// The command line or a policy file asks for something that makes no sense.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, ..Self::new(message) }
    }

    /// A signal asked to stop.
    pub fn interrupted(message: impl Into<String>) -> Self {
        Self { exit: Exit::Interrupted, ..Self::new(message) }
    }

    /// The input was read, and what is wrong with it does not let the command go on.
    pub fn damaged(message: impl Into<String>) -> Self {
        Self { exit: Exit::Damaged, ..Self::new(message) }
    }

    /// The failure of a step after the output got its name; the exit code says that the output is in place.
    pub fn unconfirmed(message: impl Into<String>) -> Self {
        Self { exit: Exit::Unconfirmed, ..Self::new(message) }
    }

    /// The file called `label` could not be read or written; says what to do where the cause allows it.
    pub fn io(label: &str, error: &io::Error) -> Self {
        let advice = match error.kind() {
            io::ErrorKind::NotFound => "; check the name",
            io::ErrorKind::PermissionDenied => "; run as a user who may read it",
            io::ErrorKind::StorageFull => "; make room",
            _ => "",
        };
        Self::new(format!("{label}: {error}{advice}"))
    }

    /// Writes the line to standard error; a closed standard error is nobody's fault.
    pub fn print(&self) {
        _ = writeln!(anstream::stderr(), "etcdsnap: {self}");
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<Rewriting> for Failure {
    fn from(error: Rewriting) -> Self {
        let text = error.to_string();
        match error {
            Rewriting::Open(error) => error.into(),
            error if error.is_interruption() => Self::interrupted("interrupted; nothing was written"),
            Rewriting::Damaged { findings, .. } => {
                let finding = findings.into_iter().next().map(Box::new);
                Self { finding, ..Self::damaged(format!("{text}; `etcdsnap verify` says what can be done")) }
            }
            Rewriting::Copy { .. } => Self::damaged(text),
            Rewriting::Publish(error) => error.into(),
            Rewriting::NoSpace(_) => Self::new(format!("{text}; make room")),
            _ => Self::new(text),
        }
    }
}

/// The failure of publishing: the output did not get its name, or has it and the disk did not confirm it.
impl From<Unpublished> for Failure {
    fn from(error: Unpublished) -> Self {
        let text = error.to_string();
        match error {
            Unpublished::Exists { .. } => Self::new(format!("{text}; use --force to replace it")),
            Unpublished::Input { .. } | Unpublished::InputInside { .. } => Self::usage(text),
            Unpublished::NotDurable { .. } => Self::unconfirmed(text),
            _ => Self::new(text),
        }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        match error.finding() {
            Some(finding) => Self { finding: Some(Box::new(finding)), ..Self::damaged(error.to_string()) },
            None => Self::new(error.to_string()),
        }
    }
}

/// The system could not read a file.
impl From<etcdsnap_image::ImageError> for Failure {
    fn from(error: etcdsnap_image::ImageError) -> Self {
        Self::new(error.to_string())
    }
}

/// The same text on one line, with nothing in it that a terminal would obey.
fn one_line(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let show = |c: char| if c.is_control() { c.escape_default().collect() } else { String::from(c) };
    lines.join("; ").chars().map(show).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outcome_that_must_not_be_missed_wins() {
        assert_eq!(Exit::Done.and(Exit::Policy), Exit::Policy);
        assert_eq!(Exit::Failed.and(Exit::Policy), Exit::Failed);
        assert_eq!(Exit::Failed.and(Exit::Damaged), Exit::Damaged);
        assert_eq!(Exit::Damaged.and(Exit::Policy), Exit::Damaged);
        assert_eq!(Exit::Differ.and(Exit::Damaged), Exit::Damaged);
    }

    #[test]
    fn a_failure_is_one_line_with_advice() {
        let missing = io::Error::from(io::ErrorKind::NotFound);
        assert_eq!(Failure::io("b.db", &missing).to_string(), "b.db: entity not found; check the name");
        assert_eq!(Failure::new("first\n  sec\x1bond\n").to_string(), "first; sec\\u{1b}ond");
    }
}
