//! What a file is when it is no database: the things that really end up under the name of a backup.

use etcdsnap_quantity::quantity;
use std::fmt;
use std::path::Path;

use etcdsnap_checksum::is_zero;

use super::companion::Companion;
use super::conversion::Conversion;
use super::evidence::shifted_database;
use super::given::Given;
use super::tar;
use crate::first_of::first_of;

/// How much of a text is looked at, in bytes.
const TEXT_HEAD: usize = 4 << 10;
/// The longest piece of foreign text that is repeated to the user, in characters.
const EXCERPT: usize = 80;

/// Something that is no database, by its likely name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Foreign {
    /// No bytes at all.
    Empty,
    /// Nothing but zero bytes.
    Zeros,
    /// An XML document; an object store's error has a code, such as `AccessDenied` or `NoSuchKey`.
    Xml {
        /// The text of its `Code` element.
        code: Option<String>,
    },
    /// A web page.
    Html {
        /// The text of its `title` element.
        title: Option<String>,
    },
    /// JSON.
    Json {
        /// The text of its `error` or `message`.
        error: Option<String>,
    },
    /// Some other text.
    Text,
    /// Several files in one, in this format.
    Archive(&'static str),
    /// An archive whose files are known.
    Members {
        /// The format.
        format: &'static str,
        /// What they are called.
        names: ArchiveNames,
        /// The first of them that is a backup by its beginning.
        backup: Option<String>,
    },
    /// What a text conversion made of a backup.
    Converted(Conversion),
    /// Changes since a full backup, as gardener's etcd-backup-restore keeps them.
    Increment,
    /// What another program keeps beside a backup.
    Companion(Companion),
    /// Compressed in a format that is not undone here, or a second time.
    Compressed(&'static str),
    /// Encrypted with this.
    Encrypted(&'static str),
    /// A program.
    Program,
    /// A database of SQLite.
    Sqlite,
    /// A segment of etcd's write-ahead log.
    WalSegment,
    /// An empty file with the name of a segment of the write-ahead log.
    EmptySegment,
    /// A raft snapshot of etcd, named `.snap`.
    SnapFile,
    /// What Git keeps in place of a large file.
    LfsPointer,
    /// A database with something before it.
    Shifted {
        /// How many bytes stand before it.
        by: usize,
    },
    /// Nothing that is known.
    Unknown,
}

/// Formats told by bytes at a fixed place.
const SIGNATURES: [(usize, &[u8], Foreign); 21] = [
    (0, b"\x1f\x8b\x08", Foreign::Compressed("gzip")),
    (0, b"\x28\xb5\x2f\xfd", Foreign::Compressed("zstd")),
    (0, b"\xfd7zXZ\0", Foreign::Compressed("xz")),
    (0, b"BZh", Foreign::Compressed("bzip2")),
    (0, b"\x04\x22\x4d\x18", Foreign::Compressed("lz4")),
    (0, b"\x1f\x9d", Foreign::Compressed("compress")),
    (0, b"\x78\x01", Foreign::Compressed("zlib")),
    (0, b"\x78\x9c", Foreign::Compressed("zlib")),
    (0, b"\x78\xda", Foreign::Compressed("zlib")),
    (0, b"PK\x03\x04", Foreign::Archive("zip")),
    (0, b"PK\x05\x06", Foreign::Archive("zip")),
    (0, b"7z\xbc\xaf\x27\x1c", Foreign::Archive("7z")),
    (0, b"age-encryption.org/v1", Foreign::Encrypted("age")),
    (0, b"-----BEGIN AGE ENCRYPTED FILE", Foreign::Encrypted("age")),
    (0, b"-----BEGIN PGP MESSAGE", Foreign::Encrypted("OpenPGP")),
    (0, b"Salted__", Foreign::Encrypted("openssl enc")),
    (0, b"\x7fELF", Foreign::Program),
    (0, b"MZ", Foreign::Program),
    (0, b"#!", Foreign::Program),
    (0, b"SQLite format 3\0", Foreign::Sqlite),
    (0, b"version https://git-lfs.github.com/spec/", Foreign::LfsPointer),
];

impl Foreign {
    /// Names bytes that are known to be no database. `file` is their name, which decides where the bytes do not.
    pub(super) fn name(bytes: &[u8], file: &str) -> Self {
        let file = Path::new(file).file_name().unwrap_or_default().to_string_lossy();
        if file.starts_with("Incr-") && matches!(Self::name_bytes(bytes), Self::Unknown | Self::Compressed(_)) {
            return Self::Increment;
        }
        match Self::name_bytes(bytes) {
            Self::Empty if Path::new(&*file).extension().is_some_and(|ending| ending == "wal") => Self::EmptySegment,
            foreign => foreign,
        }
    }

    fn name_bytes(bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            return Self::Empty;
        }
        if let Some(archive) = tar::name(bytes) {
            return archive;
        }
        if is_increment(bytes) {
            return Self::Increment;
        }
        if let Some(conversion) = Conversion::of(bytes) {
            return Self::Converted(conversion);
        }
        let starts = |at: usize, signature| bytes.get(at..).is_some_and(|rest| rest.starts_with(signature));
        if let Some((.., foreign)) = SIGNATURES.into_iter().find(|(at, signature, _)| starts(*at, signature)) {
            return foreign;
        }
        if is_wal_segment(bytes) {
            return Self::WalSegment;
        }
        if is_snap_file(bytes) {
            return Self::SnapFile;
        }
        if let Some(by) = shifted_database(bytes) {
            return Self::Shifted { by };
        }
        if let Some(text) = text_head(bytes) {
            return Self::name_text(text, bytes);
        }
        if is_zero(bytes) {
            return Self::Zeros;
        }
        Self::Unknown
    }

    fn name_text(head: &str, bytes: &[u8]) -> Self {
        let lower = head.to_ascii_lowercase();
        if lower.contains("<html") || lower.starts_with("<!doctype html") {
            return Self::Html { title: element(head, &lower, "title") };
        }
        if lower.starts_with('<') {
            let is_code = |code: &String| code.bytes().all(|byte| byte.is_ascii_alphanumeric());
            return Self::Xml { code: element(head, &lower, "code").filter(is_code) };
        }
        if let Some(companion) = Companion::of_text(head) {
            return Self::Companion(companion);
        }
        if lower.starts_with(['{', '[']) {
            return Self::Json { error: json_error(bytes) };
        }
        Self::Text
    }

    /// Is it a whole file that belongs to a backup, and not the backup itself?
    pub fn is_companion(&self) -> bool {
        matches!(self, Self::Companion(_) | Self::Increment)
    }

    /// What to do about it, as the second half of a sentence. `given` says how its bytes are had in a shell.
    pub(super) fn remedy(&self, given: &Given<'_>) -> String {
        let fixed = match self {
            Self::Members { format: "tar", backup: Some(backup), .. } => {
                let command = given.tar(backup);
                return format!("`{command} | etcdsnap verify -` reads the backup in it");
            }
            Self::Members { format, names, .. } => {
                let first = names.first().unwrap_or("NAME");
                let command = if *format == "zip" { given.unzip(first) } else { given.tar(first) };
                return format!("name one of them: `{command} | etcdsnap verify -`");
            }
            Self::Converted(conversion) => return conversion.remedy(given),
            Self::Empty => "look at the job that should have written it, and take another backup",
            Self::Zeros => "its content was never written or is lost, so take another copy",
            Self::Xml { code: Some(code) } => code_remedy(code),
            Self::Xml { code: None } | Self::Json { .. } => {
                "find out which request it answers, and take the backup again"
            }
            Self::Html { .. } => {
                "the download was answered with a web page, so log in or leave out the proxy, and download it again"
            }
            Self::Increment => {
                "the full backup that it belongs to is the newest file Full-… before it; name that, or restore both with \
                 etcdbrctl"
            }
            Self::Companion(companion) => companion.remedy(),
            Self::EmptySegment => {
                "etcd makes its segments 64 MB long beforehand, so the disk was full or the file was cut; keep the \
                 member's directory as it is, and look at it with `etcdsnap datadir check`"
            }
            Self::Text => "look at what wrote it, and take the backup again",
            Self::Archive(_) => "unpack it and name the snapshot in it",
            Self::Compressed(_) => "decompress it first (one layer of gzip or zstd may stay)",
            Self::Encrypted(_) => "decrypt it first",
            Self::Program => "check the name",
            Self::Sqlite => "where k3s keeps its data in SQLite there is no etcd to back up",
            Self::WalSegment | Self::SnapFile => "name the member's data directory, or member/snap/db in it",
            Self::LfsPointer => "fetch the file itself with `git lfs pull`",
            Self::Shifted { .. } => {
                "something was mixed into it, such as log lines, so cut it off, or take the backup again straight into a file"
            }
            Self::Unknown => "check the name and how the file came here",
        };
        fixed.to_owned()
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("an empty file"),
            Self::Zeros => f.write_str("nothing but zero bytes"),
            Self::Xml { code: Some(code) } => write!(f, "an object store's error \"{code}\""),
            Self::Xml { code: None } => f.write_str("an XML document"),
            Self::Html { title: Some(title) } => write!(f, "the web page \"{title}\""),
            Self::Html { title: None } => f.write_str("a web page"),
            Self::Json { error: Some(error) } => write!(f, "the JSON error \"{error}\""),
            Self::Json { error: None } => f.write_str("JSON"),
            Self::Text => f.write_str("a text"),
            Self::Archive(format) => write!(f, "an archive ({format})"),
            Self::Members { format, names, .. } => write!(f, "an archive ({format}) of {names}"),
            Self::Converted(conversion) => conversion.fmt(f),
            Self::Increment => f.write_str("an increment of gardener's etcd-backup-restore"),
            Self::Companion(companion) => companion.fmt(f),
            Self::EmptySegment => f.write_str("an empty segment of etcd's write-ahead log"),
            Self::Compressed(format) => write!(f, "compressed data ({format})"),
            Self::Encrypted(with) => write!(f, "encrypted data ({with})"),
            Self::Program => f.write_str("a program"),
            Self::Sqlite => f.write_str("a SQLite database"),
            Self::WalSegment => f.write_str("a segment of etcd's write-ahead log"),
            Self::SnapFile => f.write_str("a raft snapshot (.snap), which holds no keys"),
            Self::LfsPointer => f.write_str("a Git LFS pointer"),
            Self::Shifted { by } => {
                write!(f, "{} of something else, followed by a database", quantity(*by as u64, "byte"))
            }
            Self::Unknown => f.write_str("data of an unknown kind"),
        }
    }
}

