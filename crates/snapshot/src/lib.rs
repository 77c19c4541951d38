//! One etcd backup as a whole: container, buckets, findings, verification, boot verdicts.
//!
//! [`container::Container`] recognises what a file is; [`verify::verify`] proves it and returns a
//! [`report::Report`]; [`hashes::hashes`] and [`inspection::Inspection`] answer the smaller questions. All of them rest on one
//! walk over the pages, and none of them prints, writes or locks anything.
//!
//! ```
//! use etcdsnap_snapshot::container::{Container, OpenOptions};
//! use etcdsnap_snapshot::progress::Silent;
//! use etcdsnap_snapshot::verify::{VerifyOptions, verify};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("backup.db");
//! # let mut file = etcdsnap_testkit::example();
//! # etcdsnap_testkit::append_trailer(&mut file);
//! # std::fs::write(&path, file)?;
//! let container = Container::open(&path, &OpenOptions::default())?;
//! let verified = verify(&container, &VerifyOptions::default(), &Silent)?;
//! assert!(verified.report.is_sound());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod boot;
pub mod buckets;
pub mod catalogue;
pub mod cause;
pub mod container;
pub mod contents;
pub mod diff;
pub mod export;
pub mod finding;
pub mod first_of;
mod go_json;
pub mod hashes;
pub mod image_hash;
pub mod incidents;
pub mod inspection;
pub mod interrupt;
pub mod known;
pub mod length;
pub mod place;
pub mod progress;
pub mod reading;
pub mod report;
mod store;
mod stored;
pub mod threads;
mod unchecked;
pub mod usage;
pub mod verify;
