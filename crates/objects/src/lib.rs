//! The Kubernetes objects in one backup: found, opened, selected, listed.
//!
//! [`Objects::open`] reads the keys of a backup once and learns what there is: under which roots, of which resources, from
//! which release. A [`ObjectSelection`] says which objects are meant, in kubectl's words; [`Objects::select`] finds
//! them as they lived at the revision, [`Objects::changes`] and [`Objects::deleted`] what became of them in the history that is
//! still in the file. [`Objects::stream`] goes through them on all threads, in order, without holding more than a
//! batch: an [`ObjectRecord`] is a place in the file, and nothing of it is decrypted or decoded before it is asked for.
//! A [`ObjectComparison`] tells what differs between two backups, a [`ObjectHistory`] what happened to single objects, both field by
//! field ([`difference`](mod@difference)).
//!
//! What cannot be opened or decoded is an [`UnreadableObject`] beside its key, never the end. Nothing here prints, and no error has
//! any part of a value.

mod authors;
mod cluster_discovery;
mod comparison;
pub mod difference;
pub mod encryption_audit;
mod error;
pub mod extract;
mod history;
mod key_counts;
mod label_selector;
pub mod object_check;
mod object_record;
mod object_rules;
mod objects;
mod parallel_map;
mod routine_changes;
mod selection;
mod storage_forms;
mod usage;

pub use authors::Author;
pub use comparison::{IgnoredDifferences, ObjectChangeKind, ObjectComparison, ObjectDifference};
pub use error::{OpenObjectsError, UnreadableObject};
pub use history::{ObjectHistory, ObjectRevision, RevisionEffect};
pub use key_counts::{KeyCounts, ResourceCount, looks_like_kubernetes};
pub use label_selector::{LabelSelector, LabelSelectorError};
pub use object_record::{ObjectRecord, Plaintext};
pub use object_rules::ObjectRules;
pub use objects::{ObjectWrite, Objects, SelectedObjects};
pub use parallel_map::map_in_order;
pub use routine_changes::{IncludedChanges, RoutineChange};
pub use selection::{ObjectSelection, ObjectSelectionError, SelectionItem, SelectionItems};
pub use storage_forms::{Encoding, StorageForm, StoredResource};
pub use usage::{ManagerUsage, ObjectUsage, UsageTotals};
