//! One member's data directory as a whole: its write-ahead log, its `.snap` files and its database.
//!
//! [`DirectoryLayout`] finds the directories, [`WalFiles`] and [`SnapFiles`] open their files, and [`LogReport`] checks
//! a log alone. [`check()`] does all of it: it verifies the database, compares log, `.snap` files and database with one
//! another, and predicts what each [`ServerRelease`] would do with them. Nothing here writes, locks or prints.
//!
//! ```
//! use etcdsnap_datadir::{CheckOptions, check};
//! use etcdsnap_snapshot::progress::Silent;
//!
//! let folder = tempfile::tempdir()?;
//! let report = check(folder.path(), None, &CheckOptions::default(), &Silent)?;
//! assert!(report.is_empty && report.is_sound());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod blocking_snaps;
mod check;
mod consistency;
mod contents;
mod discarded;
mod file_findings;
mod layout;
mod lock_owner;
mod log_report;
mod membership;
mod report;
mod snap_files;
mod start;
mod unapplied_entries;
mod v2_keys;
mod wal_files;

pub use check::{CheckError, CheckOptions, check};
pub use discarded::DiscardedLog;
pub use layout::{DirectoryLayout, LayoutError};
pub use lock_owner::{LockOwner, LockState};
pub use log_report::{LogReport, ReaderVerdict};
pub use report::{DirectoryReport, Indexes, MemberView};
pub use snap_files::SnapFiles;
pub use start::{ServerRelease, StartOutcome, StartVerdict, UnknownRelease};
pub use unapplied_entries::UnappliedEntries;
pub use wal_files::{ListError, OtherFile, WalFiles};
