//! The proof that a backup is whole and restorable, as far as one file can give it.
//!
//! The SHA-256 is computed on a thread of its own, from front to back, while the others walk the tree over the same cached
//! pages. What both found is judged rule by rule; nothing stops at the first fault.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::interrupt::{Interrupt, Interrupted};
use etcdsnap_bbolt::{ByteOrder, Db, DbOpenError};
use etcdsnap_image::ImageError;
use etcdsnap_mvcc::{RecordCode, ValuePrefilter};
use etcdsnap_quantity::quantity;
use semver::Version;

use crate::boot;
use crate::catalogue::{container, mvcc, structure};
use crate::cause;
use crate::container::{Container, Trailer};
use crate::finding::{Finding, Findings, Severity};
use crate::image_hash::{self, ImageHash};
use crate::incidents::{Facts, incidents};
use crate::inspection::{Inspection, Options};
use crate::length::{self, Length};
use crate::place::Place;
use crate::progress::Progress;
use crate::reading::Advance;
use crate::report::{Omitted, Report, SourceFacts};
use crate::store::metas_moved;
use crate::stored;
use crate::unchecked;
use etcdsnap_quote::{excerpt, shell_word};

/// How to verify.
#[derive(Clone, Debug, Default)]
pub struct VerifyOptions {
    /// How to walk.
    pub inspection: Options,
    /// The version of the server the snapshot was taken from, when the user knows it; some incidents depend on it.
    pub server_version: Option<Version>,
    /// Whether to compute the SHA-256.
    pub sha256: Sha256,
    /// The byte order of the machine that etcd is to run on; that of this one when `None`.
    pub byte_order: Option<ByteOrder>,
    /// What is known of the content of keys and values.
    pub content: Option<&'static dyn ContentRules>,
    /// A wish to stop halfway.
    pub interrupt: Interrupt,
}

/// Whether to compute the SHA-256; the digest in the report is empty when it was not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sha256 {
    /// For whoever wants to see it.
    #[default]
    Always,
    /// Only when there is a trailer to compare it with: for those who verify before they do something else with the file.
    IfSealed,
    /// Not here. Whoever asks for this compares it later, by an [`ImageHash`], and says what [`mismatch`](image_hash::mismatch)
    /// has to say.
    Later,
}

impl Sha256 {
    fn is_wanted(self, container: &Container) -> bool {
        match self {
            Self::Always => true,
            Self::IfSealed => container.trailer != Trailer::Absent,
            Self::Later => false,
        }
    }
}

/// Rules about keys and values by somebody who knows what they are for, which etcd does not.
pub trait ContentRules: ValuePrefilter {
    /// What is wrong with a value that was suspect at a glance, if anything.
    fn finding(&self, key: &[u8], value: &[u8]) -> Option<Finding>;
}

/// Why a verification has no outcome.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The system could not read the file, or the file changed while it was read.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// It was asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

/// A report and, when the database could be walked, what else can be asked about it.
#[derive(Debug)]
pub struct Verified<'a> {
    /// The outcome.
    pub report: Report,
    /// The walk it was made from.
    pub inspection: Option<Inspection<'a>>,
}

