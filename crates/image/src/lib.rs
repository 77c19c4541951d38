//! [`Image`]: a file or stream as one slice of bytes, which is compared with the file again after use.
//!
//! [`Image::open`] gives one contiguous `&[u8]` for a regular file. Nothing is locked, written or created, so a snapshot on
//! read-only media and the database of a running member can both be read. Another process may therefore change the file
//! meanwhile; the following makes that an error and never a wrong result:
//!
//! * the length is read once, at open, and no byte after it is read;
//! * the large holes of the file, which read as zeros and take no memory, are determined once as well;
//! * [`Image::prefetch`] turns a bad sector, or a truncated file, into an ordinary error before the bytes are read;
//! * [`Image::recheck`] compares file, length and time of modification after the work is done.
//!
//! What remains is a file that is truncated between the two, for which the system sends SIGBUS: a program that maps
//! files calls [`exit_on_sigbus`] first, or opens with [`Mapping::Never`].
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
