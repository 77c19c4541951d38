//! Finds the one cause that most findings about a damaged backup follow from, so that a report can begin with it.
//!
//! A file that was cut off has a dozen findings about pages, buckets and records, all of which follow from that. Causes
//! are ranked: what the file is, whether it is all there, whether its pages can be read, and then the worst finding.

use std::collections::BTreeSet;

use etcdsnap_bbolt::Displacement;
use etcdsnap_quantity::quantity;
use serde::{Serialize, Serializer};

use crate::catalogue::container::{
    BYTES_FOLLOW, LENGTH_ODD, LINE_ENDS_LOST, LINE_ENDS_TRANSLATED, NO_META, PAGES_DISPLACED, RAW_DATABASE_MAY_LAG_WAL,
    SHA256_MISMATCH, SHA256_MISSING, SHA256_ZERO, SNAPSHOT_SIZE, STATUS_NOT_BUCKET, TREE_UNREADABLE,
};
use crate::catalogue::{mvcc, structure};
use crate::container::Container;
use crate::finding::{Finding, Kind, Layer, Severity};
use crate::inspection::Inspection;
use crate::length::{Length, Tail};

/// What happened to a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cause {
    /// Which one.
    pub id: CauseId,
    /// What happened, in one sentence without a full stop.
    pub message: String,
    /// What to do about it, in one sentence.
    pub advice: String,
    /// Ids of the rules whose findings follow from it, or may do so.
    pub consequences: Vec<&'static str>,
}

impl Cause {
    /// The same cause for a file with a name that ends in `.part`, as that of a snapshot does until it is complete.
    pub(crate) fn unfinished(mut self) -> Self {
        if self.id.is_unfinished() {
            self.message
                .push_str(" (a snapshot is called .part until it is complete: saving this one was interrupted)");
        }
        self
    }

    /// Do findings of this kind follow from it?
    pub fn explains(&self, kind: &Kind) -> bool {
        self.consequences.contains(&kind.id)
    }
}

/// Names a cause, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CauseId {
    /// Pages are missing at the end of the file.
    CutOff,
    /// A part of the SHA-256 is missing at the end of the file.
    HashCutOff,
    /// The whole SHA-256 is missing.
    HashLost,
    /// Zeros stand in the place of the SHA-256.
    HashZero,
    /// Other bytes follow the snapshot.
    BytesFollow,
    /// Bytes were lost or added inside the file.
    PagesDisplaced,
    /// Every CR or every LF was removed from the file.
    LineEndsLost,
    /// Pages that the tree refers to cannot be read.
    PagesUnreadable,
    /// The worst finding, whose rule this is.
    Finding(&'static Kind),
}

impl CauseId {
    /// The name in the JSON output; that of the rule where the cause is a finding.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CutOff => "CUT_OFF",
            Self::HashCutOff => "HASH_CUT_OFF",
            Self::HashLost => "HASH_LOST",
            Self::HashZero => "HASH_ZERO",
            Self::BytesFollow => BYTES_FOLLOW.id,
            Self::PagesDisplaced => PAGES_DISPLACED.id,
            Self::LineEndsLost => LINE_ENDS_LOST.id,
            Self::PagesUnreadable => "PAGES_UNREADABLE",
            Self::Finding(kind) => kind.id,
        }
    }

    /// Does it follow from the length of the file?
    pub fn is_of_length(self) -> bool {
        match self {
            Self::CutOff
            | Self::HashCutOff
            | Self::HashLost
            | Self::HashZero
            | Self::BytesFollow
            | Self::PagesDisplaced
            | Self::LineEndsLost => true,
            Self::PagesUnreadable | Self::Finding(_) => false,
        }
    }

    /// Was the end of the file never written?
    fn is_unfinished(self) -> bool {
        match self {
            Self::CutOff | Self::HashCutOff | Self::HashLost | Self::HashZero => true,
            Self::BytesFollow
            | Self::PagesDisplaced
            | Self::LineEndsLost
            | Self::PagesUnreadable
            | Self::Finding(_) => false,
        }
    }
}

