//! Files of environment variables, as systemd reads them for `EnvironmentFile=`; a leading `export`, for shells, is nothing.

use super::expansion::{Syntax, is_name};
use super::setting::{PlaceInFile, SettingPlace};
use super::{ManifestError, ManifestFile, ParsedFile, Variable, Word, shell_words};

pub(super) fn read(source: ManifestFile<'_>) -> Result<ParsedFile, ManifestError> {
    let unrecognised = || ManifestError::Unrecognised { label: source.label.to_owned() };
    let mut variables = Vec::new();
    for (number, line) in lines(source.text) {
        let assignment = line.strip_prefix("export ").unwrap_or(&line).trim();
        let (name, value) = assignment.split_once('=').filter(|(name, _)| is_name(name)).ok_or_else(unrecognised)?;
        let place = SettingPlace { label: source.label.to_owned(), spot: PlaceInFile::Line(number) };
        let value = Some(Word { text: unquoted(value.trim()), syntax: Syntax::Plain });
        variables.push(Variable { name: name.to_owned(), value, place });
    }
    if variables.is_empty() { Err(unrecognised()) } else { Ok(ParsedFile { variables, ..ParsedFile::default() }) }
}

/// Lines with content and their numbers, from 1. A backslash at the end of a line goes on with the next; lines that begin
/// with `#` or `;` are comments, also in between.
pub(super) fn lines(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut goes_on = false;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.starts_with(['#', ';']) {
            continue;
        }
        let continued = line.strip_suffix('\\');
        let content = continued.unwrap_or(line);
        match lines.last_mut().filter(|_| goes_on) {
            Some((_, begun)) => begun.extend([" ", content]),
            None => lines.push((number, content.to_owned())),
        }
        goes_on = continued.is_some();
    }
    lines.retain(|(_, line)| !line.trim().is_empty());
    lines
}

/// A value in quotes ends with them; one without keeps its spaces.
fn unquoted(value: &str) -> String {
    if value.starts_with(['"', '\'']) {
        shell_words::split(value).into_iter().next().unwrap_or_default()
    } else if value.contains(['"', '\'', '\\']) {
        shell_words::split(value).join(" ")
    } else {
        value.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Result<Vec<(String, String)>, ManifestError> {
        let recipe = read(ManifestFile { label: "f", text })?;
        let values = recipe.variables.into_iter();
        Ok(values.map(|variable| (variable.name, variable.value.map_or_else(String::new, |word| word.text))).collect())
    }

    #[test]
    fn quotes_comments_and_continuations() {
        let text = "# all of it\n\nA=1\nexport B=\"x y\" # z\n ; no\nC='it''s'\nD= a b \nE=a\\ b\nF=1,\\\n# c\n2\nG=\n";
        let expected = [("A", "1"), ("B", "x y"), ("C", "its"), ("D", "a b"), ("E", "a b"), ("F", "1, 2"), ("G", "")];
        assert_eq!(values(text), Ok(expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into()));
    }

    #[test]
    fn other_files_are_not_taken_for_one() {
        for text in ["", "# A=1\n", "hello\n", "A=1\nhello world\n", "1A=2\n", "a b=2\n", "=1\n", "- --name=a\n"] {
            assert_eq!(values(text), Err(ManifestError::Unrecognised { label: "f".into() }), "{text:?}");
        }
    }
}