/// Verifies one backup on the rayon pool it is called in.
///
/// # Errors
/// The system could not read the file, the file changed while it was read, or the verification was interrupted. Whatever is
/// wrong *in* the file is a finding.
pub fn verify<'a>(
    container: &'a Container,
    options: &VerifyOptions,
    progress: &dyn Progress,
) -> Result<Verified<'a>, VerifyError> {
    progress.phase("verify", container.database().len() as u64);
    let outcome = read(container, options, progress);
    options.interrupt.check()?;
    // A file that changed meanwhile is told before anything that was found in it: nothing of that can be trusted.
    container.recheck().map_err(ImageError::from)?;
    let (digest, opened) = outcome?;
    progress.finished();
    let (inspection, error) = match opened {
        Ok(inspection) => (Some(inspection), None),
        Err(error) => (None, Some(error)),
    };
    let page_size = inspection.as_ref().map(|inspection| inspection.db.page_size());
    let length = match &inspection {
        Some(inspection) => Some(length(container, inspection, digest.as_ref())?),
        None => error.as_ref().map(|error| length_without_meta(container, error)).transpose()?.flatten(),
    };
    let mut findings = stored::findings(container, digest.as_ref());
    findings.extend(container_findings(container, digest.as_ref(), length, page_size));
    findings.extend(error.iter().flat_map(unopened_findings));
    let mut judged = Judged { findings, omitted: Vec::new(), boot: Vec::new() };
    if let Some(inspection) = &inspection {
        judge(container, inspection, options, &mut judged);
    }
    judged.findings.sort_by(|one, other| {
        let rank = |finding: &Finding| (std::cmp::Reverse(finding.severity), finding.kind.layer);
        rank(one).cmp(&rank(other))
    });
    judged.bound(options.inspection.limit);
    let mut cause = cause::cause(container, length, inspection.as_ref(), &judged.findings);
    if judged.findings.iter().any(|finding| finding.kind.id == container::PART_FILE.id) {
        cause = cause.map(cause::Cause::unfinished);
    }
    let file_end = container.image().bytes().len() as u64;
    for finding in &mut judged.findings {
        finding.place.offset = finding.place.offset.filter(|offset| *offset < file_end);
    }
    let is_snapshot = inspection.as_ref().is_some_and(|inspection| length::is_snapshot(container, &inspection.db));
    let lacks_its_end = length.is_some_and(|length| length != Length::Fits) && is_snapshot;
    let mut source = source_facts(container);
    if lacks_its_end {
        // The kind of the container goes by the hash, and a snapshot without it is still no database of a member.
        source.kind = "snapshot";
    }
    let report = Report {
        cause,
        source,
        sha256: image_hash::facts(container, digest.as_ref()),
        database: inspection.as_ref().map(Inspection::database_facts),
        store: inspection.as_ref().map(Inspection::store_facts),
        findings: judged.findings,
        omitted: judged.omitted,
        boot: judged.boot,
        unchecked: unchecked::list(container, length.unwrap_or(Length::Fits), lacks_its_end),
    };
    Ok(Verified { report, inspection })
}

/// The digest, when it is wanted, and the walk.
type Passes<'a> = (Option<[u8; 32]>, Result<Inspection<'a>, DbOpenError>);

/// The two passes over the file, side by side.
fn read<'a>(
    container: &'a Container,
    options: &VerifyOptions,
    progress: &dyn Progress,
) -> Result<Passes<'a>, ImageError> {
    let glance = options.content.map(|rules| rules as &dyn ValuePrefilter);
    let walk = |advance: &Advance<'_>| match Db::open(container.database()) {
        Ok(db) => Inspection::new(container, db, &options.inspection, glance, advance).map(Ok),
        Err(error) => Ok(Err(error)),
    };
    let go_on = || if options.interrupt.is_set() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let advance = |bytes| progress.advance(bytes);
    if !options.sha256.is_wanted(container) {
        let advance = |bytes| {
            advance(bytes);
            go_on()
        };
        return Ok((None, walk(&advance)?));
    }
    let stop = AtomicBool::new(false);
    let stopped = || stop.load(Ordering::Relaxed) || options.interrupt.is_set();
    // The hash keeps one thread busy; when it is done before the walk, its thread takes part in what is left of it.
    let walk = || {
        let inspection = walk(&|_| go_on());
        if inspection.is_err() {
            stop.store(true, Ordering::Relaxed);
        }
        inspection
    };
    let (inspection, digest) = rayon::join(walk, || ImageHash::new(container).finish(&stopped, &advance));
    let inspection = inspection?;
    Ok((digest?, inspection))
}

/// What judging adds up to.
struct Judged {
    findings: Vec<Finding>,
    omitted: Vec<Omitted>,
    boot: Vec<boot::BootVerdict>,
}

