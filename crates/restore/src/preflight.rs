//! What verification of the backup means for this restore.

use std::collections::BTreeMap;
use std::path::Path;

use etcdsnap_bbolt::ByteOrder;
use etcdsnap_mvcc::Summary;
use etcdsnap_quantity::quantity;
use etcdsnap_quote::quote;
use etcdsnap_rewrite::salvage::Losses;
use etcdsnap_snapshot::boot::{self, BootVerdict};
use etcdsnap_snapshot::catalogue::cluster::{CONSISTENT_INDEX_INVALID, TERM_INVALID};
use etcdsnap_snapshot::catalogue::container::{RAW_DATABASE_MAY_LAG_WAL, SHA256_MISMATCH, SHA256_MISSING, SHA256_ZERO};
use etcdsnap_snapshot::container::{Origin, Trailer};
use etcdsnap_snapshot::finding::{Finding, Severity};
use etcdsnap_snapshot::incidents::Facts;
use etcdsnap_snapshot::known::Known;
use etcdsnap_snapshot::report::Report;
use etcdsnap_snapshot::verify::Verified;
use etcdsnap_wal::Release;

use crate::database_changes::{BackupState, DatabaseChanges};
use crate::error::RestoreError;
use crate::interrupted_restore::InterruptedRestore;
use crate::plan::RestorePlan;
use crate::request::RestoreRequest;
use crate::write_obstacles::{WriteObstacle, obstacles};

/// A backup that may be restored, and what will come of it.
#[derive(Clone, Debug)]
pub struct Preflight {
    /// What verification found in the backup.
    pub report: Report,
    /// Would each version of etcd start from the result?
    pub boot: Vec<BootVerdict>,
    /// What a person should know or decide, most important first.
    pub warnings: Vec<String>,
    /// Why a cluster that starts from the result refuses puts, if it does.
    pub writes: Vec<WriteObstacle>,
    /// What is missing of a damaged backup that was saved as far as it can be read; `None` when it was copied as it is.
    pub losses: Option<Losses>,
}

impl RestorePlan<'_, '_> {
    /// Judges a verified backup: refuses a damaged one unless that is allowed, and one that no server would start from.
    pub(crate) fn judge(&self, verified: Verified<'_>) -> Result<Preflight, RestoreError> {
        let Verified { report: copied, inspection } = verified;
        let report = self.rewritten.map_or_else(|| copied.clone(), |rewritten| rewritten.report.clone());
        if report.sha256.trailer == "mismatch" && !self.request.skip_hash_check && !self.request.allow_damaged {
            return Err(self.mismatch(report));
        }
        if report.errors().any(|finding| !self.request.tolerates(finding)) {
            return Err(RestoreError::Damaged { report: Box::new(report) });
        }
        let summary = inspection.map(|inspection| inspection.keyspace.summary).unwrap_or_default();
        let boot = self.boot(&self.content, &copied, &summary);
        let target = self.request.target;
        let wanted = |verdict: &&BootVerdict| target.is_none_or(|target| verdict.version == target.to_string());
        let fitting = self.fitting(&boot, &copied, &summary);
        if !boot.iter().filter(wanted).any(|verdict| verdict.starts) {
            return Err(RestoreError::WouldNotStart { boot, target, fitting });
        }
        let warnings = self.warnings(&copied, &boot, &fitting);
        let writes = obstacles(&self.content.buckets);
        let losses = self.rewritten.and_then(|rewritten| rewritten.losses.clone());
        Ok(Preflight { report, boot, warnings, writes, losses })
    }