impl Serialize for CauseId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Findings about what follows the pages of a database, which are themselves where they belong.
static AFTER_PAGES: [&Kind; 7] = [
    &SHA256_MISMATCH,
    &SHA256_ZERO,
    &SHA256_MISSING,
    &RAW_DATABASE_MAY_LAG_WAL,
    &LENGTH_ODD,
    &SNAPSHOT_SIZE,
    &BYTES_FOLLOW,
];

/// Findings about bytes that were lost or added between the pages.
static BETWEEN_PAGES: [&Kind; 2] = [&PAGES_DISPLACED, &LINE_ENDS_LOST];

/// Findings about the file that describe its content, and not what kind of file it is.
static OF_CONTENT: [&Kind; 3] = [&NO_META, &TREE_UNREADABLE, &STATUS_NOT_BUCKET];

/// The cause of the findings; `None` where there is no damage to explain. `findings` are in the order of a report,
/// worst first.
pub(crate) fn cause(
    container: &Container,
    length: Option<Length>,
    inspection: Option<&Inspection<'_>>,
    findings: &[Finding],
) -> Option<Cause> {
    let what_it_is = findings.iter().find(|finding| {
        let kind = finding.kind;
        finding.severity == Severity::Error
            && kind.layer == Layer::Container
            && !follows_from_length(kind)
            && !is_of(kind, &OF_CONTENT)
    });
    let of_length = || length.and_then(|length| of_length(container, length, findings));
    if let Some(finding) = what_it_is {
        if finding.kind.id == LINE_ENDS_TRANSLATED.id
            && let Some(besides) = of_length()
        {
            let message = format!("{}; besides that, {}", finding.kind.title, besides.message);
            return Some(Cause { id: CauseId::Finding(finding.kind), message, ..besides });
        }
        let follows = |kind: &Kind| kind.id != finding.kind.id && kind.layer != Layer::Kubernetes;
        return Some(of_finding(finding, findings, follows));
    }
    of_length().or_else(|| of_pages(inspection?, findings)).or_else(|| {
        let worst = findings.first().filter(|finding| finding.severity == Severity::Error)?;
        Some(of_finding(worst, findings, |_| false))
    })
}

/// Are findings of this kind about what follows the pages? The pages can be copied as they are then.
pub fn is_after_pages(kind: &Kind) -> bool {
    is_of(kind, &AFTER_PAGES)
}

/// Do findings of this kind follow from the length of a file?
fn follows_from_length(kind: &Kind) -> bool {
    is_after_pages(kind) || is_of(kind, &BETWEEN_PAGES)
}

fn is_of(kind: &Kind, kinds: &[&'static Kind]) -> bool {
    kinds.iter().any(|other| other.id == kind.id)
}

fn of_finding(finding: &Finding, findings: &[Finding], follows: impl Fn(&Kind) -> bool) -> Cause {
    let Kind { title, remedy, .. } = *finding.kind;
    let first = remedy.split_once(". ").map_or(remedy, |(first, _)| first).trim_end_matches('.');
    let mut advice = first.to_owned();
    if let Some(initial) = advice.get_mut(..1) {
        initial.make_ascii_lowercase();
    }
    Cause {
        id: CauseId::Finding(finding.kind),
        message: title.to_owned(),
        advice,
        consequences: consequences(findings, follows),
    }
}

/// Ids of the kinds that were found and for which `follows` holds, each once, in the order found.
fn consequences(findings: &[Finding], follows: impl Fn(&Kind) -> bool) -> Vec<&'static str> {
    let mut seen = BTreeSet::new();
    let kinds = findings.iter().map(|finding| finding.kind).filter(|kind| follows(kind));
    kinds.map(|kind| kind.id).filter(|id| seen.insert(*id)).collect()
}

/// What the length of a file says, without anything that was found in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// As in [`Cause`].
    pub id: CauseId,
    /// As in [`Cause`].
    pub message: String,
    /// As in [`Cause`].
    pub advice: String,
}

