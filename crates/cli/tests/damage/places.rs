//! Names under which there is no file to read. Nothing is known about a backup then, so nothing is called damaged.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::program::{Answer, args, run, run_with_input};

/// Every native command that reads a file, before the file's name.
const COMMANDS: [&[&str]; 8] = [
    &["verify"],
    &["verify", "--no-mmap"],
    &["status"],
    &["hash"],
    &["db", "info"],
    &["db", "pages"],
    &["db", "buckets"],
    &["db", "check"],
];

/// The same of the personalities.
const PERSONALITIES: [&[&str]; 3] =
    [&["etcdutl", "snapshot", "status"], &["etcdutl", "hashkv"], &["etcdctl", "snapshot", "status"]];

fn on(command: &[&str], path: &Path) -> Answer {
    run(command.iter().map(OsStr::new).chain([path.as_os_str()]))
}

/// One of everything, and what each command has to say of it.
fn places(folder: &TempDir) -> Vec<(PathBuf, &'static str)> {
    let place = |name: &str| folder.path().join(name);
    fs::create_dir(place("directory")).expect("a directory");
    assert!(Command::new("mkfifo").arg(place("fifo")).status().expect("mkfifo").success());
    drop(UnixListener::bind(place("socket")).expect("a socket"));
    symlink("nowhere", place("link")).expect("a link");
    symlink("loop", place("loop")).expect("a link");
    fs::write(place("file"), "x").expect("a file");
    fs::create_dir_all(place("data/member/snap")).expect("directories");
    symlink(place("fifo"), place("data/member/snap/db")).expect("a link");
    vec![
        (place("missing"), "no such file"),
        (place("directory"), "directory without etcd's member/snap/db"),
        (place("fifo"), "is a named pipe"),
        (place("socket"), "is a socket"),
        (place("link"), "a symbolic link to nowhere"),
        (place("loop"), "symbolic links"),
        (place("file/inside"), "Not a directory"),
        (place("data"), "is a named pipe"),
        ("/dev/null".into(), "is a character device"),
    ]
}

#[test]
fn what_is_no_file_ends_with_1_and_one_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, words) in places(&folder) {
        for command in COMMANDS {
            let Answer { code, stdout, stderr } = on(command, &path);
            assert_eq!((code, stdout.as_str()), (1, ""), "{command:?} {path:?}: {stderr}");
            assert!(stderr.starts_with("etcdsnap: ") && stderr.contains(words), "{command:?} {path:?}: {stderr}");
            assert!(stderr.contains("; ") && stderr.lines().count() == 1, "{command:?} {path:?}: {stderr}");
        }
        for command in PERSONALITIES {
            let Answer { code, stdout, stderr } = on(command, &path);
            assert_eq!((code, stdout.as_str()), (1, ""), "{command:?} {path:?}: {stderr}");
            let errors = stderr.lines().filter(|line| line.starts_with("Error: ")).count();
            assert_eq!(errors, 1, "{command:?} {path:?}: {stderr}");
        }
    }
}

#[test]
fn an_empty_file_is_damaged_and_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("backup.db");
    fs::write(&path, "").expect("written");
    for command in COMMANDS {
        let answer = on(command, &path);
        assert_eq!(answer.code, 3, "{command:?}: {answer:?}");
        let said = format!("{}{}", answer.stdout, answer.stderr);
        assert!(said.contains("an empty file; ") && said.lines().count() == 1, "{command:?}: {answer:?}");
    }
    for command in PERSONALITIES {
        assert_eq!(on(command, &path).code, 1, "{command:?}");
    }
    assert_eq!(run_with_input(args!["verify", "-"], b"").code, 3);
}

#[test]
fn a_file_that_may_not_be_read_ends_with_1_and_one_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("backup.db");
    fs::write(&path, "secret").expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).expect("permissions");
    if fs::File::open(&path).is_ok() {
        eprintln!("skipped: this user may read everything");
        return;
    }
    for command in COMMANDS {
        let answer = on(command, &path);
        assert_eq!((answer.code, answer.stdout.as_str()), (1, ""), "{command:?}: {answer:?}");
        assert!(answer.stderr.contains("permission denied; ") && answer.stderr.lines().count() == 1, "{answer:?}");
    }
    for command in PERSONALITIES {
        let answer = on(command, &path);
        assert_eq!(answer.code, 1, "{command:?}: {answer:?}");
        assert!(answer.stderr.contains("permission denied"), "{command:?}: {answer:?}");
    }
}
