//! What `hash` prints: the four hashes of each file, and for several files in which of them they differ.

use std::fmt;
use std::path::{Path, PathBuf};

use etcdsnap_snapshot::known::Known;
use serde::Serialize;

use super::sheet::{BAD, FAINT, GOOD, PLAIN, Sheet};
use super::words::{TextOrBase64, label};
use crate::exit::Failure;

/// The hashes of one file; the document of `-o json` for one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Hashes {
    /// Hex SHA-256 of the image, which is the file without its trailer.
    pub sha256: String,
    /// `match`, `mismatch` or `absent`.
    pub sha256_trailer: &'static str,
    /// What `etcdutl snapshot status` prints.
    pub status: Known<u32>,
    /// What a member answers to `Maintenance.Hash`.
    pub backend: Known<u32>,
    /// What a member answers to `Maintenance.HashKV`; `None` when it is not known, because a page could not be read.
    pub kv: Option<HashKv>,
}

/// The hash of the keyspace at a revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HashKv {
    /// The hash.
    pub hash: u32,
    /// The revision.
    pub revision: i64,
    /// The compacted revision; -1 when never compacted.
    pub compact_revision: i64,
}

impl fmt::Display for HashKv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at revision {}, ", self.hash, self.revision)?;
        match self.compact_revision {
            at if at < 0 => f.write_str("never compacted"),
            at => write!(f, "compacted at {at}"),
        }
    }
}

/// A file and its hashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hashed {
    /// As the user gave it.
    pub path: PathBuf,
    /// Its hashes.
    pub hashes: Hashes,
}

impl Hashed {
    /// Are all of its hashes known?
    fn is_known(&self) -> bool {
        self.hashes.status.is_whole() && self.hashes.backend.is_whole() && self.hashes.kv.is_some()
    }
}

/// What files can be compared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "camelCase")]
pub enum Aspect {
    /// SHA-256 of the image: are they copies of one another?
    Sha256,
    /// Status hash: do they hold the same pairs in all buckets?
    Status,
    /// Backend hash: the same, but for what differs between members.
    Backend,
    /// HashKV at the same revision and compaction: do they hold the same keyspace?
    Kv,
}

impl Aspect {
    /// All of them, from the strictest on.
    pub const ALL: [Self; 4] = [Self::Sha256, Self::Status, Self::Backend, Self::Kv];

    fn words(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Status => "status hash",
            Self::Backend => "backend hash",
            Self::Kv => "HashKV",
        }
    }

    /// Do two files certainly differ in it? A hash that is not known differs from none.
    fn differs(self, a: &Hashes, b: &Hashes) -> bool {
        let differ = |a: Option<&u32>, b: Option<&u32>| a.zip(b).is_some_and(|(a, b)| a != b);
        match self {
            Self::Sha256 => a.sha256 != b.sha256,
            Self::Status => differ(a.status.all(), b.status.all()),
            Self::Backend => differ(a.backend.all(), b.backend.all()),
            Self::Kv => a.kv.as_ref().zip(b.kv.as_ref()).is_some_and(|(a, b)| a != b),
        }
    }
}

/// A file that is not like the first one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference<'a> {
    /// The file.
    pub path: &'a Path,
    /// In what it differs.
    pub aspects: Vec<Aspect>,
}

/// The files that differ from the first one in any of `aspects`.
pub fn differences<'a>(files: &'a [Hashed], aspects: &[Aspect]) -> Vec<Difference<'a>> {
    let Some((first, rest)) = files.split_first() else { return Vec::new() };
    let difference = |file: &'a Hashed| {
        let differs = |aspect: &Aspect| aspect.differs(&first.hashes, &file.hashes);
        let aspects: Vec<_> = aspects.iter().copied().filter(differs).collect();
        (!aspects.is_empty()).then_some(Difference { path: &file.path, aspects })
    };
    rest.iter().filter_map(difference).collect()
}

/// Lays out the hashes, and the comparison when there are several files: of those that could be hashed, all of which is
/// only the case when `all` says so.
pub fn text(files: &[Hashed], all: bool, differences: &[Difference<'_>], sheet: &mut Sheet) {
    for file in files {
        let Hashes { sha256, sha256_trailer, status, backend, kv } = &file.hashes;
        let (color, trailer) = match *sha256_trailer {
            "match" => (GOOD, "matches the trailer"),
            "mismatch" => (BAD, "does NOT match the trailer"),
            _ => (FAINT, "no trailer to compare with"),
        };
        let [status, backend] = [status, backend].map(|hash| hash.map(|hash| format!("{hash:x}")).to_string());
        let kv = kv.as_ref().map_or_else(|| "unknown".to_owned(), ToString::to_string);
        sheet.heading(&label(&file.path));
        sheet.styled(&[(FAINT, "  sha256   "), (PLAIN, sha256), (PLAIN, "  ")], color, trailer);
        sheet.line(&[(FAINT, "  status   ")], &status);
        sheet.line(&[(FAINT, "  backend  ")], &backend);
        sheet.line(&[(FAINT, "  kv       ")], &kv);
    }
    let Some((first, [_, ..])) = files.split_first() else { return };
    sheet.blank();
    match (differences.is_empty(), all && files.iter().all(Hashed::is_known)) {
        (true, true) => sheet.line(&[(GOOD, "SAME")], &format!("  all {} files", files.len())),
        (true, false) => sheet.line(&[(BAD, "UNKNOWN")], "  whether all are the same: not all could be read"),
        (false, _) => {}
    }
    for Difference { path, aspects } in differences {
        let words: Vec<_> = aspects.iter().map(|aspect| aspect.words()).collect();
        let body = format!("  {} from {} in {}", label(path), label(&first.path), words.join(", "));
        sheet.line(&[(BAD, "DIFFERENT")], &body);
    }
}

/// The document of `-o json` for several files.
#[derive(Debug, Serialize)]
pub struct Comparison<'a> {
    /// Null when no difference was found and not all files could be read.
    same: Option<bool>,
    files: Vec<Named<'a>>,
    /// Files that could not be hashed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failures: Vec<Failed<'a>>,
    differences: Vec<NamedDifference<'a>>,
}

