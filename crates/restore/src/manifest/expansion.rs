//! Putting variables in.
//!
//! A value that names a variable nobody sets, or that several set differently, is not known: to take it for empty, as a
//! shell would, could restore a member under a wrong name. As everywhere, a variable knows only those before it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::setting::{FoundSetting, Setting};
use super::{Variable, Word, shell_words};

/// How a text names variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    /// `$(NAME)`, as in a pod.
    Pod,
    /// `$NAME` and `${NAME}` too, as in a script in a pod.
    Script,
    /// `$NAME` and `${NAME}`, and `%i` for what systemd knows, as in the command line of a unit.
    Unit,
    /// Only `%i`, as in the variables of a unit.
    Specifiers,
    /// Readers of the file differ in whether there are any.
    Plain,
}

/// Bytes that may come of putting variables in, altogether: more than any member needs, and little to hold.
const ROOM: usize = 1 << 20;

/// Bytes that a word counts for, beside its own.
const WORD: usize = 128;

/// The variables of all files.
#[derive(Debug)]
pub(super) struct Variables {
    /// By name; `None` for those that are not known.
    values: BTreeMap<String, Option<String>>,
    settings: BTreeMap<String, Setting>,
    found: Vec<FoundSetting>,
    room: usize,
}

impl Variables {
    pub(super) fn new() -> Self {
        let settings = Setting::ALL.into_iter().map(|setting| (setting.variable(), setting)).collect();
        Self { values: BTreeMap::new(), settings, found: Vec::new(), room: ROOM }
    }

    /// Takes a variable in; it may name those taken before.
    pub(super) fn add(&mut self, variable: &Variable) {
        let value = variable.value.as_ref().and_then(|value| self.expand(value));
        if let Some(&setting) = self.settings.get(&variable.name) {
            let written = variable.value.as_ref().map_or_else(|| variable.name.clone(), |value| value.text.clone());
            let value = value.clone().ok_or(written);
            self.found.push(FoundSetting { setting, value, place: variable.place.clone() });
        }
        match self.values.entry(variable.name.clone()) {
            Entry::Vacant(entry) => _ = entry.insert(value),
            Entry::Occupied(mut entry) if *entry.get() != value => _ = entry.insert(None),
            Entry::Occupied(_) => {}
        }
    }

    /// The settings that etcd takes from its own variables.
    pub(super) fn into_settings(self) -> Vec<FoundSetting> {
        self.found
    }

    /// The text with variables put in; `None` when one of them is not known.
    pub(super) fn expand(&mut self, word: &Word) -> Option<String> {
        let mut expanded = String::new();
        let mut rest = word.text.as_str();
        while let Some(at) = rest.find(['$', '%', '`']) {
            let (plain, special) = rest.split_at(at);
            let (piece, after) = self.piece(special, word.syntax)?;
            expanded.extend([plain, piece]);
            let len = piece.len();
            self.room = self.room.checked_sub(len)?;
            rest = after;
        }
        expanded.push_str(rest);
        Some(expanded)
    }

    /// The words that come of one that is nothing but the name of a variable: as many as its value has. `None` for other words,
    /// and when the variable is not known.
    pub(super) fn words(&mut self, word: &Word) -> Option<Vec<String>> {
        // Taken before the value is looked at, so that what does not fit costs nothing the next time.
        self.room = self.room.checked_sub(self.whole_word(word)?.len())?;
        let words = self.whole_word(word).map(shell_words::split)?;
        self.room = self.room.checked_sub(words.len().saturating_mul(WORD))?;
        Some(words)
    }

    fn whole_word(&self, word: &Word) -> Option<&str> {
        let name = word.text.strip_prefix('$')?;
        let name = match word.syntax {
            Syntax::Script | Syntax::Unit if is_name(name) => name,
            Syntax::Script => name.strip_prefix('{')?.strip_suffix('}')?,
            _ => return None,
        };
        self.lookup(name)
    }

    fn lookup(&self, name: &str) -> Option<&str> {
        self.values.get(name)?.as_deref()
    }

    /// What stands for the beginning of a text that begins with `$`, `%` or a backtick, and the rest of it.
    fn piece<'s, 't: 's>(&'s self, text: &'t str, syntax: Syntax) -> Option<(&'s str, &'t str)> {
        let literal = |len: usize| Some((&text[..1], &text[len..]));
        let named = |end: char| {
            let (name, after) = text[2..].split_once(end)?;
            Some((self.lookup(name)?, after))
        };
        match (syntax, text.as_bytes()) {
            (Syntax::Unit | Syntax::Specifiers, [b'%', b'%', ..]) | (Syntax::Unit | Syntax::Pod, [b'$', b'$', ..]) => {
                literal(2)
            }
            (Syntax::Unit | Syntax::Specifiers, [b'%', next, ..]) if next.is_ascii_alphabetic() => None,
            (Syntax::Pod | Syntax::Script, [b'$', b'(', ..]) => named(')'),
            (Syntax::Unit | Syntax::Script, [b'$', b'{', ..]) => named('}'),
            (Syntax::Unit | Syntax::Script, [b'$', next, ..]) if is_name_character(char::from(*next)) => {
                let len = text[1..].find(|c| !is_name_character(c)).map_or(text.len(), |len| len + 1);
                Some((self.lookup(&text[1..len])?, &text[len..]))
            }
            (Syntax::Unit, [b'$', b'(', ..]) | (Syntax::Unit | Syntax::Script, [b'`', ..]) => None,
            (Syntax::Plain | Syntax::Specifiers, [b'$', next, ..])
                if b"{(".contains(next) || is_name_character(char::from(*next)) =>
            {
                None
            }
            _ => literal(1),
        }
    }
}

