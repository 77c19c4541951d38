//! The Kubernetes objects in one backup: found, opened, selected, listed.
//!
//! [`Objects::open`] reads the keys of a backup once and learns what there is: under which roots, of which resources, from
//! which release. A [`Selection`] says which objects are meant, in kubectl's words; [`Objects::select`] finds
//! them as they lived at the revision, [`Objects::changes`] and [`Objects::deleted`] what became of them in the history that is
//! still in the file. [`Objects::stream`] goes through them on all threads, in order, without holding more than a
//! batch: an [`Entry`] is a place in the file, and nothing of it is decrypted or decoded before it is asked for.
//! A [`Comparison`] tells what differs between two backups, a [`Telling`] what happened to single objects, both field by
//! field ([`difference`](mod@difference)).
//!
//! What cannot be opened or decoded is an [`Unreadable`] beside its key, never the end. Nothing here prints, and no error has
//! any part of a value.

mod astray;
pub mod audit;
mod authors;
pub mod check;
mod comparison;
pub mod difference;
mod entry;
mod error;
pub mod extract;
mod labels;
mod learn;
mod noise;
mod objects;
mod ordered;
mod past;
mod selection;
mod storage;
mod survey;
mod usage;

pub use astray::ObjectRules;
pub use authors::Author;
pub use comparison::{Compared, Comparison, Fate, LeftOut};
pub use entry::{Clear, Entry};
pub use error::{OpenError, Unreadable};
pub use labels::{LabelSelector, LabelSelectorError};
pub use noise::{Heard, Noise};
pub use objects::{Change, Objects, Selected};
pub use ordered::in_order;
pub use past::{Deed, Past, Telling};
pub use selection::{Selection, SelectionError, Wanted, WantedObjects};
pub use storage::{Encoding, Form, StoredResource};
pub use survey::{Survey, Tally, looks_like_kubernetes};
pub use usage::{Account, ManagerAccount, Usage};