/// Compares the length of the file with its database, and the pages with their places where it is damaged. A file with a
/// right SHA-256 at its end always fits.
fn length(container: &Container, inspection: &Inspection<'_>, digest: Option<&[u8; 32]>) -> Result<Length, ImageError> {
    if matches!((container.trailer, digest), (Trailer::Present(written), Some(digest)) if written == *digest) {
        return Ok(Length::Fits);
    }
    let (file, db) = (container.image().bytes(), &inspection.db);
    let is_snapshot = length::is_snapshot(container, db);
    let length = Length::of(file, db, is_snapshot);
    if length == Length::Fits && inspection.walk.problems.worst() < Some(Severity::Error) {
        return Ok(length);
    }
    container.image().prefetch(0..file.len() as u64)?;
    Ok(length.or_displaced(file, db, is_snapshot))
}

/// The same without a database; `None` where nothing tells.
fn length_without_meta(container: &Container, error: &DbOpenError) -> Result<Option<Length>, ImageError> {
    let DbOpenError::NoMeta { page_size_guess, .. } = error else { return Ok(None) };
    let file = container.image().bytes();
    container.image().prefetch(0..file.len() as u64)?;
    Ok(Length::displaced_without_meta(file, *page_size_guess))
}

/// Findings about the hash, the length and the kind of file. `length` is `None` without a database.
fn container_findings(
    container: &Container,
    digest: Option<&[u8; 32]>,
    length: Option<Length>,
    page_size: Option<u32>,
) -> Vec<Finding> {
    let mut findings: Vec<_> = digest.and_then(|digest| image_hash::mismatch(container, digest)).into_iter().collect();
    let missing = |message| Finding::new(&container::SHA256_MISSING, Place::file(), message);
    match length.unwrap_or(Length::Fits) {
        Length::HashCut { has } => {
            let place = Place::offset((container.image().bytes().len() as u64).saturating_sub(has));
            let message = format!("all pages are there, and {has} of the 32 bytes of the SHA-256");
            findings.push(Finding::new(&container::LENGTH_ODD, place, message));
        }
        Length::HashLost => {
            let message = "the meta pages are those of a snapshot, and there is no SHA-256 after the database";
            findings.push(missing(message).with_severity(Severity::Warning));
        }
        Length::Followed { snapshot: Some(end), bytes, .. } => {
            let message = format!(
                "the snapshot has {end} bytes with the right SHA-256 at its end, the file {} more",
                quantity(bytes, "byte")
            );
            findings.push(Finding::new(&container::BYTES_FOLLOW, Place::offset(end), message));
        }
        // Told as that instead.
        Length::HashZero { .. } if !findings.is_empty() => {
            let place = Place::offset(container.database().len() as u64);
            let message = "the 32 bytes of the trailer are zero, so nothing proves the bytes before them";
            findings = vec![Finding::new(&container::SHA256_ZERO, place, message)];
        }
        Length::HashZero { zeros } if container.trailer == Trailer::Absent => {
            let place = Place::offset((container.image().bytes().len() as u64).saturating_sub(zeros));
            let message = format!("{} where the 32 bytes of the SHA-256 belong", quantity(zeros, "zero byte"));
            let found = Finding::new(&container::SHA256_ZERO, place, message);
            // Whole pages of zeros are what bbolt itself takes in advance.
            let grown = page_size.is_some_and(|page_size| zeros.is_multiple_of(page_size.into()));
            findings.push(if grown { found.with_severity(Severity::Warning) } else { found });
        }
        Length::Followed { snapshot: None, bytes, .. } if container.trailer == Trailer::Absent => {
            let place = Place::offset((container.image().bytes().len() as u64).saturating_sub(bytes));
            let message =
                format!("behind the pages of the database is no SHA-256, but {}", quantity(bytes, "other byte"));
            findings.push(Finding::new(&container::LENGTH_ODD, place, message));
        }
        Length::Displaced { by, removed, .. } => {
            let kind = if removed.is_some() { &container::LINE_ENDS_LOST } else { &container::PAGES_DISPLACED };
            let place = Place { page: Some(by.page), ..Place::offset(by.before) };
            let message = format!(
                "page {} begins {}; the bytes before it were changed between byte {} and byte {}",
                by.page,
                cause::beside(by.shift),
                by.after,
                by.before
            );
            findings.push(Finding::new(kind, place, message));
        }
        Length::Fits if container.trailer == Trailer::Absent => {
            findings.push(missing("there is no SHA-256 after the database"));
            findings.push(Finding::new(&container::RAW_DATABASE_MAY_LAG_WAL, Place::file(), raw_database(container)));
        }
        // Missing pages are reported by the structure check.
        Length::Fits | Length::Cut { .. } | Length::HashZero { .. } | Length::Followed { .. } => {}
    }
    findings
}

