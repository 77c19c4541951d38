//! What the personalities need to know about a file, and upstream's sentence for each way of not getting it.

use std::io;
use std::path::Path;

use etcdsnap_quote::go_quote;

use super::Compat;

/// Reads files for the personalities. Implementations read raw database images (with or without the 32 bytes of SHA-256
/// behind them) and nothing else: compressed files are as invalid here as they are upstream.
pub trait FileFacts {
    /// What `snapshot status` says of the file at `path`, which exists, is no directory and not empty.
    ///
    /// # Errors
    /// See [`Failure`]; the structural check comes before everything that needs buckets.
    fn status(&self, path: &Path) -> Result<Status, Failure>;

    /// Checks the structure of the database in the file at `path`, which exists, is no directory and not empty.
    ///
    /// # Errors
    /// See [`Failure`].
    fn check(&self, path: &Path) -> Result<(), Failure>;

    /// The hash of the history up to `revision`, as a server started from the file at `path` would answer it.
    /// 0 stands for the current revision; a negative one hashes no record.
    ///
    /// # Errors
    /// See [`Failure`].
    fn hash_kv(&self, path: &Path, revision: i64) -> Result<HashKv, Failure>;
}

/// The facts of `snapshot status` (`docs/format/tools.md#status`).
#[derive(Clone, Debug)]
pub struct Status {
    /// CRC-32C of all bucket names, keys and values.
    pub hash: u32,
    /// Main revision of the last record; 0 without records.
    pub revision: i64,
    /// Pairs in all buckets: the count of 3.4 and 3.5.
    pub total_pairs: u64,
    /// Live user keys: the count since 3.6. Those tools decode every record and refuse a file with one they cannot
    /// read; the older ones do not look.
    pub live_keys: Result<u64, UnreadableRecord>,
    /// Bytes up to the high-water mark.
    pub total_size: u64,
    /// `meta/storageVersion` as a semantic version; empty when absent or not one. Shown since 3.6.
    pub storage_version: String,
}

/// The facts of `hashkv` (`docs/format/tools.md#hashkv`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashKv {
    /// The hash.
    pub hash: u32,
    /// The revision it was computed at.
    pub hash_revision: i64,
    /// The compacted revision; -1 when never compacted.
    pub compact_revision: i64,
}

/// A record of the `key` bucket that is not one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnreadableRecord {
    /// The key is no revision.
    Key {
        /// The key of the pair.
        key: Vec<u8>,
        /// What is wrong with it.
        reason: String,
    },
    /// The value is no `KeyValue` message. Its bytes are not kept: they may be somebody's secret.
    Value {
        /// The key of the pair.
        key: Vec<u8>,
        /// What is wrong with the value.
        reason: String,
    },
}

/// Why a file gives no answer.
#[derive(Debug)]
pub enum Failure {
    /// A system call failed.
    Io {
        /// Its name, as in `open`.
        operation: &'static str,
        /// What it said.
        error: io::Error,
    },
    /// The file is shorter than two pages, of the size its first valid meta says, else of 4096 bytes.
    TooSmall {
        /// Length of the file in bytes.
        size: u64,
    },
    /// No valid meta, and the magic of the first is wrong; or no database at all.
    InvalidDatabase,
    /// No valid meta, and the version of the first is wrong.
    VersionMismatch,
    /// No valid meta, and the checksum of the first is wrong.
    Checksum,
    /// The structural check found something; one line each.
    Integrity(Vec<String>),
    /// An entry of the root that is no bucket.
    NotABucket {
        /// Its name.
        name: Vec<u8>,
    },
    /// A record that cannot be read was in the way.
    Unreadable(UnreadableRecord),
    /// The wanted revision is below the compacted one.
    Compacted,
    /// The wanted revision is above the current one.
    Future,
    /// Something upstream has no words for, in ours.
    Other(String),
}

