//! How long work tells the one who started it how far it is, without knowing whether that is a terminal, a log or nobody.
//!
//! A pass over a file is one phase. Phases follow one another; [`Progress::phase`] begins the next one.

/// Hears how far a piece of work is. Called from several threads at once, and often: it has to be cheap.
pub trait Progress: Sync {
    /// A new phase begins, called `name` (a few words, lower case), which will go through `total_bytes` bytes; 0 when that
    /// is not known.
    fn phase(&self, name: &'static str, total_bytes: u64);

    /// `bytes` more bytes of the phase are done; all calls of a phase add up to its total.
    fn advance(&self, bytes: u64);

    /// All phases are over and all their work is done. Not called when something went wrong on the way.
    fn finished(&self);
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn phase(&self, _name: &'static str, _total_bytes: u64) {}
    fn advance(&self, _bytes: u64) {}
    fn finished(&self) {}
}
