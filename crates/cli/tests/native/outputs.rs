//! Every command with an output, against everything that may stand under the output's name: nothing that is read, and
//! nothing that is not a plain file, is ever replaced. docs/trust.md has the table.

use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use tempfile::TempDir;

use crate::program::{args, fixture, kube_backup, program, run};

const FILE: &str = "etcd-3.6.14-seed1.db";

/// Command lines; `FILE`, `KUBE` and `OUT` stand for paths, `SIDE` for a free one.
struct Line {
    words: &'static [&'static str],
    /// Is a FIFO or a device written through?
    streams: bool,
    /// What becomes of a folder with something in it.
    folder: Folder,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Folder {
    Refused,
    /// Moved aside with all that is in it.
    Moved,
    /// New folders are made inside it.
    Entered,
}

const fn line(words: &'static [&'static str], streams: bool, folder: Folder) -> Line {
    Line { words, streams, folder }
}

const LINES: [Line; 13] = [
    line(&["export", "FILE", "--force", "--output-file", "OUT"], true, Folder::Refused),
    line(&["export", "FILE", "-o", "parquet", "--force", "--output-file", "OUT"], true, Folder::Refused),
    line(&["kube", "extract", "KUBE", "-A", "--force", "--output-file", "OUT"], true, Folder::Refused),
    line(&["kube", "extract", "KUBE", "-A", "--output-dir", "OUT"], false, Folder::Refused),
    line(&["defrag", "--force", "FILE", "OUT"], false, Folder::Refused),
    line(&["migrate", "--target-version", "3.6", "--force", "FILE", "OUT"], false, Folder::Refused),
    line(&["unpack", "--force", "FILE", "OUT"], false, Folder::Refused),
    line(&["restore", "FILE", "--data-dir", "OUT"], false, Folder::Refused),
    line(&["restore", "FILE", "--replace", "--data-dir", "OUT"], false, Folder::Moved),
    line(&["restore", "FILE", "--replace", "--data-dir", "SIDE", "--wal-dir", "OUT"], false, Folder::Moved),
    line(&["restore", "FILE", "--all-members", "--output-dir", "OUT"], false, Folder::Entered),
    line(&["etcdutl", "snapshot", "restore", "FILE", "--data-dir", "OUT"], false, Folder::Refused),
    line(&["etcdctl", "snapshot", "restore", "FILE", "--data-dir", "OUT"], false, Folder::Refused),
];

/// A folder with two inputs in it, and what stands under the output's name.
struct Ground {
    folder: TempDir,
    bytes: Vec<u8>,
}

impl Ground {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let bytes = fs::read(fixture(FILE)).expect("readable");
        fs::write(folder.path().join("FILE"), &bytes).expect("written");
        let (_kube, path) = kube_backup(&[(
            "configmaps/demo/a",
            r#"{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a","namespace":"demo"}}"#,
        )]);
        fs::copy(path, folder.path().join("KUBE")).expect("copied");
        fs::write(folder.path().join("other"), "old").expect("written");
        Self { folder, bytes }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command_line(&self, line: &Line) -> Vec<OsString> {
        let is_path = |word: &str| ["FILE", "KUBE", "OUT", "SIDE"].contains(&word);
        line.words.iter().map(|word| if is_path(word) { self.at(word).into() } else { (*word).into() }).collect()
    }

    /// Nothing that is read, or was there before, has changed.
    fn assert_untouched(&self, what: &str) {
        assert!(fs::read(self.at("FILE")).expect("there") == self.bytes, "{what}");
        assert_eq!(fs::read(self.at("other")).expect("there"), b"old", "{what}");
        let names =
            fs::read_dir(self.folder.path()).expect("a folder").map(|entry| entry.expect("an entry").file_name());
        let temporary: Vec<_> = names.filter(|name| name.to_string_lossy().starts_with(".etcdsnap-")).collect();
        assert!(temporary.is_empty(), "{what}: {temporary:?}");
    }
}

/// What identifies a file, so that a replaced one is noticed.
fn identity(found: &Metadata) -> (u64, u64, u32, u64) {
    (found.dev(), found.ino(), found.mode() & 0o170_000, found.rdev())
}

