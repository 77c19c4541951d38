//! `etcdutl bbolt`, as 3.8 has it on its main branch: the commands of bbolt's own tool, answered by `etcdsnap db`.

use std::ffi::OsString;

use clap::Parser as _;

use super::work::{FAILED, Stop};
use crate::args::Cli;
use crate::commands;
use crate::exit::Exit;

/// Runs the command of `etcdsnap db` with this name; its results go straight to standard output.
///
/// # Errors
/// What the command says instead of a result.
pub fn run(command: &str, operands: &[OsString]) -> Result<u8, Stop> {
    if command == "page" && operands.len() == 1 {
        return Err(Stop::new(FAILED, "page id required"));
    }
    let words = ["etcdsnap", "db", command, "--"].map(OsString::from);
    let cli = Cli::try_parse_from(words.iter().chain(operands))
        .map_err(|error| Stop::new(FAILED, error.kind().to_string()))?;
    match commands::run(cli) {
        Ok(Exit::Done) => Ok(0),
        Ok(_) => Ok(FAILED),
        Err(failure) => Err(Stop::new(FAILED, failure.to_string())),
    }
}
