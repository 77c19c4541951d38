//! Runs with little memory: threads that cannot be started, and sparse files.

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::program::{Answer, args, changed, fixture, run};

const FILE: &str = "etcd-3.7.1-seed2.db";
/// Bytes of the sparse files.
const SPARSE: u64 = 1 << 30;

/// Runs the program with a limit on its address space, in KiB, and of a minute.
pub fn limited<S: AsRef<OsStr>>(kib: u32, arguments: impl IntoIterator<Item = S>) -> Answer {
    let script = format!("ulimit -v {kib}; exec timeout 60 \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_etcdsnap")]).args(arguments).stdin(Stdio::null());
    let output = command.output().expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Answer { code: output.status.code().expect("not killed"), stdout: text(output.stdout), stderr: text(output.stderr) }
}

#[test]
fn threads_without_number_are_a_few() {
    let answer = limited(4_000_000, args!["status", "--threads", "1000000", fixture(FILE)]);
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""), "{answer:?}");
}

/// A stack for each of them does not fit into what the process may have.
#[test]
fn threads_that_cannot_be_started_are_a_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    for command in
        [&["verify"][..], &["restore", "--data-dir", "OUT"], &["usage"], &["keys"], &["db", "check"], &["kube", "get"]]
    {
        let words = command.iter().map(|word| if *word == "OUT" { out.as_os_str() } else { OsStr::new(word) });
        let file = fixture(FILE);
        let threads = [OsStr::new("--threads"), OsStr::new("64"), file.as_os_str()];
        let answer = limited(100_000, words.chain(threads));
        assert_eq!(answer.code, 1, "{command:?}: {answer:?}");
        let sentence = "etcdsnap: a thread cannot be started: ";
        assert!(answer.stderr.starts_with(sentence) && answer.stderr.lines().count() == 1, "{answer:?}");
        assert!(answer.stderr.contains("ulimit") && answer.stderr.contains("--threads 1"), "{answer:?}");
        assert!(!out.exists());
    }
}

/// A member whose log has one segment of these bytes, made longer by a hole, and a `.snap` file with a hole.
fn member(folder: &Path, segment: &[u8], snap: &[u8]) {
    let (snaps, log) = (folder.join("member/snap"), folder.join("member/wal"));
    std::fs::create_dir_all(&snaps).expect("a folder");
    std::fs::create_dir_all(&log).expect("a folder");
    std::fs::copy(fixture(FILE), snaps.join("db")).expect("copied");
    for (path, bytes) in [
        (log.join("0000000000000000-0000000000000000.wal"), segment),
        (snaps.join("0000000000000001-0000000000000003.snap"), snap),
    ] {
        let file = File::create(path).expect("made");
        file.write_all_at(bytes, 0).expect("written");
        file.set_len(SPARSE).expect("made longer");
    }
}

/// A record that is said to be nearly as long as its file, which is a hole.
#[test]
fn sparse_files_of_a_member_are_judged() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut segment = vec![4, 0, 0, 0, 0, 0, 0, 0x84, 8, 4, 16, 0, 0, 0, 0, 0];
    segment.extend((SPARSE - 4096).to_le_bytes());
    segment.extend([8, 2, 16, 1, 26, 0x80, 0x80, 0x80, 0x80, 2]);
    member(folder.path(), &segment, &[8, 1, 18, 0x80, 0x80, 0x80, 0x80, 2]);
    for command in [&["datadir", "check"][..], &["wal", "ls"], &["wal", "verify"], &["wal", "dump"]] {
        for extra in [&[][..], &["--no-mmap"]] {
            let words = command.iter().chain(extra).map(OsStr::new);
            let answer = limited(6_000_000, words.chain([folder.path().as_os_str()]));
            assert!(answer.code == 3 || command == ["wal", "dump"] && answer.code == 0, "{command:?}: {answer:?}");
        }
    }
}

#[test]
fn a_sparse_database_reads_like_any() {
    let (_folder, path) = changed(FILE, |bytes| bytes.truncate(bytes.len() - 32));
    let expected = run(args!["status", "-o", "json", &path]);
    let file = File::options().write(true).open(&path).expect("there");
    file.set_len(SPARSE).expect("made longer");
    for extra in [&[][..], &["--no-mmap"]] {
        let words = ["status", "-o", "json"].iter().chain(extra).map(OsStr::new);
        let answer = limited(3_000_000, words.chain([path.as_os_str()]));
        assert_eq!((answer.code, answer.json()["database"].clone()), (0, expected.json()["database"].clone()));
    }
}