/// What may stand under the name of an output.
const OBSTACLES: [&str; 8] = [
    "the input",
    "the other input",
    "a link to the input",
    "a link to another file",
    "a link to nothing",
    "a device",
    "a FIFO",
    "a folder",
];

impl Ground {
    /// Puts it there. `false` where the user may not: only a privileged one makes devices.
    fn put(&self, obstacle: &str) -> bool {
        let out = self.at("OUT");
        let link = |to: &str| symlink(self.at(to), &out);
        let done = match obstacle {
            // An input and a hard link to it are the same file.
            "the input" => fs::hard_link(self.at("FILE"), &out),
            "the other input" => fs::hard_link(self.at("KUBE"), &out),
            "a link to the input" => link("FILE"),
            "a link to another file" => link("other"),
            "a link to nothing" => link("nothing"),
            "a folder" => fs::create_dir(&out).and_then(|()| fs::write(out.join("kept"), "kept")),
            "a FIFO" => return succeeds(Command::new("mkfifo").arg(&out)),
            // The same as /dev/null, under a name that belongs to the test.
            _ => return succeeds(Command::new("mknod").arg(&out).args(["c", "1", "3"])),
        };
        done.expect("a new name");
        true
    }
}

fn succeeds(command: &mut Command) -> bool {
    command.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

#[test]
fn what_stands_under_the_name_of_an_output_stays() {
    for line in &LINES {
        for obstacle in OBSTACLES {
            let ground = Ground::new();
            if !ground.put(obstacle) {
                continue;
            }
            let is_read = match obstacle {
                "the input" => line.words.contains(&"FILE"),
                "the other input" => line.words.contains(&"KUBE"),
                _ => true,
            };
            if is_read {
                ground.assert_stays(line, obstacle);
            }
        }
    }
}

impl Ground {
    fn assert_stays(&self, line: &Line, obstacle: &str) {
        let (out, before) = (self.at("OUT"), identity(&self.at("OUT").symlink_metadata().expect("there")));
        // Whoever reads from the FIFO gets what is written through, and its end in any case.
        let reader = (obstacle == "a FIFO" && line.streams).then(|| {
            let mut cat = Command::new("timeout");
            cat.args(["60", "cat"]).arg(&out);
            thread::spawn(move || cat.output().expect("a reader").stdout)
        });
        let answer = run(self.command_line(line));
        let what = format!("{:?} onto {obstacle}: {answer:?}", line.words);
        let through = line.streams && matches!(obstacle, "a device" | "a FIFO");
        let moved = obstacle == "a folder" && line.folder == Folder::Moved;
        let entered = obstacle == "a folder" && line.folder == Folder::Entered;
        assert_eq!(answer.code == 0, through || moved || entered, "{what}");
        let is_reason = |line: &&str| ["etcdsnap: ", "Error: "].iter().any(|start| line.starts_with(start));
        assert!(answer.code == 0 || answer.stderr.lines().filter(is_reason).count() == 1, "{what}");
        if let Some(reader) = reader {
            let got = reader.join().expect("it ends");
            assert_eq!(got.is_empty(), !through, "{what}");
        }
        self.assert_untouched(&what);
        if moved {
            return assert_eq!(self.kept_aside(), 1, "{what}");
        }
        assert_eq!(identity(&out.symlink_metadata().expect("there")), before, "{what}");
        assert!(obstacle != "a folder" || out.join("kept").exists(), "{what}");
    }

    /// Folders beside the output that the one in the way can have become, with what was in it.
    fn kept_aside(&self) -> usize {
        let entries = fs::read_dir(self.folder.path()).expect("a folder").flatten();
        entries.filter(|entry| entry.path().join("kept").exists() && !entry.path().ends_with("OUT")).count()
    }
}

/// In a mount namespace of its own, for users who may have one.
#[cfg(target_os = "linux")]
#[test]
fn where_something_is_mounted_nothing_is_replaced_or_moved() {
    if !succeeds(Command::new("unshare").args(["-m", "true"])) {
        return;
    }
    for line in &LINES {
        for mount in
            ["touch OUT && mount --bind other OUT", "mkdir OUT && mount -t tmpfs none OUT && echo kept >OUT/kept"]
        {
            let ground = Ground::new();
            let script = format!("{mount} && \"$@\" 2>stderr >stdout; code=$?; umount OUT || exit 99; exit $code");
            let mut command = Command::new("unshare");
            command.current_dir(ground.folder.path()).args([
                "-m",
                "sh",
                "-c",
                &script,
                "sh",
                env!("CARGO_BIN_EXE_etcdsnap"),
            ]);
            let output = command.args(ground.command_line(line)).output().expect("runs");
            let stderr = fs::read_to_string(ground.at("stderr")).expect("written");
            let what = format!("{:?} after {mount}: {output:?} {stderr}", line.words);
            // What etcd keeps in a data directory can be put beside what is there; the mount itself stays.
            let inside = mount.contains("tmpfs") && line.words[0] == "restore" && !line.words.contains(&"--wal-dir");
            let inside = inside && (line.folder != Folder::Refused);
            assert_eq!(output.status.code() == Some(0), inside, "{what}");
            assert_ne!(output.status.code(), Some(99), "{what}");
            ground.assert_untouched(&what);
        }
    }
}

/// The database in a data directory is replaced by `defrag --in-place`, but only where it is a plain file.
#[test]
fn in_place_only_a_plain_file_is_replaced() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, elsewhere) = (folder.path().join("data"), folder.path().join("elsewhere"));
    assert_eq!(run(args!["restore", fixture(FILE), "--data-dir", data]).code, 0);
    let database = data.join("member/snap/db");
    fs::rename(&database, &elsewhere).expect("moved");
    let lines = |data: &Path| {
        [
            args!["defrag", "--in-place", data].to_vec(),
            args!["migrate", "--in-place", "--target-version", "3.6", data].to_vec(),
            args!["etcdutl", "defrag", "--data-dir", data].to_vec(),
            args!["etcdutl", "migrate", "--target-version", "3.6", "--data-dir", data].to_vec(),
        ]
    };
    let devices: [&[&str]; 2] = [&["mkfifo"], &["mknod", "c", "1", "3"]];
    for device in devices {
        if !succeeds(Command::new(device[0]).arg(&database).args(&device[1..])) {
            continue;
        }
        let before = identity(&database.symlink_metadata().expect("there"));
        for line in lines(&data) {
            let answer = run(&line);
            assert_eq!(answer.code, 1, "{line:?}: {answer:?}");
            assert_eq!(identity(&database.symlink_metadata().expect("there")), before);
        }
        fs::remove_file(&database).expect("removed");
    }
    // A link is followed, as etcd follows it, and stays.
    symlink(&elsewhere, &database).expect("a link");
    let before = elsewhere.metadata().expect("there").ino();
    let answer = run(args!["defrag", "--in-place", data]);
    assert_eq!(answer.code, 0, "{answer:?}");
    assert!(database.is_symlink() && elsewhere.metadata().expect("there").ino() != before);
}