/// Names of the files in an archive, of which the first few are kept for a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ArchiveNames {
    kept: Vec<String>,
    count: usize,
}

impl ArchiveNames {
    /// How many are kept.
    const MOST: usize = 3;

    pub(super) fn push(&mut self, name: &[u8]) {
        self.count += 1;
        if self.kept.len() < Self::MOST {
            self.kept.extend(excerpt(&String::from_utf8_lossy(name)));
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    fn first(&self) -> Option<&str> {
        self.kept.first().map(String::as_str)
    }
}

impl fmt::Display for ArchiveNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&first_of(&self.kept, self.count as u64))
    }
}

/// Does it begin as an increment does, with a JSON list of events? The SHA-256 of that list follows it.
fn is_increment(bytes: &[u8]) -> bool {
    const BEGINNING: &[u8] = b"[{\"etcdevent\"";
    bytes.get(..BEGINNING.len()).is_some_and(|head| head.eq_ignore_ascii_case(BEGINNING))
}

/// The codes of S3, of Google's and of Azure's stores.
fn code_remedy(code: &str) -> &'static str {
    match code {
        "AccessDenied"
        | "AllAccessDisabled"
        | "AuthenticationFailed"
        | "AuthorizationFailure"
        | "ExpiredToken"
        | "InvalidAccessKeyId"
        | "InvalidToken"
        | "SignatureDoesNotMatch"
        | "TokenRefreshRequired" => {
            "the store refused the download, so check credentials and expiry of the link, and download it again"
        }
        "NoSuchKey" | "NoSuchBucket" | "NoSuchVersion" | "BlobNotFound" | "ContainerNotFound" | "ResourceNotFound" => {
            "the store has no such object, so check its name and whether the upload happened"
        }
        _ => "the store did not give the object, so download it again and look at the status of the answer",
    }
}

