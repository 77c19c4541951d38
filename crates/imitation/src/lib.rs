//! `etcdutl` and `etcdctl` as a library: what these tools accept, print and return, answered by our own readers.
//!
//! [`select`] recognises a [`Call`] of one of them by the name that the binary is called by, or by its first argument; the release
//! line that is imitated comes from the same name (`etcdutl-3.5`) or the environment ([`VARIABLE`]). [`Call::run`] then does what the
//! originals do, in their order: it finds the command, reads the flags, checks the operands, and does the work. Commands that only read
//! get all facts about a file through one trait, so that they are tested without files. What the process has besides files
//! (signals, names of hosts, the commands of etcdsnap itself) comes from a [`Host`].
//!
//! ```text
//! arguments ─▶ program (etcdutl.rs, etcdctl.rs: which commands, which flags)
//!                 └─▶ flags ─┬▶ read_commands ─▶ FileFacts (files.rs) ─▶ output_format (simple, fields, json, table)
//!                            └▶ restore, defrag, migrate ─▶ log (the lines that scripts wait for)
//! ```
//!
//! Exact are error texts, results, exit codes and which stream they go to. Descriptions in help texts are our own.
//!
//! # Where we differ from upstream on purpose
//!
//! `docs/etcdutl.md` tells users the same.
//!
//! * Nothing panics and no input is written. Where the originals panic on a file that is no database, ours says what it
//!   is. `hashkv` of the originals opens its file for writing, resumes compactions, turns an empty file into a
//!   database, and dies on files it cannot open; ours fails with the line that `snapshot status` has for them.
//! * The structural check finds more, and so `snapshot status` and `hashkv` refuse damaged files that the originals
//!   pass, hang on or die of. Its lines have upstream's words where there are such, without the stacks of pages.
//! * `etcdctl snapshot status` and `restore` exist in every release line, with the notice of 3.5 on standard error from 3.5
//!   on. Upstream removed them in 3.6, where the same line prints a help text and succeeds: a trap for scripts.
//! * A restore that fails leaves nothing behind, and one of a damaged backup fails: the originals write what there is and
//!   a server finds out. `defrag` and `migrate` refuse a damaged database, too, where the originals panic or copy the damage.
//! * The first segment of a restored log has 64 000 000 bytes as theirs, but as a hole; a migrated database is longer
//!   by the pages that changed, and not lengthened to the next 512 KiB.
//! * `--bump-revision` beyond the largest revision is refused; the originals count on to negative ones.
//! * Without `--data-dir`, a name with a slash in it is refused: the originals write to whatever folder it leads to.
//! * The `.snap` file of a restored member has the rights 0600 instead of 0644. For 3.4 the database is changed as 3.5 does it;
//!   what 3.4 leaves behind makes later servers panic. For 3.8 no `.snap` is written, as on its main branch.
//! * Flags that came with a later patch release (`--bump-revision`, `--mark-compacted`, `--initial-memory-map-size`) are known
//!   in the whole line.
//! * `etcdctl defrag --data-dir` of 3.5 is done when the files are; the original goes on to call a server.
//! * Of the log lines only those of the commands themselves are printed, at the end of the work but for the first; none about
//!   the opening of files, whose text has addresses of memory in it, or about resolved names.
//! * Values never appear in error texts; a record that cannot be decoded is named by its key.
//! * `etcdutl` did not exist before 3.5; with `ETCDSNAP_COMPAT=3.4` it has the commands of 3.5.
//! * `ETCDCTL_API` is ignored (3.4 and 3.5 turn into another tool for 2, later ones ignore it). The other `ETCDCTL_*`
//!   variables are read by commands that talk to a server only, so that none of ours reads them: as upstream.
//! * `migrate` says what it waits for while an etcd has the database open; the originals wait in silence.
//! * `bbolt` of 3.8 has `check` as upstream, and `buckets`, `info`, `page` and `pages` with the results of `etcdsnap
//!   db`.
//! * `__complete` offers our commands and flags, with our descriptions.
//! * Commands of the originals that we do not have fail with a sentence that says so, and are not listed by `help`.
//! * The value of `--endpoints` is not checked for unbalanced quotes.

mod candidates;
mod compat;
mod completion;
mod database;
mod defrag;
mod etcdctl;
mod etcdutl;
mod file_facts;
mod files;
mod flag_value;
mod flags;
mod invocation;
mod log;
mod member;
mod migrate;
mod output_format;
mod program;
mod read_commands;
mod restore;
mod size;
mod suggestion;
mod target_version;
mod usage;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::path::Path;

use compat::Compat;
use etcdsnap_restore::Resolver;
use etcdsnap_snapshot::interrupt::Interrupt;
use file_facts::{Failure, FileFacts, HashKv, Status, UnreadableRecord};
use files::Files;

pub use size::size;

/// The environment variable that chooses the release line to imitate.
pub const VARIABLE: &str = Compat::VARIABLE;

