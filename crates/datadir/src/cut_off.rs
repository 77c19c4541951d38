//! The part of a log that a server throws away when it starts.
//!
//! Servers cut the log off at what they take for an unfinished last write, or erase what follows its end, and do not
//! report what is lost with that. [`Lost`] does.

use etcdsnap_wal::{Code, Inspection, Outcome, Place, Remains, Wal};

/// The place where a server ends a log, and the records after it, which are lost with the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Where the log ends for the server.
    pub from: Place,
    /// What follows and is gone afterwards.
    pub remains: Remains,
}

impl Lost {
    /// What is lost by an outcome of reading the log; `None` if that is nothing, or only an unfinished last write.
    pub(crate) fn by(outcome: Outcome, wal: &Wal<'_>, inspection: &Inspection) -> Option<Self> {
        let from = match outcome {
            Outcome::Repairs { cut } => cut,
            // The inspection has looked there already, unless it found more than it kept.
            Outcome::Reads if inspection.omitted == 0 && !inspection.found(Code::BytesAfterEnd) => return None,
            Outcome::Reads => {
                let last = inspection.segments.last().filter(|last| !last.damaged)?;
                Place { segment: last.name, offset: last.end }
            }
            Outcome::Refuses(_) => return None,
        };
        let remains = wal.remains(from);
        (!remains.is_nothing()).then_some(Self { from, remains })
    }
}
