//! A model of etcd's store: apply operations, get the ten buckets a server of the chosen version would have written,
//! and ask what a correct reader must answer about them.
//!
//! The answers come from the plainest reading of the rules (docs/format/mvcc.md), over all records, every time: slow,
//! and independent of any code they are compared with.

mod answers;
mod auth;
mod buckets;
mod compaction;
mod history;
mod member;
mod revision;
mod server;
mod store;

pub use answers::HashKvError;
pub use auth::Auth;
pub use compaction::TombstoneRule;
pub use history::{Compactions, History};
pub use member::{ConfState, Downgrade, Member};
pub use revision::{RecordKey, Revision};
pub use server::Server;
pub use store::{EtcdStore, Op};
