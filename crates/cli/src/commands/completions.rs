//! `completions`.

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::args::Cli;
use crate::exit::{Exit, Failure};
use crate::output::console;

pub fn run(shell: Shell) -> Result<Exit, Failure> {
    // The generator panics when its writer fails, so it is given one that cannot.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "etcdsnap", &mut script);
    console::write(Exit::Done, |out| out.write_all(&script))
}
