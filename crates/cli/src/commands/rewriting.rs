//! What the commands have in common that write a database anew.

use std::path::Path;

use etcdsnap_bbolt::ByteOrder;
use etcdsnap_publish::Destination;
use etcdsnap_rewrite::{LockedDatabase, RewriteContext, Target, Tolerance, first_error};
use etcdsnap_snapshot::container::{OpenOptions, Origin};
use etcdsnap_snapshot::finding::Finding;
use etcdsnap_snapshot::interrupt::Interrupt;
use etcdsnap_snapshot::progress::Progress;

use super::Session;
use super::outputs::{existing, listen};
use crate::exit::Failure;
use crate::output::label;

/// One such piece of work.
pub struct Rewriting {
    name: String,
    tolerance: Tolerance,
    progress: Box<dyn Progress>,
    interrupt: Interrupt,
    /// How the source is opened.
    pub opening: OpenOptions,
}

impl Rewriting {
    /// Begins to work on the file at `source`. From now on the first signal only asks it to end.
    pub fn begin(session: &Session, source: &Path, allow_damaged: bool) -> Result<Self, Failure> {
        let interrupt = listen()?;
        Ok(Self {
            name: label(source),
            tolerance: if allow_damaged { Tolerance::Readable } else { Tolerance::Nothing },
            progress: session.progress(source),
            interrupt,
            opening: session.opening(),
        })
    }

    pub fn context(&self) -> RewriteContext<'_> {
        RewriteContext::new(&self.name, &*self.progress, &self.interrupt).with_tolerance(self.tolerance)
    }
}

/// The new file at DST, which must not be one of the files that were opened. Without `order` it has that of the source.
pub fn target(session: &Session, target: &Path, force: bool, order: Option<ByteOrder>) -> Result<Target, Failure> {
    if target == Path::new("-") {
        return Err(Failure::usage(
            "DST must be a file: a copy is checked before it appears, so it cannot be a stream",
        ));
    }
    Ok(Target { destination: Destination::new(target, existing(force), &session.inputs()), owner: None, order })
}

/// The database of the member whose data directory is named, locked.
pub fn hold(session: &Session, directory: &Path) -> Result<LockedDatabase, Failure> {
    let Origin::DataDirectory { database } = session.open(directory)?.origin else {
        let message = "--in-place takes the data directory of a member; give DST to copy a file";
        return Err(Failure::usage(format!("{}: {message}", label(directory))));
    };
    Ok(LockedDatabase::take(&database)?)
}

/// Says of a damaged source that it was worked on all the same.
pub fn tell_tolerated(source: &Path, tolerated: &[Finding]) {
    if !tolerated.is_empty() {
        Failure::new(format!("{}: damaged, {}; went on all the same", label(source), first_error(tolerated))).print();
    }
}
