//! An etcd database written anew.
//!
//! [`mod@defrag`] copies one without its free pages, [`mod@migrate`] moves one to the storage version of another etcd.
//! [`schema`] says which entries change so that a database suits another version. [`mod@salvage`] saves what can be
//! read of a damaged one, and [`mod@unpack`] takes a backup out of what it was packed into.
//!
//! A source is verified before anything is made of it, and what is made is verified before it gets its name; what was
//! salvaged or unpacked is for its user to verify. For Unix systems.

mod context;
mod copy_verification;
pub mod defrag;
mod error;
mod locked_database;
pub mod migrate;
pub mod salvage;
pub mod schema;
mod source_trailer;
mod target;
pub mod unpack;
mod verified_source;
mod write_behind;

pub use context::{RewriteContext, Tolerance};
pub use error::{Error, first_error};
pub use locked_database::LockedDatabase;
pub use target::Target;
