//! Would a server of a release start from this directory, and with what?
//!
//! The steps are those of the server's own start, in its order; the first that does not go well is the answer. What is quoted
//! are the servers' own words. Flags that the server is started with can change the outcome; meant are the defaults.

mod replay;
mod required_entries;
mod snapshot;
mod versions;

use std::fmt;
use std::str::FromStr;

use etcdsnap_wal::{SnapshotPosition, WalMetadata, WalOutcome, WalPlace, WalReader, WalRefusal};

use semver::Version;
use thiserror::Error;

use self::replay::Replayed;
use crate::contents::{DatabaseState, DirectoryContents, LogContent};
use crate::discarded::DiscardedLog;
use crate::membership::Voters;

/// A release of etcd 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerRelease {
    /// The second number of its version.
    pub minor: u64,
    /// The third.
    pub patch: u64,
}

impl ServerRelease {
    /// The newest release of each minor version that is known here.
    pub const NEWEST: [Self; 5] = [
        Self { minor: 4, patch: 45 },
        Self { minor: 5, patch: 35 },
        Self { minor: 6, patch: 16 },
        Self { minor: 7, patch: 3 },
        Self { minor: 8, patch: 0 },
    ];

    fn reader(self) -> WalReader {
        WalReader::of(self.minor, self.patch)
    }
}

/// What was given is no release of etcd 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a release of etcd from 3.4 to 3.8, such as 3.5.1, or 3.5 for the newest of them")]
pub struct UnknownRelease;

impl FromStr for ServerRelease {
    type Err = UnknownRelease;

    fn from_str(text: &str) -> Result<Self, UnknownRelease> {
        let version = text.strip_prefix('v').unwrap_or(text);
        let newest = |minor: u64| Self::NEWEST.into_iter().find(|newest| newest.minor == minor).ok_or(UnknownRelease);
        match Version::parse(version) {
            Ok(version) if version.major == 3 => {
                newest(version.minor).map(|_| Self { minor: version.minor, patch: version.patch })
            }
            Ok(_) => Err(UnknownRelease),
            Err(_) => {
                let minor = version.strip_prefix("3.").and_then(|minor| minor.parse().ok());
                minor.ok_or(UnknownRelease).and_then(newest)
            }
        }
    }
}

impl fmt::Display for ServerRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "3.{}.{}", self.minor, self.patch)
    }
}

/// What a server does when it is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartOutcome {
    /// Starts.
    Starts,
    /// Cuts off the unfinished end of the log, and starts.
    Repairs {
        /// Where.
        cut: WalPlace,
    },
    /// Cuts the log off where it is damaged, or erases what follows its end, and starts without the entries there; or puts a database
    /// that lacks entries in the place of its own.
    ThrowsAway {
        /// Where the log is cut off; `None` if it is the database that is given up.
        cut: Option<WalPlace>,
    },
    /// Begins as a new member, with what its flags say, because there is no log.
    BeginsAnew,
    /// Starts, but is not ready for clients: until its log has outgrown the database, or for ever.
    NotReady,
    /// Ends with an error.
    Exits,
    /// Ends with a panic.
    Panics,
    /// May start, or panic now or later: pages of the database are damaged.
    Unpredictable,
}

/// The answer about one release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartVerdict {
    /// The release.
    pub server: ServerRelease,
    /// What it does.
    pub outcome: StartOutcome,
    /// Why not; or, when it starts, what to know. Whole sentences, most important first.
    pub reasons: Vec<String>,
    /// Words of its last message when it ends.
    pub said: Option<String>,
    /// Who it is.
    pub identity: Option<WalMetadata>,
    /// Index of the snapshot it starts from; 0 for the beginning of the log.
    pub snapshot_index: u64,
    /// Ids of the members that vote, ascending.
    pub voters: Vec<u64>,
    /// Ids of those that do not, ascending.
    pub learners: Vec<u64>,
}

impl StartVerdict {
    /// Does it come up with the data that is here?
    pub fn starts(&self) -> bool {
        matches!(self.outcome, StartOutcome::Starts | StartOutcome::Repairs { .. })
    }

    /// Will it be without a leader unless other members are started too?
    pub fn needs_others(&self) -> bool {
        self.starts() && self.identity.is_some_and(|identity| self.voters != [identity.node_id])
    }
}

/// Why a start ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StartFailure {
    outcome: StartOutcome,
    said: Option<String>,
    reason: String,
}

impl StartFailure {
    fn exits(said: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { outcome: StartOutcome::Exits, said: Some(said.into()), reason: reason.into() }
    }

    fn panics(said: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { outcome: StartOutcome::Panics, said: Some(said.into()), reason: reason.into() }
    }
}

/// One release and what it finds.
pub(crate) struct StartSimulation<'e, 'a> {
    server: ServerRelease,
    log: &'e LogContent<'a>,
    evidence: &'e DirectoryContents<'a>,
}

