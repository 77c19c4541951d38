//! Where the answers differ from the originals' on purpose (`docs/etcdutl.md`), and what has to be the same next to it.

use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Answer, Tools, testdata};

fn snapshot() -> PathBuf {
    testdata().join("etcd-3.6.14-seed1.db")
}

/// `etcdutl snapshot restore FILE --data-dir DATA …`
fn restore(tools: &Tools, line: &str, file: &Path, data: &Path, flags: &[&str]) -> Answer {
    let mut args: Vec<&OsStr> =
        vec!["snapshot".as_ref(), "restore".as_ref(), file.as_os_str(), "--data-dir".as_ref(), data.as_os_str()];
    args.extend(flags.iter().map(OsStr::new));
    tools.run("etcdutl", line, args)
}

/// The last line of standard error.
fn last(answer: &Answer) -> &str {
    answer.2.lines().last().unwrap_or_default()
}

/// The originals look for a SHA-256 first; with the flag that forbids it they panic.
#[test]
fn a_restore_says_what_is_no_database() {
    let tools = Tools::new();
    let (file, data) = (tools.folder.path().join("file"), tools.folder.path().join("data"));
    let missing = "Error: snapshot missing hash but --skip-hash-check=false";
    let gzip = [&[0x1f, 0x8b, 8, 0][..], &[7; 996]].concat();
    let cases = [
        ("gzip", gzip, "not an etcd database but compressed data (gzip); decompress it first"),
        ("text", b"certainly a text\n".repeat(100), "not an etcd database but a text; "),
        ("a hundred bytes", vec![0xa5; 100], "not an etcd database but data of an unknown kind; "),
        ("zeros", vec![0; 40_000], "not an etcd database but nothing but zero bytes; "),
    ];
    for line in ["3.4", "3.5", "3.6", "3.7", "3.8"] {
        for (what, bytes, expected) in &cases {
            fs::write(&file, bytes).unwrap();
            let answer = restore(&tools, line, &file, &data, &[]);
            assert_eq!((answer.0, last(&answer)), (1, missing), "{what}");
            let answer = restore(&tools, line, &file, &data, &["--skip-hash-check"]);
            assert_eq!(answer.0, 1);
            assert!(last(&answer).contains(expected) && !answer.2.contains("skip-hash-check"), "{what}: {}", answer.2);
            assert!(!data.exists(), "{what} left something behind");
        }
    }
}

/// A file of such a length could end with a SHA-256, and the originals compare it.
#[test]
fn the_last_32_bytes_of_any_file_are_compared() {
    let tools = Tools::new();
    let (file, data) = (tools.folder.path().join("file"), tools.folder.path().join("data"));
    fs::write(&file, [[b'a'; 512].as_slice(), &[7; 32]].concat()).unwrap();
    let answer = restore(&tools, "3.7", &file, &data, &[]);
    // `head -c 512 /dev/zero | tr '\0' a | sha256sum` begins with 471be6.
    let start = format!("Error: expected sha256 [{}7], got [71 27 230 ", "7 ".repeat(31));
    assert_eq!(answer.0, 1);
    assert!(last(&answer).starts_with(&start), "{}", answer.2);
}

#[test]
fn the_log_is_long_without_taking_room() {
    let tools = Tools::new();
    let data = tools.folder.path().join("data");
    assert_eq!(restore(&tools, "3.7", &snapshot(), &data, &[]).0, 0);
    let segment = data.join("member/wal/0000000000000000-0000000000000000.wal").metadata().unwrap();
    assert_eq!(segment.len(), 64_000_000);
    assert!(segment.blocks() * 512 < 1 << 20, "{} blocks", segment.blocks());
}

/// The originals leave the mode of a directory that was there as it is, and so do we.
#[test]
fn an_empty_directory_keeps_its_mode() {
    let tools = Tools::new();
    for line in ["3.5", "3.8"] {
        let data = tools.folder.path().join(line);
        fs::create_dir(&data).unwrap();
        fs::set_permissions(&data, Permissions::from_mode(0o751)).unwrap();
        assert_eq!(restore(&tools, line, &snapshot(), &data, &[]).0, 0);
        assert_eq!(data.metadata().unwrap().permissions().mode() & 0o7777, 0o751);
        assert_eq!(data.join("member").metadata().unwrap().permissions().mode() & 0o7777, 0o700);
    }
}

/// bbolt would lengthen the file to 512 KiB.
#[test]
fn a_migrated_database_is_longer_by_what_changed() {
    let tools = Tools::new();
    let data = tools.folder.path().join("data");
    assert_eq!(restore(&tools, "3.6", &snapshot(), &data, &[]).0, 0);
    let database = data.join("member/snap/db");
    let before = database.metadata().unwrap().len();
    let args = ["migrate".as_ref(), "--target-version=3.5".as_ref(), "--data-dir".as_ref(), data.as_os_str()];
    assert_eq!(tools.run("etcdutl", "3.6", args).0, 0);
    let growth = database.metadata().unwrap().len() - before;
    assert!(growth > 0 && growth < 64 << 10, "{growth} bytes");
}

/// The originals count on to -9223372036854775714.
#[test]
fn a_revision_past_the_largest_is_refused() {
    let tools = Tools::new();
    let data = tools.folder.path().join("data");
    for by in ["9223372036854775807", "18446744073709551615"] {
        for line in ["3.5", "3.7"] {
            let answer = restore(&tools, line, &snapshot(), &data, &["--mark-compacted", "--bump-revision", by]);
            assert_eq!(answer.0, 1);
            assert!(last(&answer).ends_with("the revision 95 cannot grow by that much"), "{}", answer.2);
            assert!(!data.exists());
        }
    }
}

