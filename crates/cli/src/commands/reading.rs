//! What all commands that read keys have in common: opening, refusing a revision, and telling of damage.

use std::path::Path;

use etcdsnap_mvcc::{Direction, RevisionError};
use etcdsnap_snapshot::contents::{Contents, Obstacles, Source};

use super::Session;
use crate::args::KeyArgument;
use crate::exit::{Exit, Failure};
use crate::output::{label, quantity};

/// Places of damage that are named; all are counted.
const NAMED: usize = 5;

impl Session {
    /// Opens the file at `path` and lets `look` read in it. What was in the way of reading is told afterwards, and is how the
    /// run ends then.
    pub fn read(
        &self,
        path: &Path,
        look: impl FnOnce(&Contents<'_>) -> Result<Exit, Failure>,
    ) -> Result<Exit, Failure> {
        let container = self.open_unproven(path)?;
        let progress = self.progress(path);
        let source = Source::new(&container, &*progress);
        let contents = Contents::open(&source).map_err(|error| {
            Failure::damaged(format!("{}: {error}; `etcdsnap verify` says what can be done", label(path)))
        })?;
        let looked = look(&contents);
        let damage = contents.damage();
        Self::recheck(&container)?;
        let Some(damage) = damage else { return looked };
        // What was looked for in vain may be what is damaged.
        let exit = looked.unwrap_or_else(|failure| {
            failure.print();
            failure.exit
        });
        Ok(exit.and(tell(path, &damage)))
    }
}

/// The revision to read at.
pub fn revision(contents: &Contents<'_>, path: &Path, asked: Option<i64>) -> Result<i64, Failure> {
    contents.readable(asked).map_err(|error| refused(contents, path, error))
}

/// Says which revisions there are. The end of the keyspace is read before: a revision can seem not to be there yet because its
/// leaf is damaged, and that is to be told then.
pub fn refused(contents: &Contents<'_>, path: &Path, error: RevisionError) -> Failure {
    let mut end = contents.batches(contents.current_revision(), i64::MAX, Direction::OldestFirst);
    if let Some(unread) = end.find_map(Result::err) {
        return unread.into();
    }
    let (first, last) = (contents.compacted_revision().max(1), contents.current_revision());
    Failure::new(format!("{}: {error}; revisions {first} to {last} can be read", label(path)))
}

/// The bytes of a key that was named.
pub fn key(named: &KeyArgument) -> Result<Vec<u8>, Failure> {
    named.bytes().map_err(|error| Failure::usage(format!("KEY is no base64: {error}")))
}

/// Names the first places.
fn tell(path: &Path, damage: &Obstacles) -> Exit {
    let file = label(path);
    for finding in damage.findings.iter().take(NAMED) {
        Failure::damaged(format!("{file}: {}: {}", finding.place, finding.message)).print();
    }
    let places = quantity(damage.count, "place");
    let text = "what is shown may lack keys or have old values; `etcdsnap verify` says what can be done";
    Failure::damaged(format!("{file}: damaged in {places}, so {text}")).print();
    Exit::Damaged
}
