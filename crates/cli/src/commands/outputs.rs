//! Writes the output of `export` and `kube extract` from front to back, to where `--output-file` says.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use etcdsnap_publish::{Destination, Error as Unpublished, Existing, NewFile};
use etcdsnap_snapshot::interrupt::Interrupt;

use super::Session;
use crate::exit::{Exit, Failure};
use crate::interrupt;
use crate::output::screen::Screen;
use crate::output::{console, label};

/// The message of a command that was interrupted before its output got its name.
const NOTHING: &str = "interrupted; nothing was written";

/// Why an output ended early.
#[derive(Debug)]
pub enum Stopped {
    /// What was to be written could not be read.
    Read(Failure),
    /// It could not be written.
    Written(io::Error),
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::Written(error)
    }
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self::Read(failure)
    }
}

/// How much of what was asked for was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All of it.
    Whole,
    /// Only what could be read; a file of that must not replace a file that may be whole.
    Part,
}

impl Extent {
    /// `Part` where something could not be read.
    pub fn unless(unread: bool) -> Self {
        if unread { Self::Part } else { Self::Whole }
    }
}

/// What to do about a file that is there already: `force` replaces it.
pub fn existing(force: bool) -> Existing {
    if force { Existing::Replace } else { Existing::Refuse }
}

/// Starts to handle signals: from now on the first one only asks the command to end.
pub fn listen() -> Result<Interrupt, Failure> {
    interrupt::listen().map_err(|error| Failure::new(error.to_string()))
}

/// Fails when the command was interrupted, for work on an output that has not got its name yet.
pub fn interrupted(interrupt: &Interrupt) -> Result<(), Failure> {
    interrupt.check().map_err(|_| Failure::interrupted(NOTHING))
}

impl Session {
    /// Calls `write` with the writer that a command prints to: the file at `path`, which appears when it is whole, or a
    /// FIFO or device there, which is written through; standard output when there is no path, or it is `-`. When
    /// `write` reports that the file is only a part, it replaces no existing file, even with `force`.
    pub fn write_to(
        &self,
        path: Option<&Path>,
        force: bool,
        write: impl FnOnce(&mut (dyn Write + Send)) -> Result<Extent, Stopped>,
    ) -> Result<Exit, Failure> {
        let Some(path) = path.filter(|path| *path != Path::new("-")) else {
            return write_stream("standard output", console::out(), write);
        };
        let destination = Destination::new(path, existing(force), &self.inputs());
        if destination.is_stream() {
            let stream = destination.open_stream()?;
            return write_stream(&label(path), BufWriter::new(Screen::new(stream)), write);
        }
        write_file(&destination, write)
    }
}

fn write_stream(
    name: &str,
    mut out: impl Write + Send,
    write: impl FnOnce(&mut (dyn Write + Send)) -> Result<Extent, Stopped>,
) -> Result<Exit, Failure> {
    match write(&mut out).and_then(|_| Ok(out.flush()?)) {
        Ok(()) => Ok(Exit::Done),
        Err(Stopped::Written(error)) => console::stream_ended(name, Exit::Done, Err(error)),
        Err(Stopped::Read(failure)) => Err(failure),
    }
}

fn write_file(
    destination: &Destination,
    write: impl FnOnce(&mut (dyn Write + Send)) -> Result<Extent, Stopped>,
) -> Result<Exit, Failure> {
    let interrupt = listen()?;
    let mut new = NewFile::create(destination, None)?;
    let mut out = BufWriter::new(Interruptible { out: new.file(), interrupt: &interrupt });
    let written = write(&mut out).and_then(|extent| {
        out.flush()?;
        Ok(extent)
    });
    drop(out);
    interrupted(&interrupt)?;
    let extent = written.map_err(|stopped| match stopped {
        Stopped::Written(error) => Failure::io(&label(destination.path()), &error),
        Stopped::Read(failure) => failure,
    })?;
    match extent {
        Extent::Whole => _ = new.publish()?,
        Extent::Part => publish_part(new, &label(destination.path()))?,
    }
    Ok(Exit::Done)
}

/// Gives a file of what could be read its name where no file is there, and says that it is a part.
fn publish_part(mut new: NewFile, name: &str) -> Result<(), Failure> {
    new.refuse_existing();
    match new.publish() {
        Err(Unpublished::Exists { .. }) => {
            let text = "kept as it was: what could be read now is only a part, which replaces no file; to have it, name another";
            return Err(Failure::new(format!("{name}: {text}")));
        }
        published => _ = published?,
    }
    Failure::new(format!("{name}: a part, with only what could be read")).print();
    Ok(())
}

/// A writer that fails as soon as the command is interrupted.
struct Interruptible<'h, W> {
    out: W,
    interrupt: &'h Interrupt,
}

impl<W: Write> Write for Interruptible<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.interrupt.check().map_err(io::Error::other)?;
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
