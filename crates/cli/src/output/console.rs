//! Standard output: where results go.

use std::io::{self, BufWriter, IsTerminal as _, Stdout, Write};

use crate::exit::{Exit, Failure};
use crate::output::Sheet;
use crate::output::screen::Screen;

/// Widest lines are still easy to read; a wider terminal is not filled.
const WIDEST: usize = 110;
/// Columns of a terminal that does not say how many it has.
const USUAL: usize = 80;

/// An empty sheet, as wide as standard output when that is a terminal.
pub fn sheet() -> Sheet {
    if !io::stdout().is_terminal() {
        return Sheet::new(None);
    }
    let columns = terminal_size::terminal_size_of(io::stdout()).map_or(USUAL, |(width, _)| width.0.into());
    Sheet::new(Some(columns.min(WIDEST)))
}

/// Prints text for people; styles are left out where they are not wanted. `earned` is how the run ends.
pub fn print(sheet: Sheet, earned: Exit) -> Result<Exit, Failure> {
    let text = sheet.finish();
    ended(earned, anstream::stdout().lock().write_all(text.as_bytes()))
}

/// Standard output for a machine's form: byte for byte, unless a person looks at it.
pub fn out() -> BufWriter<Screen<Stdout>> {
    BufWriter::new(Screen::new(io::stdout()))
}

/// Prints a machine's form. `earned` is how the run ends.
pub fn write(earned: Exit, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<Exit, Failure> {
    let mut out = out();
    ended(earned, write(&mut out).and_then(|()| out.flush()))
}

/// Prints one JSON document and a newline. `earned` is how the run ends.
pub fn json(earned: Exit, document: &impl serde::Serialize) -> Result<Exit, Failure> {
    write(earned, |out| {
        serde_json::to_writer(&mut *out, document)?;
        out.write_all(b"\n")
    })
}

/// Prints the report of a command whose output is in place, as text for people. `done` says what is in place, for the
/// error that takes the place of a report which cannot be printed.
pub fn print_done(sheet: Sheet, done: &str) -> Result<Exit, Failure> {
    let text = sheet.finish();
    confirmed(done, anstream::stdout().lock().write_all(text.as_bytes()))
}

/// As [`print_done`], as one JSON document and a newline.
pub fn json_done(document: &impl serde::Serialize, done: &str) -> Result<Exit, Failure> {
    let mut out = out();
    let written = serde_json::to_writer(&mut out, document).map_err(io::Error::from);
    confirmed(done, written.and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush()))
}

/// The exit of a command whose output is in place. A closed pipe is a failure here too, because the report says how to
/// go on.
fn confirmed(done: &str, written: io::Result<()>) -> Result<Exit, Failure> {
    let lost = |error| Failure::unconfirmed(format!("{done}; only the report of it is lost: standard output: {error}"));
    written.map(|()| Exit::Done).map_err(lost)
}

/// A reader that has seen enough and closed the pipe is no error, and does not turn damage into success either.
pub fn ended(earned: Exit, written: io::Result<()>) -> Result<Exit, Failure> {
    stream_ended("standard output", earned, written)
}

/// As [`ended`], of any stream.
pub fn stream_ended(name: &str, earned: Exit, written: io::Result<()>) -> Result<Exit, Failure> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::io(name, &error)),
        _ => Ok(earned),
    }
}
