//! Help texts and usage, in the three manners of the tools.

mod sections;
mod short;

use super::program::{Found, Manner, Program};

/// What a page contains.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Is `--help` listed? Not where upstream has not defined it yet.
    pub help_flag: bool,
}

/// What `--help` prints.
pub fn help(program: &Program, found: &Found<'_>) -> String {
    let usage = usage(program, found, Page { help_flag: true });
    match program.manner {
        Manner::Short | Manner::Sections => usage,
        Manner::Described => {
            let command = found.command();
            let text = if command.details.is_empty() { command.about } else { command.details };
            let name = program.root.name;
            format!("{text}\n\n{usage}\"{name} options\" lists the flags that every command takes.\n")
        }
    }
}

/// What follows a wrong command line.
pub fn usage(program: &Program, found: &Found<'_>, page: Page) -> String {
    match program.manner {
        Manner::Short | Manner::Described => short::page(program, found, page),
        Manner::Sections => sections::page(program, found),
    }
}

/// What `options` prints.
pub fn options(program: &Program) -> String {
    let flags: Vec<_> = program.root.flags.iter().collect();
    format!("Every command takes these flags:\n\n{}", short::flags(&flags))
}

/// The usage line: the command's name and operands, and that flags are possible.
fn line(found: &Found<'_>) -> String {
    let (name, operands) = (found.name(), found.command().operands);
    let line = if operands.is_empty() { name } else { format!("{name} {operands}") };
    if matches!(found.command().arity, super::program::Arity::OneOf(_)) { line } else { line + " [flags]" }
}
