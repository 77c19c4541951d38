//! Files and folders that appear under their names whole or not at all.
//!
//! [`NewFile`] and [`NewFolder`] are made under a temporary name in the folder where they are to appear, made durable, and
//! get their name by one rename. Whatever ends a run before that (an error, an interrupt, a power cut, kill -9) leaves
//! nothing under the name.
//!
//! # What is never replaced
//!
//! A [`Destination`] names the files that the run reads, and refuses to put an output in the place of one of them,
//! under whatever name. It also refuses what is not a regular file: symbolic links, devices, FIFOs, folders, mount
//! points. A folder never replaces anything; it can move another folder aside.
//!
//! # What a killed run leaves behind
//!
//! Every temporary name is `.etcdsnap-` and sixteen hexadecimal digits. Whoever makes one holds a lock on it (`flock`) for as
//! long as it lives, and the system lets go of the lock when the process dies, however that happens. So a temporary name
//! that nobody has locked is a leftover: the next run that writes to the same folder [removes](remove_leftovers) it, and a
//! run at the same time is left alone. Where the file system knows no locks, nothing is removed.
//!
//! What is replaced never has such a name, so it cannot be taken for a leftover, whenever the run is killed.
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
mod error;
mod file;
mod folder;
mod inputs;
mod interrupt;
mod leftover;
mod owner;
mod parents;
mod rename;
mod space;
mod swap;
mod temporary;
mod unnamed;

pub use destination::{Destination, is_mount_point};
pub use error::Error;
pub use file::NewFile;
pub use folder::{NewFolder, Published};
pub use inputs::Inputs;
pub use interrupt::{Interrupt, Interrupted};
pub use leftover::{Leftover, discard, is_in_the_making, leftovers, remove_leftovers};
pub use owner::{Owner, OwnerError};
pub use parents::Parents;
pub use rename::{Existing, check_movable, vacant_beside};
pub use space::{Demand, NoSpace, available, is_in_memory};
pub use temporary::is_at;
pub use unnamed::unnamed_file;
