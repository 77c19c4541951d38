//! Finding etcd in a command line, and its flags.

use super::expansion::{Syntax, Variables, is_name};
use super::setting::{FoundSetting, Setting, SettingPlace};
use super::{Variable, Word, shell_words};

/// A command line as written, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CommandLine {
    pub words: Vec<(String, SettingPlace)>,
    pub syntax: Syntax,
}

/// The word of a command line that may hold others, and where it stands.
type Placed = (Word, SettingPlace);

/// The settings that flags of etcd give. Variables that the command line sets itself are taken in first.
pub(super) fn settings(line: &CommandLine, variables: &mut Variables) -> Vec<FoundSetting> {
    let mut found = Vec::new();
    for command in commands(line, variables) {
        let command = spread(command, variables);
        let command = &command[take_assignments(&command, variables)..];
        if let Some(program) = program(command) {
            flags(&command[program + 1..], variables, &mut found);
        }
    }
    found
}

/// Does it run etcd, by itself or through a shell?
pub(super) fn runs_etcd(line: &CommandLine) -> bool {
    commands(line, &mut Variables::new()).iter().any(|command| program(command).is_some())
}

/// The commands of the script that a shell is given, else the one command there is.
fn commands(line: &CommandLine, variables: &mut Variables) -> Vec<Vec<Placed>> {
    let placed = |text: &str, syntax, place: &SettingPlace| (Word { text: text.to_owned(), syntax }, place.clone());
    let command = line.words.iter().map(|(text, place)| placed(text, line.syntax, place)).collect();
    let command = spread(command, variables);
    let Some((script, place)) = script(&command) else { return vec![command] };
    let syntax = if line.syntax == Syntax::Pod { Syntax::Script } else { line.syntax };
    let commands = shell_words::split_script(&script.text);
    commands.iter().map(|words| words.iter().map(|text| placed(text, syntax, place)).collect()).collect()
}

