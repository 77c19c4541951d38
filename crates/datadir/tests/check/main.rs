//! Data directories of real members, as they were recorded and changed in every way that has a name.

mod database;
mod faults;
mod log;
mod member;
mod recorded;
mod unusable;
