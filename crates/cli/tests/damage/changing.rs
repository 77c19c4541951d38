//! Files that change while they are read: then nothing is known about them, and that is said.
//!
//! The program is made to wait where it has opened the file and read nothing yet: it cannot say how far it is, because nobody
//! listens. Then the file changes, and the program may go on.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::program::{Answer, changed, program};

const FILE: &str = "etcd-3.8.0-alpha-seed0.db";

/// Every command that shows progress, and so can be held.
const COMMANDS: [&[&str]; 5] = [&["verify"], &["verify", "--threads", "1"], &["status"], &["hash"], &["db", "check"]];

/// Runs `command` on a snapshot that `change` changes after it was opened.
fn run_while(command: &[&str], change: fn(&Path)) -> Answer {
    let (_folder, path) = changed(FILE, |_| {});
    let (mut listener, stderr) = full_channel().expect("a channel");
    let mut child = program()
        .args(command.iter().map(OsStr::new).chain([OsStr::new("--progress=plain"), path.as_os_str()]))
        .stdout(Stdio::piped())
        .stderr(OwnedFd::from(stderr))
        .spawn()
        .expect("the program starts");
    wait_until_opened(&mut child, &path);
    change(&path);
    let mut said = String::new();
    listener.read_to_string(&mut said).expect("text");
    let output = child.wait_with_output().expect("the program ends");
    let is_progress = |line: &&str| line.is_empty() || line.starts_with(&*path.to_string_lossy());
    Answer {
        code: output.status.code().expect("not killed"),
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: said.lines().filter(|line| !is_progress(line)).collect::<Vec<_>>().join("\n"),
    }
}

/// A channel that holds all it can hold: whoever writes into it waits until somebody reads.
fn full_channel() -> io::Result<(UnixStream, UnixStream)> {
    let (reader, mut writer) = UnixStream::pair()?;
    writer.set_nonblocking(true)?;
    loop {
        match writer.write(&[b'\n'; 512]) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) => return Err(error),
        }
    }
    writer.set_nonblocking(false)?;
    Ok((reader, writer))
}

/// Once the file is mapped, the program has looked at its length and time.
fn wait_until_opened(child: &mut Child, path: &Path) {
    let maps = format!("/proc/{}/maps", child.id());
    let path = fs::canonicalize(path).expect("there");
    let until = Instant::now() + Duration::from_mins(1);
    while !fs::read_to_string(&maps).unwrap_or_default().contains(&*path.to_string_lossy()) {
        assert!(Instant::now() < until && child.try_wait().expect("known").is_none(), "the file was never mapped");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Every command must end with 1 and these words, and give no result.
fn assert_told(change: fn(&Path), words: &str) {
    for command in COMMANDS {
        let Answer { code, stdout, stderr } = run_while(command, change);
        assert_eq!((code, stdout.as_str()), (1, ""), "{command:?}: {stderr}");
        assert!(stderr.starts_with("etcdsnap: ") && stderr.lines().count() == 1, "{command:?}: {stderr}");
        assert!(stderr.contains(words), "{command:?}: {stderr}");
    }
}

fn writable(path: &Path) -> File {
    File::options().append(true).open(path).expect("writable")
}

#[test]
fn a_file_that_does_not_change_is_read() {
    for command in COMMANDS {
        let Answer { code, stderr, .. } = run_while(command, |_| {});
        assert_eq!((code, stderr.as_str()), (0, ""), "{command:?}");
    }
}

#[test]
fn a_file_that_grows() {
    let words = "grew from 253984 to 253988 bytes while it was read; ";
    assert_told(|path| writable(path).write_all(b"more").expect("written"), words);
}

#[test]
fn a_file_that_shrinks() {
    // Noticed by the program, with both lengths, or else by the system under the map, which ends the process.
    assert_told(|path| writable(path).set_len(5000).expect("cut"), "shrank");
}

#[test]
fn a_file_that_is_written_to() {
    let later = |path: &Path| {
        let before = path.metadata().and_then(|metadata| metadata.modified()).expect("a time");
        writable(path).set_modified(before + Duration::from_secs(1)).expect("set");
    };
    assert_told(later, "was written to while it was read; ");
}

#[test]
fn a_file_that_is_replaced() {
    let replace = |path: &Path| {
        let other = path.with_extension("part");
        fs::copy(path, &other).and_then(|_| fs::rename(&other, path)).expect("replaced");
    };
    assert_told(replace, "was replaced by another file while it was read; ");
}

#[test]
fn a_file_that_is_removed() {
    assert_told(|path| fs::remove_file(path).expect("removed"), "was removed while it was read; ");
}