/// What follows `sh -c`, with other options perhaps.
fn script(command: &[Placed]) -> Option<&Placed> {
    let shell = command.iter().position(|(word, _)| ["sh", "bash", "dash", "ash"].contains(&base_name(&word.text)))?;
    let is_option = |text: &str| text.starts_with('-') && !text.starts_with("--") && text.ends_with('c');
    let option = command[shell..].iter().position(|(word, _)| is_option(&word.text))?;
    command.get(shell + option + 1)
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Puts in variables that hold several words, such as `$ETCD_OPTS`.
fn spread(command: Vec<Placed>, variables: &mut Variables) -> Vec<Placed> {
    let mut all = Vec::new();
    for (word, place) in command {
        match variables.words(&word) {
            None => all.push((word, place)),
            Some(several) => {
                let several = several.into_iter();
                all.extend(several.map(|text| (Word { text, syntax: Syntax::Plain }, place.clone())));
            }
        }
    }
    all
}

/// `export`, `env`, and variables in front of a program; answers how many words these are.
fn take_assignments(command: &[Placed], variables: &mut Variables) -> usize {
    for (count, (word, place)) in command.iter().enumerate() {
        match word.text.split_once('=') {
            Some((name, value)) if is_name(name) => {
                let value = Some(Word { text: value.to_owned(), syntax: word.syntax });
                variables.add(&Variable { name: name.to_owned(), value, place: place.clone() });
            }
            _ if ["export", "env", "exec"].contains(&base_name(&word.text)) => {}
            _ => return count,
        }
    }
    command.len()
}

/// The word that is etcd itself, and not the name of a container, a user or a folder.
fn program(command: &[Placed]) -> Option<usize> {
    const NAMING: [&str; 9] = ["--name", "--hostname", "-h", "--user", "-u", "--group", "-g", "--workdir", "-w"];
    let is_program = |at: usize, text: &str| {
        let named = at.checked_sub(1).is_some_and(|before| NAMING.contains(&command[before].0.text.as_str()));
        let has_flags = command.get(at + 1).is_none_or(|(word, _)| word.text.starts_with(['-', '$']));
        base_name(text) == "etcd" && !text.contains([':', '=']) && !named && has_flags
    };
    command.iter().enumerate().position(|(at, (word, _))| is_program(at, &word.text))
}

/// `--name=m1`, `--name m1`, and both with one dash.
fn flags(words: &[Placed], variables: &mut Variables, found: &mut Vec<FoundSetting>) {
    let mut words = words.iter();
    while let Some((word, place)) = words.next() {
        let Some(flag) = word.text.strip_prefix("--").or_else(|| word.text.strip_prefix('-')) else { continue };
        let (flag, value) = match flag.split_once('=') {
            Some((flag, value)) => (flag, Some(value)),
            None => (flag, None),
        };
        let Some(setting) = Setting::ALL.into_iter().find(|setting| setting.flag() == flag) else { continue };
        let value = match value {
            Some(value) => Some((Word { text: value.to_owned(), syntax: word.syntax }, place.clone())),
            None => words.next().cloned(),
        };
        if let Some((value, place)) = value {
            found.push(FoundSetting { setting, value: variables.expand(&value).ok_or(value.text), place });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::setting::PlaceInFile;
    use super::*;

    fn line(words: &[&str], syntax: Syntax) -> CommandLine {
        let place = |number: usize| SettingPlace { label: "f".into(), spot: PlaceInFile::Line(number) };
        CommandLine {
            words: words.iter().enumerate().map(|(at, text)| ((*text).to_owned(), place(at))).collect(),
            syntax,
        }
    }

    fn found(words: &[&str], syntax: Syntax) -> Vec<(&'static str, Result<String, String>)> {
        let found = settings(&line(words, syntax), &mut Variables::new());
        found.into_iter().map(|found| (found.setting.flag(), found.value)).collect()
    }

    fn known(pairs: &[(&'static str, &str)]) -> Vec<(&'static str, Result<String, String>)> {
        pairs.iter().map(|(flag, value)| (*flag, Ok((*value).to_owned()))).collect()
    }

    #[test]
    fn flags_are_written_in_four_ways() {
        let words = ["etcd", "--name=a", "-name", "b", "--data-dir", "/d", "-wal-dir=", "--debug", "x", "--name"];
        let expected = [("name", "a"), ("name", "b"), ("data-dir", "/d"), ("wal-dir", "")];
        assert_eq!(found(&words, Syntax::Unit), known(&expected));
    }

    #[test]
    fn etcd_is_found_behind_other_programs() {
        for words in [
            &[
                "/usr/bin/docker",
                "run",
                "--name",
                "etcd",
                "-v",
                "/d/etcd:/etcd",
                "q.io/etcd:v3.5",
                "/usr/bin/etcd",
                "--name=a",
            ][..],
            &["nice", "-n", "-19", "ionice", "-c2", "-n0", "etcd", "--name=a"],
            &["sudo", "-u", "etcd", "etcd", "--name", "a"],
            &["/bin/bash", "-ec", "export X=a; exec nice etcd \\\n --name=$X >/dev/null"],
            &["sh", "-c", "X=a GOMAXPROCS=$(nproc) /usr/bin/etcd \"--name=${X}\""],
        ] {
            let syntax = if words[0].ends_with("sh") { Syntax::Pod } else { Syntax::Unit };
            assert_eq!(found(words, syntax), known(&[("name", "a")]), "{words:?}");
            assert!(runs_etcd(&line(words, syntax)), "{words:?}");
        }
        assert!(!runs_etcd(&line(&["etcdctl", "--name=a"], Syntax::Pod)));
    }

    #[test]
    fn variables_of_many_words_have_an_end() {
        let mut variables = Variables::new();
        let place = SettingPlace { label: "f".into(), spot: PlaceInFile::Line(1) };
        for (name, value) in [("MANY", "x ".repeat(1000)), ("LONG", "x ".repeat(1 << 20)), ("O", "--name=a".into())] {
            let value = Some(Word { text: value, syntax: Syntax::Plain });
            variables.add(&Variable { name: name.into(), value, place: place.clone() });
        }
        let words = ["etcd"].into_iter().chain(["$LONG"; 1000]).chain(["$O"]).chain(["$MANY"; 1000]);
        let command = commands(&line(&words.collect::<Vec<_>>(), Syntax::Unit), &mut variables).concat();
        assert!(command.len() < 20_000, "{} words", command.len());
        assert!(command.iter().any(|(word, _)| word.text == "--name=a"), "what fits is put in");
    }

    #[test]
    fn variables_of_the_command_line_count() {
        let words = ["sh", "-c", "export ETCD_NAME=a O='--data-dir=/d --name=$(ETCD_NAME)'; etcd $O"];
        assert_eq!(found(&words, Syntax::Pod), known(&[("data-dir", "/d"), ("name", "a")]));
        let words = ["sh", "-c", "etcd --name=$HOSTNAME"];
        assert_eq!(found(&words, Syntax::Pod), [("name", Err("$HOSTNAME".into()))]);
    }
}