impl Length {
    /// What happened to the file of this length that `container` was read from; `None` where it fits.
    pub fn explain(self, container: &Container) -> Option<Explanation> {
        const AGAIN: &str = "fetch it again, or use another snapshot";
        let (id, message, advice) = match self {
            Length::Fits => return None,
            Length::Cut { has, needs } => (
                CauseId::CutOff,
                format!("cut off: {has} of {needs} bytes are here"),
                "fetch it again, or see what can still be read with `etcdsnap restore --allow-damaged --dry-run`".to_owned(),
            ),
            Length::HashCut { has } => (
                CauseId::HashCutOff,
                format!("cut off in its last bytes: all pages and {has} of the 32 bytes of the SHA-256 are here"),
                format!("{AGAIN}: nothing proves the bytes of this one"),
            ),
            Length::HashLost => (
                CauseId::HashLost,
                "the SHA-256 at the end is missing: this is a snapshot without its last 32 bytes, or the database of a member that was \
                 just restored or, by etcd 3.4 or 3.5, cleanly stopped"
                    .to_owned(),
                format!("{AGAIN}: nothing proves the bytes of this one"),
            ),
            Length::HashZero { zeros } => (
                CauseId::HashZero,
                format!("{} where the SHA-256 belongs: the end of the file was never written", quantity(zeros, "zero byte")),
                format!("{AGAIN}: nothing proves the bytes of this one"),
            ),
            Length::Followed { snapshot: Some(end), bytes, tail } => (
                CauseId::BytesFollow,
                format!("whole, and followed by {}", tail.words(bytes, end + bytes)),
                format!("cut it to its first {end} bytes, which their SHA-256 proves: {}", cutting(container)),
            ),
            Length::Followed { snapshot: None, bytes, tail } => (
                CauseId::BytesFollow,
                format!("followed by {}, and without a SHA-256 that fits", tail.words(bytes, 0)),
                AGAIN.to_owned(),
            ),
            Length::Displaced { by, removed: Some(end), .. } => (
                CauseId::LineEndsLost,
                format!("{}, and there is no {end} in the file, as if every one had been removed", places(by)),
                format!("{AGAIN}: what was removed cannot be put back"),
            ),
            Length::Displaced { by, removed: None, rest } => {
                (CauseId::PagesDisplaced, format!("{}{}", places(by), at_end(rest)), AGAIN.to_owned())
            }
        };
        Some(Explanation { id, message, advice })
    }
}

fn of_length(container: &Container, length: Length, findings: &[Finding]) -> Option<Cause> {
    let Explanation { id, message, advice } = length.explain(container)?;
    // The page that the file ends in has damaged elements too.
    let truncated = structure::of(etcdsnap_bbolt::StructureCode::PageTruncated).id;
    let pages: BTreeSet<_> =
        findings.iter().filter(|finding| finding.kind.id == truncated).map(|finding| finding.place.page).collect();
    let is_concerned = |finding: &Finding| match length {
        Length::Displaced { by, .. } => finding.place.page.is_some_and(|page| page >= by.last_in_place),
        _ => pages.contains(&finding.place.page),
    };
    let elsewhere: BTreeSet<_> =
        findings.iter().filter(|finding| !is_concerned(finding)).map(|finding| finding.kind.id).collect();
    let is_displaced = matches!(length, Length::Displaced { .. });
    let follows = |kind: &Kind| {
        follows_from_length(kind)
            || length.lacks_pages() && kind.layer == Layer::Structure && !elsewhere.contains(kind.id)
            || kind.id == structure::of(etcdsnap_bbolt::StructureCode::TailNonzero).id
            || length.lacks_pages() && is_of_lost_pages(kind)
            || is_displaced && is_of(kind, &OF_CONTENT)
    };
    Some(Cause { id, message, advice, consequences: consequences(findings, follows) })
}

