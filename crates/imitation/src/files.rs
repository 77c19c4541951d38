//! The personalities' view of real files: our structural check and keyspace, told in the words of theirs.
//!
//! Damage that the originals do not notice, or die of, is an error here. One thing passes, as it does there: with one
//! bad meta the other one is used. Files are read as they are; a compressed one is no database to these tools.

use std::io;
use std::path::Path;

use etcdsnap_bbolt::{ByteOrder, Db, DbOpenError, Detail, MetaError, PageKind, StructureCode, StructureProblem};
use etcdsnap_image::ImageError;
use etcdsnap_mvcc::{RecordCode, RevisionError, RevisionKey, RevisionKeyError, Violation};
use etcdsnap_snapshot::container::{self, Container, OpenOptions};
use etcdsnap_snapshot::finding::Severity;
use etcdsnap_snapshot::inspection::{Inspection, Options, Unusable};
use etcdsnap_snapshot::progress::Silent;

use super::{Failure, FileFacts, HashKv, Status, UnreadableRecord};

/// Reads files.
#[derive(Debug)]
pub struct Files;

/// The page size where no meta says it, in bytes.
const PAGE_SIZE: u64 = 4096;

/// Most lines of one finding about a run of pages.
const PAGES_SHOWN: u64 = 1000;

impl FileFacts for Files {
    fn status(&self, path: &Path) -> Result<Status, Failure> {
        let container = open(path)?;
        let inspection = inspect(&container, None)?;
        if let Some(name) = inspection.stray_value {
            return Err(Failure::NotABucket { name: name.to_vec() });
        }
        let keyspace = &inspection.keyspace;
        Ok(Status {
            hash: keyspace.status_hash(),
            revision: keyspace.summary.last.map_or(0, |last| last.main),
            total_pairs: keyspace.total_pairs(),
            live_keys: unreadable_record(&inspection).map_or(Ok(keyspace.summary.live_keys), Err),
            total_size: inspection.db.size(),
            storage_version: inspection.storage_version().part().clone(),
        })
    }

    fn check(&self, path: &Path) -> Result<(), Failure> {
        inspect(&open(path)?, None).map(|_| ())
    }

    fn hash_kv(&self, path: &Path, revision: i64) -> Result<HashKv, Failure> {
        let container = open(path)?;
        let inspection = inspect(&container, Some(revision))?;
        if let Some(record) = unreadable_record(&inspection) {
            return Err(Failure::Unreadable(record));
        }
        let answer = inspection.keyspace.hash_kv().map_err(|error| match error {
            RevisionError::Compacted => Failure::Compacted,
            RevisionError::Future => Failure::Future,
            other => Failure::Other(other.to_string()),
        })?;
        Ok(HashKv { hash: answer.hash, hash_revision: answer.revision, compact_revision: answer.compact_revision })
    }
}

/// Files are opened as they are.
pub fn opening() -> OpenOptions {
    OpenOptions { decompress: false, ..OpenOptions::default() }
}

fn open(path: &Path) -> Result<Container, Failure> {
    Container::open(path, &opening()).map_err(|error| match error {
        container::OpenError::Image(error) => system(error),
        _ => no_meta(path, None),
    })
}

/// Walks over everything; fails where the walk finds damage, or the file turns out to have changed meanwhile.
fn inspect(container: &Container, hash_at: Option<i64>) -> Result<Inspection<'_>, Failure> {
    let options = Options { hash_at, ..Options::default() };
    let inspection =
        Inspection::alone(container, &options, &Silent).map_err(|error| match (error, container.path()) {
            (Unusable::Database(DbOpenError::NoMeta { metas, .. }), Some(path)) => no_meta(path, Some(metas[0])),
            (Unusable::Image(error), _) => system(error),
            _ => Failure::InvalidDatabase,
        })?;
    if inspection.db.order() != ByteOrder::HOST {
        return Err(Failure::InvalidDatabase);
    }
    container.recheck().map_err(|changed| Failure::Other(changed.to_string()))?;
    let size = container.image().bytes().len() as u64;
    if size < 2 * u64::from(inspection.db.page_size()) {
        return Err(Failure::TooSmall { size });
    }
    let db = &inspection.db;
    let damage = inspection.walk.problems.kept().iter().filter(|problem| is_damage(db, problem));
    let lines: Vec<String> = damage.flat_map(|problem| lines(db, problem)).collect();
    if lines.is_empty() { Ok(inspection) } else { Err(Failure::Integrity(lines)) }
}

/// What is wrong with a file without a valid meta, given what is wrong with the first one.
fn no_meta(path: &Path, first: Option<MetaError>) -> Failure {
    let size = path.metadata().map_or(0, |metadata| metadata.len());
    match first {
        _ if size < 2 * PAGE_SIZE => Failure::TooSmall { size },
        Some(MetaError::Version(_)) => Failure::VersionMismatch,
        Some(MetaError::Checksum { .. }) => Failure::Checksum,
        _ => Failure::InvalidDatabase,
    }
}

