//! Logs and snapshots of real members, whole and damaged.

mod cuts;
mod fixtures;
mod hostile;
mod outcomes;
mod recorded;
