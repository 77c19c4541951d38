//! Completion scripts, made from the same tables as everything else.

use clap_complete::Shell;

use super::flags::Flag;
use super::program::{Action, Arity, Command, Program};
use super::read_commands::{FAILED, Stop};

/// The shells there are scripts for.
pub static SHELLS: [&str; 4] = ["bash", "zsh", "fish", "powershell"];

/// The script for that shell.
pub fn script(program: &Program, shell: &str) -> Result<String, Stop> {
    let problem = |text: String| Stop::new(FAILED, text);
    let shell: Shell = shell.parse().map_err(problem)?;
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command(&program.root), program.root.name, &mut script);
    String::from_utf8(script).map_err(|error| problem(error.to_string()))
}

fn command(source: &Command) -> clap::Command {
    let listed = source.commands.iter().filter(|command| command.is_listed());
    let known_below = source.action == Action::Group;
    let command = clap::Command::new(source.name)
        .about(source.about)
        .disable_help_subcommand(true)
        .subcommands(listed.map(command))
        .args(source.flags.iter().map(|flag| argument(flag).global(known_below)));
    match (source.action, source.arity) {
        (Action::SnapshotStatus | Action::SnapshotRestore | Action::HashKv, _) => {
            command.arg(clap::Arg::new("filename").value_hint(clap::ValueHint::FilePath))
        }
        (_, Arity::OneOf(names)) => command.arg(clap::Arg::new("name").value_parser(names.to_vec())),
        _ => command,
    }
}

fn argument(flag: &Flag) -> clap::Arg {
    let argument = clap::Arg::new(flag.name).long(flag.name).help(flag.about);
    let argument = match flag.letter {
        Some(letter) => argument.short(letter),
        None => argument,
    };
    match flag.name {
        "write-out" => argument.value_parser(["simple", "table", "json", "fields", "protobuf"]),
        "cacert" | "cert" | "key" => argument.value_hint(clap::ValueHint::FilePath),
        "data-dir" | "wal-dir" => argument.value_hint(clap::ValueHint::DirPath),
        _ if flag.is_switch() => argument.action(clap::ArgAction::SetTrue),
        _ => argument,
    }
}
