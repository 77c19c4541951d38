//! Inputs, outputs and signals: nothing read is changed, nothing written gets in the way, an end is an end.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::program::{args, changed, fixture, program, run};

const FILE: &str = "etcd-3.6.14-seed1.db";

/// Every command that reads a file, with `FILE` in the place of its name.
const READERS: [&[&str]; 21] = [
    &["diff", "FILE", "FILE"],
    &["verify", "FILE"],
    &["verify", "--no-mmap", "FILE"],
    &["status", "FILE"],
    &["hash", "FILE", "FILE"],
    &["keys", "FILE"],
    &["get", "FILE", "k", "--prefix"],
    &["history", "FILE", "k/0", "-o", "json"],
    &["changes", "FILE", "--patch"],
    &["deleted", "FILE"],
    &["export", "FILE"],
    &["usage", "FILE"],
    &["members", "FILE"],
    &["leases", "FILE"],
    &["users", "FILE"],
    &["roles", "FILE"],
    &["db", "info", "FILE"],
    &["db", "pages", "FILE"],
    &["db", "page", "FILE", "2"],
    &["db", "buckets", "FILE"],
    &["db", "check", "FILE"],
];

#[test]
fn inputs_stay_as_they_are_on_media_that_cannot_be_written() {
    let (folder, path) = changed(FILE, |_| {});
    let look = |path: &Path| {
        let metadata = fs::metadata(path).expect("metadata");
        (fs::read(path).expect("bytes"), metadata.modified().expect("time"), metadata.permissions())
    };
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).expect("permissions");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o500)).expect("permissions");
    let before = look(&path);
    for line in READERS {
        let line = line.iter().map(|arg| if *arg == "FILE" { path.as_os_str() } else { arg.as_ref() });
        let answer = run(line.clone());
        assert_eq!(answer.code, 0, "{:?}: {answer:?}", line.collect::<Vec<_>>());
    }
    assert_eq!(look(&path), before);
    assert_eq!(fs::read_dir(folder.path()).expect("folder").count(), 1);
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).expect("permissions");
}

#[test]
fn a_file_that_etcd_holds_locked_can_be_read() {
    let (_folder, path) = changed(FILE, |_| {});
    let held = fs::File::options().read(true).write(true).open(&path).expect("open");
    held.lock().expect("an exclusive lock, as a running member has it");
    for line in READERS {
        let line = line.iter().map(|arg| if *arg == "FILE" { path.as_os_str() } else { arg.as_ref() });
        assert_eq!(run(line).code, 0);
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error_and_hides_no_damage() {
    let (_folder, damaged) = changed(FILE, |bytes| bytes[4096 * 2] ^= 1);
    let endings = [(args!["man", "--color=never"].to_vec(), 0), (args!["verify", damaged].to_vec(), 3)];
    for (line, code) in endings {
        let (reader, writer) = std::io::pipe().expect("pipe");
        drop(reader);
        let output = program().args(&line).stdout(writer).output().expect("runs");
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(code), &b""[..]), "{line:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_an_error() {
    let full = fs::File::options().write(true).open("/dev/full").expect("/dev/full");
    let output = program().args(args!["status", fixture(FILE)]).stdout(full).output().expect("runs");
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).expect("text");
    assert!(stderr.starts_with("etcdsnap: standard output: ") && stderr.lines().count() == 1, "{stderr}");
    for line in [&["verify", "--help"][..], &["--version"]] {
        let full = fs::File::options().write(true).open("/dev/full").expect("/dev/full");
        let output = program().args(line).stdout(full).output().expect("runs");
        assert_eq!(output.status.code(), Some(1), "{line:?}");
    }
}

#[test]
fn a_range_with_its_ends_exchanged_is_no_empty_answer() {
    let folder = tempfile::tempdir().expect("folder");
    let member = folder.path().join("m");
    assert_eq!(run(args!["restore", fixture(FILE), "--data-dir", member]).code, 0);
    for line in [args!["changes", fixture(FILE)].to_vec(), args!["wal", "dump", member].to_vec()] {
        let ask = |from: &str, to: &str| run(line.iter().cloned().chain(args!["--from", from, "--to", to]));
        assert_eq!(ask("50", "50").code, 0, "{line:?}");
        let answer = ask("51", "50");
        assert_eq!((answer.code, answer.stdout.as_str()), (2, ""), "{line:?}");
        assert_eq!(answer.stderr, "etcdsnap: --from 51 is above --to 50; exchange the two\n");
    }
}

#[test]
fn numbers_and_versions_that_are_none_are_told_in_plain_words() {
    for (option, given, text) in
        [("--server-version", "3.5", "not a version such as 3.5.1"), ("--threads", "0", "not a whole number from 1 on")]
    {
        let answer = run(args!["verify", fixture(FILE), option, given]);
        assert!(answer.code == 2 && answer.stderr.contains(text), "{answer:?}");
    }
}

#[test]
fn an_interrupt_ends_the_process_as_a_shell_expects() {
    // More than a pipe holds is only taken by a program that reads, so the signal surely meets it at work, waiting for more. A
    // shell makes 128 + 2 of it: 130. Tests that run in the background of a script ignore SIGINT, and would hand that on.
    let mut child = Command::new("env")
        .args(["--default-signal=INT", env!("CARGO_BIN_EXE_etcdsnap"), "verify", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("starts");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(&vec![0; 1 << 20]).expect("it reads");
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(sent.success());
    assert_eq!(child.wait().expect("ends").signal(), Some(2));
}

#[test]
fn styles_are_for_terminals_unless_asked_for() {
    let plain = run(args!["verify", fixture(FILE)]).stdout;
    assert!(!plain.contains('\u{1b}'));
    let styled = run(args!["verify", "--color", "always", fixture(FILE)]).stdout;
    assert!(styled.contains("\u{1b}[") && styled.contains("SOUND"));
    let never = run(args!["--color=never", "verify", fixture(FILE)]).stdout;
    assert_eq!(never, plain);
}

#[test]
fn progress_goes_to_standard_error_and_only_there() {
    let quiet = run(args!["verify", fixture(FILE)]);
    assert_eq!(quiet.stderr, "");
    let plain = run(args!["verify", "--progress", "plain", fixture(FILE)]);
    assert_eq!(plain.stdout, quiet.stdout);
    assert!(
        plain.stderr.lines().next().is_some_and(|line| line.contains(": verify, 0 B of 381 kB")),
        "{}",
        plain.stderr
    );
    let events = run(args!["verify", "--progress", "json", fixture(FILE)]);
    assert_eq!(events.stdout, quiet.stdout);
    for line in events.stderr.lines() {
        let event: serde_json::Value = serde_json::from_str(line).expect("json");
        assert_eq!(event["totalBytes"], 380_928, "{line}");
    }
    assert!(events.stderr.lines().count() >= 2, "{}", events.stderr);
}
