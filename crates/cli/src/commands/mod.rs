//! One file a command: arguments in, a library's answer, output out.

mod changes;
mod completions;
mod datadir;
mod db;
mod defrag;
mod deleted;
mod diff;
mod export;
mod get;
mod hash;
mod history;
mod keys;
mod kube;
mod listings;
mod man;
mod migrate;
mod outputs;
mod reading;
mod restore;
mod rewriting;
mod status;
mod unpack;
mod usage;
mod verify;
mod wal;

use std::fmt::Display;
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use etcdsnap_image::Mapping;
use etcdsnap_publish::Inputs;
use etcdsnap_snapshot::catalogue::container::SHA256_ZERO;
use etcdsnap_snapshot::container::{Container, OpenOptions, Origin};
use etcdsnap_snapshot::finding::Kind;
use etcdsnap_snapshot::inspection::{Inspection, Options, Unusable};
use etcdsnap_snapshot::length::has_zero_hash;
use etcdsnap_snapshot::progress::Progress;

use crate::args::{Cli, Command, Global};
use crate::exit::{Exit, Failure};
use crate::output::label;
use crate::{progress, threads};

/// What every command is handed.
#[derive(Debug)]
struct Session {
    global: Global,
    /// All files that were opened so far, which no output may replace.
    inputs: Mutex<Inputs>,
}

/// Makes the threads that a command works on; to be called once in a process, before [`run`].
pub fn start_threads(cli: &Cli) -> Result<(), Failure> {
    if matches!(cli.command, Command::Completions { .. } | Command::Man) {
        return Ok(());
    }
    threads::start(cli.global.threads).map_err(|error| {
        let advice =
            if cli.global.threads.is_none_or(|threads| threads.get() > 1) { " or use --threads 1" } else { "" };
        Failure::new(format!("{error}{advice}"))
    })
}

/// Does what was asked for.
pub fn run(cli: Cli) -> Result<Exit, Failure> {
    let session = Session { global: cli.global, inputs: Mutex::default() };
    match cli.command {
        Command::Verify(args) => verify::run(&session, &args),
        Command::Status(args) => status::run(&session, &args),
        Command::Hash(args) => hash::run(&session, &args),
        Command::Keys(args) => keys::run(&session, &args),
        Command::Get(args) => get::run(&session, &args),
        Command::History(args) => history::run(&session, &args),
        Command::Changes(args) => changes::run(&session, &args),
        Command::Deleted(args) => deleted::run(&session, &args),
        Command::Export(args) => export::run(&session, &args),
        Command::Usage(args) => usage::run(&session, &args),
        Command::Members(args) => listings::members(&session, &args),
        Command::Leases(args) => listings::leases(&session, &args),
        Command::Users(args) => listings::users(&session, &args),
        Command::Roles(args) => listings::roles(&session, &args),
        Command::Restore(args) => restore::run(&session, &args),
        Command::Defrag(args) => defrag::run(&session, &args),
        Command::Migrate(args) => migrate::run(&session, &args),
        Command::Unpack(args) => unpack::run(&session, &args),
        Command::Diff(args) => diff::run(&session, &args),
        Command::Kube(command) => kube::run(&session, &command),
        Command::Db(command) => db::run(&session, &command),
        Command::Datadir(command) => datadir::run(&session, &command),
        Command::Wal(command) => wal::run(&session, &command),
        Command::Completions { shell } => completions::run(shell),
        Command::Man => man::run(),
    }
}

impl Session {
    /// Opens what the user named, `-` being standard input.
    fn open(&self, path: &Path) -> Result<Container, Failure> {
        let options = self.opening();
        let container = if path == Path::new("-") {
            Container::from_stdin(io::stdin().lock(), &options)
        } else {
            Container::open(path, &options)
        };
        let container = container?;
        self.note_opened(&container);
        self.refuse_as_output()?;
        Ok(container)
    }

    /// As [`open`](Self::open), for a command that shows what is in a backup and computes no SHA-256: where that is all
    /// zeros, it is seen without, and said.
    fn open_unproven(&self, path: &Path) -> Result<Container, Failure> {
        let container = self.open(path)?;
        if has_zero_hash(&container) {
            let Kind { id, title, .. } = SHA256_ZERO;
            let text = "so nothing proves what is in this snapshot; `etcdsnap verify` says what can be done";
            Failure::new(format!("{}: warning: {title} ({id}), {text}", label(path))).print();
        }
        Ok(container)
    }

    /// The files that were opened so far, for a [`Destination`](etcdsnap_publish::Destination), which must not replace
    /// them.
    fn inputs(&self) -> Inputs {
        self.locked_inputs().clone()
    }

