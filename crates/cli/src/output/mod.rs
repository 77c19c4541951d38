//! Output forms: results as text worth looking at, as JSON to script against, as JUnit and SARIF for CI.
//!
//! Nothing here reads a snapshot or decides anything: finished values come in, and a form of them goes to standard output.

pub mod console;
pub mod datadir;
pub mod db;
pub mod defrag;
pub mod deleted;
pub mod diff;
pub mod event;
mod findings;
pub mod get;
pub mod hash;
pub mod history;
pub mod keys;
pub mod kube;
pub mod listings;
pub mod lived;
pub mod migrate;
mod patch;
pub mod restore;
mod rows;
pub mod screen;
mod sheet;
mod source;
pub mod status;
pub mod unpack;
pub mod usage;
pub mod verify;
pub mod wal;
mod words;

#[cfg(test)]
mod rendered;
#[cfg(test)]
pub mod sample;

pub use etcdsnap_imitation::size;
pub use sheet::Sheet;
pub use words::{column, label, quantity};
