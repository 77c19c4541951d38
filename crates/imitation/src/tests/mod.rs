//! The personalities against what the original tools were seen to answer. Numbers come from the recordings: what is
//! tested here is everything but the reading of files.

mod command_lines;
mod forms;
mod notices;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use etcdsnap_snapshot::interrupt::Interrupt;
use serde_json::Value;

use super::{Compat, Failure, FileFacts, HashKv, Host, Personality, Resolver, Status, run};

/// A process that none of these command lines asks for anything.
struct Unreachable;

impl Host for Unreachable {
    fn prepare(&self) -> Result<(), String> {
        unreachable!("these commands start no threads")
    }

    fn interrupt(&self) -> Result<Interrupt, String> {
        unreachable!("these commands write nothing")
    }

    fn resolver(&self) -> &dyn Resolver {
        unreachable!("these commands look up no name")
    }

    fn run_db(&self, command: &str, _: &[OsString]) -> Result<bool, String> {
        unreachable!("etcdsnap db {command} is not asked for")
    }
}

/// What one run left behind.
#[derive(Debug, PartialEq, Eq)]
struct Ran {
    code: u8,
    out: String,
    err: String,
}

fn ran(personality: Personality, compat: Compat, args: &[OsString], facts: &dyn FileFacts) -> Ran {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = run(personality, compat, args, facts, &Unreachable, &mut out, &mut err).unwrap();
    Ran { code, out: String::from_utf8(out).unwrap(), err: String::from_utf8_lossy(&err).into_owned() }
}

fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}

fn recordings() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/etcd")
}

/// A snapshot with everything that tools and its server said of it.
struct Recording {
    snapshot: PathBuf,
    facts: Value,
}

impl Recording {
    fn of(name: &str) -> Self {
        let snapshot = recordings().join(format!("{name}.db"));
        let facts = std::fs::read(recordings().join(format!("{name}.json"))).unwrap();
        Self { snapshot, facts: serde_json::from_slice(&facts).unwrap() }
    }

    fn all() -> Vec<Self> {
        let names = recordings().read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter_map(|name| name.strip_suffix(".db").map(Self::of)).collect()
    }

    /// What that tool printed in that form, and its exit code.
    fn said(&self, tool: &str, form: &str) -> Option<(&str, u8)> {
        let said = self.facts["status"].get(tool)?.get(form)?;
        Some((said["stdout"].as_str()?, said["code"].as_u64()?.try_into().ok()?))
    }

    fn said_in_json(&self, tool: &str) -> Value {
        serde_json::from_str(self.said(tool, "json").unwrap().0).unwrap()
    }
}

/// Knows one file, by its recording; any other is no database, or too short to be one.
impl FileFacts for Recording {
    fn status(&self, path: &Path) -> Result<Status, Failure> {
        if path != self.snapshot {
            let size = path.metadata().unwrap().len();
            return Err(if size < 2 * 4096 { Failure::TooSmall { size } } else { Failure::InvalidDatabase });
        }
        let (old, new) = (self.said_in_json("3.4.23"), self.said_in_json("3.7.1"));
        Ok(Status {
            hash: new["hash"].as_u64().unwrap().try_into().unwrap(),
            revision: new["revision"].as_i64().unwrap(),
            total_pairs: old["totalKey"].as_u64().unwrap(),
            live_keys: Ok(new["totalKey"].as_u64().unwrap()),
            total_size: new["totalSize"].as_u64().unwrap(),
            storage_version: new["version"].as_str().unwrap().to_owned(),
        })
    }

    fn check(&self, path: &Path) -> Result<(), Failure> {
        self.status(path).map(|_| ())
    }

    fn hash_kv(&self, path: &Path, revision: i64) -> Result<HashKv, Failure> {
        assert_eq!(path, self.snapshot);
        let current = self.facts["revision"].as_i64().unwrap();
        let wanted = if revision == 0 { current } else { revision };
        let known = self.facts["hashkv"].as_array().unwrap().iter().find(|entry| entry["rev"] == wanted);
        let known = known.ok_or(if wanted > current { Failure::Future } else { Failure::Compacted })?;
        Ok(HashKv {
            hash: known["hash"].as_u64().unwrap().try_into().unwrap(),
            hash_revision: wanted,
            compact_revision: known["compact"].as_i64().unwrap(),
        })
    }
}
