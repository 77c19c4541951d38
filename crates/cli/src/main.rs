//! The etcdsnap binary: arguments become a command, a command becomes an exit code.
//!
//! SIGINT and SIGTERM keep their default action in commands that only read: the process may simply end, and a shell sees 130
//! or 143. Those that write take back what they began first, and end with 130 themselves. SIGHUP keeps its default action
//! everywhere (129), so that `nohup` goes on working: what a command was writing stays under its temporary name then.

mod args;
mod commands;
mod exit;
mod imitation;
mod interrupt;
mod names;
mod output;
mod policy;
mod progress;
mod text_file;
mod threads;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Cli, Color};
use exit::{Exit, Failure};
use output::console;

/// musl's own allocator serializes threads, which costs a quarter of the speed on two cores; glibc's does not.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Said when a mapped file lost pages while it was read, and the system ended the process.
const SIGBUS: &[u8] =
    b"etcdsnap: the file shrank, or its disk failed, while it was read; copy it first, or use --no-mmap\n";

fn main() -> ExitCode {
    etcdsnap_image::exit_on_sigbus(SIGBUS, Exit::Failed.code().into());
    let command_line: Vec<_> = std::env::args_os().collect();
    if let Some(code) = imitation::answer(&command_line) {
        return code;
    }
    let ended = match Cli::try_parse_from(command_line) {
        Ok(cli) => {
            set_colors(cli.global.color);
            commands::start_threads(&cli).and_then(|()| commands::run(cli))
        }
        Err(shown) => help_or_usage(&shown),
    };
    let exit = ended.unwrap_or_else(|failure| {
        failure.print();
        failure.exit
    });
    exit.into()
}

/// Prints what clap has to say: help and version on standard output, wrong usage on standard error.
fn help_or_usage(shown: &clap::Error) -> Result<Exit, Failure> {
    let written = shown.print();
    if shown.use_stderr() { Ok(Exit::Usage) } else { console::ended(Exit::Done, written) }
}

/// Colours hold for the whole process, standard error included.
fn set_colors(color: Color) {
    match color {
        Color::Auto => {}
        Color::Always => anstream::ColorChoice::Always.write_global(),
        Color::Never => anstream::ColorChoice::Never.write_global(),
    }
}
