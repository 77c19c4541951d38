//! Flags as data, and reading them from a command line as the originals' flag library does: long and short, with the
//! value attached, behind `=` or in the next word, anywhere among the operands, until `--`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use etcdsnap_quote::go_quote;

use super::flag_value;

/// One flag.
#[derive(Debug)]
pub struct Flag {
    /// Long name, without dashes.
    pub name: &'static str,
    /// Short name.
    pub letter: Option<char>,
    /// What values it takes.
    pub kind: Kind,
    /// The value without the flag, as help texts show it.
    pub default: &'static str,
    /// One line for lists.
    pub about: &'static str,
}

/// What values a flag takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A boolean; true when no value is attached.
    Switch,
    /// Any text.
    Text,
    /// The path of a file or directory, which need not be text.
    Path,
    /// Any text, read as a list.
    List,
    /// A 64-bit integer.
    Number,
    /// The same without a sign.
    Unsigned,
    /// A span of time as in `1m30s`.
    Duration,
}

/// Known to every command.
pub static HELP: Flag =
    Flag { name: "help", letter: Some('h'), kind: Kind::Switch, default: "false", about: "show this help" };

impl Flag {
    /// A flag without a short name.
    pub fn new(name: &'static str, kind: Kind, default: &'static str, about: &'static str) -> Self {
        Self { name, letter: None, kind, default, about }
    }

    /// The output form flag that both tools have.
    pub fn write_out() -> Self {
        let about = "form of the output: simple, table, json, fields or protobuf";
        Self { letter: Some('w'), ..Self::new("write-out", Kind::Text, "simple", about) }
    }

    /// Does it work without a value?
    pub fn is_switch(&self) -> bool {
        self.kind == Kind::Switch
    }

