//! [`check`]: checks a whole data directory: reads its files, compares them, and predicts the starts of servers.

use std::path::{Path, PathBuf};

use etcdsnap_bbolt::ByteOrder;
use etcdsnap_snapshot::boot::serving;
use etcdsnap_snapshot::catalogue::container::{DATABASE_NEW, RAW_DATABASE_MAY_LAG_WAL, SHA256_MISSING};
use etcdsnap_snapshot::catalogue::directory::{DATABASE_UNUSABLE, DIRECTORY_CHANGED, FILE_UNREADABLE};
use etcdsnap_snapshot::catalogue::mvcc::V2_KEYS_POSSIBLE;
use etcdsnap_snapshot::container::{Container, OpenError, OpenOptions};
use etcdsnap_snapshot::finding::{Finding, Findings, Kind, Severity};
use etcdsnap_snapshot::incidents::Facts;
use etcdsnap_snapshot::inspection::Options;
use etcdsnap_snapshot::place::Place;
use etcdsnap_snapshot::progress::Progress;
use etcdsnap_snapshot::report::{DatabaseFacts, Omitted, StoreFacts};
use etcdsnap_snapshot::verify::{Sha256, Verified, VerifyError, VerifyOptions, verify};
use etcdsnap_wal::WalReader;
use thiserror::Error;

use crate::blocking_snaps::BlockingSnaps;
use crate::consistency;
use crate::contents::{DatabaseContent, DatabaseState, DirectoryContents, LogContent};
use crate::file_findings;
use crate::layout::{DirectoryLayout, LayoutError};
use crate::lock_owner;
use crate::log_report::LogReport;
use crate::report::{DirectoryReport, Indexes};
use crate::snap_files::SnapFiles;
use crate::start::{ServerRelease, verdict};
use crate::unapplied_entries::UnappliedEntries;
use crate::wal_files::{ListError, WalFiles};

/// Options of a check.
#[derive(Clone, Debug)]
pub struct CheckOptions {
    /// How the database is opened, and whether other files may be mapped.
    pub opening: OpenOptions,
    /// How the database is read, and how many findings of each rule are kept.
    pub inspection: Options,
    /// The releases whose starts are predicted.
    pub servers: Vec<ServerRelease>,
    /// The byte order of the machine on which they run, if it is not that of this one.
    pub byte_order: Option<ByteOrder>,
}

impl Default for CheckOptions {
    /// The options of a verification, and the newest release of each minor version.
    fn default() -> Self {
        Self {
            opening: OpenOptions::default(),
            inspection: Options::default(),
            servers: ServerRelease::NEWEST.to_vec(),
            byte_order: None,
        }
    }
}

