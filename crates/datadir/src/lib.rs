//! One member's data directory as a whole: its write-ahead log, its `.snap` files and its database.
//!
//! [`Layout`] finds the directories, [`WalFiles`] and [`SnapFiles`] open what is in them, and [`LogReport`] judges a log by
//! itself. Nothing here writes, locks or prints.

mod layout;
mod log;
mod snap_files;
mod wal_files;

pub use layout::{Layout, LayoutError};
pub use log::{LogReport, ReaderVerdict};
pub use snap_files::SnapFiles;
pub use wal_files::{ListError, OtherFile, WalFiles};
