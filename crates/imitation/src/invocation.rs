//! One command line, from its words to the exit code.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::path::Path;

use etcdsnap_quote::go_quote;

use super::flags::Parsed;
use super::log::Log;
use super::program::{Action, Arity, Found, Manner, Program};
use super::read_commands::{self, BAD_ARGUMENTS, FAILED, Stop};
use super::usage::{self, Page};
use super::{Compat, FileFacts, Host, Personality, candidates, completion, database, defrag, migrate, restore};

/// A tool with everything it can reach.
pub struct Invocation<'a> {
    /// The tool.
    pub program: &'a Program,
    /// Where facts about files come from.
    pub facts: &'a dyn FileFacts,
    /// The process.
    pub host: &'a dyn Host,
    /// Standard output.
    pub out: &'a mut dyn Write,
    /// Standard error.
    pub err: &'a mut dyn Write,
}

impl Invocation<'_> {
    /// Does what `args` ask for and returns the exit code.
    ///
    /// # Errors
    /// Only when a result cannot be written.
    pub fn run(&mut self, args: &[OsString]) -> io::Result<u8> {
        let program = self.program;
        if let Some((first, words)) = args.split_first()
            && program.compat >= Compat::V3_6
            && let Some(described) = candidates::request(first)
        {
            return self.complete(words, described);
        }
        let found = match program.find(args) {
            Ok(found) => found,
            Err(problem) => return Ok(self.unknown_command(&problem)),
        };
        match found.command().action {
            Action::Absent(instead) => return Ok(self.stop(&absent(&found, instead))),
            Action::SaveElsewhere => {
                self.say("Command \"save\" is deprecated, Use `etcdctl snapshot save` to download snapshot\n");
            }
            _ => {}
        }
        let parsed = match read(&found) {
            Ok(parsed) => parsed,
            Err(problem) => return Ok(self.misused(&found, &problem)),
        };
        if parsed.switch("help") || !found.command().is_runnable() {
            return self.help(&found);
        }
        match operands(&found, &parsed).and_then(|()| required(&found, &parsed)) {
            Ok(()) => self.act(&found, &parsed),
            Err(problem) => Ok(self.misused(&found, &problem)),
        }
    }

    fn act(&mut self, found: &Found<'_>, parsed: &Parsed) -> io::Result<u8> {
        let compat = self.program.compat;
        let first = parsed.operands.first().map(OsString::as_os_str).unwrap_or_default();
        let result = match found.command().action {
            Action::Help => return self.help_about(&parsed.operands),
            Action::Version => Ok(version(self.program)),
            Action::Options => Ok(usage::options(self.program)),
            Action::Completion => completion::script(self.program, &first.to_string_lossy()),
            Action::SnapshotStatus => {
                self.deprecation("status");
                read_commands::snapshot_status(compat, parsed, self.facts)
            }
            Action::SnapshotRestore => {
                self.deprecation("restore");
                restore::restore(self.program, self.host, parsed, &mut Log::new(compat, self.err))
                    .map(|()| String::new())
            }
            Action::Defrag if parsed.path("data-dir").is_none() && self.is_client() => {
                Err(Stop::new(FAILED, "a running server is not defragmented by etcdsnap; stop it and give --data-dir"))
            }
            Action::Defrag => {
                if self.is_client() && compat >= Compat::V3_5 {
                    self.say("Use `etcdutl defrag` instead. The --data-dir is going to be decomissioned in v3.6.\n\n");
                }
                defrag::defrag(self.program, self.host, parsed, &mut Log::new(compat, self.err)).map(|()| String::new())
            }
            Action::Migrate => {
                migrate::migrate(compat, self.host, parsed, &mut Log::new(compat, self.err)).map(|()| String::new())
            }
            Action::HashKv => read_commands::hash_kv(compat, parsed, first, self.facts),
            Action::BboltCheck => return self.check(found, first),
            Action::Bbolt(command) => {
                let run = database::run(self.host, command, &parsed.operands);
                return Ok(run.unwrap_or_else(|stop| self.misused(found, &String::from_utf8_lossy(&stop.text))));
            }
            Action::SaveElsewhere => {
                Err(Stop::new(BAD_ARGUMENTS, "In order to download snapshot use: `etcdctl snapshot save ...`"))
            }
            Action::Absent(_) | Action::Group => Err(absent(found, "")),
        };
        match result {
            Ok(text) => self.out.write_all(text.as_bytes()).map(|()| 0),
            Err(stop) => Ok(self.stop(&stop)),
        }
    }

    /// `__complete`.
    fn complete(&mut self, words: &[OsString], described: bool) -> io::Result<u8> {
        let Some((word, before)) = words.split_last() else {
            return Ok(self.stop(&Stop::new(FAILED, too_few(0))));
        };
        let candidates = candidates::candidates(self.program, before, word);
        self.say(&candidates.note());
        self.out.write_all(candidates.answer(described).as_bytes()).map(|()| 0)
    }

    /// `bbolt check`.
    fn check(&mut self, found: &Found<'_>, file: &OsStr) -> io::Result<u8> {
        let (text, stop) = read_commands::bbolt_check(Path::new(file), self.program.compat, self.facts);
        self.out.write_all(text.as_bytes())?;
        Ok(stop.map_or(0, |stop| self.misused(found, &String::from_utf8_lossy(&stop.text))))
    }

    fn is_client(&self) -> bool {
        self.program.personality == Personality::Etcdctl
    }

    fn deprecation(&mut self, command: &str) {
        if self.is_client() && self.program.compat >= Compat::V3_5 {
            self.say(&format!("Deprecated: Use `etcdutl snapshot {command}` instead.\n\n"));
        }
    }

    fn help(&mut self, found: &Found<'_>) -> io::Result<u8> {
        let text = usage::help(self.program, found);
        self.out.write_all(text.as_bytes()).map(|()| 0)
    }

    /// `help COMMAND`; a topic that does not exist is no failure upstream.
    fn help_about(&mut self, topic: &[OsString]) -> io::Result<u8> {
        let program = self.program;
        let Ok(found) = program.find(topic) else {
            let words: Vec<String> = topic.iter().map(|word| back_quoted(&word.to_string_lossy())).collect();
            self.say(&format!("Unknown help topic [{}]\n", words.join(" ")));
            let root = Found { path: vec![&program.root], args: Vec::new() };
            self.usage(&root, Page { help_flag: false });
            return Ok(0);
        };
        match found.command().action {
            Action::Absent(instead) => Ok(self.stop(&absent(&found, instead))),
            _ => self.help(&found),
        }
    }

    /// Usage after something went wrong; a reader that went away does without it.
    fn usage(&mut self, found: &Found<'_>, page: Page) {
        let text = usage::usage(self.program, found, page);
        match self.program.manner {
            Manner::Sections => _ = self.out.write_all(text.as_bytes()),
            Manner::Short | Manner::Described => self.say(&text),
        }
    }

    fn misused(&mut self, found: &Found<'_>, problem: &str) -> u8 {
        self.say(&format!("Error: {problem}\n"));
        self.usage(found, Page { help_flag: true });
        self.say("\n");
        self.said_twice(problem)
    }

    fn unknown_command(&mut self, problem: &str) -> u8 {
        self.say(&format!("Error: {problem}\nRun '{} --help' for usage.\n", self.program.root.name));
        self.said_twice(problem)
    }

    /// The command line library says what is wrong, and most tools say it again when they end.
    fn said_twice(&mut self, problem: &str) -> u8 {
        let Program { personality, compat, .. } = self.program;
        if *personality == Personality::Etcdutl || *compat < Compat::V3_6 {
            self.say(&format!("Error: {problem}\n"));
        }
        FAILED
    }

    fn stop(&mut self, stop: &Stop) -> u8 {
        _ = self.err.write_all(&[b"Error: ", stop.text.as_slice(), b"\n"].concat());
        stop.code
    }

    /// Writes to standard error. That nobody listens there changes neither the outcome nor the exit code.
    fn say(&mut self, text: &str) {
        _ = self.err.write_all(text.as_bytes());
    }
}

