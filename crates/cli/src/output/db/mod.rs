//! What the `db` commands print: the file as bbolt sees it.

pub mod buckets;
pub mod check;
pub mod info;
pub mod page;
pub mod pages;
