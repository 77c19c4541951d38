//! `etcdutl bbolt`, as 3.8 has it on its main branch: the commands of bbolt's own tool, answered by `etcdsnap db`.

use std::ffi::OsString;

use super::Host;
use super::read_commands::{FAILED, Stop};

/// Runs the command of `etcdsnap db` with this name; its results go straight to standard output.
///
/// # Errors
/// What the command says instead of a result.
pub fn run(host: &dyn Host, command: &str, operands: &[OsString]) -> Result<u8, Stop> {
    if command == "page" && operands.len() == 1 {
        return Err(Stop::new(FAILED, "page id required"));
    }
    let succeeded = host.run_db(command, operands).map_err(|problem| Stop::new(FAILED, problem))?;
    Ok(if succeeded { 0 } else { FAILED })
}
