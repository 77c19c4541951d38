//! A whole directory: read, compared, judged.

use std::path::{Path, PathBuf};

use etcdsnap_image::Mapping;
use etcdsnap_snapshot::catalogue::container::{RAW_DATABASE_MAY_LAG_WAL, SHA256_MISSING};
use etcdsnap_snapshot::catalogue::directory::{
    DATABASE_MISSING, DATABASE_UNUSABLE, DIRECTORY_CHANGED, DIRECTORY_IN_USE, FILE_UNREADABLE, LEFTOVER_FILE,
    LOG_MISSING, RECEIVED_DATABASE,
};
use etcdsnap_snapshot::container::{Container, OpenError, OpenOptions};
use etcdsnap_snapshot::finding::{Finding, Findings, Kind};
use etcdsnap_snapshot::inspection::Options;
use etcdsnap_snapshot::place::{Place, quote};
use etcdsnap_snapshot::progress::Progress;
use etcdsnap_snapshot::report::{DatabaseFacts, Omitted, StoreFacts};
use etcdsnap_snapshot::verify::{Sha256, Verified, VerifyError, VerifyOptions, verify};
use etcdsnap_wal::snap::SnapDirFile;
use etcdsnap_wal::{Reader, WalFile};
use thiserror::Error;

use crate::compare;
use crate::evidence::{Content, Database, Evidence, Log};
use crate::holder::{self, Held};
use crate::layout::{Layout, LayoutError};
use crate::log::LogReport;
use crate::newer::Newer;
use crate::report::{Indexes, Report};
use crate::snap_files::SnapFiles;
use crate::start::{Server, verdict};
use crate::wal_files::{ListError, WalFiles};

/// How to check.
#[derive(Clone, Debug)]
pub struct CheckOptions {
    /// Whether files may be mapped.
    pub mapping: Mapping,
    /// How to walk over the database, and how many findings of each rule to keep.
    pub inspection: Options,
    /// The releases whose starts are to be foretold.
    pub servers: Vec<Server>,
}

impl Default for CheckOptions {
    /// As verification, for the newest release of each minor version.
    fn default() -> Self {
        Self { mapping: Mapping::Auto, inspection: Options::default(), servers: Server::NEWEST.to_vec() }
    }
}

/// A directory could not be checked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CheckError {
    /// It is not there, or is none.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// It cannot be listed.
    #[error(transparent)]
    List(#[from] ListError),
    /// The database could not be read, or changed meanwhile, or the work was interrupted.
    #[error(transparent)]
    Verify(#[from] VerifyError),
}

/// The database as it was read.
struct Read {
    database: Database,
    facts: Option<(DatabaseFacts, StoreFacts)>,
    findings: Vec<Finding>,
    omitted: Vec<Omitted>,
}

/// Checks the data directory of a member. `wal_dir` is what its server is given as `--wal-dir`.
///
/// Nothing is written or locked; a running member is noticed and told.
///
/// # Errors
/// The directory is not there, is not a member's, or cannot be read. Whatever is wrong in it is a finding.
pub fn check(
    directory: &Path,
    wal_dir: Option<&Path>,
    options: &CheckOptions,
    progress: &dyn Progress,
) -> Result<Report, CheckError> {
    let layout = Layout::of_member(directory, wal_dir)?;
    let snap_directory = layout.snap.clone().unwrap_or_default();
    let snaps = open_or_none(&snap_directory, |path| SnapFiles::open(path, options.mapping))?;
    let wal_files = open_or_none(&layout.wal, |path| WalFiles::open(path, None, options.mapping))?;
    let snaps = snaps.unwrap_or_else(|| SnapFiles::none(&snap_directory));
    let wal_files = wal_files.unwrap_or_else(|| WalFiles::none(&layout.wal));

    let database_path = snap_directory.join("db");
    let held = holder::held(&database_path, wal_files.last_segment().as_deref());
    let read = read_database(&database_path, "db", options, progress)?;
    let log = wal_files.holds_log().then(|| Log::new(wal_files.wal()));
    let log_report = log.as_ref().map(|log| LogReport::new(&log.wal, Some(&snaps), options.inspection.limit));
    let received = received(log.as_ref(), &snaps, options, progress)?;

    let mut findings = Findings::new(options.inspection.limit);
    let evidence = Evidence { log, snaps: &snaps, database: read.database, received };
    file_findings(&evidence, &wal_files, &held, &mut findings);
    if wal_files.recheck().is_err() {
        let message = "the log was written to while it was read";
        findings.push(Finding::new(&DIRECTORY_CHANGED, Place::in_file("wal"), message));
    }
    let indexes = indexes(&evidence);
    compare::indexes(&evidence, &indexes, &mut findings);
    compare::snapshots(&evidence, &mut findings);
    let members = compare::members(&evidence, &mut findings);

    let mut omitted: Vec<_> = findings.omitted().chain(read.omitted).collect();
    let mut findings = findings.into_kept();
    if let Some(log) = &log_report {
        findings.extend_from_slice(&log.findings);
        omitted.extend(log.omitted.iter().cloned());
    }
    findings.extend(read.findings);
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));

    let newer = evidence.log.as_ref().zip(evidence.database.content()).and_then(|(log, content)| {
        let applied = *content.consistent_index().all()?;
        Some(Newer::new(&log.entries, applied, log.inspection.hard_state.commit))
    });
    let (database, store) = read.facts.unzip();
    let is_empty = evidence.log.is_none() && matches!(evidence.database, Database::Missing);
    Ok(Report {
        directory: directory.to_owned(),
        wal_directory: layout.wal,
        held,
        is_empty,
        identity: evidence.log.as_ref().and_then(|log| log.inspection.metadata),
        log: log_report,
        database,
        store,
        indexes,
        newer,
        members,
        findings,
        omitted,
        starts: options.servers.iter().map(|server| verdict(&evidence, *server)).collect(),
    })
}

