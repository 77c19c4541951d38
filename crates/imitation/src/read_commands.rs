//! What the commands do that look at a file: `snapshot status` and `hashkv`.

use std::ffi::OsStr;
use std::fs::Metadata;
use std::io;
use std::path::Path;

use etcdsnap_quote::go_quote;

use super::flags::Parsed;
use super::output_format::{Answer, Form};
use super::{Compat, Failure, FileFacts};

/// Exit code: it could not be done.
pub const FAILED: u8 = 1;
/// Exit code: a value that a flag takes, but not here.
pub const BAD_FEATURE: u8 = 4;
/// Exit code: wrong operands, where the command itself looks at them.
pub const BAD_ARGUMENTS: u8 = 128;

/// How a command stopped: its exit code, and what stands behind `Error: `.
#[derive(Debug)]
pub struct Stop {
    /// The exit code.
    pub code: u8,
    /// The text; bytes, because it may name a path.
    pub text: Vec<u8>,
}

impl Stop {
    /// A stop with a text of our own or of upstream's.
    pub fn new(code: u8, text: impl Into<Vec<u8>>) -> Self {
        Self { code, text: text.into() }
    }
}

/// One run of such a command.
#[derive(Debug)]
struct Look<'a> {
    path: &'a Path,
    compat: Compat,
}

/// `snapshot status`: the text for standard output.
pub fn snapshot_status(compat: Compat, parsed: &Parsed, facts: &dyn FileFacts) -> Result<String, Stop> {
    let [file] = parsed.operands.as_slice() else {
        return Err(Stop::new(BAD_ARGUMENTS, "snapshot status requires exactly one argument"));
    };
    let look = Look { path: Path::new(file), compat };
    if compat >= Compat::V3_5 {
        look.exists()?; // 3.4 notices an unknown form first
    }
    let form = form(parsed)?;
    look.is_readable()?;
    let status = facts.status(look.path).map_err(|failure| look.stop(&failure))?;
    let keys = match &status.live_keys {
        _ if compat < Compat::V3_6 => status.total_pairs,
        Ok(keys) => *keys,
        Err(record) => return Err(look.stop(&Failure::Unreadable(record.clone()))),
    };
    look.write_out(&Answer::status(&status, keys, compat), form)
}

/// `hashkv`: the text for standard output.
pub fn hash_kv(compat: Compat, parsed: &Parsed, file: &OsStr, facts: &dyn FileFacts) -> Result<String, Stop> {
    let look = Look { path: Path::new(file), compat };
    let form = form(parsed)?;
    look.is_readable()?;
    let revision = parsed.number("rev").unwrap_or_default();
    let answer = facts.hash_kv(look.path, revision).map_err(|failure| look.stop(&failure))?;
    look.write_out(&Answer::hash_kv(answer), form)
}

/// `bbolt check`: the text for standard output, and how it stopped where the database is not sound.
pub fn bbolt_check(path: &Path, compat: Compat, facts: &dyn FileFacts) -> (String, Option<Stop>) {
    let look = Look { path, compat };
    let name = go_quote(path.as_os_str().as_encoded_bytes());
    let failed = |text: String| (String::new(), Some(Stop::new(FAILED, text)));
    match path.metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return failed(format!("source database file {name} doesn't exist"));
        }
        Err(error) => return failed(format!("failed to open source database file {name}: {error}")),
        Ok(_) => {}
    }
    if let Err(stop) = look.is_readable() {
        return (String::new(), Some(stop));
    }
    match facts.check(path) {
        Ok(()) => ("OK\n".to_owned(), None),
        Err(Failure::Integrity(lines)) => {
            let text = format!("{}\n{} errors found\n", lines.join("\n"), lines.len());
            (text, Some(Stop::new(FAILED, "invalid value")))
        }
        Err(failure) => (String::new(), Some(look.stop(&failure))),
    }
}

fn form(parsed: &Parsed) -> Result<Form, Stop> {
    let name = parsed.text("write-out").unwrap_or("simple");
    Form::named(name).ok_or_else(|| Stop::new(BAD_FEATURE, "unsupported output format"))
}

impl Look<'_> {
    fn exists(&self) -> Result<Metadata, Stop> {
        self.path.metadata().map_err(|error| self.stop(&Failure::Io { operation: "stat", error }))
    }

    /// Stops where the originals do before they look for pages.
    fn is_readable(&self) -> Result<(), Stop> {
        let metadata = self.exists()?;
        let io = |operation, error| Err(self.stop(&Failure::Io { operation, error }));
        if metadata.is_dir() && self.compat >= Compat::V3_6 {
            return Err(self.stop(&Failure::InvalidDatabase));
        }
        if metadata.is_dir() {
            return io("open", io::Error::from(io::ErrorKind::IsADirectory));
        }
        if metadata.is_file() && metadata.len() == 0 {
            // upstream tries to make a database of an empty file, and has opened it for reading
            return io("write", io::Error::other("bad file descriptor"));
        }
        Ok(())
    }

    fn stop(&self, failure: &Failure) -> Stop {
        Stop::new(FAILED, failure.text(self.path, self.compat))
    }

    fn write_out(&self, answer: &Answer, form: Form) -> Result<String, Stop> {
        let unsupported = || Stop::new(BAD_FEATURE, "protobuf not supported as output format");
        answer.text(form, self.compat).ok_or_else(unsupported)
    }
}