impl Failure {
    /// The text behind `Error: `, as the tools of that line print it for the file at `path`. It is bytes because paths
    /// are.
    pub fn text(&self, path: &Path, compat: Compat) -> Vec<u8> {
        match self {
            Self::Io { operation, error } => io_text(operation, path, &go_error(error)),
            Self::TooSmall { size } => too_small_text(*size, compat).into_bytes(),
            Self::InvalidDatabase => b"invalid database".to_vec(),
            Self::VersionMismatch => b"version mismatch".to_vec(),
            Self::Checksum => b"checksum error".to_vec(),
            Self::Integrity(lines) => {
                let count = lines.len();
                format!("snapshot file integrity check failed. {count} errors found.\n{}", lines.join("\n"))
                    .into_bytes()
            }
            Self::NotABucket { name } if compat < Compat::V3_6 => {
                [b"cannot get hash of bucket ", name.as_slice()].concat()
            }
            Self::NotABucket { name } => format!("nil bucket: {}", go_quote(name)).into_bytes(),
            Self::Unreadable(record) => record.text().into_bytes(),
            Self::Compacted => b"mvcc: required revision has been compacted".to_vec(),
            Self::Future => b"mvcc: required revision is a future revision".to_vec(),
            Self::Other(text) => text.clone().into_bytes(),
        }
    }
}

impl UnreadableRecord {
    fn text(&self) -> String {
        let cause = match self {
            Self::Key { key, reason } => format!("cannot parse revision key: {} err: {reason}", go_quote(key)),
            Self::Value { key, reason } => format!("cannot unmarshal value, key: {} err: {reason}", go_quote(key)),
        };
        format!("error during bucket key iteration, name: \"key\" err: {cause}")
    }
}

/// The text of a failed system call: `open FILE: permission denied`.
fn io_text(operation: &str, path: &Path, reason: &str) -> Vec<u8> {
    [operation.as_bytes(), b" ", path.as_os_str().as_encoded_bytes(), b": ", reason.as_bytes()].concat()
}

/// What Go calls an error of the system: its own words, in lower case and without the number.
fn go_error(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error ").next().unwrap_or_default();
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

/// The text for a file shorter than two pages. The bbolt of 3.4 needs a whole first page before it looks at the file;
/// later ones need two pages of 1024 bytes, and say the size since 3.6.
fn too_small_text(size: u64, compat: Compat) -> String {
    match compat {
        Compat::V3_4 if size < 4096 => "invalid database".to_owned(),
        _ if size <= 2048 => "invalid database".to_owned(),
        Compat::V3_4 | Compat::V3_5 => "file size too small".to_owned(),
        _ => format!("file size too small {size}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(failure: &Failure, compat: Compat) -> String {
        String::from_utf8(failure.text(Path::new("F"), compat)).unwrap()
    }

    #[test]
    fn system_errors_read_as_go_writes_them() {
        let missing = Failure::Io { operation: "open", error: io::Error::from_raw_os_error(2) };
        assert_eq!(text(&missing, Compat::V3_7), "open F: no such file or directory");
        let denied = Failure::Io { operation: "read", error: io::Error::from_raw_os_error(13) };
        assert_eq!(text(&denied, Compat::V3_4), "read F: permission denied");
    }

    #[test]
    fn short_files_read_differently_in_old_and_new_tools() {
        let texts =
            |size| [Compat::V3_4, Compat::V3_5, Compat::V3_6].map(|line| text(&Failure::TooSmall { size }, line));
        assert_eq!(texts(100), ["invalid database"; 3]);
        assert_eq!(texts(2048), ["invalid database"; 3]);
        assert_eq!(texts(2049), ["invalid database", "file size too small", "file size too small 2049"]);
        assert_eq!(texts(4096), ["file size too small", "file size too small", "file size too small 4096"]);
        assert_eq!(texts(8191), ["file size too small", "file size too small", "file size too small 8191"]);
    }

    #[test]
    fn findings_follow_their_number() {
        let lines = vec!["page 3: multiple references".to_owned(), "page 9: unreachable unfreed".to_owned()];
        let expected = "snapshot file integrity check failed. 2 errors found.\n\
                        page 3: multiple references\npage 9: unreachable unfreed";
        assert_eq!(text(&Failure::Integrity(lines), Compat::V3_5), expected);
    }

    #[test]
    fn names_and_keys_are_quoted_as_the_release_does() {
        let stray = Failure::NotABucket { name: b"a\x00".to_vec() };
        assert_eq!(text(&stray, Compat::V3_5), "cannot get hash of bucket a\0");
        assert_eq!(text(&stray, Compat::V3_6), "nil bucket: \"a\\x00\"");
        let key = UnreadableRecord::Key { key: vec![0, 1], reason: "invalid revision length: 2".to_owned() };
        assert_eq!(
            text(&Failure::Unreadable(key), Compat::V3_7),
            "error during bucket key iteration, name: \"key\" err: cannot parse revision key: \"\\x00\\x01\" err: \
             invalid revision length: 2"
        );
    }
}