/// What is in a directory; nothing if it is not there.
fn open_or_none<T>(path: &Path, open: impl FnOnce(&Path) -> Result<T, ListError>) -> Result<Option<T>, ListError> {
    match open(path) {
        Err(error) if error.source.kind() == std::io::ErrorKind::NotFound => Ok(None),
        opened => opened.map(Some),
    }
}

/// Verifies a database. What is right and proper for one that is no snapshot is no finding here.
fn read_database(
    path: &Path,
    name: &str,
    options: &CheckOptions,
    progress: &dyn Progress,
) -> Result<Read, VerifyError> {
    let nothing = |database, findings| Read { database, facts: None, findings, omitted: Vec::new() };
    let open = OpenOptions { mapping: options.mapping, ..OpenOptions::default() };
    let container = match Container::open(path, &open) {
        Ok(container) => container,
        Err(OpenError::Image(etcdsnap_image::Error::Missing { .. })) => {
            return Ok(nothing(Database::Missing, Vec::new()));
        }
        Err(error) => {
            let kind: &'static Kind = if error.is_damage() { &DATABASE_UNUSABLE } else { &FILE_UNREADABLE };
            let finding = Finding::new(kind, Place::in_file(name), error.to_string());
            return Ok(nothing(Database::Unusable, vec![finding]));
        }
    };
    let verify_options =
        VerifyOptions { inspection: options.inspection, sha256: Sha256::IfSealed, ..VerifyOptions::default() };
    let Verified { report, inspection } = verify(&container, &verify_options, progress)?;
    let expected = [SHA256_MISSING.id, RAW_DATABASE_MAY_LAG_WAL.id];
    let own = report.findings.into_iter().filter(|finding| !expected.contains(&finding.kind.id));
    let findings: Vec<_> = own
        .map(|mut finding| {
            finding.place.file = Some(name.to_owned());
            finding
        })
        .collect();
    let Some(inspection) = inspection else {
        return Ok(Read { database: Database::Unusable, facts: None, findings, omitted: report.omitted });
    };
    let content = Content { buckets: inspection.buckets.clone(), findings: findings.clone() };
    let facts = (inspection.database_facts(), inspection.store_facts());
    Ok(Read { database: Database::Read(Box::new(content)), facts: Some(facts), findings, omitted: report.omitted })
}