fn read(found: &Found<'_>) -> Result<Parsed, String> {
    let flags = [found.own_flags(), found.inherited_flags()].concat();
    Parsed::read(&found.args, &flags)
}

fn operands(found: &Found<'_>, parsed: &Parsed) -> Result<(), String> {
    let (arity, count) = (found.command().arity, parsed.operands.len());
    match (arity, parsed.operands.as_slice()) {
        (Arity::Any, _) | (Arity::One, [_]) | (Arity::AtLeastOne, [_, ..]) => Ok(()),
        (Arity::AtLeastOne, []) => Err(too_few(count)),
        (Arity::OneOf(known), [operand]) if known.iter().any(|name| operand == name) => Ok(()),
        (Arity::OneOf(_), [operand]) => {
            let operand = go_quote(operand.as_encoded_bytes());
            Err(format!("invalid argument {operand} for \"{}\"", found.name()))
        }
        _ => Err(format!("accepts 1 arg(s), received {count}")),
    }
}

fn required(found: &Found<'_>, parsed: &Parsed) -> Result<(), String> {
    let missing: Vec<_> = found
        .command()
        .required
        .iter()
        .filter(|name| !parsed.has(name))
        .map(|name| go_quote(name.as_bytes()))
        .collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("required flag(s) {} not set", missing.join(", "))) }
}

fn version(program: &Program) -> String {
    let (name, compat) = (program.personality.name(), program.compat);
    format!("{name} version: {}\nAPI version: {}\n", compat.release(), compat.api_version())
}

fn too_few(count: usize) -> String {
    format!("requires at least 1 arg(s), only received {count}")
}

/// Says that a command of the originals is not there, and what to use instead.
fn absent(found: &Found<'_>, instead: &str) -> Stop {
    let separator = if instead.is_empty() { "" } else { "; " };
    Stop::new(FAILED, format!("`{}` is not part of this release of etcdsnap{separator}{instead}", found.name()))
}

/// Go's `%#q`: between back quotes where that is possible.
fn back_quoted(word: &str) -> String {
    if word.contains(|letter: char| letter == '`' || (letter.is_control() && letter != '\t')) {
        go_quote(word.as_bytes())
    } else {
        format!("`{word}`")
    }
}
