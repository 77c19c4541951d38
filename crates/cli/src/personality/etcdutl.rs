//! The commands and flags of etcdutl (`etcd-format.md` 8.1).

use super::completion::SHELLS;
use super::flags::{Flag, Kind};
use super::program::{Action, Arity, Command, Manner, Program};
use super::{Compat, Personality};

/// etcdutl of that release line.
pub fn program(compat: Compat) -> Program {
    let root = Command {
        name: Personality::Etcdutl.name(),
        about: "Works on the files of an etcd member that is not running.",
        flags: global_flags(compat),
        commands: if compat < Compat::V3_6 { early_commands() } else { commands() },
        ..Command::default()
    };
    Program { personality: Personality::Etcdutl, compat, root, manner: Manner::Terse }
}

fn global_flags(compat: Compat) -> Vec<Flag> {
    let mut flags = vec![Flag::write_out()];
    if compat >= Compat::V3_7 {
        let about = "how long to wait for the lock of a database; reading takes none";
        flags.insert(0, Flag::new("timeout", Kind::Duration, "10s", about));
    }
    flags
}

fn commands() -> Vec<Command> {
    let snapshot = vec![Command::absent("restore"), snapshot_status()];
    vec![
        Command::absent("defrag"),
        snapshot_group(snapshot),
        hash_kv(),
        version(),
        completion(),
        Command::absent("migrate"),
        help(),
    ]
}

fn early_commands() -> Vec<Command> {
    let save = Command { name: "save", action: Action::SaveElsewhere, ..Command::default() };
    let snapshot = vec![save, Command::absent("restore"), snapshot_status()];
    vec![Command::absent("backup"), Command::absent("defrag"), snapshot_group(snapshot), version(), help()]
}

/// `snapshot`
pub fn snapshot_group(commands: Vec<Command>) -> Command {
    let (operands, about) = ("<subcommand>", "Commands for snapshot files");
    Command { name: "snapshot", operands, about, commands, ..Command::default() }
}

/// `snapshot status`
pub fn snapshot_status() -> Command {
    Command {
        name: "status",
        operands: "<filename>",
        about: "Checks the pages of a snapshot file and prints its hash, revision, key count and size",
        details: "The simple form is one line: hash, revision, number of keys, size, and since 3.6 the storage version.",
        action: Action::SnapshotStatus,
        ..Command::default()
    }
}

fn hash_kv() -> Command {
    Command {
        name: "hashkv",
        operands: "<filename>",
        about: "Prints the hash of the key history that a server started from the file would report",
        flags: vec![Flag::new("rev", Kind::Number, "0", "the revision to hash at, 0 for the newest")],
        action: Action::HashKv,
        arity: Arity::One,
        ..Command::default()
    }
}

/// `version`
pub fn version() -> Command {
    let about = "Prints the release and the API version whose answers these are";
    Command { name: "version", about, action: Action::Version, ..Command::default() }
}

/// `completion`
pub fn completion() -> Command {
    Command {
        name: "completion",
        operands: "[bash|zsh|fish|powershell]",
        about: "Prints a script that completes commands and flags in a shell",
        action: Action::Completion,
        arity: Arity::OneOf(&SHELLS),
        ..Command::default()
    }
}

/// `help`
pub fn help() -> Command {
    let about = "Explains a command";
    Command { name: "help", operands: "[command]", about, action: Action::Help, ..Command::default() }
}
