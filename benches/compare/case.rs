//! A command that is measured: how it is run, and what it is compared with.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::goal::Goal;
use crate::programs::command;

/// One command.
#[derive(Debug)]
pub struct Case {
    /// Tells it from all others of its series.
    pub name: String,
    pub command: Command,
    pub input: Input,
    /// What `input` is a copy of: the command changes what it reads.
    pub copied_from: Option<PathBuf>,
    /// A file that it writes.
    pub output: Option<PathBuf>,
    /// The name of the command it is compared with.
    pub against: Option<String>,
    /// Must it print the same as that one?
    pub same_answer: bool,
    pub goals: Vec<Goal>,
}

/// The file that a command reads.
#[derive(Clone, Debug)]
pub struct Input {
    pub path: PathBuf,
    pub bytes: u64,
}

impl Case {
    /// A program, its arguments, and the file as the last one.
    pub fn new(name: impl Into<String>, program: &Path, arguments: &[&str], input: &Input) -> Self {
        let mut command = command(program);
        command.args(arguments).arg(&input.path);
        Self {
            name: name.into(),
            command,
            input: input.clone(),
            copied_from: None,
            output: None,
            against: None,
            same_answer: false,
            goals: Vec::new(),
        }
    }

    /// As a tool of that release line of etcd would.
    pub fn compatible_with(mut self, release: &str) -> Self {
        self.command.env("ETCDSNAP_COMPAT", release);
        self
    }

    /// Its input is a copy of that file, still to be made.
    pub fn on_copy_of(self, original: &Path) -> Self {
        Self { copied_from: Some(original.to_owned()), ..self }
    }

    /// Its last argument is a file that it writes.
    pub fn writing(mut self, output: PathBuf) -> Self {
        self.command.arg(&output);
        self.output = Some(output);
        self
    }

    pub fn against(self, name: impl Into<String>) -> Self {
        Self { against: Some(name.into()), ..self }
    }

    /// Compared with a command that must print the same.
    pub fn in_place_of(self, name: impl Into<String>) -> Self {
        Self { same_answer: true, ..self.against(name) }
    }

    pub fn goals(self, goals: impl IntoIterator<Item = Goal>) -> Self {
        Self { goals: goals.into_iter().collect(), ..self }
    }
}