#[test]
fn other_files_of_the_member_are_not_replaced_either() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    assert_eq!(run(args!["restore", fixture(FILE), "--data-dir", data]).code, 0);
    let log = data.join("member/wal/0000000000000000-0000000000000000.wal");
    for input in [&data, &data.join("member"), &data.join("member/snap")] {
        for line in
            [args!["export", input, "--force", "--output-file", log], args!["defrag", "--force", input, log, "-ojson"]]
        {
            let answer = run(&line);
            assert!(answer.code == 2 && answer.stderr.contains("which is read"), "{answer:?}");
        }
    }
    let answer =
        run(args!["migrate", "--target-version", "3.6", "--wal-dir", data.join("member/wal"), "--force", data, log]);
    assert!(answer.code == 2 && answer.stderr.contains("which is read"), "{answer:?}");
    assert_eq!(fs::metadata(&log).expect("there").len(), 64_000_000);
}

#[test]
fn keys_are_not_replaced_by_what_they_open() {
    let ground = Ground::new();
    let keys = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/kube/real-1.20/enc.yaml");
    fs::copy(keys, ground.at("keys")).expect("copied");
    for option in ["--encryption-config", "--kms-key"] {
        fs::write(ground.at("empty"), "").expect("written");
        let given = if option == "--kms-key" { ground.at("empty") } else { ground.at("keys") };
        let answer =
            run(args!["kube", "extract", ground.at("KUBE"), "-A", option, given, "--force", "--output-file", given]);
        assert!(answer.code == 2 && answer.stderr.contains("which is read"), "{answer:?}");
    }
}