/// What an imitated tool asks of the process that it runs in.
pub trait Host {
    /// Prepares for work on several threads; called once, before the first work.
    ///
    /// # Errors
    /// The sentence that says why there are no threads.
    fn prepare(&self) -> Result<(), String>;

    /// From now on a signal that asks to stop sets this interrupt instead of ending the process.
    ///
    /// # Errors
    /// The sentence that says why signals cannot be handled.
    fn interrupt(&self) -> Result<Interrupt, String>;

    /// Looks up names of hosts.
    fn resolver(&self) -> &dyn Resolver;

    /// Runs `etcdsnap db COMMAND` with these operands, whose results go straight to standard output; whether it succeeded.
    ///
    /// # Errors
    /// What the command says instead of a result.
    fn run_db(&self, command: &str, operands: &[OsString]) -> Result<bool, String>;
}

/// The command that explains another one.
const HELP: &str = "help";

/// The tool that is imitated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Personality {
    /// The tool for files of a member that is not running.
    Etcdutl,
    /// The client; its commands that need no server.
    Etcdctl,
}

impl Personality {
    /// The name of the tool.
    fn name(self) -> &'static str {
        match self {
            Self::Etcdutl => "etcdutl",
            Self::Etcdctl => "etcdctl",
        }
    }

    /// The tool that a name means, and the release after it where there is one: `etcdutl`, `etcdctl-3.5`.
    fn from_name(name: &str) -> Option<(Self, Option<&str>)> {
        [Self::Etcdutl, Self::Etcdctl].into_iter().find_map(|personality| {
            let release = name.strip_prefix(personality.name())?;
            if release.is_empty() {
                Some((personality, None))
            } else {
                Some((personality, Some(release.strip_prefix('-')?)))
            }
        })
    }
}

/// A command line of a personality: the tool that it calls, its release line and its arguments.
#[derive(Debug, PartialEq, Eq)]
pub struct Call<'a> {
    personality: Personality,
    /// The release in the name that was used.
    release: Option<&'a str>,
    args: Cow<'a, [OsString]>,
}

impl Call<'_> {
    /// Answers the call and returns the exit code; `setting` is the value of the environment's [`VARIABLE`].
    pub fn run(&self, setting: Option<&OsStr>, host: &dyn Host, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
        let compat = match self.compat(setting) {
            Ok(compat) => compat,
            Err(unknown) => {
                _ = writeln!(err, "Error: {unknown}");
                return read_commands::BAD_ARGUMENTS;
            }
        };
        if let Err(error) = host.prepare() {
            _ = writeln!(err, "Error: {error}");
            return read_commands::FAILED;
        }
        let code = run(self.personality, compat, &self.args, &Files, host, out, err)
            .and_then(|code| out.flush().map(|()| code));
        code.unwrap_or_else(|error| unwritten(&error, err))
    }

    /// The release line to imitate: the one in the name, which no cleaned environment takes away, else the one that is
    /// set.
    fn compat(&self, setting: Option<&OsStr>) -> Result<Compat, compat::UnknownCompat> {
        match self.release {
            Some(release) => Compat::from_name(self.personality.name(), release),
            None => Compat::from_setting(setting),
        }
    }
}

/// A reader that has seen enough and closed the pipe is no failure.
fn unwritten(error: &io::Error, err: &mut dyn Write) -> u8 {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return 0;
    }
    _ = writeln!(err, "Error: standard output: {error}");
    read_commands::FAILED
}

/// The personality a command line asks for; `None` for the native commands.
///
/// `etcdutl …`, `/usr/local/bin/etcdctl-3.5 …`, `etcdutl.exe …` and `etcdsnap etcdutl …` are recognised, and `etcdsnap help
/// etcdutl …`, which is `etcdutl help …`.
pub fn select(command_line: &[OsString]) -> Option<Call<'_>> {
    let (called, args) = command_line.split_first()?;
    let called = Path::new(called).file_name()?.to_str().unwrap_or_default();
    let called = called.strip_suffix(".exe").unwrap_or(called);
    if let Some((personality, release)) = Personality::from_name(called) {
        return Some(Call { personality, release, args: args.into() });
    }
    let (first, args) = args.split_first()?;
    if first == HELP {
        let (tool, words) = args.split_first()?;
        let (personality, release) = Personality::from_name(tool.to_str()?)?;
        let args = std::iter::once(first).chain(words).cloned().collect();
        return Some(Call { personality, release, args });
    }
    let (personality, release) = Personality::from_name(first.to_str()?)?;
    Some(Call { personality, release, args: args.into() })
}

/// Answers one command line as the tool of that release line would; `args` do not contain the program's name.
///
/// Returns the exit code.
///
/// # Errors
/// Only when a result cannot be written to `out`.
fn run(
    personality: Personality,
    compat: Compat,
    args: &[OsString],
    facts: &dyn FileFacts,
    host: &dyn Host,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    let program = match personality {
        Personality::Etcdutl => etcdutl::program(compat),
        Personality::Etcdctl => etcdctl::program(compat),
    };
    invocation::Invocation { program: &program, facts, host, out, err }.run(args)
}