#[derive(Debug, Serialize)]
struct Named<'a> {
    #[serde(flatten)]
    path: TextOrBase64<'a>,
    #[serde(flatten)]
    hashes: &'a Hashes,
}

/// A file that could not be hashed, and why.
#[derive(Debug, Serialize)]
pub struct Failed<'a> {
    #[serde(flatten)]
    path: TextOrBase64<'a>,
    error: String,
}

impl<'a> Failed<'a> {
    /// What was wrong with a file.
    pub fn new(path: &'a Path, error: &Failure) -> Self {
        Self { path: TextOrBase64::path(path), error: error.to_string() }
    }
}

#[derive(Debug, Serialize)]
struct NamedDifference<'a> {
    #[serde(flatten)]
    path: TextOrBase64<'a>,
    r#in: &'a [Aspect],
}

impl<'a> Comparison<'a> {
    /// The document about these files.
    pub fn new(files: &'a [Hashed], failures: Vec<Failed<'a>>, differences: &'a [Difference<'a>]) -> Self {
        let named = |file: &'a Hashed| Named { path: TextOrBase64::path(&file.path), hashes: &file.hashes };
        let different = |difference: &'a Difference<'a>| NamedDifference {
            path: TextOrBase64::path(difference.path),
            r#in: &difference.aspects,
        };
        let known = failures.is_empty() && files.iter().all(Hashed::is_known);
        Self {
            same: if differences.is_empty() { known.then_some(true) } else { Some(false) },
            files: files.iter().map(named).collect(),
            failures,
            differences: differences.iter().map(different).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::rendered::assert_rendered;

    fn files() -> [Hashed; 3] {
        let kv = HashKv { hash: 94_030_090, revision: 95, compact_revision: 38 };
        let first = Hashes {
            sha256: "85".repeat(32),
            sha256_trailer: "match",
            status: Known::whole(0x4481_0413),
            backend: Known::whole(7),
            kv: Some(kv),
        };
        let second =
            Hashes { sha256: "aa".repeat(32), sha256_trailer: "absent", status: Known::whole(1), ..first.clone() };
        let kv = first.kv.clone().map(|kv| HashKv { compact_revision: -1, ..kv });
        let third = Hashes { sha256_trailer: "mismatch", kv, ..second.clone() };
        [("m1.db", first), ("m2.db", second), ("m3.db", third)]
            .map(|(path, hashes)| Hashed { path: path.into(), hashes })
    }

    #[test]
    fn one_file_has_exactly_the_promised_json() {
        let json = serde_json::to_string(&files()[0].hashes).expect("json");
        let expected = format!(
            "{{\"sha256\":\"{}\",\"sha256Trailer\":\"match\",\"status\":1149305875,\"backend\":7,\
             \"kv\":{{\"hash\":94030090,\"revision\":95,\"compactRevision\":38}}}}",
            "85".repeat(32)
        );
        assert_eq!(json, expected);
    }

    #[test]
    fn files_differ_in_what_is_compared() {
        let files = files();
        assert_eq!(differences(&files[..1], &Aspect::ALL), []);
        assert_eq!(differences(&files[..2], &[Aspect::Kv]), []);
        let all = differences(&files, &Aspect::ALL);
        assert_eq!(all[0].aspects, [Aspect::Sha256, Aspect::Status]);
        assert_eq!(all[1].aspects, [Aspect::Sha256, Aspect::Status, Aspect::Kv]);
    }

    #[test]
    fn several_files_are_compared_in_both_forms() {
        let files = files();
        let differences = differences(&files, &Aspect::ALL);
        let mut sheet = Sheet::new(None);
        text(&files, true, &differences, &mut sheet);
        assert_rendered("hash-several.txt", &sheet.finish());
        let json = serde_json::to_string_pretty(&Comparison::new(&files, Vec::new(), &differences)).expect("json");
        assert_rendered("hash-several.json", &(json + "\n"));
    }
}