/// Says that this is no snapshot, and in whose directory its log is, where that is known.
fn raw_database(container: &Container) -> String {
    match container.member_directory() {
        Some(directory) => format!(
            "this is the database of a member, not a snapshot; `etcdsnap datadir check {}` reads its write-ahead log too",
            shell_word(directory.as_os_str().as_encoded_bytes())
        ),
        None => "this is a raw database, not a snapshot".to_owned(),
    }
}

/// Why the database could not be opened.
fn unopened_findings(error: &DbOpenError) -> Vec<Finding> {
    match error {
        DbOpenError::NoMeta { metas, page_size_guess } => {
            let slots = [0, u64::from(*page_size_guess)];
            let invalid = metas.iter().zip(slots).enumerate().map(|(slot, (error, offset))| {
                let place = Place { page: Some(slot as u64), ..Place::offset(offset + 16) };
                let kind = structure::of(etcdsnap_bbolt::StructureCode::MetaInvalid);
                Finding::new(kind, place, format!("meta {slot} is invalid: {error}"))
            });
            let none =
                Finding::new(&container::NO_META, Place::file(), "no meta page is usable, so the tree has no root");
            std::iter::once(none).chain(invalid).collect()
        }
        error => vec![Finding::new(&container::PAGE_SIZE_IMPLAUSIBLE, Place::offset(24), error.to_string())],
    }
}

/// Applies every rule to what the walk found.
fn judge(container: &Container, inspection: &Inspection<'_>, options: &VerifyOptions, judged: &mut Judged) {
    size_findings(container, inspection, options, judged);
    structure_findings(inspection, judged);
    record_findings(inspection, judged);
    bucket_findings(inspection, judged);
    if let Some(rules) = options.content {
        let suspects = inspection.keyspace.suspects();
        judged.findings.extend(suspects.filter_map(|record| rules.finding(record.kv.key, record.kv.value)));
    }
    if inspection.is_etcd() {
        let findings = std::mem::take(&mut judged.findings);
        let facts = Facts {
            buckets: &inspection.buckets,
            keyspace: inspection.summary(),
            database_size: inspection.db.size(),
            server_version: options.server_version.clone(),
            findings: &findings,
        };
        judged.findings = findings.iter().cloned().chain(incidents(&facts)).collect();
        judged.boot = boot::verdicts(&Facts { findings: &judged.findings, ..facts });
    }
}

fn size_findings(container: &Container, inspection: &Inspection<'_>, options: &VerifyOptions, judged: &mut Judged) {
    let (has, needs) = (container.database().len() as u64, inspection.db.size());
    if container.trailer != Trailer::Absent && has > needs {
        let message = format!("the image has {has} bytes, its pages end at {needs}");
        judged.findings.push(Finding::new(&container::SNAPSHOT_SIZE, Place::offset(needs), message));
    }
    if inspection.db.order() != options.byte_order.unwrap_or(ByteOrder::HOST) {
        let (kind, message) = match inspection.db.order() {
            ByteOrder::Big => (&container::BIG_ENDIAN, "the numbers in the file are big-endian"),
            ByteOrder::Little => (&container::LITTLE_ENDIAN, "the numbers in the file are little-endian"),
        };
        judged.findings.push(Finding::new(kind, Place::file(), message));
    }
    if metas_moved(&inspection.db) {
        let message = "the meta pages changed while the file was read";
        judged.findings.push(Finding::new(&container::LIVE_DATABASE, Place::file(), message));
    }
}

fn structure_findings(inspection: &Inspection<'_>, judged: &mut Judged) {
    let problems = &inspection.walk.problems;
    for problem in problems.kept() {
        let bucket = problem.bucket.and_then(|bucket| inspection.bucket_path(bucket));
        judged.findings.push(structure::finding(problem, bucket));
    }
    let counts = problems.counts().map(|(code, count)| (structure::of(code), count));
    judged.omit(counts, problems.limit());
}

