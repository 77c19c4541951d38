//! `man`: one page for the tool and all of its commands, from the definitions of the arguments.

use std::io::{self, Write};

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;

use crate::args::Cli;
use crate::exit::{Exit, Failure};
use crate::output::console;

pub fn run() -> Result<Exit, Failure> {
    let mut tool = Cli::command();
    tool.build();
    console::write(Exit::Done, |out| page(&tool, out))
}

fn page(tool: &Command, out: &mut dyn Write) -> io::Result<()> {
    let man = Man::new(tool.clone()).section("1").manual("etcdsnap");
    man.render_title(out)?;
    man.render_name_section(out)?;
    man.render_synopsis_section(out)?;
    man.render_description_section(out)?;
    man.render_options_section(out)?;
    for command in leaves(tool) {
        section(command, out)?;
    }
    man.render_extra_section(out)
}

/// Commands that do something, in the order of the help.
fn leaves(tool: &Command) -> Vec<&Command> {
    let inside = |command| Command::get_subcommands(command).filter(|inner| inner.get_name() != "help");
    let of = |command| if Command::has_subcommands(command) { inside(command).collect() } else { vec![command] };
    inside(tool).flat_map(of).collect()
}

/// A command as a section; what would be sections of its own page become subsections.
fn section(command: &Command, out: &mut dyn Write) -> io::Result<()> {
    let own_options = command.clone().mut_args(|argument| {
        let unwanted = argument.is_global_set() || argument.is_hide_set();
        argument.hide(unwanted)
    });
    let man = Man::new(own_options);
    let mut text = Vec::new();
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    man.render_extra_section(&mut text)?;
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    writeln!(out, ".SH \"{}\"", name.to_uppercase())?;
    for line in String::from_utf8_lossy(&text).lines() {
        match line.strip_prefix(".SH ") {
            Some(title) => writeln!(out, ".SS {title}")?,
            None => writeln!(out, "{line}")?,
        }
    }
    Ok(())
}