/// What is known of a start that has come this far.
struct StartProgress {
    start: SnapshotPosition,
    cut: Option<WalPlace>,
    discarded: Option<DiscardedLog>,
    /// What keeps it from serving.
    limit: Option<(StartOutcome, String)>,
    replayed: Replayed,
    notes: Vec<String>,
}

/// The answer about one release.
pub(crate) fn verdict(evidence: &DirectoryContents<'_>, server: ServerRelease) -> StartVerdict {
    let Some(log) = &evidence.log else { return without_log(evidence, server) };
    let case = StartSimulation { server, log, evidence };
    let identity = log.inspection.metadata;
    let blank = StartVerdict {
        server,
        outcome: StartOutcome::Starts,
        reasons: Vec::new(),
        said: None,
        identity,
        snapshot_index: 0,
        voters: Vec::new(),
        learners: Vec::new(),
    };
    match case.start() {
        Err(stop) => StartVerdict { outcome: stop.outcome, reasons: vec![stop.reason], said: stop.said, ..blank },
        Ok(progress) => {
            let (last, index) = (progress.replayed.last_index, progress.replayed.consistent_index);
            let Voters { voters, learners } = progress.replayed.voters;
            let mut verdict = StartVerdict {
                outcome: match (progress.discarded, progress.cut) {
                    (Some(lost), _) => StartOutcome::ThrowsAway { cut: Some(lost.from) },
                    (None, Some(cut)) => StartOutcome::Repairs { cut },
                    (None, None) => StartOutcome::Starts,
                },
                reasons: progress.discarded.iter().map(thrown_away).chain(progress.notes).collect(),
                snapshot_index: progress.start.index,
                voters: voters.into_iter().collect(),
                learners: learners.into_iter().collect(),
                ..blank
            };
            case.judge_index(index, last, &mut verdict);
            if let Some((outcome, reason)) = progress.limit.filter(|_| verdict.starts()) {
                verdict.outcome = outcome;
                verdict.reasons.insert(0, reason);
            }
            describe(&mut verdict);
            case.warn_of_upgrade(&mut verdict);
            verdict
        }
    }
}

/// A server without a log takes itself for a new member, but opens a database that is there all the same.
fn without_log(evidence: &DirectoryContents<'_>, server: ServerRelease) -> StartVerdict {
    let blank = StartVerdict {
        server,
        outcome: StartOutcome::BeginsAnew,
        reasons: Vec::new(),
        said: None,
        identity: None,
        snapshot_index: 0,
        voters: Vec::new(),
        learners: Vec::new(),
    };
    let opened = no_proxy(evidence).and_then(|()| openable(&evidence.database, OWN)).and_then(|()| {
        let Some(content) = evidence.database.content() else { return Ok(()) };
        server.storage_version(content, &mut Vec::new())?;
        server.load(content)
    });
    if let Err(stop) = opened {
        return StartVerdict { outcome: stop.outcome, reasons: vec![stop.reason], said: stop.said, ..blank };
    }
    let mut reasons =
        vec!["There is no log, so it begins as a new member with the ids that its flags give.".to_owned()];
    let index = evidence.database.consistent_index();
    if index > 0 {
        let then = if server.minor >= 6 {
            "it does not become ready before its new log has as many"
        } else {
            "it silently drops that many writes of its new log"
        };
        reasons.push(format!("The old database says that {index} entries are applied, so {then}."));
    }
    StartVerdict { reasons, ..blank }
}

impl StartSimulation<'_, '_> {
    fn start(&self) -> Result<StartProgress, StartFailure> {
        no_proxy(self.evidence)?;
        openable(&self.evidence.database, OWN)?;
        let (start, snap) = self.snapshot()?;
        let (own, mut notes) = (self.evidence.database.content(), Vec::new());
        // etcd 3.4 loads the records to learn the consistent index, if it has a snapshot to compare it with.
        if let Some(own) = own.filter(|_| self.server.minor <= 4 && snap.is_some()) {
            self.server.storage_version(own, &mut notes)?;
        }
        let content = self.database(start, snap.is_some())?.content();
        // One that came with the snapshot takes the place of a database that is not there only after this check.
        if let Some(content) = content.filter(|_| own.is_some() && self.server.minor >= 5) {
            self.server.storage_version(content, &mut notes)?;
        }
        let outcome = self.log_outcome(start)?;
        let cut = if let WalOutcome::Repairs { cut } = outcome { Some(cut) } else { None };
        let lost = DiscardedLog::by(outcome, &self.log.wal, &self.log.inspection);
        self.recover(snap.as_ref(), content)?;
        self.any_marker()?;
        if let Some(content) = content.filter(|_| self.server.minor <= 4) {
            self.server.storage_version(content, &mut notes)?;
        }
        if let Some(content) = content {
            self.server.load(content)?;
        }
        let limit = content.and_then(|content| self.server.limit(content, &mut notes));
        let replayed = self.replay(start, snap.as_ref(), content)?;
        Ok(StartProgress { start, cut, discarded: lost, limit, replayed, notes })
    }

