//! The process as `etcdutl` or `etcdctl`: gives the imitation what it needs of the process, and ends with its exit code.

use std::env;
use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use clap::Parser as _;
use etcdsnap_imitation::{Host, VARIABLE, select};
use etcdsnap_restore::{Interrupt, Resolver};

use crate::args::Cli;
use crate::commands;
use crate::exit::Exit;
use crate::interrupt;
use crate::names::Names;
use crate::output::screen::Screen;
use crate::threads;

/// This process.
struct Process;

impl Host for Process {
    fn prepare(&self) -> Result<(), String> {
        threads::start(None).map_err(|error| error.to_string())
    }

    fn interrupt(&self) -> Result<Interrupt, String> {
        interrupt::listen().map_err(|error| error.to_string())
    }

    fn resolver(&self) -> &dyn Resolver {
        &Names
    }

    fn run_db(&self, command: &str, operands: &[OsString]) -> Result<bool, String> {
        let words = ["etcdsnap", "db", command, "--"].map(OsString::from);
        let cli = Cli::try_parse_from(words.iter().chain(operands)).map_err(|error| error.kind().to_string())?;
        commands::run(cli).map(|exit| exit == Exit::Done).map_err(|failure| failure.to_string())
    }
}

/// Answers the command line of this process, its own name included; `None` when it asks for none of the imitated tools.
pub fn answer(command_line: &[OsString]) -> Option<ExitCode> {
    let call = select(command_line)?;
    let (mut out, mut err) = (Screen::new(io::stdout().lock()), Screen::new(io::stderr().lock()));
    Some(call.run(env::var_os(VARIABLE).as_deref(), &Process, &mut out, &mut err).into())
}
