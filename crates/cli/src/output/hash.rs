//! What `hash` prints: the four hashes of each file, and for several files in which of them they differ.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::sheet::{BAD, FAINT, GOOD, PLAIN, Sheet};
use super::words::{TextOrBase64, label};

/// The hashes of one file; the document of `-o json` for one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Hashes {
    /// Hex SHA-256 of the image, which is the file without its trailer.
    pub sha256: String,
    /// `match`, `mismatch` or `absent`.
    pub sha256_trailer: &'static str,
    /// What `etcdutl snapshot status` prints.
    pub status: u32,
    /// What a member answers to `Maintenance.Hash`.
    pub backend: u32,
    /// What a member answers to `Maintenance.HashKV`.
    pub kv: HashKv,
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

/// A file and its hashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hashed {
    /// As the user gave it.
    pub path: PathBuf,
    /// Its hashes.
    pub hashes: Hashes,
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

    fn differs(self, a: &Hashes, b: &Hashes) -> bool {
        match self {
            Self::Sha256 => a.sha256 != b.sha256,
            Self::Status => a.status != b.status,
            Self::Backend => a.backend != b.backend,
            Self::Kv => a.kv != b.kv,
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

/// Lays out the hashes, and the comparison when there are several files.
pub fn text(files: &[Hashed], differences: &[Difference<'_>], sheet: &mut Sheet) {
    for file in files {
        let Hashes { sha256, sha256_trailer, status, backend, kv } = &file.hashes;
        let (color, trailer) = match *sha256_trailer {
            "match" => (GOOD, "matches the trailer"),
            "mismatch" => (BAD, "does NOT match the trailer"),
            _ => (FAINT, "no trailer to compare with"),
        };
        let compacted = match kv.compact_revision {
            at if at < 0 => "never compacted".to_owned(),
            at => format!("compacted at {at}"),
        };
        sheet.heading(&label(&file.path));
        sheet.styled(&[(FAINT, "  sha256   "), (PLAIN, sha256), (PLAIN, "  ")], color, trailer);
        sheet.line(&[(FAINT, "  status   ")], &format!("{status:x}"));
        sheet.line(&[(FAINT, "  backend  ")], &format!("{backend:x}"));
        sheet.line(&[(FAINT, "  kv       ")], &format!("{} at revision {}, {compacted}", kv.hash, kv.revision));
    }
    let Some((first, [_, ..])) = files.split_first() else { return };
    sheet.blank();
    if differences.is_empty() {
        sheet.line(&[(GOOD, "SAME")], &format!("  all {} files", files.len()));
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
    same: bool,
    files: Vec<Named<'a>>,
    differences: Vec<NamedDifference<'a>>,
}

#[derive(Debug, Serialize)]
struct Named<'a> {
    #[serde(flatten)]
    path: TextOrBase64<'a>,
    #[serde(flatten)]
    hashes: &'a Hashes,
}

#[derive(Debug, Serialize)]
struct NamedDifference<'a> {
    #[serde(flatten)]
    path: TextOrBase64<'a>,
    r#in: &'a [Aspect],
}

impl<'a> Comparison<'a> {
    /// The document about these files.
    pub fn new(files: &'a [Hashed], differences: &'a [Difference<'a>]) -> Self {
        let named = |file: &'a Hashed| Named { path: TextOrBase64::path(&file.path), hashes: &file.hashes };
        let different = |difference: &'a Difference<'a>| NamedDifference {
            path: TextOrBase64::path(difference.path),
            r#in: &difference.aspects,
        };
        Self {
            same: differences.is_empty(),
            files: files.iter().map(named).collect(),
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
        let first = Hashes { sha256: "85".repeat(32), sha256_trailer: "match", status: 0x4481_0413, backend: 7, kv };
        let second = Hashes { sha256: "aa".repeat(32), sha256_trailer: "absent", status: 1, ..first.clone() };
        let kv = HashKv { compact_revision: -1, ..first.kv.clone() };
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
        text(&files, &differences, &mut sheet);
        assert_rendered("hash-several.txt", &sheet.finish());
        let json = serde_json::to_string_pretty(&Comparison::new(&files, &differences)).expect("json");
        assert_rendered("hash-several.json", &(json + "\n"));
    }
}
