//! `hash`.

use std::path::Path;

use etcdsnap_mvcc::{HashKv, RevisionError};
use etcdsnap_snapshot::hashes::hashes;
use etcdsnap_snapshot::inspection::Options;

use super::{Session, standard_input_once, unusable};
use crate::args::Hash;
use crate::exit::{Exit, Failure};
use crate::output::hash::{Aspect, Comparison, Failed, Hashed, Hashes, differences, text};
use crate::output::{Sheet, console, hash as output, label};

pub fn run(session: &Session, args: &Hash) -> Result<Exit, Failure> {
    standard_input_once(&args.files)?;
    let (mut files, mut failures, mut exit) = (Vec::new(), Vec::new(), Exit::Done);
    for path in &args.files {
        match session.hash(path, args.rev) {
            Ok((file, of_file)) => {
                files.push(file);
                exit = exit.and(of_file);
            }
            Err(failure) if args.files.len() == 1 => return Err(failure),
            // The others are still printed.
            Err(failure) => {
                failure.print();
                exit = exit.and(failure.exit);
                failures.push(Failed::new(path, &failure));
            }
        }
    }
    let by = if args.by.is_empty() { &Aspect::ALL[..] } else { &args.by };
    let differences = differences(&files, by);
    let exit = if differences.is_empty() { exit } else { exit.and(Exit::Differ) };
    let all_read = failures.is_empty();
    let text = |sheet: &mut Sheet| text(&files, all_read, &differences, sheet);
    match files.as_slice() {
        [only] if all_read => console::report(args.output, exit, &only.hashes, text),
        _ => console::report(args.output, exit, &Comparison::new(&files, failures, &differences), text),
    }
}

impl Session {
    /// The hashes of one file, and how the run ends as far as this file is concerned.
    fn hash(&self, path: &Path, revision: Option<i64>) -> Result<(Hashed, Exit), Failure> {
        let container = self.open(path)?;
        let options = Options { hash_at: revision, ..Options::default() };
        let found = hashes(&container, &options, &*self.progress(path)).map_err(|error| unusable(path, error))?;
        Self::recheck(&container)?;
        let kv = found.kv.all().copied().transpose().map_err(|error| no_hash_kv(path, error))?;
        let kv =
            kv.map(|HashKv { hash, revision, compact_revision }| output::HashKv { hash, revision, compact_revision });
        let exit = if found.sound && found.sha256.trailer != "mismatch" { Exit::Done } else { Exit::Damaged };
        if exit == Exit::Damaged {
            let text = "damaged, so hashes are of what could be read, or unknown; run `etcdsnap verify`";
            Failure::damaged(format!("{}: {text}", label(path))).print();
        }
        let hashes = Hashes {
            sha256: found.sha256.digest,
            sha256_trailer: found.sha256.trailer,
            status: found.status,
            backend: found.backend,
            kv,
        };
        Ok((Hashed { path: path.to_owned(), hashes }, exit))
    }
}

fn no_hash_kv(path: &Path, error: RevisionError) -> Failure {
    let advice = "`etcdsnap status` shows from which revision to which one it can be hashed";
    Failure::new(format!("{}: {error}; {advice}", label(path)))
}
