//! systemd units: `ExecStart=`, `Environment=` and the names of environment files.

use super::command_line::CommandLine;
use super::env_file::lines;
use super::expansion::{Syntax, is_name};
use super::setting::{PlaceInFile, SettingPlace};
use super::{ManifestError, ManifestFile, ParsedFile, Variable, Word, shell_words};

/// A file of variables that a unit names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvironmentFile {
    /// Its path as written, without the dash in front.
    pub path: String,
    /// There was a dash: the unit starts without the file as well.
    pub optional: bool,
}

/// An empty value forgets what was given before, as in systemd.
pub(super) fn read(source: ManifestFile<'_>) -> Result<ParsedFile, ManifestError> {
    let mut recipe = ParsedFile::default();
    let mut in_service = false;
    for (number, line) in lines(source.text) {
        if line.starts_with('[') {
            in_service = line == "[Service]";
            continue;
        }
        let Some((key, value)) = line.split_once('=').filter(|_| in_service) else { continue };
        let (value, place) =
            (value.trim(), SettingPlace { label: source.label.to_owned(), spot: PlaceInFile::Line(number) });
        match key.trim() {
            "ExecStart" if value.is_empty() => recipe.command_lines.clear(),
            "ExecStart" => recipe.command_lines.push(command_line(value, &place)),
            "Environment" if value.is_empty() => recipe.variables.clear(),
            "Environment" => recipe.variables.extend(variables(value, &place)),
            "EnvironmentFile" if value.is_empty() => recipe.environment_files.clear(),
            "EnvironmentFile" => recipe.environment_files.push(environment_file(value)),
            _ => {}
        }
    }
    if recipe.command_lines.is_empty() && recipe.variables.is_empty() && recipe.environment_files.is_empty() {
        return Err(ManifestError::NoEtcd { label: source.label.to_owned() });
    }
    Ok(recipe)
}

/// Signs in front of the program change how it is run, not what.
fn command_line(value: &str, place: &SettingPlace) -> CommandLine {
    let words = shell_words::split(value.trim_start_matches(['-', '@', ':', '+', '!', '|']));
    CommandLine { words: words.into_iter().map(|text| (text, place.clone())).collect(), syntax: Syntax::Unit }
}

fn variables(value: &str, place: &SettingPlace) -> Vec<Variable> {
    let variable = |word: String| {
        let (name, value) = word.split_once('=').filter(|(name, _)| is_name(name))?;
        let value = Some(Word { text: value.to_owned(), syntax: Syntax::Specifiers });
        Some(Variable { name: name.to_owned(), value, place: place.clone() })
    };
    shell_words::split(value).into_iter().filter_map(variable).collect()
}

fn environment_file(value: &str) -> EnvironmentFile {
    let path = value.strip_prefix('-');
    EnvironmentFile { path: path.unwrap_or(value).to_owned(), optional: path.is_some() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_value_forgets() {
        let text = "[Unit]\nEnvironment=A=0\n[Service]\nEnvironment=A=1\nEnvironment=\nEnvironment=\"B=2 3\" 'C=4' D\n\
                    ExecStart=/bin/true\nExecStart=\nExecStart=-/usr/bin/etcd \\\n  # no\n  --name=a\nEnvironmentFile=-/e\n[Install]\nExecStart=x\n";
        let recipe = read(ManifestFile { label: "u", text }).expect("a unit");
        let names: Vec<_> = recipe.variables.iter().map(|variable| variable.name.as_str()).collect();
        assert_eq!(names, ["B", "C"]);
        assert_eq!(recipe.environment_files, [EnvironmentFile { path: "/e".into(), optional: true }]);
        let place = SettingPlace { label: "u".into(), spot: PlaceInFile::Line(9) };
        let words = ["/usr/bin/etcd", "--name=a"].map(|text| (text.to_owned(), place.clone()));
        assert_eq!(recipe.command_lines, [CommandLine { words: words.into(), syntax: Syntax::Unit }]);
    }
}
