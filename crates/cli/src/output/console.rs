//! Standard output: where results go.

use std::io::{self, BufWriter, IsTerminal as _, Stdout, Write};

use crate::args::Form;
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
    ended(earned, write_text(sheet))
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
    ended(earned, write_json(&mut out(), document))
}

/// Prints a report in the form that was asked for. `earned` is how the run ends.
pub fn report(
    form: Form,
    earned: Exit,
    document: &impl serde::Serialize,
    text: impl FnOnce(&mut Sheet),
) -> Result<Exit, Failure> {
    ended(earned, write_report(form, document, text))
}

/// Prints the report of a command whose output is in place. `done` says what is in place, for the error that takes the
/// place of a report which cannot be printed. A closed pipe is a failure here too, because the report says how to go on.
pub fn report_done(
    form: Form,
    done: &str,
    document: &impl serde::Serialize,
    text: impl FnOnce(&mut Sheet),
) -> Result<Exit, Failure> {
    let lost = |error| Failure::unconfirmed(format!("{done}; only the report of it is lost: standard output: {error}"));
    write_report(form, document, text).map(|()| Exit::Done).map_err(lost)
}

fn write_report(form: Form, document: &impl serde::Serialize, text: impl FnOnce(&mut Sheet)) -> io::Result<()> {
    match form {
        Form::Json => write_json(&mut out(), document),
        Form::Text => {
            let mut sheet = sheet();
            text(&mut sheet);
            write_text(sheet)
        }
    }
}

fn write_text(sheet: Sheet) -> io::Result<()> {
    anstream::stdout().lock().write_all(sheet.finish().as_bytes())
}

fn write_json(out: &mut impl Write, document: &impl serde::Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, document)?;
    out.write_all(b"\n")?;
    out.flush()
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