/// Why a directory could not be checked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CheckError {
    /// It does not exist, or is not a data directory.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// It cannot be listed.
    #[error(transparent)]
    List(#[from] ListError),
    /// The database could not be read, or changed while it was read, or the check was interrupted.
    #[error(transparent)]
    Verify(#[from] VerifyError),
}

/// The result of reading a database.
struct ReadDatabase {
    database: DatabaseState,
    facts: Option<(DatabaseFacts, StoreFacts)>,
    findings: Vec<Finding>,
    omitted: Vec<Omitted>,
}

/// Checks the data directory of a member. `wal_dir` is the server's `--wal-dir`.
///
/// Nothing is written or locked; a running member is reported.
///
/// # Errors
/// The directory does not exist, is not that of a member, or cannot be read. Everything wrong in it is a finding.
pub fn check(
    directory: &Path,
    wal_dir: Option<&Path>,
    options: &CheckOptions,
    progress: &dyn Progress,
) -> Result<DirectoryReport, CheckError> {
    let layout = DirectoryLayout::of_member(directory, wal_dir)?;
    let snap_directory = layout.snap.clone().unwrap_or_default();
    let snaps = open_or_none(&snap_directory, |path| SnapFiles::open(path, options.opening.mapping))?;
    let wal_files = open_or_none(&layout.wal, |path| WalFiles::open(path, None, options.opening.mapping))?;
    let snaps = snaps.unwrap_or_else(|| SnapFiles::none(&snap_directory));
    let wal_files = wal_files.unwrap_or_else(|| WalFiles::none(&layout.wal));

    let database_path = snap_directory.join("db");
    let held = lock_owner::lock_state(&database_path, wal_files.last_segment().as_deref());
    let read = read_database(&database_path, "db", options, progress)?;
    let log = wal_files.holds_log().then(|| LogContent::new(wal_files.wal()));
    let log_report = log.as_ref().map(|log| LogReport::new(&log.wal, Some(&snaps), options.inspection.limit));
    let (received_index, received) = received(log.as_ref(), &snaps, options, progress)?.unzip();
    let (received, received_findings, received_omitted) = match received {
        Some(ReadDatabase { database, findings, omitted, .. }) => (Some(database), findings, omitted),
        None => (None, Vec::new(), Vec::new()),
    };

    let mut findings = Findings::new(options.inspection.limit);
    let mut contents = DirectoryContents {
        log,
        snaps: &snaps,
        newest_snap_index: u64::MAX,
        has_proxy: layout.has_proxy,
        database: read.database,
        received: received_index.zip(received),
    };
    file_findings::check(&contents, &layout, &wal_files, &held, &mut findings);
    if wal_files.recheck().is_err() {
        let message = "the log was written to while it was read";
        findings.push(Finding::new(&DIRECTORY_CHANGED, Place::in_file("wal"), message));
    }
    let indexes = indexes(&contents);
    let aside = BlockingSnaps::find(&mut contents, &options.servers);
    consistency::check_indexes(&contents, &indexes, aside.as_ref(), &mut findings);
    consistency::check_replacement(&contents, &mut findings);
    consistency::check_snapshots(&contents, &mut findings);
    let newer = contents.log.as_ref().and_then(|log| {
        let applied = match &contents.database {
            DatabaseState::Missing | DatabaseState::New(_) => 0,
            DatabaseState::Read(content) => *content.consistent_index().all()?,
            DatabaseState::Unusable => return None,
        };
        Some(UnappliedEntries::new(&log.entries, applied, log.inspection.hard_state.commit))
    });
    let logged = newer.as_ref().map_or(0, |newer| newer.keys_touched);
    let v3_keys = read.facts.as_ref().and_then(|(_, store)| Some(store.live_keys.all()?.saturating_add(logged)));
    consistency::check_v2_content(&contents, v3_keys, &mut findings);
    let members = consistency::compare_members(&contents, &mut findings);

    let mut omitted: Vec<_> = findings.omitted().map(Omitted::from).chain(read.omitted).collect();
    let mut findings = findings.into_kept();
    if let Some(log) = &log_report {
        findings.extend_from_slice(&log.findings);
        omitted.extend(log.omitted.iter().cloned());
    }
    findings.extend(read.findings);
    // A received database matters only when servers replace their own by it.
    if contents.replacement().is_some() {
        findings.extend(received_findings);
        omitted.extend(received_omitted);
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));

    let mut starts: Vec<_> = options.servers.iter().map(|server| verdict(&contents, *server)).collect();
    if let Some(aside) = &aside {
        for start in &mut starts {
            aside.add_to(start);
        }
    }
    let (database, store) = read.facts.unzip();
    let is_empty = !file_findings::holds_member(&contents, &wal_files);
    Ok(DirectoryReport {
        directory: directory.to_owned(),
        wal_directory: layout.wal,
        lock: held,
        is_empty,
        identity: contents.log.as_ref().and_then(|log| log.inspection.metadata),
        log: log_report,
        database,
        store,
        indexes,
        unapplied: newer,
        members,
        findings,
        omitted,
        starts,
    })
}

/// Opens the files of a directory; `None` if the directory does not exist.
fn open_or_none<T>(path: &Path, open: impl FnOnce(&Path) -> Result<T, ListError>) -> Result<Option<T>, ListError> {
    match open(path) {
        Err(error) if error.source.kind() == std::io::ErrorKind::NotFound => Ok(None),
        opened => opened.map(Some),
    }
}

