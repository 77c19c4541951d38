//! [`DiscardedLog`]: the part of a log that a server discards when it starts.
//!
//! Servers cut the log off at what they take for an unfinished last write, or erase what follows its end, and do not report
//! which entries they lose.

use etcdsnap_wal::{TrailingData, Wal, WalCode, WalInspection, WalOutcome, WalPlace};

/// The place at which a server ends the log, and the data after it, which is lost with the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiscardedLog {
    /// The place at which the server ends the log.
    pub from: WalPlace,
    /// The data after it.
    pub trailing: TrailingData,
}

impl DiscardedLog {
    /// What is discarded by an outcome of reading the log; `None` if that is nothing, or only an unfinished last write.
    pub(crate) fn of_outcome(outcome: WalOutcome, wal: &Wal<'_>, inspection: &WalInspection) -> Option<Self> {
        let from = match outcome {
            WalOutcome::Repairs { cut } => cut,
            WalOutcome::Reads if !inspection.found(WalCode::BytesAfterEnd) => return None,
            WalOutcome::Reads => {
                let last = inspection.segments.last().filter(|last| !last.damaged)?;
                WalPlace { segment: last.name, offset: last.end }
            }
            WalOutcome::Refuses(_) => return None,
        };
        let trailing = wal.trailing_data(from);
        (!trailing.is_empty()).then_some(Self { from, trailing })
    }
}
