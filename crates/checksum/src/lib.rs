//! The checksums of etcd and bbolt: CRC-32C with combination of parts, SHA-256 with prefetching, FNV-1a; and a test for zeros.
//!
//! | checksum | where etcd and bbolt use it |
//! |---|---|
//! | [`crc32c`] | WAL records, `.snap` files, status hash, backend hash, HashKV |
//! | [`sha256`] | the 32-byte trailer of a snapshot |
//! | [`fnv`] | the meta pages of a bbolt file |
//!
//! Every function takes bytes, allocates nothing and cannot fail. The CRCs of parts can be combined to that of the whole by
//! [`crc32c::combine`], so long hashes are computed page by page on all cores.
//!
//! ```
//! use etcdsnap_checksum::crc32c;
//!
//! let (left, right) = (crc32c::crc32c(b"snap"), crc32c::crc32c(b"shot"));
//! assert_eq!(crc32c::combine(left, right, 4), crc32c::crc32c(b"snapshot"));
//! ```

pub mod crc32c;
pub mod fnv;
pub mod sha256;
mod touch;
mod zeros;

pub use touch::touch;
pub use zeros::is_zero;
