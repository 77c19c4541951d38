//! The compaction marks of the `meta` bucket and what a starting server makes of them
//! (`docs/format/mvcc.md#state-at-the-start`).

use etcdsnap_bbolt::{Corruption, Db};

use crate::{Revision, RevisionKey};

/// How far the store was, or is being, compacted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compaction {
    /// Revision of `scheduledCompactRev`.
    pub scheduled: Option<i64>,
    /// Revision of `finishedCompactRev`.
    pub finished: Option<i64>,
}

impl Compaction {
    /// Reads the marks out of a database; a missing bucket or an unreadable mark counts as absent.
    pub fn read(db: &Db<'_>) -> Result<Self, Corruption> {
        let Some(meta) = db.root().bucket(b"meta")? else { return Ok(Self::default()) };
        let mark = |key: &[u8]| -> Result<Option<i64>, Corruption> {
            let key = meta.get(key)?.and_then(|value| RevisionKey::parse(value).ok());
            Ok(key.map(|key| key.revision.main))
        };
        Ok(Self { scheduled: mark(b"scheduledCompactRev")?, finished: mark(b"finishedCompactRev")? })
    }

    /// Is a compaction scheduled that has not finished? A starting server resumes it.
    pub fn is_unfinished(&self) -> bool {
        self.scheduled.is_some_and(|scheduled| scheduled > self.finished.unwrap_or(0))
    }

    /// The compacted revision as a starting server reports it; -1 when the store was never compacted.
    pub fn compacted(&self) -> i64 {
        if self.is_unfinished() { self.scheduled.unwrap_or(0) } else { self.finished.unwrap_or(-1) }
    }

    /// The store's current revision after a start: the newest record or compaction mark, and at least 1.
    pub fn current(&self, last: Option<Revision>) -> i64 {
        last.map_or(1, |revision| revision.main).max(self.scheduled.unwrap_or(0)).max(self.finished.unwrap_or(0)).max(1)
    }
}

/// Why a revision cannot be read; the texts are etcd's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RevisionError {
    /// The revision is below the compacted one.
    #[error("mvcc: required revision has been compacted")]
    Compacted,
    /// The revision is above the current one.
    #[error("mvcc: required revision is a future revision")]
    Future,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheduled_compaction_counts_at_once() {
        let marks = Compaction { scheduled: Some(1011), finished: Some(7) };
        assert!(marks.is_unfinished());
        assert_eq!((marks.compacted(), marks.current(Some(Revision::of_main(11)))), (1011, 1011));
        let done = Compaction { scheduled: Some(7), finished: Some(7) };
        assert_eq!((done.is_unfinished(), done.compacted(), done.current(None)), (false, 7, 7));
        assert_eq!((Compaction::default().compacted(), Compaction::default().current(None)), (-1, 1));
    }
}