/// The database received with the newest snapshot the log tells of, if it is there.
fn received(
    log: Option<&Log<'_>>,
    snaps: &SnapFiles,
    options: &CheckOptions,
    progress: &dyn Progress,
) -> Result<Option<(u64, Database)>, VerifyError> {
    let markers = log.and_then(|log| log.wal.valid_markers(Reader::V3_7).ok()).unwrap_or_default();
    let Some(index) = markers.iter().map(|marker| marker.start.index).max() else { return Ok(None) };
    let Some(name) = snaps.received(index) else { return Ok(None) };
    let read = read_database(&snaps.directory.join(name), &name.to_string_lossy(), options, progress)?;
    Ok(Some((index, read.database)))
}

/// What is there, and what should be.
fn file_findings(evidence: &Evidence<'_>, wal: &WalFiles, held: &Held, findings: &mut Findings) {
    if let Held::By(holder) = held {
        let program =
            holder.program.as_deref().map_or_else(String::new, |name| format!(" ({})", quote(name.as_bytes())));
        let who = holder.pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}{program}"));
        let file = holder.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        findings.push(Finding::new(&DIRECTORY_IN_USE, Place::in_file(&file), format!("{who} has it locked")));
    }
    for (name, error) in wal.unreadable.iter().chain(&evidence.snaps.unreadable) {
        findings.push(Finding::new(&FILE_UNREADABLE, Place::in_file(name), error.to_string()));
    }
    match (&evidence.log, &evidence.database) {
        (None, Database::Read(_) | Database::Unusable) => {
            let message = format!("there is no segment in {}", quote(wal.directory.as_os_str().as_encoded_bytes()));
            findings.push(Finding::new(&LOG_MISSING, Place::file(), message));
        }
        (Some(log), Database::Missing) => {
            let first = log.entries.first().map_or(0, |logged| logged.entry.index);
            let message = format!("the log is there, from entry {first} on");
            findings.push(Finding::new(&DATABASE_MISSING, Place::file(), message));
        }
        _ => {}
    }
    for file in &evidence.snaps.others {
        let name = file.name.to_string_lossy();
        let kind = match file.kind {
            SnapDirFile::ReceivedDatabase(_) => &RECEIVED_DATABASE,
            SnapDirFile::Temporary | SnapDirFile::Broken => &LEFTOVER_FILE,
            SnapDirFile::Database | SnapDirFile::Snapshot(_) | SnapDirFile::Foreign => continue,
        };
        findings.push(Finding::new(kind, Place::in_file(&name), format!("{} bytes", file.size)));
    }
    for file in wal.others.iter().filter(|file| file.kind == WalFile::Broken) {
        let place = Place::in_file(&file.name.to_string_lossy());
        findings.push(Finding::new(&LEFTOVER_FILE, place, format!("{} bytes", file.size)));
    }
}

fn indexes(evidence: &Evidence<'_>) -> Indexes {
    let meta = evidence.database.content().map(|content| &content.buckets.meta);
    let mut indexes = Indexes {
        consistent_index: meta.map(|meta| meta.entry(|meta| meta.consistent_index)).unwrap_or_default(),
        term: meta.map(|meta| meta.entry(|meta| meta.term)).unwrap_or_default(),
        ..Indexes::default()
    };
    if let Some(log) = &evidence.log {
        let markers = log.wal.valid_markers(Reader::V3_7).unwrap_or_default();
        indexes.commit = log.inspection.hard_state.commit;
        indexes.hard_state_term = log.inspection.hard_state.term;
        indexes.first_index = log.entries.first().map(|logged| logged.entry.index);
        indexes.snapshot_index = markers.iter().map(|marker| marker.start.index).max().unwrap_or(0);
        let last = log.entries.last().map_or(0, |logged| logged.entry.index);
        indexes.last_index = last.max(indexes.snapshot_index);
    }
    indexes
}

impl WalFiles {
    fn last_segment(&self) -> Option<PathBuf> {
        let wal = self.wal();
        let last = wal.segments().last()?;
        Some(self.directory.join(last.name.to_string()))
    }
}
