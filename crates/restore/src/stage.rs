//! The stages of a restore, and the trait through which a caller is told of each.

/// Is told of every stage that a restore reaches. Implemented by tests, which interrupt or kill a run at a stage.
pub trait StageObserver: Sync {
    /// Called right after a stage is reached.
    fn reached(&self, stage: RestoreStage);
}

/// The observer that ignores all stages.
impl StageObserver for () {
    fn reached(&self, _: RestoreStage) {}
}

/// What a restore has just done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RestoreStage {
    /// The temporary folders exist, with empty databases in them.
    Prepared,
    /// The backup is verified and copied.
    Copied,
    /// All files are written.
    Written,
    /// The data directory of a member has its final name.
    DataPublished,
    /// The log directory of a member, which is not in its data directory, has its final name.
    LogPublished,
    /// The meta pages of such a member's database are written: etcd can open it from now on.
    MetasWritten,
    /// The restore is complete.
    Finished,
}
