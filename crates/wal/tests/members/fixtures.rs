//! Recorded members: their logs, their snapshots, and what `etcd-dump-logs` printed of them.
//!
//! Those of `testdata/wal/members`; `ETCDSNAP_MEMBERS` may name a directory with more of the same kind: data directories,
//! and beside each what the tool printed.

use std::fs;
use std::path::{Path, PathBuf};

use etcdsnap_wal::Wal;

/// A member's directory, read.
#[derive(Debug)]
pub struct Member {
    /// Name of the recording.
    pub name: String,
    wal: Vec<(String, Vec<u8>)>,
    snap: Vec<(String, Vec<u8>)>,
    dump: PathBuf,
}

impl Member {
    /// All recorded members.
    pub fn all() -> Vec<Self> {
        let ours = testdata().join("members");
        let more = std::env::var_os("ETCDSNAP_MEMBERS").map(PathBuf::from);
        let directories = std::iter::once(ours).chain(more).flat_map(|directory| entries(&directory));
        let members: Vec<_> = directories.filter(|path| path.is_dir()).map(|path| Self::read(&path)).collect();
        assert!(members.len() >= 3, "only {} members", members.len());
        members
    }

    /// One of the members in `testdata`.
    pub fn named(name: &str) -> Self {
        Self::read(&testdata().join("members").join(name))
    }

    fn read(path: &Path) -> Self {
        let name = path.file_name().expect("a name").to_str().expect("UTF-8").to_owned();
        let data = [path.join("m1.etcd/member"), path.to_owned()].into_iter().find(|data| data.join("wal").is_dir());
        let data = data.expect("a WAL directory");
        Self { wal: files(&data.join("wal")), snap: files(&data.join("snap")), dump: path.with_extension("x"), name }
    }

    /// Names and contents of the WAL directory.
    pub fn wal_files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.wal.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
    }

    /// Names and contents of the `.snap` files.
    pub fn snap_files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.snap.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
    }

    /// The log.
    pub fn wal(&self) -> Wal<'_> {
        Wal::new(self.wal_files())
    }

    /// What the tool printed: `dump-logs` or `dump-logs-raw`.
    pub fn recorded(&self, tool: &str) -> String {
        let path = self.dump.with_file_name(format!("{}.{tool}.txt", self.name));
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}

/// Where the recordings are.
pub fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/wal")
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    let listing = fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let mut paths: Vec<_> = listing.map(|entry| entry.expect("a directory entry").path()).collect();
    paths.sort();
    paths
}

/// The files that matter here: neither databases nor segments prepared for later. None if there is no such directory.
fn files(directory: &Path) -> Vec<(String, Vec<u8>)> {
    if !directory.is_dir() {
        return Vec::new();
    }
    let matters = |path: &PathBuf| path.extension().is_some_and(|extension| extension != "tmp");
    let paths = entries(directory).into_iter().filter(matters);
    let read = |path: PathBuf| {
        let name = path.file_name().expect("a name").to_str().expect("UTF-8").to_owned();
        (name, fs::read(&path).expect("readable"))
    };
    paths.map(read).collect()
}