fn system(error: ImageError) -> Failure {
    let denied = || io::Error::from(io::ErrorKind::PermissionDenied);
    match error {
        ImageError::PermissionDenied { .. } => Failure::Io { operation: "open", error: denied() },
        ImageError::Io { source, .. } => Failure::Io { operation: "read", error: source },
        ImageError::NotAFile { kind, .. } => {
            Failure::Io { operation: "open", error: io::Error::other(format!("is {kind}")) }
        }
        other => Failure::Other(other.to_string()),
    }
}

/// Is this damage to what is read? A bad meta beside a good one is not, as long as it stands on a page that says it is
/// one.
fn is_damage(db: &Db<'_>, problem: &StructureProblem) -> bool {
    let tolerated = problem.code == StructureCode::MetaInvalid && kind(db, problem) == Some(PageKind::Meta);
    problem.code.severity() == Severity::Error && !tolerated
}

fn kind(db: &Db<'_>, problem: &StructureProblem) -> Option<PageKind> {
    problem.page.and_then(|page| db.page(page)).map(|page| page.kind)
}

/// The line, or the line for each page of a run, that upstream's check prints for a problem; in our words where it has
/// none.
fn lines(db: &Db<'_>, problem: &StructureProblem) -> Vec<String> {
    let page = problem.page.map_or_else(|| "inline page".to_owned(), |page| format!("page {page}"));
    let kind = kind(db, problem).unwrap_or(PageKind::Leaf);
    let (found, against) = (&problem.found, &problem.against);
    let key = || {
        let page = problem.page.map_or_else(|| "inline page".to_owned(), |page| format!("page({page})"));
        format!("key[{}]=(hex){} on {kind} {page} needs to be", problem.element.unwrap_or_default(), hex(found))
    };
    let one = match problem.code {
        StructureCode::ReachableFreed => return each_page(found, "reachable freed"),
        StructureCode::UnreachableUnfreed => return each_page(found, "unreachable unfreed"),
        StructureCode::MetaInvalid => format!("{page}: has unexpected type: {kind}"),
        StructureCode::FreelistDup => format!("page {found}: already freed"),
        StructureCode::FreelistRange | StructureCode::PgidRange => format!("page {found}: out of bounds: {against}"),
        StructureCode::DoubleRef => format!("{page}: multiple references"),
        StructureCode::PageId => format!("{page}: self identifies as {found}"),
        StructureCode::PageType => format!("{page}: invalid type: {found}"),
        StructureCode::KeyBelowParent => format!("the first {} >= the key in the ancestor ({})", key(), hex(against)),
        StructureCode::KeyOrder => format!("{} > (found <) than previous element (hex){}", key(), hex(against)),
        StructureCode::KeyDup => format!("{} > (found =) than previous element (hex){}", key(), hex(found)),
        StructureCode::KeyAboveParent => {
            format!("{} < than key of the next element in ancestor (hex){}", key(), hex(against))
        }
        _ => format!("{page}: {problem}"),
    };
    vec![one]
}

fn each_page(pages: &Detail, what: &str) -> Vec<String> {
    let Detail::Pages(first, last) = *pages else { return vec![format!("page {pages}: {what}")] };
    let last = last.min(first.saturating_add(PAGES_SHOWN - 1));
    (first..=last).map(|page| format!("page {page}: {what}")).collect()
}

fn hex(key: &Detail) -> String {
    let Detail::Key(key) = key else { return key.to_string() };
    key.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

/// The first record that etcd 3.6 and later refuse to count.
fn unreadable_record(inspection: &Inspection<'_>) -> Option<UnreadableRecord> {
    inspection.keyspace.violations.kept().iter().find_map(|violation| {
        let key = record_key(&inspection.db, violation)?;
        match RevisionKey::parse(key) {
            Err(error) => Some(UnreadableRecord::Key { key: key.to_vec(), reason: reason(error) }),
            Ok(_) if violation.code == RecordCode::RecordUndecodable => {
                Some(UnreadableRecord::Value { key: key.to_vec(), reason: violation.found.to_string() })
            }
            Ok(_) => None,
        }
    })
}

/// The key of the pair itself, which is not the user's. A record without a page is in an inline bucket, which is one
/// page.
fn record_key<'a>(db: &Db<'a>, violation: &Violation) -> Option<&'a [u8]> {
    let element = match violation.page {
        Some(page) => db.page(page)?.leaf_element(violation.element)?,
        None => db.root().bucket(b"key").ok()??.elements().nth(violation.element.into())?.ok()?,
    };
    Some(element.key)
}

fn reason(error: RevisionKeyError) -> String {
    match error {
        RevisionKeyError::Length(length) => format!("invalid revision length: {length}"),
        RevisionKeyError::Separator(byte) => format!("invalid separator in bucket key: {:?}", char::from(byte)),
        other => other.to_string(),
    }
}
