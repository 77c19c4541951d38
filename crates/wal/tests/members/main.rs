//! Logs and snapshots of real members, whole and damaged.

mod cuts;
mod damaged_inside;
mod fixtures;
mod hostile;
mod outcomes;
mod recorded;
