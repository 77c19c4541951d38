//! A model of etcd's store: it applies operations, writes the ten buckets that a server of the chosen version writes, and
//! computes the answers that a correct reader must give about them.
//!
//! The answers are computed by the rules of docs/format/mvcc.md, from all records each time: slow, and independent of any code
//! they are compared with.

mod auth;
mod buckets;
mod compaction;
mod expected_answers;
mod member;
mod random_history;
mod revision;
mod server;
mod store;

pub use auth::Auth;
pub use compaction::TombstoneRule;
pub use expected_answers::HashKvError;
pub use member::{ConfState, Downgrade, Member};
pub use random_history::{Compactions, RandomHistory};
pub use revision::{RecordKey, Revision};
pub use server::Server;
pub use store::{EtcdStore, Op};
