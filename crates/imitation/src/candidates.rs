//! `__complete` and `__completeNoDesc`: the hidden commands by which a completion script asks for the candidates of the
//! word at the cursor.
//!
//! The scripts that the original tools print since 3.6 call them, and stay installed when etcdsnap takes the tool's
//! place. The answer has one candidate a line, its description after a tab, and last a colon and what the shell has to
//! do.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};

use super::flags::{Flag, Kind, Parsed};
use super::program::{Action, Arity, Command, Found, Manner, Program};

/// Forms of output, as the originals list them.
const FORMS: [&str; 5] = ["fields", "json", "protobuf", "simple", "table"];

/// What the shell has to do besides showing the candidates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Directive {
    /// Completes names of files where there is no candidate.
    #[default]
    Default,
    /// Completes no names of files.
    NoFiles,
    /// Completes names of folders.
    Folders,
}

impl Directive {
    /// The number for the script and the name for a reader.
    fn code_and_name(self) -> (u8, &'static str) {
        match self {
            Self::Default => (0, "ShellCompDirectiveDefault"),
            Self::NoFiles => (4, "ShellCompDirectiveNoFileComp"),
            Self::Folders => (16, "ShellCompDirectiveFilterDirs"),
        }
    }
}

/// The answer for one word.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Candidates {
    /// Each with its description.
    words: Vec<(String, &'static str)>,
    directive: Directive,
    problem: Option<String>,
}

/// Whether descriptions are asked for, when `word` is one of the two hidden commands.
pub fn request(word: &OsStr) -> Option<bool> {
    match word.to_str()? {
        "__complete" => Some(true),
        "__completeNoDesc" => Some(false),
        _ => None,
    }
}

/// The candidates for `word`, which stands at the cursor after the words `before`. A command line that makes no sense
/// has none, and the reason is printed to standard error.
pub fn candidates(program: &Program, before: &[OsString], word: &OsStr) -> Candidates {
    let word = &*word.to_string_lossy();
    offered(program, before, word)
        .unwrap_or_else(|problem| Candidates { problem: Some(problem), ..Candidates::default() })
}

fn offered(program: &Program, before: &[OsString], word: &str) -> Result<Candidates, String> {
    let find = || format!("unable to find a command for arguments: {}", list(before));
    let found = program.find(before).map_err(|_| find())?;
    let line = Line::read(program, &found, word)?;
    Ok(match line.completed {
        _ if line.parsed.has("help") => Candidates::new(Vec::new(), Directive::NoFiles),
        Some(flag) => line.values(flag),
        None if word.starts_with('-') && !word.contains('=') && line.takes_flags => line.flags(),
        None => line.words(),
    })
}

/// A command line up to the cursor, parsed as far as its command and flags.
struct Line<'a> {
    program: &'a Program,
    found: &'a Found<'a>,
    word: &'a str,
    /// All words before the one at the cursor, but a flag whose value that one is.
    parsed: Parsed,
    /// The flag whose value is wanted.
    completed: Option<&'a Flag>,
    /// False after `--`.
    takes_flags: bool,
}

impl<'a> Line<'a> {
    fn read(program: &'a Program, found: &'a Found<'a>, word: &'a str) -> Result<Self, String> {
        let flags = [found.inherited_flags(), found.own_flags()].concat();
        let (completed, args) = match flag_with_value(&flags, &found.args, word) {
            Ok(Some((flag, args))) => (Ok(Some(flag)), args),
            Ok(None) => (Ok(None), &*found.args),
            Err(name) => (Err(name), &*found.args),
        };
        let unread = |problem: String| format!("Error while parsing flags from args {}: {problem}", list(args));
        let parsed = Parsed::read(args, &flags).map_err(unread)?;
        let ended: Vec<OsString> = args.iter().cloned().chain([OsString::from("--")]).collect();
        let ended = Parsed::read(&ended, &flags).map_err(unread)?;
        let takes_flags = ended.operands.len() == parsed.operands.len();
        let completed = match completed {
            Err(name) if takes_flags => {
                return Err(format!("Subcommand '{}' does not support flag '{name}'", found.command().name));
            }
            Err(_) => None,
            Ok(flag) => flag,
        };
        Ok(Self { program, found, word, parsed, completed, takes_flags })
    }

    fn values(&self, flag: &Flag) -> Candidates {
        match (flag.name, flag.kind) {
            _ if !self.takes_flags => Candidates::new(Vec::new(), Directive::Default),
            ("write-out", _) => Candidates::new(FORMS.map(|form| (form.to_owned(), "")).into(), Directive::Default),
            (_, Kind::Path) => Candidates::new(Vec::new(), Directive::Folders),
            _ => Candidates::new(Vec::new(), Directive::Default),
        }
    }

    /// Names of flags: of those that must be given while there are such, else of all that may still be given.
    fn flags(&self) -> Candidates {
        let mut candidates = self.required_flags();
        if candidates.is_empty() {
            for flags in [self.inherited_flags(), self.own_flags()] {
                let open = flags.into_iter().filter(|flag| !self.parsed.has(flag.name) || flag.kind == Kind::List);
                candidates.extend(open.flat_map(|flag| self.names(flag)));
            }
        }
        Candidates::new(candidates, Directive::NoFiles)
    }

