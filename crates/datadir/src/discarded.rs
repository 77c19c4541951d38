//! The part of a log that a server throws away when it starts.
//!
//! Servers cut the log off at what they take for an unfinished last write, or erase what follows its end, and do not
//! report what is lost with that. [`Lost`] does.

use etcdsnap_wal::{Code, TrailingData, Wal, WalInspection, WalOutcome, WalPlace};

/// The place where a server ends a log, and the records after it, which are lost with the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiscardedLog {
    /// Where the log ends for the server.
    pub from: WalPlace,
    /// What follows and is gone afterwards.
    pub remains: TrailingData,
}

impl DiscardedLog {
    /// What is lost by an outcome of reading the log; `None` if that is nothing, or only an unfinished last write.
    pub(crate) fn by(outcome: WalOutcome, wal: &Wal<'_>, inspection: &WalInspection) -> Option<Self> {
        let from = match outcome {
            WalOutcome::Repairs { cut } => cut,
            // The inspection has looked there already, unless it found more than it kept.
            WalOutcome::Reads if inspection.omitted == 0 && !inspection.found(Code::BytesAfterEnd) => return None,
            WalOutcome::Reads => {
                let last = inspection.segments.last().filter(|last| !last.damaged)?;
                WalPlace { segment: last.name, offset: last.end }
            }
            WalOutcome::Refuses(_) => return None,
        };
        let remains = wal.trailing_data(from);
        (!remains.is_empty()).then_some(Self { from, remains })
    }
}
