//! The personalities leave inputs alone, as the originals do not: `etcdutl hashkv` writes to its file, and all of them lock it.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use etcdsnap_testkit::bbolt::Layout;
use etcdsnap_testkit::damage::{ALL, specimen};

use crate::program::{Answer, args, changed, run, written};

const FILE: &str = "etcd-3.6.14-seed1.db";

const PERSONALITIES: [&[&str]; 6] = [
    &["etcdutl", "snapshot", "status"],
    &["etcdutl", "snapshot", "status", "-w", "table"],
    &["etcdutl", "hashkv"],
    &["etcdutl", "hashkv", "--rev", "60"],
    &["etcdctl", "snapshot", "status"],
    &["etcdctl", "snapshot", "status", "-w", "json"],
];

const NATIVE: [&[&str]; 10] = [
    &["verify"],
    &["verify", "--no-mmap"],
    &["status"],
    &["hash"],
    &["db", "check"],
    &["db", "pages"],
    &["keys"],
    &["changes", "--patch"],
    &["deleted"],
    &["export", "--all-revisions"],
];

fn on(command: &[&str], path: &Path) -> Answer {
    run(command.iter().map(OsStr::new).chain([path.as_os_str()]))
}

/// All that can be seen of a file.
#[derive(Debug, PartialEq)]
struct Look {
    bytes: Vec<u8>,
    inode: u64,
    mode: u32,
    /// Last change of the bytes, and of anything about the file: seconds and nanoseconds.
    modified: (i64, i64),
    changed: (i64, i64),
    /// How many files there are in its folder.
    beside: usize,
}

fn look(path: &Path) -> Look {
    let metadata = fs::metadata(path).expect("metadata");
    Look {
        bytes: fs::read(path).expect("bytes"),
        inode: metadata.ino(),
        mode: metadata.mode(),
        modified: (metadata.mtime(), metadata.mtime_nsec()),
        changed: (metadata.ctime(), metadata.ctime_nsec()),
        beside: fs::read_dir(path.parent().expect("a folder")).expect("readable").count(),
    }
}

#[test]
fn inputs_stay_as_they_are_on_media_that_cannot_be_written() {
    let (folder, path) = changed(FILE, |_| {});
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).expect("permissions");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o500)).expect("permissions");
    let before = look(&path);
    for command in PERSONALITIES {
        assert_eq!(on(command, &path).code, 0, "{command:?}");
        assert_eq!(look(&path), before, "{command:?}");
    }
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).expect("permissions");
}

#[test]
fn a_file_that_etcd_holds_locked_can_be_read() {
    let (_folder, path) = changed(FILE, |_| {});
    let held = fs::File::options().read(true).write(true).open(&path).expect("open");
    held.lock().expect("an exclusive lock, as a running member has it");
    for command in PERSONALITIES {
        assert_eq!(on(command, &path).code, 0, "{command:?}");
    }
    held.unlock().expect("still held");
}

/// A damaged file is evidence: nobody repairs it by looking at it.
#[test]
fn damaged_inputs_stay_as_they_are() {
    let whole = specimen(&Layout::default());
    for corruption in ALL.iter().step_by(5) {
        let mut bytes = whole.clone();
        if corruption.apply(&mut bytes).is_err() {
            continue;
        }
        let (_folder, path) = written(&bytes);
        let before = look(&path);
        for command in NATIVE.iter().chain(&PERSONALITIES) {
            on(command, &path);
            assert_eq!(look(&path), before, "{} {command:?}", corruption.name);
        }
    }
}

#[test]
fn a_data_directory_stays_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let snap = folder.path().join("member/snap");
    fs::create_dir_all(&snap).expect("directories");
    let (_source, snapshot) = changed(FILE, |bytes| bytes.truncate(bytes.len() - 32));
    fs::copy(snapshot, snap.join("db")).expect("copied");
    let before = look(&snap.join("db"));
    for command in NATIVE {
        assert_eq!(on(command, folder.path()).code, 0, "{command:?}");
        assert_eq!(look(&snap.join("db")), before, "{command:?}");
    }
    assert_eq!(run(args!["hash", folder.path(), snap]).code, 0);
}