    /// Commands, flags that must be given, and operands that are known.
    fn words(&self) -> Candidates {
        let command = self.found.command();
        let mut offered = if self.parsed.operands.is_empty() { self.commands(command) } else { Candidates::default() };
        offered.words.extend(self.required_flags());
        match (command.arity, command.action) {
            (Arity::OneOf(names), _) if self.parsed.operands.is_empty() => {
                let known = names.iter().filter(|name| name.starts_with(self.word));
                offered.words.extend(known.map(|name| ((*name).to_owned(), "")));
                offered.directive = Directive::NoFiles;
            }
            (_, Action::Help) => {
                let topic = self.program.find(&self.parsed.operands).ok();
                offered = topic.map(|topic| self.commands(topic.command())).unwrap_or_default();
                offered.directive = Directive::NoFiles;
            }
            _ => {}
        }
        offered
    }

    fn commands(&self, above: &Command) -> Candidates {
        let mut listed: Vec<_> = above.commands.iter().filter(|command| command.is_listed()).collect();
        listed.sort_by_key(|command| command.name);
        let directive = if listed.is_empty() { Directive::Default } else { Directive::NoFiles };
        let begun = listed.iter().filter(|command| command.name.starts_with(self.word));
        Candidates::new(begun.map(|command| (command.name.to_owned(), command.about)).collect(), directive)
    }

    fn required_flags(&self) -> Vec<(String, &'static str)> {
        let required = self.found.command().required;
        let missing = |flag: &&Flag| required.contains(&flag.name) && !self.parsed.has(flag.name);
        self.own_flags().into_iter().filter(missing).flat_map(|flag| self.names(flag)).collect()
    }

    /// The long and the short name of a flag, where they begin as the word does.
    fn names(&self, flag: &Flag) -> Vec<(String, &'static str)> {
        let long = Some(format!("--{}", flag.name));
        let short = flag.letter.map(|letter| format!("-{letter}"));
        let begun = [long, short].into_iter().flatten().filter(|name| name.starts_with(self.word));
        begun.map(|name| (name, flag.about)).collect()
    }

    fn own_flags(&self) -> Vec<&'a Flag> {
        let hidden = self.found.is_root() && self.program.manner == Manner::Described;
        if hidden { Vec::new() } else { by_name(self.found.own_flags()) }
    }

    fn inherited_flags(&self) -> Vec<&'a Flag> {
        if self.program.manner == Manner::Described { Vec::new() } else { by_name(self.found.inherited_flags()) }
    }
}

/// The flag whose value is at the cursor, and the words that are left when the flag itself is taken away.
///
/// # Errors
/// The name of a flag that the command does not have.
fn flag_with_value<'a, 'w>(
    flags: &[&'a Flag],
    args: &'w [OsString],
    word: &str,
) -> Result<Option<(&'a Flag, &'w [OsString])>, String> {
    let attached = word.starts_with('-').then(|| word.split_once('=')).flatten();
    if let Some((flag, _)) = attached {
        return known(flags, flag).map(|flag| Some((flag, args)));
    }
    let Some((last, rest)) = args.split_last() else { return Ok(None) };
    let last = text(last);
    let is_flag = match last.as_bytes() {
        [b'-', b'-', next, ..] | [b'-', next, ..] => *next != b'-',
        _ => false,
    };
    if word.starts_with('-') || !is_flag || last.contains('=') {
        return Ok(None);
    }
    let flag = known(flags, &last)?;
    Ok(if flag.is_switch() { None } else { Some((flag, rest)) })
}

/// The flag that `dashed` names: `--name`, or letters of which the last counts.
fn known<'a>(flags: &[&'a Flag], dashed: &str) -> Result<&'a Flag, String> {
    let long = dashed.strip_prefix("--");
    let letter = dashed.chars().next_back();
    let named = |flag: &&&Flag| long.map_or(flag.letter == letter, |name| flag.name == name);
    let unknown = || long.map_or_else(|| letter.into_iter().collect::<String>(), str::to_owned);
    flags.iter().find(named).copied().ok_or_else(unknown)
}

fn by_name(mut flags: Vec<&Flag>) -> Vec<&Flag> {
    flags.sort_by_key(|flag| flag.name);
    flags
}

/// Words as Go prints a list of them.
fn list(words: &[OsString]) -> String {
    format!("[{}]", words.iter().map(|word| text(word)).collect::<Vec<_>>().join(" "))
}

fn text(word: &OsStr) -> Cow<'_, str> {
    word.to_string_lossy()
}

impl Candidates {
    fn new(words: Vec<(String, &'static str)>, directive: Directive) -> Self {
        Self { words, directive, problem: None }
    }

    /// The text for standard output, which the script reads.
    pub fn answer(&self, described: bool) -> String {
        let line = |(name, about): &(String, &str)| {
            if described && !about.is_empty() { format!("{name}\t{about}\n") } else { format!("{name}\n") }
        };
        let lines: Vec<_> = self.words.iter().map(line).collect();
        format!("{}:{}\n", lines.concat(), self.directive.code_and_name().0)
    }

    /// The text for standard error, which says to a person what the shell was asked to do.
    pub fn note(&self) -> String {
        let problem = self.problem.iter().map(|problem| format!("[Debug] [Error] {problem}\n"));
        let directive = format!("Completion ended with directive: {}\n", self.directive.code_and_name().1);
        problem.chain([directive]).collect()
    }
}
