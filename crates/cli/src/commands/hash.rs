//! `hash`.

use std::path::Path;

use etcdsnap_mvcc::RevisionError;
use etcdsnap_snapshot::hashes::hashes;
use etcdsnap_snapshot::inspection::Options;

use super::{Session, standard_input_once, unusable};
use crate::args::{Form, Hash};
use crate::exit::{Exit, Failure};
use crate::output::hash::{Aspect, Comparison, HashKv, Hashed, Hashes, differences, text};
use crate::output::{console, label};

pub fn run(session: &Session, args: &Hash) -> Result<Exit, Failure> {
    standard_input_once(&args.files)?;
    let files = args.files.iter().map(|path| session.hash(path, args.rev)).collect::<Result<Vec<_>, Failure>>()?;
    let exit = files.iter().map(|(_, exit)| *exit).fold(Exit::Done, Exit::and);
    let files: Vec<_> = files.into_iter().map(|(file, _)| file).collect();
    let by = if args.by.is_empty() { &Aspect::ALL[..] } else { &args.by };
    let differences = differences(&files, by);
    let exit = if differences.is_empty() { exit } else { exit.and(Exit::Differ) };
    match (args.output, files.as_slice()) {
        (Form::Json, [only]) => console::json(exit, &only.hashes),
        (Form::Json, _) => console::json(exit, &Comparison::new(&files, &differences)),
        (Form::Text, _) => {
            let mut sheet = console::sheet();
            text(&files, &differences, &mut sheet);
            console::print(sheet, exit)
        }
    }
}

impl Session {
    /// The hashes of one file, and how the run ends as far as this file is concerned.
    fn hash(&self, path: &Path, revision: Option<i64>) -> Result<(Hashed, Exit), Failure> {
        let container = self.open(path)?;
        let options = Options { hash_at: revision, ..Options::default() };
        let found = hashes(&container, &options, &*self.progress(path)).map_err(|error| unusable(path, error))?;
        Self::recheck(&container)?;
        let damaged = |error| Failure::damaged(format!("{}: damaged: {error}; run `etcdsnap verify`", label(path)));
        let backend = found.backend.map_err(damaged)?;
        let kv = found.kv.map_err(|error| no_hash_kv(path, error))?;
        let exit = if found.sound && found.sha256.trailer != "mismatch" { Exit::Done } else { Exit::Damaged };
        if exit == Exit::Damaged {
            let text = "damaged, so the hashes are of what could be read; run `etcdsnap verify`";
            Failure::damaged(format!("{}: {text}", label(path))).print();
        }
        let hashes = Hashes {
            sha256: found.sha256.digest,
            sha256_trailer: found.sha256.trailer,
            status: found.status,
            backend,
            kv: HashKv { hash: kv.hash, revision: kv.revision, compact_revision: kv.compact_revision },
        };
        Ok((Hashed { path: path.to_owned(), hashes }, exit))
    }
}

fn no_hash_kv(path: &Path, error: RevisionError) -> Failure {
    let advice = "`etcdsnap status` shows from which revision to which one it can be hashed";
    Failure::new(format!("{}: {error}; {advice}", label(path)))
}