    fn mismatch(&self, report: Report) -> RestoreError {
        let expected = match self.rewritten.map_or(self.container.trailer, |rewritten| rewritten.trailer) {
            Trailer::Present(hash) => hash,
            Trailer::Absent => [0; 32],
        };
        let digits = report.sha256.digest.as_bytes().chunks_exact(2);
        let bytes =
            digits.map(|pair| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()));
        let mut got = [0; 32];
        for (to, byte) in got.iter_mut().zip(bytes) {
            *to = byte.unwrap_or_default();
        }
        RestoreError::HashMismatch { expected, got, report: Box::new(report) }
    }

    /// The database as it will be, judged as if it had been read.
    fn boot(&self, content: &DatabaseChanges, report: &Report, summary: &Summary) -> Vec<BootVerdict> {
        let mut summary = summary.clone();
        if let Some(bump) = &content.bump {
            summary.last = Some(etcdsnap_mvcc::Revision::of_main(bump.to));
            // The marker is one live key, the empty one, however many there are.
            summary.live_keys += u64::from(summary.bump_markers == 0);
            summary.bump_markers += 1;
            summary.records += 1;
            summary.puts += 1;
        }
        let findings: Vec<_> = report.findings.iter().filter(|finding| !self.heals(finding)).cloned().collect();
        boot::verdicts_after_restore(&Facts {
            buckets: &content.buckets,
            keyspace: Known::new(&summary, content.buckets.is_read("key")),
            database_size: content.edit.size(),
            server_version: None,
            findings: &findings,
        })
    }

    /// The releases that do not start from the database as it will be, and would if they were the target: found by making
    /// the changes for each of them.
    fn fitting(&self, boot: &[BootVerdict], report: &Report, summary: &Summary) -> Vec<Release> {
        let refuses = |release: &Release, boot: &[BootVerdict]| {
            boot.iter().any(|verdict| verdict.version == release.to_string() && !verdict.starts)
        };
        let fits = |release: &Release| {
            let request = RestoreRequest { target: Some(*release), ..self.request.clone() };
            let before = BackupState::read(self.db);
            let content = before.and_then(|before| {
                DatabaseChanges::new(&before, &self.membership, self.content.bump.clone(), &request)
            });
            content.is_ok_and(|content| !refuses(release, &self.boot(&content, report, summary)))
        };
        Release::ALL.into_iter().filter(|release| refuses(release, boot) && fits(release)).collect()
    }

    /// Is it gone after the restore?
    fn heals(&self, finding: &Finding) -> bool {
        let bucket = finding.place.bucket.as_deref();
        let whole = [SHA256_MISMATCH.id, SHA256_ZERO.id, SHA256_MISSING.id, RAW_DATABASE_MAY_LAG_WAL.id];
        let entry = [CONSISTENT_INDEX_INVALID.id, TERM_INVALID.id];
        matches!(bucket, Some("members" | "members_removed"))
            || (self.request.disarm_alarms && bucket == Some("alarm"))
            || entry.contains(&finding.kind.id)
            || whole.contains(&finding.kind.id)
    }

    fn warnings(&self, report: &Report, boot: &[BootVerdict], fitting: &[Release]) -> Vec<String> {
        let mut warnings = damages(self.rewritten.map_or(report, |rewritten| &rewritten.report));
        if let Some(rewritten) = self.rewritten.filter(|rewritten| rewritten.losses.is_none()) {
            let from = rewritten.report.database.as_ref().map_or("other", |database| database.byte_order);
            let to = self.db.order().as_str();
            warnings
                .push(format!("the backup is {from}-endian; its numbers are written anew for {to}-endian machines"));
        }
        if self.db.order() != ByteOrder::HOST {
            let (order, host) = (self.db.order().as_str(), ByteOrder::HOST.as_str());
            warnings.push(format!(
                "the new database is {order}-endian: only etcd on a {order}-endian machine starts from it, and this one is \
                 {host}-endian"
            ));
        }
        let interrupted = self.outputs.iter().filter_map(|output| output.location.interrupted.as_ref());
        let stray_log = |log: &Path| {
            let log = quote(log.as_os_str().as_encoded_bytes());
            format!("{log}: the log of a restore that was killed. Remove it: no database belongs to it.")
        };
        warnings.extend(interrupted.filter_map(InterruptedRestore::stray_log).map(stray_log));
        warnings.extend(self.membership.warnings().iter().map(ToString::to_string));
        if self.request.target.is_none() {
            let refusing: Vec<_> =
                boot.iter().filter(|verdict| !verdict.starts).map(|verdict| verdict.version).collect();
            warnings.extend(would_not_start(&refusing, fitting));
        }
        let raised = report.findings.iter().filter(|finding| {
            finding.severity == Severity::Warning && !self.heals(finding) && !self.is_settled(finding)
        });
        warnings.extend(
            raised.map(|finding| format!("{} ({}). {}", finding.message, finding.kind.id, finding.kind.remedy)),
        );
        let (trailer, origin) = self.rewritten.map_or((self.container.trailer, &self.container.origin), |rewritten| {
            (rewritten.trailer, &rewritten.origin)
        });
        if trailer == Trailer::Absent {
            warnings.push(unlogged(origin));
        }
        warnings
    }

    /// Is it about an entry that this restore changes?
    fn is_settled(&self, finding: &Finding) -> bool {
        let (Some(bucket), Some(key)) = (&finding.place.bucket, &finding.place.key) else { return false };
        let entry = format!("{bucket}/{key}");
        self.changes().iter().any(|change| change.entry == entry)
    }
}

