//! An immutable file as bytes: mapped, or read through buffers, re-checked after use.
//!
//! [`Image::open`] gives one contiguous `&[u8]` for a regular file. Nothing is ever locked, written or created, so a
//! snapshot on read-only media and the database of a running member are both read in peace. The price is that another
//! process may change the file meanwhile; three things make that a told error and never a wrong answer:
//!
//! * the length is taken once, at open, and no byte beyond it is looked at;
//! * so is where the file has large holes, which read as zeros and take no memory;
//! * [`Image::prefetch`] turns a bad sector, or a file cut short, into an ordinary error before the bytes are touched;
//! * [`Image::recheck`] compares file, length and time of modification after the work is done.
//!
//! What remains is a file cut short between the two, at which the system sends SIGBUS: a program that maps files calls
//! [`exit_on_sigbus`] first, or opens with [`Mapping::Never`].
//!
//! This is the only crate of the project with `unsafe` code, and all of it is in one small module, `map`.
//!
//! ```
//! use etcdsnap_image::{Image, Mapping};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("snapshot.db");
//! # std::fs::write(&path, b"pages")?;
//! let image = Image::open(&path, Mapping::Auto)?;
//! assert_eq!(image.bytes(), b"pages");
//! image.recheck()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![deny(unsafe_code)]

mod buffer;
mod error;
mod file_state;
mod holes;
mod image;
mod map;
mod prefetched;

pub use error::{FileKind, ImageError};
pub use file_state::{FileChange, FileChanged};
pub use image::{Image, Mapping, open_file};
pub use map::exit_on_sigbus;