/// As `etcdsnap … FILE >> FILE` and `etcdsnap … - < FILE` do.
#[test]
fn a_stream_that_is_the_input_is_one_too() {
    let ground = Ground::new();
    let appending = || File::options().append(true).open(ground.at("FILE")).expect("open");
    for words in [&["export"][..], &["verify"], &["verify", "-o", "json"], &["hash", "-o", "json"]] {
        fs::write(ground.at("FILE"), &ground.bytes).expect("written");
        let output = program().args(words).arg(ground.at("FILE")).stdout(appending()).output().expect("runs");
        assert_ne!(output.status.code(), Some(0), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("which is read"), "{output:?}");
        assert!(fs::read(ground.at("FILE")).expect("there") == ground.bytes, "{words:?}");
        let output = program().args(words).arg(ground.at("FILE")).stderr(appending()).output().expect("runs");
        assert_ne!(output.status.code(), Some(0), "{output:?}");
    }
    // The reason for the last one went to the file itself, where it was sent.
    fs::write(ground.at("FILE"), &ground.bytes).expect("written");
    let input = File::open(ground.at("FILE")).expect("open");
    let answer =
        program().args(args!["defrag", "--force", "-", ground.at("FILE")]).stdin(input).output().expect("runs");
    assert!(answer.status.code() == Some(2), "{answer:?}");
    ground.assert_untouched("from standard input");
}

/// Standard output has names that are links.
#[test]
fn standard_output_can_be_named() {
    let ground = Ground::new();
    let plain = run(args!["export", ground.at("FILE")]);
    for name in ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
        let named = run(args!["export", ground.at("FILE"), "--output-file", name]);
        assert_eq!((named.code, &named.stdout), (0, &plain.stdout), "{name}: {}", named.stderr);
    }
    assert!(!Path::new("-").exists());
}

#[test]
fn a_name_does_not_lead_out_of_the_folder() {
    let ground = Ground::new();
    let inside = ground.at("inside");
    fs::create_dir(&inside).expect("a folder");
    for tool in [&["restore"][..], &["etcdutl", "snapshot", "restore"], &["etcdctl", "snapshot", "restore"]] {
        for name in ["../x", "a/b", "/tmp/x"] {
            let mut command = program();
            command.current_dir(&inside).args(tool).arg(ground.at("FILE")).args(["--name", name]);
            let cluster = format!("{name}=http://localhost:2380");
            let output = command.args(["--initial-cluster", &cluster]).output().expect("runs");
            assert!(!output.status.success(), "{tool:?} {name}: {output:?}");
            let text = String::from_utf8_lossy(&output.stderr);
            assert!(text.contains("cannot be the name of a folder"), "{text}");
        }
        // By hand any folder can be named.
        let data = inside.join("data");
        let answer = run(tool.iter().map(Into::into).chain(args![
            ground.at("FILE"),
            "--data-dir",
            data,
            "--name",
            "a/b",
            "--initial-cluster",
            "a/b=http://localhost:2380"
        ]));
        assert_eq!(answer.code, 0, "{answer:?}");
        fs::remove_dir_all(data).expect("removed");
    }
    assert_eq!(fs::read_dir(&inside).expect("a folder").count(), 0);
    ground.assert_untouched("a name");
}

