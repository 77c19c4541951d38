//! A recorded member's directory, copied so that it can be changed.

use std::fs;
use std::path::{Path, PathBuf};

use etcdsnap_bbolt::Db;
use etcdsnap_bbolt::edit::{CommitStep, Editor};
use etcdsnap_datadir::{CheckOptions, DirectoryReport, StartOutcome, check};
use etcdsnap_snapshot::finding::Severity;
use etcdsnap_snapshot::progress::Silent;
use tempfile::TempDir;

/// The only segment of each.
pub const SEGMENT: &str = "wal/0000000000000000-0000000000000000.wal";

/// A copy of a member of `testdata/wal/members`.
#[derive(Debug)]
pub struct Member {
    folder: TempDir,
}

impl Member {
    /// Copies a member.
    pub fn copy_of(name: &str) -> Self {
        Self::copy("members", name)
    }

    /// Copies a member with a fault, of `testdata/wal/faults`.
    pub fn faulty(name: &str) -> Self {
        Self::copy("faults", name)
    }

    fn copy(kind: &str, name: &str) -> Self {
        let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/wal").join(kind).join(name);
        let folder = tempfile::tempdir().expect("folder");
        for part in ["snap", "wal"] {
            let to = folder.path().join("member").join(part);
            fs::create_dir_all(&to).expect("folder");
            for entry in fs::read_dir(recorded.join(part)).expect("recorded") {
                let entry = entry.expect("entry");
                fs::copy(entry.path(), to.join(entry.file_name())).expect("copied");
            }
        }
        Self { folder }
    }

    /// The data directory.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A file or folder of the member.
    pub fn file(&self, inside: &str) -> PathBuf {
        self.path().join("member").join(inside)
    }

    /// Writes a file.
    pub fn put(&self, inside: &str, bytes: &[u8]) {
        fs::write(self.file(inside), bytes).expect("written");
    }

    /// Removes files.
    pub fn remove(&self, inside: &[&str]) {
        for inside in inside {
            fs::remove_file(self.file(inside)).expect("removed");
        }
    }

    /// Changes the bytes of a file.
    pub fn change(&self, inside: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let path = self.file(inside);
        let mut bytes = fs::read(&path).expect("file");
        change(&mut bytes);
        fs::write(path, bytes).expect("written");
    }

    /// Overwrites every value of a key in the database, also on pages that are not in use.
    pub fn set(&self, key: &str, value: &[u8]) {
        self.change("snap/db", |bytes| {
            let mut from = 0;
            while let Some(at) = bytes[from..].windows(key.len()).position(|window| window == key.as_bytes()) {
                from += at + key.len();
                bytes[from..from + value.len()].copy_from_slice(value);
            }
            assert!(from > 0, "{key} is not in the database");
        });
    }

    /// Puts an entry into the database, as a transaction does.
    pub fn enter(&self, bucket: &str, key: &[u8], value: &[u8]) {
        self.change("snap/db", |bytes| {
            let mut changed = bytes.clone();
            let mut editor = Editor::new(Db::open(bytes).expect("a database")).expect("sound");
            editor.put(bucket.as_bytes(), key, value).expect("the bucket is there");
            let edit = editor.finish().expect("sound");
            let length = |number: u64| usize::try_from(number).expect("short");
            changed.resize(length(edit.size()).max(changed.len()), 0);
            for step in edit.steps() {
                if let CommitStep::Write { offset, bytes } = step {
                    changed[length(offset)..length(offset) + bytes.len()].copy_from_slice(bytes);
                }
            }
            *bytes = changed;
        });
    }

    /// What a check says.
    pub fn check(&self) -> DirectoryReport {
        self.check_with(&CheckOptions::default())
    }

    /// What a check with these options says.
    pub fn check_with(&self, options: &CheckOptions) -> DirectoryReport {
        check(self.path(), None, options, &Silent).expect("checked")
    }
}

/// Ids of what was found that is worse than a note.
pub fn ids(report: &DirectoryReport) -> Vec<&'static str> {
    let serious = report.findings.iter().filter(|finding| finding.severity > Severity::Note);
    serious.map(|finding| finding.kind.id).collect()
}

/// Was it found, whatever its severity?
pub fn found(report: &DirectoryReport, id: &str) -> bool {
    report.findings.iter().any(|finding| finding.kind.id == id)
}

/// The message of the only finding of this kind, and its severity.
pub fn said<'r>(report: &'r DirectoryReport, id: &str) -> (Severity, &'r str) {
    let mut of_kind = report.findings.iter().filter(|finding| finding.kind.id == id);
    let finding = of_kind.next().unwrap_or_else(|| panic!("no {id}"));
    assert!(of_kind.next().is_none(), "{id} was found twice");
    (finding.severity, &finding.message)
}

/// What the servers do, from 3.4 to 3.8, in one letter each: starts, repairs, throws away, begins anew, not ready,
/// exits, panics, unpredictable.
pub fn starts(report: &DirectoryReport) -> String {
    let letter = |outcome| match outcome {
        StartOutcome::Starts => 's',
        StartOutcome::Repairs { .. } => 'r',
        StartOutcome::DiscardsData { .. } => 't',
        StartOutcome::StartsAsNewMember => 'a',
        StartOutcome::NotReady => 'n',
        StartOutcome::Exits => 'x',
        StartOutcome::Panics => 'p',
        StartOutcome::Unpredictable => 'u',
    };
    report.starts.iter().map(|start| letter(start.outcome)).collect()
}
