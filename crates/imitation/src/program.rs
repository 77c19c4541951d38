//! A tool as data: its tree of commands and its flags; and how the words of a command line find a command in it.
//!
//! The rules are those of the originals' command line library: the first word that is neither a flag nor the value of
//! one names a command, an unambiguous beginning of a name is enough, and words nobody knows are operands everywhere
//! but at the top.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};

use etcdsnap_quote::go_quote;

use super::flags::{Flag, HELP};
use super::{Compat, Personality, suggestion};

/// One tool of one release line.
#[derive(Debug)]
pub struct Program {
    /// Which tool.
    pub personality: Personality,
    /// Of which release line.
    pub compat: Compat,
    /// The command without a name; its flags are known to all others.
    pub root: Command,
    /// How help and errors look.
    pub manner: Manner,
}

/// How help texts are laid out, and where usage goes after an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// etcdutl: usage, on standard error after a wrong command line.
    Short,
    /// etcdctl since 3.7: the same with a description before it and without the global flags.
    Described,
    /// etcdctl before 3.7: sections with capital titles, always on standard output.
    Sections,
}

/// One command, with those below it.
#[derive(Debug, Default)]
pub struct Command {
    /// Its name.
    pub name: &'static str,
    /// What follows the name in the usage line.
    pub operands: &'static str,
    /// One line for lists.
    pub about: &'static str,
    /// More lines for its own help.
    pub details: &'static str,
    /// Its own flags, without `--help`.
    pub flags: Vec<Flag>,
    /// What it does.
    pub action: Action,
    /// Flags of its own that must be given, by name.
    pub required: &'static [&'static str],
    /// How many operands it takes.
    pub arity: Arity,
    /// The commands below it, in upstream's order of registration: suggestions come in that order.
    pub commands: Vec<Command>,
}

/// What a command does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Action {
    /// It only has commands below it.
    #[default]
    Group,
    /// A command that only the real tools have; what to use instead, empty where there is nothing.
    Absent(&'static str),
    /// `help`
    Help,
    /// `version`
    Version,
    /// `options`: the global flags.
    Options,
    /// `completion`
    Completion,
    /// `snapshot status`
    SnapshotStatus,
    /// `snapshot restore`
    SnapshotRestore,
    /// `hashkv`
    HashKv,
    /// `defrag` of the files of a member
    Defrag,
    /// `migrate`
    Migrate,
    /// `bbolt check`
    BboltCheck,
    /// Another command of `bbolt`: the one of that name below `etcdsnap db`.
    Bbolt(&'static str),
    /// `etcdutl snapshot save` of 3.5, which only ever pointed to etcdctl.
    SaveElsewhere,
}

/// Which operands are checked before a command runs; commands may check more themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Arity {
    /// Any.
    #[default]
    Any,
    /// Exactly one.
    One,
    /// One or more.
    AtLeastOne,
    /// Exactly one of these.
    OneOf(&'static [&'static str]),
}

impl Command {
    /// A command that upstream has and we do not.
    pub fn absent(name: &'static str) -> Self {
        Self::replaced(name, "")
    }

    /// The same, with the commands of etcdsnap that serve its purpose.
    pub fn replaced(name: &'static str, instead: &'static str) -> Self {
        Self { name, action: Action::Absent(instead), ..Self::default() }
    }

    /// Is it shown in lists of commands?
    pub fn is_listed(&self) -> bool {
        match self.action {
            Action::Absent(_) | Action::SaveElsewhere => false,
            Action::Group => self.commands.iter().any(Self::is_listed),
            _ => true,
        }
    }

    /// Does it do anything itself?
    pub fn is_runnable(&self) -> bool {
        self.action != Action::Group
    }

    /// Would upstream suggest it for a misspelt name?
    fn is_suggested(&self) -> bool {
        !matches!(self.action, Action::Help | Action::SaveElsewhere)
    }

    /// The command below this one that `word` names: exactly, or as the only one that begins so.
    fn child(&self, word: &str) -> Option<&Command> {
        let exact = self.commands.iter().find(|command| command.name == word);
        exact.or_else(|| {
            let mut beginning = self.commands.iter().filter(|command| command.name.starts_with(word));
            beginning.next().filter(|_| beginning.next().is_none())
        })
    }
}

