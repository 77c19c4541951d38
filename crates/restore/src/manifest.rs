//! What a member is started with, read from the file it is started from: a static pod, a systemd unit or a file of
//! environment variables.
//!
//! Restored with other values than etcd is started with, a directory is of no use, so the safest place to take them from is
//! this file. Each kind of file is read into a recipe: variables, and the words of the command line. Then variables are
//! put in, etcd's own flags and variables are picked out, and all else is passed over. Every value keeps its place, and two
//! places that disagree are an error only for who asks for that value: what is given by hand needs no manifest.

mod command_line;
mod env_file;
mod expansion;
mod pod;
mod setting;
mod shell_words;
mod unit;
mod volume;

use std::ffi::OsStr;
use std::path::Path;

use thiserror::Error;

use command_line::CommandLine;
use expansion::{Syntax, Variables};
use volume::Volume;

pub use setting::{FoundSetting, PlaceInFile, Setting, SettingError, SettingPlace};
pub use unit::EnvironmentFile;

/// One file, read by the caller.
#[derive(Clone, Copy, Debug)]
pub struct ManifestFile<'s> {
    /// What to call it, such as its path.
    pub label: &'s str,
    /// Its content.
    pub text: &'s str,
}

/// The settings that some files give, with their places.
///
/// ```
/// use etcdsnap_restore::manifest::{Manifest, Setting, ManifestFile};
///
/// let unit = "[Service]\nEnvironmentFile=/etc/etcd.env\nExecStart=/usr/bin/etcd --data-dir=/var/lib/etcd --name ${ETCD_NAME}\n";
/// let variables = "ETCD_NAME=\"m1\"\n";
/// let sources = [
///     ManifestFile { label: "etcd.service", text: unit },
///     ManifestFile { label: "/etc/etcd.env", text: variables },
/// ];
/// let manifest = Manifest::read(&sources)?;
/// assert_eq!(manifest.get(Setting::Name)?, Some("m1"));
/// assert_eq!(manifest.get(Setting::WalDir)?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    found: Vec<FoundSetting>,
    volumes: Option<Vec<Volume>>,
    unread: Vec<EnvironmentFile>,
}

/// A directory of the member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestDirectory {
    /// As etcd sees it.
    pub path: String,
    /// On the host. `None` when that is not told: it is not on a volume of the host, or not an absolute path.
    pub on_host: Option<String>,
}

/// Why files say nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// None of the three kinds.
    #[error("{label}: neither a pod manifest, nor a systemd unit, nor a file of NAME=value lines")]
    Unrecognised {
        /// The file.
        label: String,
    },
    /// It is YAML, but no pod can be read from it.
    #[error("{label}: not a pod manifest: {reason}")]
    Yaml {
        /// The file.
        label: String,
        /// Why.
        reason: String,
    },
    /// A pod or unit that does not run etcd.
    #[error("{label}: runs no etcd")]
    NoEtcd {
        /// The file.
        label: String,
    },
    /// There are no settings of a member in any of the files.
    #[error("{}: no name, peer URLs, token or directory of an etcd member", labels.join(", "))]
    Nothing {
        /// The files.
        labels: Vec<String>,
    },
}

impl Manifest {
    /// Reads files that belong together, such as a unit and the environment files it names. A value must be the same
    /// wherever it is given.
    pub fn read(sources: &[ManifestFile<'_>]) -> Result<Self, ManifestError> {
        let recipes = sources.iter().map(|source| recipe(*source)).collect::<Result<Vec<_>, _>>()?;
        let mut variables = Variables::new();
        recipes.iter().flat_map(|recipe| &recipe.variables).for_each(|variable| variables.add(variable));
        let mut manifest = Self::default();
        for recipe in recipes {
            for line in &recipe.command_lines {
                manifest.found.extend(command_line::settings(line, &mut variables));
            }
            manifest.unread.extend(recipe.environment_files);
            if let Some(volumes) = recipe.volumes {
                manifest.volumes.get_or_insert_default().extend(volumes);
            }
        }
        manifest.found.extend(variables.into_settings());
        let file_name = |path: &str| Path::new(path).file_name().map(OsStr::to_owned);
        manifest.unread.retain(|file| !sources.iter().any(|source| file_name(source.label) == file_name(&file.path)));
        if manifest.found.is_empty() {
            let labels = sources.iter().map(|source| source.label.to_owned()).collect();
            return Err(ManifestError::Nothing { labels });
        }
        Ok(manifest)
    }

    /// The value of a setting; `None` when no file has it.
    pub fn get(&self, setting: Setting) -> Result<Option<&str>, SettingError> {
        let mut all = self.found.iter().filter(|found| found.setting == setting);
        let Some(first) = all.next() else { return Ok(None) };
        if let Some(other) = all.find(|found| found.value != first.value) {
            return Err(SettingError::Conflict { one: Box::new(first.clone()), other: Box::new(other.clone()) });
        }
        match &first.value {
            Ok(value) => Ok(Some(value)),
            Err(written) => Err(SettingError::Unknown {
                setting,
                written: written.clone(),
                place: first.place.clone(),
                unread: self.unread.iter().map(|file| file.path.clone()).collect(),
            }),
        }
    }

    /// A directory: of [`Setting::DataDir`] or [`Setting::WalDir`].
    pub fn directory(&self, setting: Setting) -> Result<Option<ManifestDirectory>, SettingError> {
        let Some(path) = self.get(setting)? else { return Ok(None) };
        let on_host = match &self.volumes {
            Some(volumes) => volume::on_host(path, volumes),
            None => path.starts_with('/').then(|| path.to_owned()),
        };
        Ok(Some(ManifestDirectory { path: path.to_owned(), on_host }))
    }

    /// Everything that was found, in the order of the files; command lines come before variables.
    pub fn found(&self) -> &[FoundSetting] {
        &self.found
    }

    /// Environment files that a unit names and that were not among the files read, going by the last part of their paths.
    pub fn unread_environment_files(&self) -> &[EnvironmentFile] {
        &self.unread
    }
}

/// What one file says, before variables are put in.
#[derive(Debug, Default)]
struct ParsedFile {
    variables: Vec<Variable>,
    command_lines: Vec<CommandLine>,
    environment_files: Vec<EnvironmentFile>,
    /// What is mounted into a pod; `None` when etcd sees the files of the host.
    volumes: Option<Vec<Volume>>,
}

/// A text that may name variables.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Word {
    text: String,
    syntax: Syntax,
}

/// A variable that etcd is started with.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Variable {
    name: String,
    /// As written; `None` when it is taken from somewhere else.
    value: Option<Word>,
    place: SettingPlace,
}

fn recipe(source: ManifestFile<'_>) -> Result<ParsedFile, ManifestError> {
    let text = source.text.strip_prefix('\u{feff}').unwrap_or(source.text);
    let source = ManifestFile { text, ..source };
    let begins = |prefix: &str| text.lines().any(|line| line.starts_with(prefix));
    if begins("[Service]") || begins("[Unit]") {
        unit::read(source)
    } else if text.trim_start().starts_with('{') || begins("kind:") || begins("apiVersion:") {
        pod::read(source)
    } else {
        env_file::read(source)
    }
}
