//! Predicts what a server of a release does when it is started from a directory.
//!
//! The steps are those of the server's own start, in its order; the first one that fails is the result. Quoted texts are the
//! servers' own messages. Flags of the server can change the outcome; the prediction is for the defaults.
//!
//! ```text
//! verdict -> StartSimulation::start
//!   check_no_proxy -> check_database -> snapshot -> database -> log_outcome -> recover -> load_database -> replay
//!        any step: StartFailure                                            all steps: StartProgress
//!                          \-------------------> StartVerdict <-------------------/
//! ```

mod failure;
mod release;
mod replay;
mod required_entries;
mod simulation;
mod snapshot;
mod verdict;
mod versions;

pub use release::{ServerRelease, UnknownRelease};
pub use verdict::{StartOutcome, StartVerdict};

use etcdsnap_quantity::quantity;
use etcdsnap_wal::{SnapshotPosition, WalOutcome, WalPlace, WalRefusal};

use self::failure::StartFailure;
use self::replay::Replayed;
use self::simulation::{DATABASE_FILE, StartSimulation, check_database, check_no_proxy};
use crate::contents::DirectoryContents;
use crate::discarded::DiscardedLog;
use crate::membership::Voters;

/// The result of a start whose steps all succeed.
struct StartProgress {
    start: SnapshotPosition,
    cut: Option<WalPlace>,
    discarded: Option<DiscardedLog>,
    /// Why it does not serve although it has started.
    limit: Option<(StartOutcome, String)>,
    replayed: Replayed,
    notes: Vec<String>,
}

/// Predicts the start of one release.
pub(crate) fn verdict(contents: &DirectoryContents<'_>, server: ServerRelease) -> StartVerdict {
    let Some(log) = &contents.log else { return without_log(contents, server) };
    let simulation = StartSimulation { server, log, contents };
    let identity = log.inspection.metadata;
    let blank = StartVerdict {
        server,
        outcome: StartOutcome::Starts,
        reasons: Vec::new(),
        message: None,
        identity,
        snapshot_index: 0,
        voters: Vec::new(),
        learners: Vec::new(),
    };
    match simulation.start() {
        Err(failure) => {
            StartVerdict { outcome: failure.outcome, reasons: vec![failure.reason], message: failure.message, ..blank }
        }
        Ok(progress) => {
            let (last, index) = (progress.replayed.last_index, progress.replayed.consistent_index);
            let Voters { voters, learners } = progress.replayed.voters;
            let mut verdict = StartVerdict {
                outcome: match (progress.discarded, progress.cut) {
                    (Some(discarded), _) => StartOutcome::DiscardsData { cut: Some(discarded.from) },
                    (None, Some(cut)) => StartOutcome::Repairs { cut },
                    (None, None) => StartOutcome::Starts,
                },
                reasons: progress.discarded.iter().map(discarded_warning).chain(progress.notes).collect(),
                snapshot_index: progress.start.index,
                voters: voters.into_iter().collect(),
                learners: learners.into_iter().collect(),
                ..blank
            };
            simulation.compare_with_log_end(index, last, &mut verdict);
            if let Some((outcome, reason)) = progress.limit.filter(|_| verdict.starts()) {
                verdict.outcome = outcome;
                verdict.reasons.insert(0, reason);
            }
            add_quorum_note(&mut verdict);
            simulation.warn_of_upgrade(&mut verdict);
            verdict
        }
    }
}

/// Predicts the start without a log: the server takes itself for a new member, but opens an existing database.
fn without_log(contents: &DirectoryContents<'_>, server: ServerRelease) -> StartVerdict {
    let blank = StartVerdict {
        server,
        outcome: StartOutcome::StartsAsNewMember,
        reasons: Vec::new(),
        message: None,
        identity: None,
        snapshot_index: 0,
        voters: Vec::new(),
        learners: Vec::new(),
    };
    let opened =
        check_no_proxy(contents).and_then(|()| check_database(&contents.database, DATABASE_FILE)).and_then(|()| {
            let Some(content) = contents.database.content() else { return Ok(()) };
            server.storage_version(content, &mut Vec::new())?;
            server.load_database(content)
        });
    if let Err(failure) = opened {
        return StartVerdict {
            outcome: failure.outcome,
            reasons: vec![failure.reason],
            message: failure.message,
            ..blank
        };
    }
    let mut reasons =
        vec!["There is no log, so it begins as a new member with the ids that its flags give.".to_owned()];
    let index = contents.database.consistent_index();
    if index > 0 {
        let then = if server.minor >= 6 {
            "it does not become ready before its new log has as many"
        } else {
            "it silently drops that many writes of its new log"
        };
        reasons.push(format!("The old database says that it has applied {}, so {then}.", quantity(index, "entry")));
    }
    StartVerdict { reasons, ..blank }
}

