//! The commands and flags of etcdutl (`docs/format/tools.md#commands`).

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
        commands: commands(compat),
        ..Command::default()
    };
    Program { personality: Personality::Etcdutl, compat, root, manner: Manner::Short }
}

fn global_flags(compat: Compat) -> Vec<Flag> {
    let mut flags = vec![Flag::write_out()];
    if compat >= Compat::V3_7 {
        let about = "how long to wait for the lock of a database; reading takes none";
        flags.insert(0, Flag::new("timeout", Kind::Duration, "10s", about));
    }
    flags
}

fn commands(compat: Compat) -> Vec<Command> {
    if compat < Compat::V3_6 {
        return early_commands();
    }
    let snapshot = snapshot_group(vec![snapshot_restore(), snapshot_status()]);
    let bbolt = (compat >= Compat::V3_8).then(bbolt);
    let before = [defrag(), snapshot, hash_kv(), version(), completion(), migrate()];
    before.into_iter().chain(bbolt).chain([help()]).collect()
}

fn early_commands() -> Vec<Command> {
    let save = Command { name: "save", action: Action::SaveElsewhere, ..Command::default() };
    let restore = Command { required: &["data-dir"], ..snapshot_restore() };
    let snapshot = vec![save, restore, snapshot_status()];
    vec![Command::absent("backup"), defrag(), snapshot_group(snapshot), version(), check(), help()]
}

/// `check` of 3.5, which has one command.
fn check() -> Command {
    let v2store = Command::replaced("v2store", "`etcdsnap datadir check DIR` reports what the v2 API wrote");
    Command {
        name: "check",
        operands: "<subcommand>",
        about: "Commands that check a property",
        commands: vec![v2store],
        ..Command::default()
    }
}

/// `bbolt` of 3.8: those commands that `etcdsnap db` has.
fn bbolt() -> Command {
    let command =
        |name, operands, about, arity, action| Command { name, operands, about, action, arity, ..Command::default() };
    let of_file = |name, about, action| command(name, "<bbolt-file>", about, Arity::One, action);
    let (page, pages) = ("<bbolt-file> [pageid...]", "Lists all pages: kind, elements, overflow");
    Command {
        name: "bbolt",
        about: "Commands that look at a database as bbolt does",
        commands: vec![
            Command::absent("version"),
            Command::absent("surgery"),
            Command::replaced("inspect", "use `etcdsnap db buckets`"),
            of_file("check", "Checks the structure of a database: every page, element and bucket", Action::BboltCheck),
            of_file("buckets", "Shows the tree of buckets with what is in each", Action::Bbolt("buckets")),
            of_file("info", "Shows both metas and the sizes", Action::Bbolt("info")),
            Command::replaced("compact", "use `etcdsnap defrag`"),
            Command::replaced("stats", "use `etcdsnap db buckets` and `etcdsnap usage`"),
            of_file("pages", pages, Action::Bbolt("pages")),
            Command::replaced("keys", "use `etcdsnap keys`, or `etcdsnap db page` for the keys of a page"),
            Command::replaced("dump", "use `etcdsnap db page`"),
            Command::replaced("page-item", "use `etcdsnap db page`"),
            command("page", page, "Decodes pages, element by element", Arity::AtLeastOne, Action::Bbolt("page")),
            Command::absent("bench"),
            Command::replaced("get", "use `etcdsnap get`, or `etcdsnap db page` for the elements of a page"),
        ],
        ..Command::default()
    }
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

/// `snapshot restore`
///
/// Flags that came with a later patch release of a line are there in the whole line.
pub fn snapshot_restore() -> Command {
    let text = |name, default, about| Flag::new(name, Kind::Text, default, about);
    Command {
        name: "restore",
        operands: "<filename> --data-dir {output dir} [options]",
        about: "Makes the data directory of a member of a new cluster from a snapshot file",
        action: Action::SnapshotRestore,
        flags: vec![
            Flag::new("bump-revision", Kind::Unsigned, "0", "by how much to raise the revision"),
            Flag::new("data-dir", Kind::Path, "", "the directory to make; NAME.etcd when it is not given"),
            text("initial-advertise-peer-urls", "http://localhost:2380", "where the other members reach this one"),
            text("initial-cluster", "default=http://localhost:2380", "names and peer URLs of all members"),
            text("initial-cluster-token", "etcd-cluster", "the token of the new cluster"),
            Flag::new("initial-memory-map-size", Kind::Unsigned, "10737418240", "accepted, and not needed"),
            Flag::new("mark-compacted", Kind::Switch, "false", "tell watchers of skipped revisions to list anew"),
            text("name", "default", "the name of this member"),
            Flag::new("skip-hash-check", Kind::Switch, "false", "take a file without a SHA-256, or with a wrong one"),
            Flag::new(
                "wal-dir",
                Kind::Path,
                "",
                "the directory for the log; member/wal in the data directory when it is not given",
            ),
        ],
        ..Command::default()
    }
}

/// `defrag`
pub fn defrag() -> Command {
    let about = "the data directory, which no etcd may have open";
    Command {
        name: "defrag",
        about: "Rewrites the database of a member that is not running without its free pages",
        action: Action::Defrag,
        flags: vec![Flag::new("data-dir", Kind::Path, "", about)],
        required: &["data-dir"],
        ..Command::default()
    }
}

fn migrate() -> Command {
    Command {
        name: "migrate",
        about: "Moves the database of a member that is not running to the storage version of another etcd",
        action: Action::Migrate,
        flags: vec![
            Flag::new("data-dir", Kind::Path, "", "the data directory, which no etcd may have open"),
            Flag::new("force", Kind::Switch, "false", "set the storage version even if no migration leads there"),
            Flag::new("target-version", Kind::Text, "", "the etcd it is for, such as 3.6; 3.5 at least"),
        ],
        required: &["data-dir", "target-version"],
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