/// The result is in place when the report of it cannot be written: neither success, nor as if nothing had happened.
#[cfg(target_os = "linux")]
#[test]
fn a_lost_report_is_told_and_has_a_code_of_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let data = at("member");
    assert_eq!(run(args!["restore", fixture(FILE), "--data-dir", data]).code, 0);
    let lines: Vec<(Vec<OsString>, PathBuf)> = vec![
        (args!["restore", fixture(FILE), "--data-dir", at("data")].to_vec(), at("data")),
        (args!["defrag", fixture(FILE), at("small.db")].to_vec(), at("small.db")),
        (args!["unpack", fixture(FILE), at("same.db")].to_vec(), at("same.db")),
        (args!["migrate", "--target-version", "3.5", fixture(FILE), at("moved.db")].to_vec(), at("moved.db")),
        (args!["defrag", "--in-place", data].to_vec(), data.clone()),
        (args!["migrate", "--target-version", "3.5", "--in-place", data].to_vec(), data.clone()),
    ];
    for (line, result) in &lines {
        for form in ["text", "json"] {
            for lost in ["full", "closed"] {
                let mut command = program();
                command.args(line).args(["-o", form]);
                if lost == "full" {
                    command.stdout(File::options().write(true).open("/dev/full").expect("/dev/full"));
                } else {
                    let (reader, writer) = std::io::pipe().expect("a pipe");
                    drop(reader);
                    command.stdout(writer);
                }
                let output = command.output().expect("runs");
                let text = String::from_utf8_lossy(&output.stderr);
                assert_eq!(output.status.code(), Some(6), "{line:?} {form} {lost}: {text}");
                assert!(text.contains("whole and on the disk; only the report of it is lost"), "{text}");
                assert!(result.exists() && run(args!["status", result]).code == 0, "{line:?}");
                if *result != data && result.is_dir() {
                    fs::remove_dir_all(result).expect("removed");
                } else if *result != data {
                    fs::remove_file(result).expect("removed");
                }
            }
        }
    }
    let full = File::options().write(true).open("/dev/full").expect("/dev/full");
    let dry =
        program().args(args!["restore", "--dry-run", fixture(FILE), "--data-dir", at("dry")]).stdout(full).output();
    assert_eq!(dry.expect("runs").status.code(), Some(1), "nothing was done");
}

/// A limit on the length of files, and a full disk: the reason is printed, and nothing is left.
#[test]
fn an_output_that_does_not_fit_leaves_nothing() {
    for line in LINES.iter().filter(|line| !line.words.contains(&"KUBE")) {
        let ground = Ground::new();
        let mut command = Command::new("bash");
        command.args(["-c", "ulimit -f 8 && exec \"$@\"", "bash", env!("CARGO_BIN_EXE_etcdsnap")]);
        let output = command.args(ground.command_line(line)).stdin(Stdio::null()).output().expect("runs");
        assert_eq!(output.status.code(), Some(1), "{:?}: {output:?}", line.words);
        assert!(
            !ground.at("OUT").join("member").exists() && !ground.at("OUT").is_file() && !ground.at("SIDE").exists()
        );
        ground.assert_untouched("too long a file");
    }
}

/// The backup would be moved aside with the folder, under whatever name it was given.
#[test]
fn a_folder_with_an_input_in_it_is_never_moved_aside() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    fs::create_dir_all(data.join("inside")).expect("folders");
    let backup = data.join("inside/backup.db");
    fs::copy(fixture(FILE), &backup).expect("copied");
    let (link, twin, linked) =
        (folder.path().join("link.db"), folder.path().join("twin.db"), folder.path().join("other"));
    symlink(&backup, &link).expect("a link");
    symlink(&data, &linked).expect("a link");
    let manifest = data.join("etcd.service");
    fs::write(&manifest, "[Service]\nExecStart=/usr/bin/etcd --name=default\n").expect("written");
    let tried = |file: &Path, data_dir: &Path, more: &[OsString], input: Stdio| {
        let mut command = program();
        command.args(["restore", "--replace", "--data-dir"]).arg(data_dir).arg(file).args(more);
        let output = command.current_dir(&data).stdin(input).output().expect("it runs");
        (output.status.code(), String::from_utf8(output.stderr).expect("text"))
    };
    let refused = |(code, told): (Option<i32>, String)| {
        assert!(code == Some(2) && told.contains("which would be moved aside with it"), "{code:?} {told}");
        assert_eq!(told.lines().count(), 1, "{told}");
        assert!(backup.exists() && manifest.exists());
    };
    let (here, outside) = (Path::new("."), fixture(FILE));
    refused(tried(Path::new("inside/backup.db"), here, &[], Stdio::null()));
    refused(tried(&link, &data, &[], Stdio::null()));
    refused(tried(&backup, &linked, &[], Stdio::null()));
    refused(tried(Path::new("-"), here, &[], File::open(&backup).expect("there").into()));
    refused(tried(&outside, here, &args!["--from-manifest", &manifest], Stdio::null()));
    // Another name of the same file stays where it is.
    fs::hard_link(&backup, &twin).expect("a link");
    let (code, told) = tried(&twin, &data, &[], Stdio::null());
    assert!(code == Some(0) && twin.exists() && data.join("member/snap/db").exists(), "{told}");
}