/// What is damaged. Of many errors of a kind, the first ones.
fn damages(report: &Report) -> Vec<String> {
    const SHOWN: u64 = 3;
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    let mut damages = Vec::new();
    for finding in report.errors() {
        let count = counts.entry(finding.kind.id).or_default();
        *count += 1;
        if *count <= SHOWN {
            let place = if finding.place.is_file() { String::new() } else { format!("{}: ", finding.place) };
            let why = if *count == 1 { format!(". {}", finding.kind.explanation) } else { String::new() };
            damages.push(format!("damaged: {place}{} ({}){why}", finding.message, finding.kind.id));
        }
    }
    let omitted = report.omitted.iter().filter(|omitted| counts.contains_key(omitted.id));
    let omitted: u64 = omitted.map(|omitted| omitted.count).sum();
    let more = counts.values().map(|count| count.saturating_sub(SHOWN)).sum::<u64>() + omitted;
    if more > 0 {
        damages.push(format!("damaged: {} of these kinds; `etcdsnap verify` shows them", quantity(more, "more error")));
    }
    damages
}

/// What a database without its log lacks.
fn unlogged(origin: &Origin) -> String {
    let Origin::DataDirectory { database } = origin else {
        return "the backup is a raw database without a SHA-256: what only its member's log had is not in it."
            .to_owned();
    };
    let member = database.ancestors().nth(2).filter(|_| database.ends_with("snap/db"));
    let directory = member.map_or(database.as_path(), |member| match member.parent() {
        Some(directory) if member.ends_with("member") && directory != Path::new("") => directory,
        Some(_) if member.ends_with("member") => Path::new("."),
        _ => member,
    });
    format!(
        "the backup is the database of a member: entries after its consistent index, which are only in the member's log, are \
         not in the result; `etcdsnap datadir check {}` counts them.",
        quote(directory.as_os_str().as_encoded_bytes())
    )
}

/// The versions that would not start, and which of them `--target-version` makes it fit.
fn would_not_start(refusing: &[&str], fitting: &[Release]) -> Option<String> {
    let all = listed(refusing)?;
    let fitting: Vec<_> = fitting.iter().map(ToString::to_string).collect();
    let (fit, unfit): (Vec<_>, Vec<_>) =
        refusing.iter().copied().partition(|version| fitting.iter().any(|fitting| fitting == version));
    let way = match (fit.len(), listed(&fit), listed(&unfit)) {
        (1, _, None) => "For a cluster of that version restore with --target-version, which makes it fit.".to_owned(),
        (_, Some(_), None) => {
            "For a cluster of such a version restore with --target-version, which makes it fit.".to_owned()
        }
        (_, Some(fit), Some(unfit)) => {
            format!("For etcd {fit} restore with --target-version, which makes it fit; nothing makes it fit {unfit}.")
        }
        (_, None, _) => "--target-version does not change that.".to_owned(),
    };
    Some(format!("etcd {all} would not start from it. {way}"))
}

/// `3.4, 3.5 and 3.6`
fn listed(versions: &[&str]) -> Option<String> {
    let (last, others) = versions.split_last()?;
    Some(if others.is_empty() { (*last).to_owned() } else { format!("{} and {last}", others.join(", ")) })
}