fn is_name_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Can a variable have this name?
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| is_name_character(c) && !c.is_ascii_digit()) && text.chars().all(is_name_character)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::setting::{PlaceInFile, SettingPlace};
    use super::*;

    fn word(text: &str, syntax: Syntax) -> Word {
        Word { text: text.into(), syntax }
    }

    fn variables(all: &[(&str, &str, Syntax)]) -> Variables {
        let place = SettingPlace { label: "f".into(), spot: PlaceInFile::Line(1) };
        let mut variables = Variables::new();
        for (name, value, syntax) in all {
            let value = Some(word(value, *syntax));
            variables.add(&Variable { name: (*name).to_owned(), value, place: place.clone() });
        }
        variables
    }

    #[test]
    fn each_syntax_has_its_own_names() {
        let mut variables = variables(&[("A", "1", Syntax::Plain), ("B", "$(A)2", Syntax::Pod)]);
        let cases = [
            (Syntax::Pod, "$(B)-$A-$$(A)-%i", Some("12-$A-$(A)-%i")),
            (Syntax::Script, "$A-${B}x$(A)-$-100%", Some("1-12x1-$-100%")),
            (Syntax::Unit, "%%-${A}$$", Some("%-1$")),
            (Syntax::Unit, "%i", None),
            (Syntax::Unit, "$(hostname)", None),
            (Syntax::Script, "`hostname`", None),
            (Syntax::Script, "$AB", None),
            (Syntax::Specifiers, "50%%", Some("50%")),
            (Syntax::Specifiers, "$A", None),
            (Syntax::Plain, "a$ %i", Some("a$ %i")),
            (Syntax::Plain, "${A}", None),
        ];
        for (syntax, text, expected) in cases {
            assert_eq!(variables.expand(&word(text, syntax)).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn circles_and_contradictions_have_no_value() {
        let circle = [("A", "$(B)", Syntax::Pod), ("B", "$(A)", Syntax::Pod)];
        assert_eq!(variables(&circle).expand(&word("$(A)", Syntax::Pod)), None);
        let twice = |second| variables(&[("A", "1", Syntax::Plain), ("A", second, Syntax::Plain)]);
        assert_eq!(twice("1").expand(&word("$A", Syntax::Script)), Some("1".into()));
        assert_eq!(twice("2").expand(&word("$A", Syntax::Script)), None);
        let contradicted = [("A", "1", Syntax::Plain), ("A", "2", Syntax::Plain), ("A", "1", Syntax::Plain)];
        assert_eq!(variables(&contradicted).expand(&word("$A", Syntax::Script)), None);
    }

    #[test]
    fn growth_has_an_end() {
        let doubled = |generations: usize| {
            let names: Vec<_> = (0..=generations).map(|number| format!("V{number}")).collect();
            let values: Vec<_> = names.iter().map(|name| format!("$({name})$({name})")).collect();
            let mut all = vec![("V0", "xxxxxxxx", Syntax::Pod)];
            all.extend(
                names.iter().skip(1).zip(&values).map(|(name, value)| (name.as_str(), value.as_str(), Syntax::Pod)),
            );
            variables(&all).expand(&word(&format!("$(V{generations})"), Syntax::Pod)).map(|value| value.len())
        };
        assert_eq!(doubled(4), Some(128));
        assert_eq!(doubled(64), None);
    }

    #[test]
    fn a_variable_set_a_hundred_thousand_times_is_known_at_once() {
        const MANY: usize = 100_000;
        let mut variables = variables(&vec![("A", "", Syntax::Plain); MANY]);
        assert_eq!(variables.expand(&word(&"$A ".repeat(MANY), Syntax::Script)), Some(" ".repeat(MANY)));
    }

    proptest! {
        #[test]
        fn any_text_is_expanded_or_unknown(text in "[$%`(){}A-C a-cé]{0,40}", value in "[$(){}A-C]{0,12}") {
            for syntax in [Syntax::Pod, Syntax::Script, Syntax::Unit, Syntax::Specifiers, Syntax::Plain] {
                let mut variables = variables(&[("A", &value, syntax), ("B", "b$(A)${A}", syntax)]);
                let word = word(&text, syntax);
                _ = (variables.expand(&word), variables.words(&word));
            }
        }
    }
}