/// Reads and verifies a database. Findings that are expected of a database that is not a snapshot are removed.
fn read_database(
    path: &Path,
    name: &str,
    options: &CheckOptions,
    progress: &dyn Progress,
) -> Result<ReadDatabase, VerifyError> {
    let nothing = |database, findings| ReadDatabase { database, facts: None, findings, omitted: Vec::new() };
    if std::fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() == 0) {
        return Ok(nothing(DatabaseState::New("has 0 bytes"), Vec::new()));
    }
    let container = match Container::open(path, &options.opening) {
        Ok(container) => container,
        Err(OpenError::Image(etcdsnap_image::ImageError::Missing { .. })) => {
            return Ok(nothing(DatabaseState::Missing, Vec::new()));
        }
        Err(error) => {
            let kind: &'static Kind = if error.is_damage() { &DATABASE_UNUSABLE } else { &FILE_UNREADABLE };
            let finding = Finding::new(kind, Place::in_file(name), error.to_string());
            return Ok(nothing(DatabaseState::Unusable, vec![finding]));
        }
    };
    let verify_options = VerifyOptions {
        inspection: options.inspection,
        sha256: Sha256::IfSealed,
        byte_order: options.byte_order,
        ..VerifyOptions::default()
    };
    let Verified { report, inspection } = verify(&container, &verify_options, progress)?;
    // Keys of the v2 API are searched for in the .snap files and the log instead.
    let expected = [SHA256_MISSING.id, RAW_DATABASE_MAY_LAG_WAL.id, V2_KEYS_POSSIBLE.id];
    let own = report.findings.into_iter().filter(|finding| !expected.contains(&finding.kind.id));
    let findings: Vec<_> = own
        .map(|mut finding| {
            finding.place.file = Some(name.to_owned());
            finding
        })
        .collect();
    let mut serious = findings.iter().filter(|finding| finding.severity > Severity::Note);
    if serious.next().is_some_and(|finding| finding.kind.id == DATABASE_NEW.id) && serious.next().is_none() {
        return Ok(nothing(DatabaseState::New("has no bucket in it"), Vec::new()));
    }
    let Some(inspection) = inspection else {
        return Ok(ReadDatabase { database: DatabaseState::Unusable, facts: None, findings, omitted: report.omitted });
    };
    let serving = serving(&Facts {
        buckets: &inspection.buckets,
        keyspace: inspection.summary(),
        database_size: inspection.db.size(),
        server_version: None,
        findings: &findings,
    });
    let facts = (inspection.database_facts(), inspection.store_facts());
    let revision = facts.1.current_revision;
    let content =
        DatabaseContent { buckets: inspection.buckets.clone(), findings: findings.clone(), revision, serving };
    Ok(ReadDatabase {
        database: DatabaseState::Read(Box::new(content)),
        facts: Some(facts),
        findings,
        omitted: report.omitted,
    })
}

/// Reads the database received with the newest snapshot that has a record in the log, if it exists.
fn received(
    log: Option<&LogContent<'_>>,
    snaps: &SnapFiles,
    options: &CheckOptions,
    progress: &dyn Progress,
) -> Result<Option<(u64, ReadDatabase)>, VerifyError> {
    let markers = log.and_then(|log| log.wal.valid_snapshots(WalReader::V3_7).ok()).unwrap_or_default();
    let Some(index) = markers.iter().map(|marker| marker.start.index).max() else { return Ok(None) };
    let Some(name) = snaps.received(index) else { return Ok(None) };
    let read = read_database(&snaps.directory.join(name), &name.to_string_lossy(), options, progress)?;
    Ok(Some((index, read)))
}

fn indexes(contents: &DirectoryContents<'_>) -> Indexes {
    let meta = contents.database.content().map(|content| &content.buckets.meta);
    let mut indexes = Indexes {
        consistent_index: meta.map(|meta| meta.entry(|meta| meta.consistent_index)).unwrap_or_default(),
        term: meta.map(|meta| meta.entry(|meta| meta.term)).unwrap_or_default(),
        ..Indexes::default()
    };
    if let Some(log) = &contents.log {
        let markers = log.wal.valid_snapshots(WalReader::V3_7).unwrap_or_default();
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