    fn own_id(&self) -> u64 {
        self.log.inspection.metadata.map_or(0, |metadata| metadata.node_id)
    }

    /// Reading the log from a snapshot on.
    fn log_outcome(&self, start: SnapshotPosition) -> Result<WalOutcome, StartFailure> {
        let refusal = match self.log.wal.outcome(self.server.reader(), start) {
            WalOutcome::Refuses(refusal) => refusal,
            outcome => return Ok(outcome),
        };
        let reason = format!("It cannot read the log: {refusal}.");
        Err(match refusal {
            WalRefusal::Commit { .. } => StartFailure::panics("out of range", reason),
            _ => StartFailure { outcome: StartOutcome::Exits, said: None, reason },
        })
    }

    /// From 3.6 on there is no simple way back once all members run a newer version.
    fn warn_of_upgrade(&self, verdict: &mut StartVerdict) {
        let cluster =
            self.evidence.database.content().and_then(|content| content.buckets.cluster.part().version.as_ref());
        let Some(cluster) = cluster.filter(|cluster| cluster.minor < self.server.minor) else { return };
        let now = format!("The cluster version is {}.{}", cluster.major, cluster.minor);
        verdict.reasons.push(format!(
            "{now}: once all members run 3.{minor} it becomes 3.{minor}, and older versions refuse this directory.",
            minor = self.server.minor
        ));
    }

    /// The database may say that more is applied than the log will hold.
    fn judge_index(&self, index: u64, last: u64, verdict: &mut StartVerdict) {
        let Some(ahead) = index.checked_sub(last).filter(|ahead| *ahead > 0) else { return };
        let dropped = format!(
            "The database has applied entry {index} and the log ends at {last}: the next {ahead} entries are taken for applied and \
             silently dropped."
        );
        verdict.reasons.insert(0, dropped);
        // The member waits until its own attributes are applied. A new leader's empty entry is the first of its log, these are the
        // second, and one more every five seconds.
        if self.server.minor >= 6 && ahead >= 2 && verdict.starts() {
            let reason = match (ahead - 1).saturating_mul(5) {
                seconds @ ..LONG => {
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

/// Seconds in a year, after which nobody counts them.
const LONG: u64 = 365 * 24 * 60 * 60;

/// A server does not start from a folder that may be a member's or a proxy's.
fn no_proxy(evidence: &DirectoryContents<'_>) -> Result<(), StartFailure> {
    let said = "invalid datadir";
    let reason = "There is a folder proxy beside member: it exits with \"invalid datadir; both member and proxy directories exist\".";
    if evidence.has_proxy { Err(StartFailure::exits(said, reason)) } else { Ok(()) }
}

/// The warning about what a start throws away of the log.
fn thrown_away(lost: &DiscardedLog) -> String {
    let DiscardedLog { from, remains } = lost;
    format!("It ends the log at {from} without an error and throws away what follows: {remains}.")
}

/// The file that a server takes for its database.
const OWN: &str = "member/snap/db";

/// A server opens the database, which is in the file of this name, before anything else.
fn openable(database: &DatabaseState, file: &str) -> Result<(), StartFailure> {
    match database {
        DatabaseState::Unusable => Err(StartFailure {
            outcome: StartOutcome::Panics,
            said: None,
            reason: format!("The file {file} cannot be opened as a database: it panics."),
        }),
        DatabaseState::Read(content) if let Some(order) = content.foreign_order() => Err(StartFailure::panics(
            "invalid database",
            format!(
                "The database is {order}-endian, and a server on this kind of machine reads the other byte order: it panics with \"invalid \
                 database\"."
            ),
        )),
        DatabaseState::Read(content) if !content.damage().is_empty() => Err(StartFailure {
            outcome: StartOutcome::Unpredictable,
            said: None,
            reason: format!(
                "The database is damaged ({}): it panics at the first bad page it reads, or serves what it can still reach.",
                content.damage().join(", ")
            ),
        }),
        _ => Ok(()),
    }
}

/// What to know about a server that starts.
fn describe(verdict: &mut StartVerdict) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_read_with_and_without_a_patch() {
        assert_eq!("3.5.1".parse(), Ok(ServerRelease { minor: 5, patch: 1 }));
        assert_eq!("v3.4".parse(), Ok(ServerRelease::NEWEST[0]));
        assert_eq!("3.8.0-alpha.0".parse(), Ok(ServerRelease { minor: 8, patch: 0 }));
        for text in ["3.3.1", "3.9", "4.0.0", "3", "newest", "3.-5"] {
            assert_eq!(text.parse::<ServerRelease>(), Err(UnknownRelease), "{text}");
        }
    }
}
