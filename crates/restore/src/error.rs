//! Why nothing was restored. Where upstream has a text for it, it is that text; hints are ours.

use std::io;
use std::path::PathBuf;

use etcdsnap_bbolt::edit::EditError;
use etcdsnap_image::{FileChanged, ImageError};
use etcdsnap_publish::NoSpace;
use etcdsnap_quote::go_quote;
use etcdsnap_rewrite::schema::UnknownStorageVersion;
use etcdsnap_snapshot::boot::BootVerdict;
use etcdsnap_snapshot::cause::Explanation;
use etcdsnap_snapshot::interrupt::Interrupted;
use etcdsnap_snapshot::length::Length;
use etcdsnap_snapshot::report::Report;
use etcdsnap_snapshot::threads::NoThread;
use etcdsnap_snapshot::verify::VerifyError;
use etcdsnap_wal::{BootstrapError, Release};
use thiserror::Error;

use crate::error_class::ErrorClass;
use crate::membership::MembershipError;

/// Why nothing was restored. Nothing has been left behind.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// One of `--bump-revision` and `--mark-compacted` without the other.
    #[error("--mark-compacted required if --revision-bump > 0")]
    BumpAndMark,
    /// There are no such revisions.
    #[error("--bump-revision {by}: the revision {from} cannot grow by that much")]
    BumpTooFar {
        /// By how much it should grow.
        by: u64,
        /// The revision of the backup.
        from: i64,
    },
    /// There is no such cluster.
    #[error(transparent)]
    Membership(#[from] MembershipError),
    /// There can be no such log.
    #[error(transparent)]
    Bootstrap(#[from] BootstrapError),
    /// A member's name would lead out of the folder it is to be written to.
    #[error("the name {} cannot be the name of a folder", go_quote(.name.as_bytes()))]
    Name {
        /// The name.
        name: String,
    },
    /// Something is in the way.
    #[error("data-dir {} {}", quoted(.path), if *.rules == Release::V3_4 { "exists" } else { "not empty or could not be read" })]
    DataDir {
        /// As it was given.
        path: PathBuf,
        /// The release whose words these are.
        rules: Release,
    },
    /// Something is in the way.
    #[error("wal-dir {} exists", quoted(.path))]
    WalDir {
        /// As it was given.
        path: PathBuf,
    },
    /// The one would be written into the other's place.
    #[error("wal-dir {} is around data-dir {}", quoted(.wal), quoted(.data))]
    WalAroundData {
        /// The one.
        wal: PathBuf,
        /// The other.
        data: PathBuf,
    },
    /// An etcd runs on the directory that was to be replaced.
    #[error("{}: a running etcd has this database open", .database.display())]
    InUse {
        /// Its database.
        database: PathBuf,
    },
    /// No SHA-256 behind the database, and it was not allowed to be missing.
    #[error("snapshot missing hash but --skip-hash-check=false")]
    MissingHash {
        /// What its length says about that; `None` where there is no database in it.
        length: Option<Box<Length>>,
        /// The same in words; `None` where nothing is wrong with the length.
        explanation: Option<Box<Explanation>>,
    },
    /// The SHA-256 behind the database is that of another one.
    #[error("{}", hash_mismatch(.expected, .got))]
    HashMismatch {
        /// What stands there.
        expected: [u8; 32],
        /// What was computed.
        got: [u8; 32],
        /// All that verification found.
        report: Box<Report>,
    },
    /// Verification found errors.
    #[error("the backup is damaged ({})", kinds(.report))]
    Damaged {
        /// All that it found.
        report: Box<Report>,
    },
    /// Not even a part of it can be restored.
    #[error("the backup is damaged ({}), and no record of it can be reached", kinds(.report))]
    NoRecords {
        /// All that verification found.
        report: Box<Report>,
    },
    /// There are no pages to copy.
    #[error("no database can be opened: {0}")]
    Unopenable(#[from] etcdsnap_bbolt::DbOpenError),
    /// The pages that have to change cannot be read.
    #[error("the database is damaged where it has to change: {0}")]
    Uneditable(#[from] EditError),
    /// The pages that have to be known first cannot be read.
    #[error("the database is damaged where its newest revision stands: {0}")]
    Unreadable(#[from] etcdsnap_bbolt::Corruption),
    /// The wanted version cannot be made to start from it.
    #[error(transparent)]
    UnknownStorageVersion(#[from] UnknownStorageVersion),
    /// The result would be of no use.
    #[error("{}", no_server(.boot, *.target))]
    WouldNotStart {
        /// What every version would do.
        boot: Vec<BootVerdict>,
        /// The version that was asked for.
        target: Option<Release>,
        /// Releases that would start if they were asked for as the target.
        fitting: Vec<Release>,
    },
    /// The disk is too full.
    #[error(transparent)]
    Space(#[from] NoSpace),
    /// Reading the backup failed.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// Writing failed.
    #[error("{}: cannot {action}: {source}", .path.display())]
    Io {
        /// What was to be done.
        action: &'static str,
        /// To which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Making or publishing a file or folder failed.
    #[error(transparent)]
    Publish(#[from] etcdsnap_publish::Error),
    /// The system gives no thread to write with.
    #[error(transparent)]
    Thread(#[from] NoThread),
    /// It was asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl From<FileChanged> for RestoreError {
    fn from(changed: FileChanged) -> Self {
        Self::Image(changed.into())
    }
}

impl From<VerifyError> for RestoreError {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Image(error) => Self::Image(error),
            VerifyError::Interrupted(error) => Self::Interrupted(error),
            _ => Self::Interrupted(Interrupted),
        }
    }
}

impl RestoreError {
    /// For `map_err`.
    pub(crate) fn io(action: &'static str, path: &std::path::Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }

    /// How upstream's tools would end with it.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::BumpAndMark => ErrorClass::BadArguments,
            Self::Membership(error) => error.class(),
            _ => ErrorClass::Failure,
        }
    }

    /// Is the command line at fault, whatever the backup is?
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::BumpAndMark
                | Self::BumpTooFar { .. }
                | Self::Membership(_)
                | Self::Bootstrap(_)
                | Self::Name { .. }
                | Self::WalAroundData { .. }
                | Self::Publish(etcdsnap_publish::Error::InputInside { .. })
        )
    }

    /// Is the backup at fault?
    pub fn is_damage(&self) -> bool {
        match self {
            // Those of whose pages nothing is known to be wrong or missing.
            Self::MissingHash { length, .. } => !matches!(length.as_deref(), Some(Length::Fits | Length::HashLost)),
            Self::HashMismatch { .. }
            | Self::Damaged { .. }
            | Self::NoRecords { .. }
            | Self::Unopenable(_)
            | Self::Uneditable(_)
            | Self::Unreadable(_)
            | Self::UnknownStorageVersion(_)
            | Self::WouldNotStart { .. } => true,
            _ => false,
        }
    }

    /// What verification found, where that is the reason.
    pub fn report(&self) -> Option<&Report> {
        match self {
            Self::HashMismatch { report, .. } | Self::Damaged { report } | Self::NoRecords { report } => Some(report),
            _ => None,
        }
    }

    /// What to do about it, in one or two sentences.
    pub fn hint(&self) -> Option<String> {
        let fixed = match self {
            Self::Membership(error) => return Some(error.hint()),
            Self::BumpAndMark => {
                "Give both --bump-revision and --mark-compacted, or neither: revisions that are skipped must count as \
                 compacted, or watchers wait for them."
            }
            Self::BumpTooFar { .. } => {
                "Revisions are 64-bit numbers; 1000000000 is what etcd's documentation suggests."
            }
            Self::Name { .. } => "Name the folder of this member yourself, with --data-dir.",
            Self::DataDir { .. } => {
                "Name a directory that does not exist or is empty; or let --replace move what is there aside."
            }
            Self::WalDir { .. } => {
                "etcd makes this directory itself, and so does the restore: remove it, or let --replace move it aside."
            }
            Self::WalAroundData { .. } => "Put the log beside the data directory or into it.",
            Self::InUse { .. } => "Stop that etcd first, on this machine and wherever else the directory is mounted.",
            Self::MissingHash { length, explanation } => {
                return Some(why_unsealed(length.as_deref(), explanation.as_deref()));
            }
            Self::HashMismatch { report, .. } | Self::Damaged { report } if of_length(report).is_some() => {
                return of_length(report);
            }
            Self::HashMismatch { .. } => {
                "The file was changed after it was saved, or damaged on its way. Take another copy or an older backup; see \
                 `etcdsnap verify` for what is damaged, and --skip-hash-check or --allow-damaged when there is nothing better."
            }
            Self::Damaged { .. } => {
                "Take another copy or an older backup. `etcdsnap verify` says what is damaged; --allow-damaged restores what \
                 can be read, and says what is missing: try it with --dry-run."
            }
            Self::NoRecords { .. } => {
                "The page that leads to all the others is lost. Take another copy or an older backup, or the database of another \
                 member."
            }
            Self::WouldNotStart { fitting, .. } => return Some(what_else(fitting)),
            Self::Unopenable(_) | Self::Uneditable(_) | Self::Unreadable(_) => {
                "Take another copy or an older backup; `etcdsnap verify` says what is damaged."
            }
            Self::Space(_) => "Make room, or choose another place.",
            _ => return None,
        };
        Some(fixed.into())
    }
}

/// Why there is no SHA-256, and what to do. The flag that goes on without it is named only where it helps.
fn why_unsealed(length: Option<&Length>, explanation: Option<&Explanation>) -> String {
    const SKIP: &str = "When there is nothing better, --skip-hash-check restores it; every other check is still made.";
    let Some(length) = length else {
        return "No database can be opened in it. Take another copy or an older backup.".to_owned();
    };
    let Some(explanation) = explanation else {
        return "This is a database copied from a member (member/snap/db), not a snapshot: nothing says what its bytes should \
                be, and what only the member's log has is not in it. Was the member stopped, or the copy taken of a frozen \
                disk? Then give --skip-hash-check; every other check is still made."
            .to_owned();
    };
    let told = told(&explanation.message, &explanation.advice);
    if matches!(length, Length::HashLost | Length::HashZero { .. }) { format!("{told} {SKIP}") } else { told }
}

/// What the length of the file explains, if it does.
fn of_length(report: &Report) -> Option<String> {
    let cause = report.cause.as_ref().filter(|cause| cause.id.is_of_length())?;
    Some(told(&cause.message, &cause.advice))
}

/// As a sentence of its own.
fn told(message: &str, advice: &str) -> String {
    let mut sentence = format!("{message}; {advice}.");
    if let Some(initial) = sentence.get_mut(..1) {
        initial.make_ascii_uppercase();
    }
    sentence
}

/// What to do about a database that the wanted servers do not start from.
fn what_else(fitting: &[Release]) -> String {
    let fitting: Vec<_> = fitting.iter().map(ToString::to_string).collect();
    match fitting.as_slice() {
        [] => "No --target-version changes that: take an older backup, or read the keys with `etcdsnap export`."
            .to_owned(),
        [one] => format!("With --target-version {one} it is made to fit etcd {one}."),
        all => format!("With --target-version it is made to fit one of these: {}.", all.join(", ")),
    }
}

fn quoted(path: &std::path::Path) -> String {
    go_quote(path.as_os_str().as_encoded_bytes())
}

/// The error text of the real tools for a SHA-256 that does not match the bytes before it.
pub fn hash_mismatch(expected: &[u8; 32], got: &[u8; 32]) -> String {
    format!("expected sha256 {}, got {}", go_bytes(expected), go_bytes(got))
}

/// `[1 2 255]`
fn go_bytes(bytes: &[u8; 32]) -> String {
    format!("[{}]", bytes.map(|byte| byte.to_string()).join(" "))
}

/// Ids of the errors, each once.
fn kinds(report: &Report) -> String {
    let mut ids: Vec<_> = report.errors().map(|finding| finding.kind.id).collect();
    ids.dedup();
    ids.join(", ")
}

fn no_server(boot: &[BootVerdict], target: Option<Release>) -> String {
    let reasons = |verdict: &BootVerdict| format!("etcd {}: {}", verdict.version, verdict.reasons.join(" "));
    let wanted = |verdict: &&BootVerdict| target.is_none_or(|target| verdict.version == target.to_string());
    let all: Vec<_> = boot.iter().filter(wanted).map(reasons).collect();
    let who = target.map_or_else(|| "no version of etcd".to_owned(), |target| format!("no etcd {target}"));
    format!("{who} would start from it. {}", all.join(" "))
}