/// Where bytes were lost, added or written twice, in words.
fn places(by: Displacement) -> String {
    let Displacement { page, shift, last_in_place, repeated, lost, added, at_end, .. } = by;
    let what = match (lost, added) {
        _ if repeated && by.places() == 1 => "a stretch of the file is there twice",
        (_, 0) => "bytes were lost",
        (0, _) => "bytes were added",
        _ => "bytes were lost and added",
    };
    // Pages in between may have no number.
    let place = if page > last_in_place + 1 {
        format!("between page {last_in_place} and page {page}")
    } else {
        format!("at about page {}", page.max(last_in_place))
    };
    let beside = beside(shift);
    match (by.places(), at_end) {
        (1, Some(_)) => format!("{what} {place}: page {page} begins {beside}, and so do pages after it"),
        (places, Some(_)) => format!("{what} at {places} places, first {place}: page {page} begins {beside}"),
        (places, None) => format!("{what} at {places} or more places, first {place}: page {page} begins {beside}"),
    }
}

/// How far a page stands from its place, in words.
pub(crate) fn beside(shift: i64) -> String {
    let (distance, side) = (quantity(shift.unsigned_abs(), "byte"), if shift < 0 { "before" } else { "behind" });
    format!("{distance} {side} its place")
}

/// What else is known of the end of a file in which pages stand beside their places.
fn at_end(rest: Option<i64>) -> String {
    match rest {
        Some(rest) if rest < 0 => format!("; {} missing at the end", quantity(rest.unsigned_abs(), "more byte")),
        Some(rest) if rest > 0 => format!("; {} added at the end", quantity(rest.unsigned_abs(), "more byte")),
        _ => String::new(),
    }
}

/// The command that copies a snapshot without what follows it.
fn cutting(container: &Container) -> &'static str {
    match container.path() {
        Some(_) => "`etcdsnap unpack FILE COPY`",
        None => "read it once more through `etcdsnap unpack - COPY`",
    }
}

/// May findings of this kind follow from pages that cannot be read?
fn is_of_lost_pages(kind: &Kind) -> bool {
    use etcdsnap_bbolt::StructureCode;
    let codes = [
        StructureCode::FileTruncated,
        StructureCode::FreelistEof,
        StructureCode::MetaTruncated,
        StructureCode::PageEof,
        StructureCode::PageTruncated,
        StructureCode::UnreachableUnfreed,
    ];
    codes.iter().any(|code| structure::of(*code).id == kind.id)
        || kind.id == TREE_UNREADABLE.id
        || etcdsnap_mvcc::RecordCode::ALL.iter().any(|rule| rule.compares_records() && mvcc::of(*rule).id == kind.id)
}

/// The cause where pages that the tree refers to cannot be read.
fn of_pages(inspection: &Inspection<'_>, findings: &[Finding]) -> Option<Cause> {
    if inspection.walk.is_whole() {
        return None;
    }
    let unread: Vec<_> = inspection.buckets.unread().collect();
    let message = match (inspection.walk.lists_all_buckets(), unread.as_slice()) {
        (false, _) => "the list of buckets cannot be read to its end, and with it not what is in them".to_owned(),
        (true, []) => "a part of the tree cannot be read".to_owned(),
        (true, [only]) => format!("a part of the bucket {only} cannot be read"),
        (true, several) => format!("parts of the buckets {} cannot be read", several.join(", ")),
    };
    let advice =
        "use another snapshot, or see what can still be read with `etcdsnap restore --allow-damaged --dry-run`";
    let follows = consequences(findings, is_of_lost_pages);
    Some(Cause { id: CauseId::PagesUnreadable, message, advice: advice.to_owned(), consequences: follows })
}

impl Tail {
    /// A phrase for these bytes. `length` is that of the whole file, or 0 where the bytes do not fill it up to a block
    /// size.
    fn words(self, bytes: u64, length: u64) -> String {
        const UNITS: [(u64, &str); 3] = [(1 << 20, "MiB"), (4096, "pages of 4096 bytes"), (512, "blocks of 512 bytes")];
        let unit = UNITS.iter().find(|(unit, _)| length > 0 && length.is_multiple_of(*unit));
        match (self, unit) {
            (Self::Zeros, Some((_, unit))) => {
                format!("{} that fill it up to whole {unit}", quantity(bytes, "zero byte"))
            }
            (Self::Zeros, None) => quantity(bytes, "zero byte"),
            (Self::Copy, _) => format!("its own beginning once more ({})", quantity(bytes, "byte")),
            (Self::Other, _) => format!("{} not its own", quantity(bytes, "byte")),
        }
    }
}