    fn accept(&self, given: &[u8]) -> Result<Value, String> {
        let text = &*String::from_utf8_lossy(given);
        let accepted = match self.kind {
            Kind::Switch => flag_value::boolean(text).map(Value::Switch),
            Kind::Number => flag_value::integer(text).map(Value::Number),
            Kind::Unsigned => flag_value::unsigned(text).map(Value::Unsigned),
            Kind::Duration => flag_value::duration(text).map(Value::Duration),
            Kind::Path => Ok(Value::Path(OsStr::from_bytes(given).into())),
            Kind::Text | Kind::List => Ok(Value::Text(text.to_owned())),
        };
        accepted.map_err(|reason| {
            let dashed =
                self.letter.map_or_else(|| format!("--{}", self.name), |letter| format!("-{letter}, --{}", self.name));
            format!("invalid argument {} for {} flag: {reason}", go_quote(given), go_quote(dashed.as_bytes()))
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Switch(bool),
    Number(i64),
    Unsigned(u64),
    Duration(Duration),
    Path(PathBuf),
    Text(String),
}

/// A command line after its flags were read.
#[derive(Debug, Default)]
pub struct Parsed {
    given: BTreeMap<&'static str, Value>,
    /// The words that are neither flags nor values of flags, as they were given.
    pub operands: Vec<OsString>,
}

impl Parsed {
    /// Reads all flags of `args`; a flag given twice has its last value.
    ///
    /// # Errors
    /// Upstream's sentence about the first flag that is unknown, lacks a value or has one it does not take.
    pub fn read(args: &[OsString], flags: &[&Flag]) -> Result<Self, String> {
        let mut parsed = Self::default();
        let mut rest = args.iter();
        while let Some(arg) = rest.next() {
            let word = arg.as_bytes();
            if word == b"--" {
                parsed.operands.extend(rest.cloned());
                break;
            } else if let Some(long) = word.strip_prefix(b"--") {
                parsed.long(long, flags, &mut rest)?;
            } else if let Some(letters) = word.strip_prefix(b"-").filter(|letters| !letters.is_empty()) {
                parsed.short(letters, flags, &mut rest)?;
            } else {
                parsed.operands.push(arg.clone());
            }
        }
        Ok(parsed)
    }

    /// Was this switch turned on?
    pub fn switch(&self, name: &str) -> bool {
        self.given.get(name) == Some(&Value::Switch(true))
    }

    /// The text given for a flag.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.given.get(name) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The path given for a flag; none where it is the empty word.
    pub fn path(&self, name: &str) -> Option<&Path> {
        match self.given.get(name) {
            Some(Value::Path(path)) => Some(path.as_path()).filter(|path| !path.as_os_str().is_empty()),
            _ => None,
        }
    }

    /// The number given for a flag.
    pub fn number(&self, name: &str) -> Option<i64> {
        match self.given.get(name) {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        }
    }

    /// The number without a sign given for a flag.
    pub fn unsigned(&self, name: &str) -> Option<u64> {
        match self.given.get(name) {
            Some(Value::Unsigned(number)) => Some(*number),
            _ => None,
        }
    }

    /// The span of time given for a flag.
    pub fn duration(&self, name: &str) -> Option<Duration> {
        match self.given.get(name) {
            Some(Value::Duration(span)) => Some(*span),
            _ => None,
        }
    }

    /// Was this flag given, with whatever value?
    pub fn has(&self, name: &str) -> bool {
        self.given.contains_key(name)
    }

    fn long<'a>(
        &mut self,
        long: &'a [u8],
        flags: &[&Flag],
        rest: &mut impl Iterator<Item = &'a OsString>,
    ) -> Result<(), String> {
        if long.is_empty() || long.starts_with(b"-") || long.starts_with(b"=") {
            return Err(format!("bad flag syntax: --{}", shown(long)));
        }
        let (name, attached) = match long.iter().position(|byte| *byte == b'=') {
            Some(at) => (&long[..at], Some(&long[at + 1..])),
            None => (long, None),
        };
        let Some(flag) = flags.iter().find(|flag| flag.name.as_bytes() == name) else {
            return Err(format!("unknown flag: --{}", shown(name)));
        };
        let value = match attached {
            Some(value) => value,
            None if flag.is_switch() => b"true",
            None => next_word(rest).ok_or_else(|| format!("flag needs an argument: --{}", flag.name))?,
        };
        self.set(flag, value)
    }

    /// One dash and letters: switches, and last perhaps a flag with its value.
    fn short<'a>(
        &mut self,
        word: &'a [u8],
        flags: &[&Flag],
        rest: &mut impl Iterator<Item = &'a OsString>,
    ) -> Result<(), String> {
        let mut letters = word;
        while let Some((&letter, attached)) = letters.split_first() {
            let Some(flag) = flags.iter().find(|flag| flag.letter == Some(char::from(letter))) else {
                return Err(format!("unknown shorthand flag: {} in -{}", quoted_byte(letter), shown(letters)));
            };
            let mut following = &b""[..];
            let value = match attached.strip_prefix(b"=") {
                Some(value) if !value.is_empty() => value,
                _ if flag.is_switch() => {
                    following = attached;
                    b"true"
                }
                _ if !attached.is_empty() => attached,
                _ => next_word(rest).ok_or_else(|| {
                    format!("flag needs an argument: '{}' in -{}", char::from(letter), shown(letters))
                })?,
            };
            self.set(flag, value)?;
            letters = following;
        }
        Ok(())
    }

    fn set(&mut self, flag: &Flag, given: &[u8]) -> Result<(), String> {
        let value = flag.accept(given)?;
        self.given.insert(flag.name, value);
        Ok(())
    }
}

fn next_word<'a>(rest: &mut impl Iterator<Item = &'a OsString>) -> Option<&'a [u8]> {
    rest.next().map(|word| word.as_bytes())
}

/// Bytes of the command line in an error.
fn shown(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// The first byte in single quotes, as a character of its own: Go looks at bytes here.
fn quoted_byte(byte: u8) -> String {
    let quoted = go_quote(char::from(byte).to_string().as_bytes());
    let inside = &quoted[1..quoted.len() - 1];
    match byte {
        b'\'' => r"'\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        _ => format!("'{inside}'"),
    }
}