#[test]
fn migrate_says_what_it_waits_for_and_gives_no_advice_about_defrag() {
    let tools = Tools::new();
    let data = tools.folder.path().join("data");
    assert_eq!(restore(&tools, "3.6", &snapshot(), &data, &[]).0, 0);
    let database = data.join("member/snap/db");
    let held = File::options().read(true).write(true).open(&database).unwrap();
    for (command, advice) in [
        (&["migrate", "--target-version=3.6"][..], ""),
        (&["defrag"][..], " To defrag a running etcd instance, use `etcdctl defrag` instead."),
    ] {
        held.lock().unwrap();
        let mut waiting = Command::new(tools.folder.path().join("etcdutl-3.6"))
            .args(command)
            .arg("--data-dir")
            .arg(&data)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(waiting.stderr.take().unwrap()).read_line(&mut said).unwrap();
        held.unlock().unwrap();
        let path = database.display();
        assert_eq!(said, format!("waiting for etcd to close and release its lock on \"{path}\".{advice}\n"));
        assert!(waiting.wait().unwrap().success());
    }
}

#[test]
fn bbolt_of_3_8_is_answered_by_our_own_commands() {
    let tools = Tools::new();
    let snapshot = snapshot();
    let run = |line, command: &[&str], file: &Path| {
        let words = [&["bbolt"], command].concat();
        tools.run("etcdutl", line, words.iter().map(OsStr::new).chain([file.as_os_str()]))
    };
    assert_eq!(run("3.8", &["check"], &snapshot), (0, "OK\n".to_owned(), String::new()));
    for command in ["buckets", "info", "pages"] {
        let (code, out, err) = run("3.8", &[command], &snapshot);
        let native =
            Command::new(env!("CARGO_BIN_EXE_etcdsnap")).args(["db", command]).arg(&snapshot).output().unwrap();
        assert_eq!((code, out.into_bytes(), err.as_str()), (0, native.stdout, ""), "{command}");
    }
    assert_eq!(last(&run("3.8", &["page"], &snapshot)), "Error: page id required");
    assert_eq!(
        last(&run("3.8", &["surgery"], &snapshot)),
        "Error: `etcdutl bbolt surgery` is not part of this release of etcdsnap"
    );
    let nowhere = Path::new("/nowhere/db");
    let missing = "Error: source database file \"/nowhere/db\" doesn't exist";
    assert_eq!(last(&run("3.8", &["check"], nowhere)), missing);
    assert_eq!(last(&run("3.7", &["check"], &snapshot)), "Error: unknown command \"bbolt\" for \"etcdutl\"");
}

#[test]
fn bbolt_check_lists_what_is_wrong() {
    let tools = Tools::new();
    let file = tools.folder.path().join("damaged.db");
    let mut bytes = fs::read(snapshot()).unwrap();
    bytes[4096 * 10..4096 * 60].fill(0xff);
    fs::write(&file, &bytes).unwrap();
    let args = ["bbolt".as_ref(), "check".as_ref(), file.as_os_str()];
    let (code, out, err) = tools.run("etcdutl", "3.8", args);
    assert_eq!((code, err.lines().last()), (1, Some("Error: invalid value")), "{out}{err}");
    let count = out.lines().count() - 1;
    assert!(out.ends_with(&format!("\n{count} errors found\n")), "{out}");
    assert_eq!(fs::read(&file).unwrap(), bytes);
}

/// The name stays where `env -i`, `sudo` or a service manager takes the environment away, and goes before it.
#[test]
fn the_name_of_the_binary_names_the_release_line() {
    let tools = Tools::new();
    let version = |name: &str| {
        let mut command = Command::new(tools.folder.path().join(name));
        super::answer(command.env("ETCDSNAP_COMPAT", "3.8").arg("version"))
    };
    assert_eq!(version("etcdutl-3.6").1, "etcdutl version: 3.6.16\nAPI version: 3.6\n");
    assert_eq!(version("etcdutl").1, "etcdutl version: 3.8.0-alpha.0\nAPI version: 3.8\n");
    let unknown = super::answer(Command::new(env!("CARGO_BIN_EXE_etcdsnap")).args(["etcdutl-4.0", "version"]));
    let expected = "Error: called etcdutl-4.0, which names no release that is known; call it etcdutl, or etcdutl-LINE with one \
                    of 3.4, 3.5, 3.6, 3.7, 3.8\n";
    assert_eq!(unknown, (128, String::new(), expected.to_owned()));
}

/// Seen of etcdutl and etcdctl 3.5.35.
#[test]
fn etcdctl_of_3_5_gives_the_reason_alone() {
    let tools = Tools::new();
    let args = ["defrag", "--data-dir", "/nowhere"];
    let reason = "stat /nowhere/member/snap/db: no such file or directory";
    assert_eq!(last(&tools.run("etcdctl", "3.5", args)), format!("Error: {reason}"));
    let whole = format!("Error: Failed to defragment etcd data[/nowhere] ({reason})");
    assert_eq!(last(&tools.run("etcdutl", "3.5", args)), whole);
}

#[test]
fn check_of_3_5_says_what_does_its_work() {
    let tools = Tools::new();
    let answer = tools.run("etcdutl", "3.5", ["check", "v2store", "--data-dir", "d"]);
    let expected = "Error: `etcdutl check v2store` is not part of this release of etcdsnap; `etcdsnap datadir check DIR` reports \
                    what the v2 API wrote\n";
    assert_eq!(answer, (1, String::new(), expected.to_owned()));
    assert_eq!(tools.run("etcdutl", "3.5", ["check"]).0, 0, "the help of a group");
}