/// A command that was found, and what is left of the command line for it.
#[derive(Debug)]
pub struct Found<'a> {
    /// The commands from the root to it.
    pub path: Vec<&'a Command>,
    /// All words but the names in `path`.
    pub args: Vec<OsString>,
}

impl<'a> Found<'a> {
    /// The command itself.
    pub fn command(&self) -> &'a Command {
        self.path[self.path.len() - 1]
    }

    /// Its name with those of all commands above it.
    pub fn name(&self) -> String {
        self.path.iter().map(|command| command.name).collect::<Vec<_>>().join(" ")
    }

    /// Is it the program itself?
    pub fn is_root(&self) -> bool {
        self.path.len() == 1
    }

    /// The flags of this command, `--help` among them.
    pub fn own_flags(&self) -> Vec<&'a Flag> {
        self.command().flags.iter().chain([&HELP]).collect()
    }

    /// The flags of the commands above it.
    pub fn inherited_flags(&self) -> Vec<&'a Flag> {
        self.path[..self.path.len() - 1].iter().flat_map(|command| &command.flags).collect()
    }
}

impl Program {
    /// The command that `args` name.
    ///
    /// # Errors
    /// The sentence about a first word that names none, with suggestions.
    pub fn find(&self, args: &[OsString]) -> Result<Found<'_>, String> {
        let mut found = Found { path: vec![&self.root], args: args.to_vec() };
        while let Some((position, child)) = self.next_command(&found) {
            found.args.remove(position);
            found.path.push(child);
        }
        match self.word_positions(&found).first() {
            Some(&position) if found.is_root() => Err(self.unknown(&found.args[position])),
            _ => Ok(found),
        }
    }

    fn next_command<'a>(&self, found: &Found<'a>) -> Option<(usize, &'a Command)> {
        let position = *self.word_positions(found).first()?;
        Some((position, found.command().child(found.args[position].to_str()?)?))
    }

    /// Where in `found.args` the words stand that are neither flags nor values of flags. What follows `--` is not
    /// looked at.
    ///
    /// A flag that nobody knows is taken to have a value, and while commands are looked for `--help` is such a flag.
    fn word_positions(&self, found: &Found<'_>) -> Vec<usize> {
        let mut flags: Vec<&Flag> = found.path.iter().flat_map(|command| &command.flags).collect();
        if found.is_root() && self.manner == Manner::Described {
            flags.push(&HELP); // these releases hide the root's help flag, and so know it early
        }
        let mut positions = Vec::new();
        let mut rest = found.args.iter().enumerate();
        while let Some((position, arg)) = rest.next() {
            let arg = text(arg);
            if arg == "--" {
                break;
            }
            if takes_next_word(&arg, &flags) {
                rest.next();
            } else if !arg.is_empty() && !arg.starts_with('-') {
                positions.push(position);
            }
        }
        positions
    }

    fn unknown(&self, word: &OsStr) -> String {
        let names = self.root.commands.iter().filter(|command| command.is_suggested()).map(|command| command.name);
        let suggestions = suggestion::did_you_mean(&text(word), names);
        format!("unknown command {} for \"{}\"{suggestions}", go_quote(word.as_encoded_bytes()), self.root.name)
    }
}

fn takes_next_word(arg: &str, flags: &[&Flag]) -> bool {
    if arg.contains('=') {
        return false;
    }
    if let Some(name) = arg.strip_prefix("--") {
        return !flags.iter().any(|flag| flag.name == name && flag.is_switch());
    }
    let Some(letter) = arg.strip_prefix('-') else { return false };
    letter.len() == 1
        && !flags.iter().any(|flag| flag.is_switch() && flag.letter.is_some_and(|own| letter.starts_with(own)))
}

/// An argument as text; what is not UTF-8 in it can be part of an operand only.
fn text(arg: &OsStr) -> Cow<'_, str> {
    arg.to_string_lossy()
}
