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
    pub copied_from: Option<Original>,
    /// A file or folder that it writes.
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

/// What is copied before a command runs, and how often.
#[derive(Clone, Debug)]
pub struct Original {
    pub path: PathBuf,
    /// Before each run, and not only before the first: what the command leaves is less work the next time.
    pub each_run: bool,
}

impl Case {
    /// A program, its arguments, and the file as the last one.
    pub fn new(name: impl Into<String>, program: &Path, arguments: &[&str], input: &Input) -> Self {
        let mut case = Self::on_folder(name, program, arguments, input);
        case.command.arg(&input.path);
        case
    }

    /// A program and its arguments, which name a folder that the file is in.
    pub fn on_folder(name: impl Into<String>, program: &Path, arguments: &[&str], input: &Input) -> Self {
        let mut command = command(program);
        command.args(arguments);
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
        Self { copied_from: Some(Original { path: original.to_owned(), each_run: false }), ..self }
    }

    /// Its input is a copy of that file, made anew before each run.
    pub fn on_new_copy_of(self, original: &Path) -> Self {
        Self { copied_from: Some(Original { path: original.to_owned(), each_run: true }), ..self }
    }

    /// More arguments.
    pub fn with(mut self, arguments: &[&str]) -> Self {
        self.command.args(arguments);
        self
    }

    /// Its last argument is a file or folder that it writes.
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
