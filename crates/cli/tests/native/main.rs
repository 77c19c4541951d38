//! The native commands as users and scripts meet them: the program is run, and its output and exit code are looked at.

mod account;
mod agreement;
mod byte_order;
mod container;
mod contents;
mod datadir;
mod db;
mod diff;
mod export;
mod hash;
mod history;
mod kube;
mod kube_audit;
mod kube_diff;
mod kube_extract;
mod kube_history;
mod listings;
mod outputs;
mod program;
mod restore;
mod rewriting;
mod status;
mod streams;
mod usage;
mod verify;
mod wal;