fn record_findings(inspection: &Inspection<'_>, judged: &mut Judged) {
    let violations = &inspection.keyspace.violations;
    // Where the compaction marks could not be read, it is not known which records should exist.
    let applies = |rule: RecordCode| inspection.buckets.meta.is_whole() || !rule.needs_compaction();
    judged.findings.extend(violations.kept().iter().filter(|violation| applies(violation.code)).map(mvcc::finding));
    let rules = RecordCode::ALL.iter().filter(|rule| applies(**rule));
    let counts = rules.map(|rule| (mvcc::of(*rule), violations.count(*rule)));
    judged.omit(counts, violations.limit());
}

fn bucket_findings(inspection: &Inspection<'_>, judged: &mut Judged) {
    if let Some(corruption) = inspection.unreadable {
        let message = format!("reading the buckets ended early: {corruption}");
        judged.findings.push(Finding::new(&container::TREE_UNREADABLE, Place::file(), message));
    }
    if inspection.is_etcd() {
        judged.findings.extend_from_slice(inspection.bucket_findings.kept());
        judged.omitted.extend(inspection.bucket_findings.omitted().map(Omitted::from));
    } else {
        let is_new = inspection.buckets.unknown.is_empty() && inspection.stray_value.is_none();
        let (kind, message) = if is_new {
            (&container::DATABASE_NEW, "there is no bucket in this database")
        } else {
            (&container::NOT_ETCD, "none of etcd's buckets is in this database")
        };
        judged.findings.push(Finding::new(kind, Place::file(), message));
    }
}

impl Judged {
    /// Keeps the first `limit` findings of each rule, whatever found them.
    fn bound(&mut self, limit: u64) {
        let mut bounded = Findings::new(limit);
        for finding in std::mem::take(&mut self.findings) {
            bounded.push(finding);
        }
        for more in bounded.omitted().map(Omitted::from) {
            match self.omitted.iter_mut().find(|known| known.id == more.id) {
                Some(known) => known.count += more.count,
                None => self.omitted.push(more),
            }
        }
        self.findings = bounded.into_kept();
    }

    fn omit(&mut self, counts: impl Iterator<Item = (&'static crate::finding::Kind, u64)>, limit: u64) {
        let omitted = counts.filter(|(_, count)| *count > limit);
        self.omitted.extend(omitted.map(|(kind, count)| Omitted { id: kind.id, count: count - limit }));
    }
}

impl Inspection<'_> {
    /// Does the root have any of etcd's buckets, as far as is known? One whose list of buckets could not be read may
    /// have all.
    pub fn is_etcd(&self) -> bool {
        crate::buckets::EXPECTED.iter().any(|name| self.buckets.has(name).all() != Some(&false))
    }

    /// Path of a bucket from the root, for people.
    fn bucket_path(&self, index: u32) -> Option<String> {
        let mut names = Vec::new();
        let mut at = self.walk.buckets.get(index as usize)?;
        while let Some(parent) = at.parent.filter(|parent| *parent < at.index) {
            names.push(excerpt(at.name));
            at = self.walk.buckets.get(parent as usize)?;
        }
        names.reverse();
        Some(if names.is_empty() { "(root)".to_owned() } else { names.join("/") })
    }
}

/// Has the file lost pages, and are its metas those of a snapshot?
fn is_cut_snapshot(container: &Container) -> bool {
    Db::open(container.database())
        .is_ok_and(|db| length::is_snapshot(container, &db) && (container.database().len() as u64) < db.size())
}

/// What is known of the file itself.
pub fn source_facts(container: &Container) -> SourceFacts {
    SourceFacts {
        path: container.path().map_or_else(|| "-".into(), ToOwned::to_owned),
        kind: if container.trailer == Trailer::Absent && !is_cut_snapshot(container) { "database" } else { "snapshot" },
        compression: container.compression.as_str(),
        size: container.image().bytes().len() as u64,
        line_ends_undone: container.line_ends_undone.is_some(),
        spooled: container.spooled.clone(),
        modified: container.modified(),
    }
}
