//! What `verify` prints: one outcome a file, in the form that was asked for.

mod json;
mod junit;
mod sarif;
mod text;

use std::path::PathBuf;

use etcdsnap_snapshot::finding::Severity;
use etcdsnap_snapshot::report::Report;

use crate::exit::{Exit, Failure};
use crate::policy::Assertion;

pub use json::Document;
pub use junit::junit;
pub use sarif::sarif;
pub use text::text;

/// One file of the command line and how its verification went.
#[derive(Debug)]
pub struct Outcome {
    /// As the user gave it.
    pub path: PathBuf,
    /// What was found, or why it could not be read.
    pub result: Result<Verified, Failure>,
}

/// A file that was verified and judged.
#[derive(Debug)]
pub struct Verified {
    /// What was found.
    pub report: Report,
    /// The policies and how they went; empty when none was given.
    pub assertions: Vec<Assertion>,
}

/// The answer in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Whole and restorable.
    Sound,
    /// Sound, but an assertion does not hold.
    PolicyFailed,
    /// No version of etcd would start from it.
    Unbootable,
    /// Damaged, or not restorable as it is.
    Damaged,
    /// It could not be read.
    Unread,
}

impl Verdict {
    /// Name in machine forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sound => "sound",
            Self::PolicyFailed => "policyFailed",
            Self::Unbootable => "unbootable",
            Self::Damaged => "damaged",
            Self::Unread => "unread",
        }
    }

    /// How a run over this file alone ends.
    pub fn exit(self) -> Exit {
        match self {
            Self::Sound => Exit::Done,
            Self::PolicyFailed => Exit::Policy,
            Self::Unbootable | Self::Damaged => Exit::Damaged,
            Self::Unread => Exit::Failed,
        }
    }
}

impl Verified {
    /// The answer about this file.
    pub fn verdict(&self) -> Verdict {
        let boots = self.report.boot.is_empty() || self.report.boot.iter().any(|verdict| verdict.starts);
        match () {
            () if !self.report.is_sound() => Verdict::Damaged,
            () if !boots => Verdict::Unbootable,
            () if self.assertions.iter().any(|assertion| !assertion.holds) => Verdict::PolicyFailed,
            () => Verdict::Sound,
        }
    }

    /// Has anyone to look at it: is it not sound, or was there a warning?
    pub fn needs_attention(&self) -> bool {
        self.verdict() != Verdict::Sound || self.report.worst() >= Some(Severity::Warning)
    }
}

impl Outcome {
    /// The answer about this file.
    pub fn verdict(&self) -> Verdict {
        match &self.result {
            Ok(verified) => verified.verdict(),
            Err(failure) if failure.exit == Exit::Damaged => Verdict::Damaged,
            Err(_) => Verdict::Unread,
        }
    }
}

/// How a run over all of them ends.
pub fn exit(outcomes: &[Outcome]) -> Exit {
    outcomes.iter().map(|outcome| outcome.verdict().exit()).fold(Exit::Done, Exit::and)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::sample;

    #[test]
    fn damage_outweighs_everything() {
        assert_eq!(exit(&[]), Exit::Done);
        assert_eq!(exit(&[sample::outcome(sample::sound())]), Exit::Done);
        assert_eq!(exit(&[sample::outcome(sample::sound()), sample::missing()]), Exit::Failed);
        assert_eq!(exit(&[sample::missing(), sample::outcome(sample::damaged())]), Exit::Damaged);
        assert_eq!(exit(&[sample::outcome_with_policies(sample::sound())]), Exit::Policy);
        assert_eq!(exit(&[sample::outcome_with_policies(sample::damaged())]), Exit::Damaged);
    }

    #[test]
    fn a_whole_backup_that_nothing_starts_from_is_not_sound() {
        let mut report = sample::sound();
        for verdict in &mut report.boot {
            verdict.starts = false;
        }
        let outcome = sample::outcome(report);
        assert_eq!(outcome.verdict(), Verdict::Unbootable);
        assert_eq!(exit(&[outcome]), Exit::Damaged);
    }
}