    /// Notes files that are read, so that no output takes their place.
    fn note_files<'p>(&self, files: impl IntoIterator<Item = &'p PathBuf>) {
        let mut inputs = self.locked_inputs();
        files.into_iter().for_each(|file| inputs.add(file));
    }

    /// As [`note_files`](Self::note_files), of all files in a folder.
    fn note_folder(&self, folder: &Path) {
        self.locked_inputs().add_folder(folder);
    }

    /// In a data directory all files of the member belong together.
    fn note_opened(&self, container: &Container) {
        let mut inputs = self.locked_inputs();
        match (&container.origin, container.path()) {
            (Origin::StandardInput, _) => {
                if let Ok(input) = io::stdin().as_fd().try_clone_to_owned() {
                    inputs.add_open(&input.into(), Path::new("standard input"));
                }
            }
            (_, Some(path)) => inputs.add(path),
            (_, None) => {}
        }
        if let Origin::DataDirectory { database } = &container.origin
            && let Some(snap) = database.parent().filter(|folder| folder.ends_with("snap"))
        {
            inputs.add_folder(snap);
            inputs.add_folder(&snap.with_file_name("wal"));
        }
    }

    /// Fails when standard output is one of the files that are read, as with `>> FILE`.
    fn refuse_as_output(&self) -> Result<(), Failure> {
        let inputs = self.locked_inputs();
        let named = |stream: io::Result<OwnedFd>| inputs.name_of(&stream.ok()?.into()).map(label);
        let streams = [io::stdout().as_fd().try_clone_to_owned(), io::stderr().as_fd().try_clone_to_owned()];
        match streams.into_iter().find_map(named) {
            Some(file) => {
                Err(Failure::usage(format!("{file}: the output goes to this file, which is read; send it elsewhere")))
            }
            None => Ok(()),
        }
    }

    fn locked_inputs(&self) -> MutexGuard<'_, Inputs> {
        self.inputs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How backups are to be opened.
    fn opening(&self) -> OpenOptions {
        let Global { spool_dir, max_input, .. } = &self.global;
        let defaults = OpenOptions::default();
        OpenOptions {
            mapping: self.mapping(),
            spool_dir: spool_dir.clone().unwrap_or_else(std::env::temp_dir),
            limit: max_input.unwrap_or(defaults.limit),
            ..defaults
        }
    }

    /// How files are to be read.
    fn mapping(&self) -> Mapping {
        if self.global.no_mmap { Mapping::Never } else { Mapping::Auto }
    }

    /// Walks over the database of what was opened at `path`, once.
    fn inspect<'a>(&self, container: &'a Container, path: &Path) -> Result<Inspection<'a>, Failure> {
        let progress = self.progress(path);
        let inspection =
            Inspection::alone(container, &Options::default(), &*progress).map_err(|error| unusable(path, error))?;
        Self::recheck(container)?;
        Ok(inspection)
    }

    /// How a run ends that shows what was read of a file; says so when that is not all.
    fn tell_soundness(inspection: &Inspection<'_>, path: &Path) -> Exit {
        if inspection.is_sound() {
            return Exit::Done;
        }
        let file = label(path);
        Failure::damaged(format!("{file}: damaged, so the numbers are of what could be read; run `etcdsnap verify`"))
            .print();
        Exit::Damaged
    }

    /// Says so when the file changed while it was read: then nothing that was read can be trusted.
    fn recheck(container: &Container) -> Result<(), Failure> {
        container.recheck().map_err(|changed| Failure::new(changed.to_string()))
    }

    /// Where the progress of work on this file is shown.
    fn progress(&self, path: &Path) -> Box<dyn Progress> {
        progress::choose(self.global.progress, &label(path))
    }
}

/// Refuses standard input as more than one of several files: it can be read once, and would look empty the second time.
fn standard_input_once<'p>(files: impl IntoIterator<Item = &'p PathBuf>) -> Result<(), Failure> {
    match files.into_iter().filter(|path| **path == Path::new("-")).count() {
        0 | 1 => Ok(()),
        _ => Err(Failure::usage("`-` is given more than once, but standard input can be read once; save it to a file")),
    }
}

/// Refuses a range with its ends exchanged: nothing lies in it, which would look like an answer.
fn from_low_to_high<T: Display + PartialOrd>(from: Option<T>, to: Option<T>) -> Result<(), Failure> {
    match from.zip(to) {
        Some((from, to)) if from > to => {
            Err(Failure::usage(format!("--from {from} is above --to {to}; exchange the two")))
        }
        _ => Ok(()),
    }
}

/// A file in which no database could be opened is damaged; one that the system could not read is not known to be.
fn unusable(path: &Path, error: Unusable) -> Failure {
    match error {
        Unusable::Database(error) => {
            Failure::damaged(format!("{}: {error}; `etcdsnap verify` says what can be done", label(path)))
        }
        error => Failure::new(error.to_string()),
    }
}
