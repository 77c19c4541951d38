//! Publishes output files and folders atomically: they appear at their paths complete, or not at all.
//!
//! [`NewFile`] and [`NewFolder`] are created under a temporary name in the folder of their final path, made durable, and
//! renamed in one step. Whatever ends a run before that (an error, an interrupt, a power cut, kill -9) leaves nothing at the
//! final path.
//!
//! # What is never replaced
//!
//! A [`Destination`] knows the files that the run reads ([`Inputs`]) and refuses to replace one of them, under any of its
//! names. It also refuses to replace anything but a regular file: symbolic links, devices, FIFOs, folders, mount points. A new
//! folder never replaces anything; it can move another folder aside.
//!
//! # What a killed run leaves behind
//!
//! Every temporary name is `.etcdsnap-` and sixteen hexadecimal digits. The run that creates one holds a lock on it (`flock`),
//! which the system releases when the process ends, however that happens. So a temporary name that nobody has locked is a
//! leftover: the next run that writes to the same folder [removes](remove_leftovers) it, while the outputs of other active runs
//! are left alone. On a file system without locks nothing is removed.
//!
//! A file that is replaced never has such a name, so it is not taken for a leftover, whenever the run is killed.
//!
//! ```
//! use std::io::Write as _;
//! use etcdsnap_publish::{Destination, Existing, Inputs, NewFile};
//!
//! # let folder = tempfile::tempdir()?;
//! # let (source, target) = (folder.path().join("source.db"), folder.path().join("copy.db"));
//! let inputs: Inputs = [&source].into_iter().collect();
//! let mut new = NewFile::create(&Destination::new(&target, Existing::Refuse, &inputs), None)?;
//! new.file().write_all(b"pages")?;
//! assert!(!target.exists());
//! new.publish()?;
//! assert_eq!(std::fs::read(&target)?, b"pages");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! For Unix systems.

mod destination;
mod disk_space;
mod error;
mod exchange;
mod existing;
mod file_kind;
mod folder_sync;
mod inputs;
mod leftover;
mod new_file;
mod new_folder;
mod owner;
mod parents;
mod permissions;
mod publishing;
mod rename;
mod temporary;
mod unnamed_file;

pub use destination::Destination;
pub use disk_space::{NoSpace, SpaceDemand, available_space, is_in_memory};
pub use error::Error;
pub use existing::{Existing, check_movable};
pub use file_kind::is_mount_point;
pub use inputs::Inputs;
pub use leftover::{Leftover, discard, is_unpublished, leftovers, remove_leftovers};
pub use new_file::NewFile;
pub use new_folder::{NewFolder, PublishedFolder};
pub use owner::{Owner, OwnerError};
pub use parents::Parents;
pub use rename::vacant_beside;
pub use temporary::is_at;
pub use unnamed_file::unnamed_file;