impl StartSimulation<'_, '_> {
    /// Simulates the steps of the start in their order.
    fn start(&self) -> Result<StartProgress, StartFailure> {
        check_no_proxy(self.contents)?;
        check_database(&self.contents.database, DATABASE_FILE)?;
        let (start, snap) = self.snapshot()?;
        let (own, mut notes) = (self.contents.database.content(), Vec::new());
        // etcd 3.4 loads the records to get the consistent index when there is a snapshot to compare it with.
        if let Some(own) = own.filter(|_| self.server.minor <= 4 && snap.is_some()) {
            self.server.storage_version(own, &mut notes)?;
        }
        let content = self.database(start, snap.is_some())?.content();
        // A database that was received with the snapshot replaces a missing one only after this check.
        if let Some(content) = content.filter(|_| own.is_some() && self.server.minor >= 5) {
            self.server.storage_version(content, &mut notes)?;
        }
        let outcome = self.log_outcome(start)?;
        let cut = if let WalOutcome::Repairs { cut } = outcome { Some(cut) } else { None };
        let discarded = DiscardedLog::of_outcome(outcome, &self.log.wal, &self.log.inspection);
        self.recover(snap.as_ref(), content)?;
        self.require_snapshot_record()?;
        if let Some(content) = content.filter(|_| self.server.minor <= 4) {
            self.server.storage_version(content, &mut notes)?;
        }
        if let Some(content) = content {
            self.server.load_database(content)?;
        }
        let limit = content.and_then(|content| self.server.serving_limit(content, &mut notes));
        let replayed = self.replay(start, snap.as_ref(), content)?;
        Ok(StartProgress { start, cut, discarded, limit, replayed, notes })
    }

    /// Simulates reading the log from a snapshot on.
    fn log_outcome(&self, start: SnapshotPosition) -> Result<WalOutcome, StartFailure> {
        let refusal = match self.log.wal.outcome(self.server.reader(), start) {
            WalOutcome::Refuses(refusal) => refusal,
            outcome => return Ok(outcome),
        };
        let reason = format!("It cannot read the log: {refusal}.");
        Err(match refusal {
            WalRefusal::Commit { .. } => StartFailure::panics("out of range", reason),
            _ => StartFailure { outcome: StartOutcome::Exits, message: None, reason },
        })
    }

    /// Adds a warning when the start may raise the cluster version, after which older releases refuse the directory.
    fn warn_of_upgrade(&self, verdict: &mut StartVerdict) {
        let cluster =
            self.contents.database.content().and_then(|content| content.buckets.cluster.part().version.as_ref());
        let Some(cluster) = cluster.filter(|cluster| cluster.minor < self.server.minor) else { return };
        let now = format!("The cluster version is {}.{}", cluster.major, cluster.minor);
        verdict.reasons.push(format!(
            "{now}: once all members run 3.{minor} it becomes 3.{minor}, and older versions refuse this directory.",
            minor = self.server.minor
        ));
    }

    /// Adds a warning when the database has applied more entries than the log has.
    fn compare_with_log_end(&self, index: u64, last: u64, verdict: &mut StartVerdict) {
        let Some(ahead) = index.checked_sub(last).filter(|ahead| *ahead > 0) else { return };
        let dropped = format!(
            "The database has applied entry {index} and the log ends at {last}: what the log gets next is taken for applied and \
             silently dropped, {} in all.",
            quantity(ahead, "entry")
        );
        verdict.reasons.insert(0, dropped);
        // The member waits until its own attributes are applied. The empty entry of a new leader is the first entry, the
        // attributes are the second, and there is one more attempt every five seconds.
        if self.server.minor >= 6 && ahead >= 2 && verdict.starts() {
            let reason = match (ahead - 1).saturating_mul(5) {
                seconds @ ..SECONDS_OF_A_YEAR => {
                    format!("It does not become ready for clients before that, which takes some {seconds} seconds.")
                }
                _ => "It does not become ready for clients before that, which takes more than a year.".to_owned(),
            };
            verdict.reasons.push(reason);
            if ahead > 2 {
                verdict.outcome = StartOutcome::NotReady;
            }
        }
    }
}

/// Seconds of a year; longer times are not given in seconds.
const SECONDS_OF_A_YEAR: u64 = 365 * 24 * 60 * 60;

/// The warning about the part of the log that a start discards.
fn discarded_warning(discarded: &DiscardedLog) -> String {
    let DiscardedLog { from, trailing: remains } = discarded;
    format!("It ends the log at {from} without an error and throws away what follows: {remains}.")
}

/// Adds a note about the voters that a server needs to have a leader.
fn add_quorum_note(verdict: &mut StartVerdict) {
    let Some(identity) = verdict.identity else { return };
    let own = identity.node_id;
    let (voters, learner) = (verdict.voters.len(), verdict.learners.contains(&own));
    if learner {
        verdict.reasons.push(format!("It is a learner: it waits for a leader among {voters} voters."));
    } else if !verdict.voters.contains(&own) {
        verdict.reasons.push("It has no vote in its own cluster, so it waits for a leader for ever.".to_owned());
    } else if voters > 1 {
        let quorum = voters / 2 + 1;
        verdict.reasons.push(format!("It needs {quorum} of {voters} voters to be running before there is a leader."));
    }
}
