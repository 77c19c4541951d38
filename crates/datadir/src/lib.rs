//! One member's data directory as a whole: its write-ahead log, its `.snap` files and its database.
//!
//! [`Layout`] finds the directories, [`WalFiles`] and [`SnapFiles`] open what is in them, and [`LogReport`] judges a log by itself.
//! [`check`] does all of it: it verifies the database, compares the three with one another, and foretells what a [`Server`] of each release
//! would do with them. Nothing here writes, locks or prints.
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

mod aside;
mod check;
mod compare;
mod cut_off;
mod evidence;
mod files;
mod holder;
mod layout;
mod log;
mod membership;
mod newer;
mod report;
mod snap_files;
mod start;
mod v2;
mod wal_files;

pub use check::{CheckError, CheckOptions, check};
pub use cut_off::Lost;
pub use holder::{Held, Holder};
pub use layout::{Layout, LayoutError};
pub use log::{LogReport, ReaderVerdict};
pub use newer::Newer;
pub use report::{Indexes, MemberView, Report};
pub use snap_files::SnapFiles;
pub use start::{Server, StartOutcome, StartVerdict, UnknownServer};
pub use wal_files::{ListError, OtherFile, WalFiles};
