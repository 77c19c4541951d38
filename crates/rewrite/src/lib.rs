//! An etcd database written anew.
//!
//! [`schema`] says which entries of a database change so that it suits another version of etcd.

pub mod schema;
