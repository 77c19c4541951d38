//! The commands and flags of etcdctl, as far as they need no server (`docs/format/tools.md#commands`).
//!
//! Flags about connections are accepted everywhere and used nowhere: scripts pass them to `snapshot status` too.

use super::etcdutl::{completion, defrag, help, snapshot_group, snapshot_restore, snapshot_status, version};
use super::flags::{Flag, Kind};
use super::program::{Action, Command, Manner, Program};
use super::{Compat, Personality};

/// etcdctl of that release line.
pub fn program(compat: Compat) -> Program {
    let root = Command {
        name: Personality::Etcdctl.name(),
        about: "The commands of etcdctl that work without a server.",
        flags: global_flags(compat),
        commands: commands(compat),
        ..Command::default()
    };
    let manner = if compat >= Compat::V3_7 { Manner::Described } else { Manner::Sections };
    Program { personality: Personality::Etcdctl, compat, root, manner }
}

fn commands(compat: Compat) -> Vec<Command> {
    let since = |line: Compat, command: Command| (compat >= line).then_some(command);
    let migrate = (compat == Compat::V3_4).then(|| Command::absent("migrate"));
    let snapshot = vec![Command::absent("save"), restore(compat), status(compat)];
    let beginning = ["get", "put", "del", "txn", "compaction", "alarm"];
    let middle = ["endpoint", "move-leader", "watch"];
    let end = ["lock", "elect", "auth", "user", "role", "check"];
    let mut commands = Vec::from(beginning.map(Command::absent));
    commands.push(if compat < Compat::V3_6 { offline_defrag() } else { Command::absent("defrag") });
    commands.extend(middle.map(Command::absent));
    commands.push(version());
    commands.extend(["lease", "member"].map(Command::absent));
    commands.push(snapshot_group(snapshot));
    commands.push(Command::absent("make-mirror"));
    commands.extend(migrate);
    commands.extend(end.map(Command::absent));
    commands.extend(since(Compat::V3_6, completion()));
    commands.extend(since(Compat::V3_6, Command::absent("downgrade")));
    commands.extend(since(Compat::V3_7, options()));
    commands.push(help());
    commands
}

fn status(compat: Compat) -> Command {
    let about = "[deprecated] Says what `etcdutl snapshot status` says";
    if compat >= Compat::V3_5 { Command { about, ..snapshot_status() } } else { snapshot_status() }
}

fn restore(compat: Compat) -> Command {
    let about = "[deprecated] Does what `etcdutl snapshot restore` does";
    let mut command = snapshot_restore();
    for flag in command.flags.iter_mut().filter(|flag| flag.name == "initial-memory-map-size") {
        flag.default = "0";
    }
    if compat >= Compat::V3_5 { Command { about, ..command } } else { command }
}

/// Until 3.5 `defrag` works on files too.
fn offline_defrag() -> Command {
    Command { required: &[], ..defrag() }
}

fn options() -> Command {
    Command {
        name: "options",
        about: "Lists the flags that every command takes",
        action: Action::Options,
        ..Command::default()
    }
}

/// In the order of their names, as help lists them.
fn global_flags(compat: Compat) -> Vec<Flag> {
    let text = |name, about| Flag::new(name, Kind::Text, "", about);
    let switch = |name, default, about| Flag::new(name, Kind::Switch, default, about);
    let duration = |name, default, about| Flag::new(name, Kind::Duration, default, about);
    let since = |line: Compat, flag: Flag| (compat >= line).then_some(flag);
    let flags = [
        since(Compat::V3_7, text("auth-jwt-token", "for servers: token to authenticate with")),
        Some(text("cacert", "for servers: file with the authorities that sign their certificates")),
        Some(text("cert", "for servers: file with our certificate")),
        Some(duration("command-timeout", "5s", "for servers: how long a command may take")),
        Some(switch("debug", "false", "for servers: log what the client does")),
        Some(duration("dial-timeout", "2s", "for servers: how long connecting may take")),
        Some(Flag { letter: Some('d'), ..text("discovery-srv", "for servers: domain whose SRV records name them") }),
        Some(text("discovery-srv-name", "for servers: service name in those records")),
        Some(Flag::new("endpoints", Kind::List, "[127.0.0.1:2379]", "for servers: their addresses")),
        Some(switch("hex", "false", "for keys and values: print bytes as hexadecimal escapes")),
        Some(switch("insecure-discovery", "true", "for servers: accept SRV records without TLS")),
        Some(switch("insecure-skip-tls-verify", "false", "for servers: do not verify their certificates")),
        Some(switch("insecure-transport", "true", "for servers: connect without TLS")),
        Some(duration("keepalive-time", "2s", "for servers: pause between keep-alive probes")),
        Some(duration("keepalive-timeout", "6s", "for servers: how long to wait for an answer to a probe")),
        Some(text("key", "for servers: file with the key of our certificate")),
        since(Compat::V3_6, Flag::new("max-recv-bytes", Kind::Number, "0", "for servers: largest answer in bytes")),
        since(Compat::V3_6, Flag::new("max-request-bytes", Kind::Number, "0", "for servers: largest request in bytes")),
        Some(text("password", "for servers: password to log in with")),
        Some(text("user", "for servers: user to log in as, with :password behind if wanted")),
        Some(Flag::write_out()),
    ];
    flags.into_iter().flatten().collect()
}