/// Starts with a record of type crc, as every segment does: frame length, then `08 04 10` (docs/format/wal.md#records).
fn is_wal_segment(bytes: &[u8]) -> bool {
    let Some((word, record)) = bytes.split_first_chunk() else {
        return false;
    };
    let word = u64::from_le_bytes(*word);
    let (len, padding) = (word & (u64::MAX >> 8), word >> 56);
    (4..=8).contains(&len) && matches!(padding, 0 | 0x80..=0x87) && record.starts_with(&[0x08, 0x04, 0x10])
}

/// Is a message of crc and data, and nothing more: `08 crc 12 length data` (docs/format/wal.md#snapshot-files).
fn is_snap_file(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    let mut field = |tag: u8| {
        rest = rest.strip_prefix(&[tag])?;
        let value = prost::encoding::decode_varint(&mut rest).ok()?;
        Some((value, rest.len() as u64))
    };
    field(0x08).is_some() && field(0x12).is_some_and(|(len, left)| len > 0 && len == left)
}

/// The beginning of `bytes` when all of it is text, without byte-order mark and leading space.
fn text_head(bytes: &[u8]) -> Option<&str> {
    let head = &bytes[..bytes.len().min(TEXT_HEAD)];
    let head = match std::str::from_utf8(head) {
        Ok(head) => head,
        // A character may be cut in two by the end of the head, but not by anything else.
        Err(error) if error.error_len().is_none() && bytes.len() > TEXT_HEAD => {
            std::str::from_utf8(&head[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    let printable = |c: char| !c.is_control() || matches!(c, '\t' | '\n' | '\r' | '\x0c' | '\x1b');
    head.chars().all(printable).then(|| head.trim_start_matches('\u{feff}').trim_start())
}

/// The text of the first element of this name. `lower` is `head` in lower case.
fn element(head: &str, lower: &str, name: &str) -> Option<String> {
    let open = lower.find(&format!("<{name}"))?;
    let start = open + lower[open..].find('>')? + 1;
    let len = lower[start..].find(&format!("</{name}"))?;
    excerpt(&head[start..start + len])
}

/// What the first JSON value gives as its error, in the shapes of etcd's gateway, Kubernetes and Google's stores.
fn json_error(bytes: &[u8]) -> Option<String> {
    const LONGEST: usize = 64 << 10;
    let head = &bytes[..bytes.len().min(LONGEST)];
    let value: serde_json::Value = serde_json::Deserializer::from_slice(head).into_iter().next()?.ok()?;
    let error = &value["error"];
    [error, &error["message"], &value["message"]].into_iter().find_map(|text| excerpt(text.as_str()?))
}

/// A piece of foreign text that is safe to show: one line, no control characters, not long.
pub(super) fn excerpt(text: &str) -> Option<String> {
    let words: Vec<&str> =
        text.split(|c: char| c.is_control() || c.is_whitespace()).filter(|word| !word.is_empty()).collect();
    let line: String = words.join(" ").chars().take(EXCERPT).collect();
    (!line.is_empty()).then_some(line)
}
