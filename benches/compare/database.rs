//! The databases that commands work on: made once, from a seed, and kept.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

use etcdsnap_testkit::synth::SyntheticDatabase;
use serde::{Deserialize, Serialize};

use crate::case::Input;
use crate::failure::Failure;
use crate::programs;
use crate::run::timed;
use crate::size::Size;

/// A snapshot in a folder, scattered as an aged member leaves it, and what is in it.
#[derive(Clone, Debug)]
pub struct Database {
    pub path: PathBuf,
    pub facts: Facts,
}

/// The numbers that goals and commands depend on.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Facts {
    pub bytes: u64,
    pub pages: u64,
    pub records: u64,
    pub live_keys: u64,
    pub revision: i64,
    pub compacted_revision: i64,
}

impl Database {
    /// The database of a size in `folder`, made if it is not there.
    pub fn of_size(size: Size, folder: &Path, etcdsnap: &Path) -> Result<Self, Failure> {
        let synth = SyntheticDatabase::of_size(size.0);
        let path = folder.join(format!("synth-{size}-seed{}.db", synth.seed));
        if !path.exists() {
            eprintln!("making {}", path.display());
            write(&synth, &path)?;
        }
        let facts = facts(&path, etcdsnap)?;
        Ok(Self { path, facts })
    }

    /// It as a file to be read.
    pub fn input(&self) -> Input {
        Input { path: self.path.clone(), bytes: self.facts.bytes }
    }

    /// A revision for HashKV that leaves some records out at both ends.
    pub fn middle_revision(&self) -> i64 {
        i64::midpoint(self.facts.compacted_revision, self.facts.revision)
    }
}

/// Under another name until it is finished, so that a file that is there is a whole one; and written to disk, so that no
/// writing goes on while something is measured.
fn write(synth: &SyntheticDatabase, path: &Path) -> Result<(), Failure> {
    let unfinished = path.with_extension("unfinished");
    let failed = |what| Failure::file(what, &unfinished);
    let mut open = OpenOptions::new();
    let file = open.read(true).write(true).create(true).truncate(true).open(&unfinished).map_err(failed("create"))?;
    synth.write(&file).map_err(failed("write"))?;
    file.sync_all().map_err(failed("write"))?;
    fs::rename(&unfinished, path).map_err(Failure::file("create", path))
}

/// What `etcdsnap status` says.
fn facts(path: &Path, etcdsnap: &Path) -> Result<Facts, Failure> {
    let name = "etcdsnap status -o json";
    let mut command = programs::command(etcdsnap);
    let run = timed(name, command.args(["status", "-o", "json"]).arg(path))?;
    let status: Status =
        serde_json::from_slice(&run.answer).map_err(|source| Failure::Answer { name: name.to_owned(), source })?;
    Ok(Facts {
        bytes: status.source.size,
        pages: status.database.high_water_mark,
        records: status.store.records,
        live_keys: status.store.live_keys,
        revision: status.store.current_revision,
        compacted_revision: status.store.compacted_revision,
    })
}

#[derive(Deserialize)]
struct Status {
    source: Source,
    database: Pages,
    store: Store,
}

#[derive(Deserialize)]
struct Source {
    size: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pages {
    high_water_mark: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Store {
    records: u64,
    live_keys: u64,
    current_revision: i64,
    compacted_revision: i64,
}
