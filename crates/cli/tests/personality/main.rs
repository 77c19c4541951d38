//! The program called `etcdutl` and `etcdctl`, on real snapshots and on damaged ones.

mod differences;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use etcdsnap_testkit::bbolt::{Bucket, Layout};
use etcdsnap_testkit::damage::{ALL, Corruption, specimen};
use serde_json::Value;
use tempfile::TempDir;

/// What a run gave: exit code, standard output, standard error.
type Answer = (i32, String, String);

/// A folder in which the program has its other names.
struct Tools {
    folder: TempDir,
}

impl Tools {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["etcdutl", "etcdctl", "etcdutl-3.6"] {
            std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_etcdsnap"), folder.path().join(name)).unwrap();
        }
        Self { folder }
    }

    fn run<S: AsRef<OsStr>>(&self, tool: &str, line: &str, args: impl IntoIterator<Item = S>) -> Answer {
        answer(Command::new(self.folder.path().join(tool)).env("ETCDSNAP_COMPAT", line).args(args))
    }
}

fn answer(command: &mut Command) -> Answer {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/etcd")
}

/// Snapshots, and what the original tools and the servers said of them.
fn recordings() -> Vec<(PathBuf, Value)> {
    let names = testdata().read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let recording = |name: &str| {
        let facts = fs::read(testdata().join(format!("{name}.json"))).unwrap();
        (testdata().join(format!("{name}.db")), serde_json::from_slice(&facts).unwrap())
    };
    let recordings: Vec<_> = names.filter_map(|name| name.strip_suffix(".db").map(recording)).collect();
    assert!(recordings.len() >= 6, "one snapshot a version");
    recordings
}

#[test]
fn status_is_what_every_tool_printed() {
    let tools = Tools::new();
    let names = [
        ("3.4.23", "etcdctl", "3.4"),
        ("3.5.1", "etcdutl", "3.5"),
        ("3.5.30", "etcdutl", "3.5"),
        ("3.6.14", "etcdutl", "3.6"),
        ("3.7.1", "etcdutl", "3.7"),
        ("3.7.1", "etcdutl", ""),
        ("3.8.0-alpha", "etcdutl", "3.8"),
    ];
    for (snapshot, facts) in recordings() {
        let before = fs::read(&snapshot).unwrap();
        for (recorded, tool, line) in names {
            for form in ["simple", "json", "fields", "table"] {
                if form == "table" && matches!(recorded, "3.5.30" | "3.6.14") {
                    continue; // recorded from builds with other table libraries
                }
                let said = &facts["status"][recorded][form];
                let expected = (0, said["stdout"].as_str().unwrap().to_owned(), String::new());
                assert_eq!(said["code"], 0);
                let args = ["snapshot".as_ref(), "status".as_ref(), snapshot.as_os_str(), "-w".as_ref(), form.as_ref()];
                assert_eq!(tools.run(tool, line, args), expected, "{} {recorded}", snapshot.display());
            }
        }
        assert_eq!(fs::read(&snapshot).unwrap(), before);
    }
}

#[test]
fn hashkv_is_what_every_server_answered() {
    let tools = Tools::new();
    for (snapshot, facts) in recordings() {
        for entry in facts["hashkv"].as_array().unwrap() {
            let (revision, compacted) =
                (entry["rev"].as_i64().unwrap(), facts["first_readable_revision"].as_i64().unwrap());
            let rev = format!("--rev={revision}");
            let ours = tools.run("etcdutl", "3.7", ["hashkv".as_ref(), snapshot.as_os_str(), rev.as_ref()]);
            // early servers refuse the compacted revision itself
            match entry["hash"].as_u64() {
                Some(hash) => {
                    let line = format!("{hash}, {revision}, {}\n", entry["compact"]);
                    assert_eq!(ours, (0, line, String::new()));
                }
                None => assert!(revision <= compacted, "{revision} of {}", snapshot.display()),
            }
        }
        let beyond = (facts["revision"].as_i64().unwrap() + 1).to_string();
        let future =
            tools.run("etcdutl", "3.6", ["hashkv".as_ref(), snapshot.as_os_str(), "--rev".as_ref(), beyond.as_ref()]);
        assert_eq!(future, (1, String::new(), "Error: mvcc: required revision is a future revision\n".to_owned()));
    }
}

/// A bad meta beside a good one stops no tool, and damage that no structural check can see stops none either.
#[test]
fn damaged_files_fail_with_one_error() {
    let tools = Tools::new();
    let path = tools.folder.path().join("damaged.db");
    for corruption in ALL {
        let mut bytes = specimen(&Layout::default());
        if corruption.apply(&mut bytes).is_err() {
            continue;
        }
        fs::write(&path, &bytes).unwrap();
        for line in ["3.4", "3.7"] {
            let tool = if line == "3.4" { "etcdctl" } else { "etcdutl" };
            let (code, out, err) = tools.run(tool, line, ["snapshot".as_ref(), "status".as_ref(), path.as_os_str()]);
            let tolerated = corruption.etcd.errors.iter().all(|code| *code == "META_INVALID")
                && corruption.name != "a03_meta0_zeroed";
            if !tolerated {
                assert_eq!((code, out.as_str()), (1, ""), "{}: {err}", corruption.name);
            }
            if code != 0 {
                assert!(
                    err.starts_with("Error: ") && err.matches("Error: ").count() == 1,
                    "{}: {err}",
                    corruption.name
                );
            }
        }
        assert_eq!(fs::read(&path).unwrap(), bytes, "{} was written to", corruption.name);
    }
}

#[test]
fn what_is_no_database_is_told_as_upstream_tells_it() {
    let tools = Tools::new();
    let snapshot = fs::read(testdata().join("etcd-3.6.14-seed1.db")).unwrap();
    let with = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = snapshot.clone();
        change(&mut bytes);
        bytes
    };
    let both_metas = |at: usize| {
        with(&|bytes| {
            bytes[at] ^= 1;
            bytes[4096 + at] ^= 1;
        })
    };
    let cases = [
        ("magic of both metas", both_metas(16), "invalid database"),
        ("version of both metas", both_metas(20), "version mismatch"),
        ("checksum of both metas", both_metas(72), "checksum error"),
        ("one page", snapshot[..4096].to_vec(), "file size too small 4096"),
        ("no page", snapshot[..100].to_vec(), "invalid database"),
        ("noise", vec![0xa5; 40_000], "invalid database"),
        ("gzip", [&[0x1f, 0x8b, 8, 0][..], &snapshot].concat(), "invalid database"),
    ];
    let path = tools.folder.path().join("file");
    for (what, bytes, text) in cases {
        fs::write(&path, bytes).unwrap();
        for command in [&["snapshot", "status"][..], &["hashkv"]] {
            let args = command.iter().map(OsStr::new).chain([path.as_os_str()]);
            let expected = (1, String::new(), format!("Error: {text}\n"));
            assert_eq!(tools.run("etcdutl", "3.7", args), expected, "{what}");
        }
    }
}

#[test]
fn a_stray_value_is_named() {
    let tools = Tools::new();
    let path = tools.folder.path().join("odd.db");
    let status = |line| tools.run("etcdutl", line, ["snapshot".as_ref(), "status".as_ref(), path.as_os_str()]);
    let flagless = Corruption::named("h05_key_bucket_flag_cleared").unwrap();
    let mut bytes = specimen(&Layout::default());
    flagless.apply(&mut bytes).unwrap();
    fs::write(&path, bytes).unwrap();
    assert_eq!(status("3.5"), (1, String::new(), "Error: cannot get hash of bucket key\n".to_owned()));
    assert_eq!(status("3.7"), (1, String::new(), "Error: nil bucket: \"key\"\n".to_owned()));
}

#[test]
fn a_record_that_cannot_be_read_is_named_without_its_value() {
    let tools = Tools::new();
    let path = tools.folder.path().join("odd.db");
    let run =
        |line, command: &[&str]| tools.run("etcdutl", line, command.iter().map(OsStr::new).chain([path.as_os_str()]));
    let bad_key = [("short", "value"), ("\0\0\0\0\0\0\0\x02_\0\0\0\0\0\0\0\0", "\x0asecret")];
    for ((key, value), problem) in
        bad_key.into_iter().zip(["cannot parse revision key: \"short\"", "cannot unmarshal value"])
    {
        let mut root = Bucket::new();
        root.bucket("key").put(key, value);
        root.bucket("meta");
        fs::write(&path, Layout::default().build(&root)).unwrap();
        assert_eq!(run("3.5", &["snapshot", "status"]).0, 0, "older tools do not decode records");
        for (code, out, err) in [run("3.6", &["snapshot", "status"]), run("3.7", &["hashkv"])] {
            assert_eq!((code, out.as_str()), (1, ""));
            let start = format!("Error: error during bucket key iteration, name: \"key\" err: {problem}");
            assert!(err.starts_with(&start) && !err.contains("secret"), "{err}");
        }
    }
}

/// Upstream dies of the first of these, and writes to the second.
#[test]
fn databases_without_etcds_buckets_are_answered() {
    let tools = Tools::new();
    let path = tools.folder.path().join("bare.db");
    let run = |command: &[&str]| tools.run("etcdutl", "3.7", command.iter().map(OsStr::new).chain([path.as_os_str()]));
    let mut only_key = Bucket::new();
    only_key.bucket("key");
    for root in [only_key, Bucket::new()] {
        fs::write(&path, Layout::default().build(&root)).unwrap();
        let (code, out, err) = run(&["snapshot", "status"]);
        assert_eq!((code, err.as_str()), (0, ""));
        assert!(out.contains(", 0, 0, ") && out.ends_with("kB, \n"), "{out}");
        assert_eq!(run(&["hashkv"]), (0, "1084519789, 1, -1\n".to_owned(), String::new()));
    }
}

#[test]
fn the_first_argument_chooses_as_the_name_does() {
    let version =
        |args: &[&str]| answer(Command::new(env!("CARGO_BIN_EXE_etcdsnap")).env_remove("ETCDSNAP_COMPAT").args(args));
    let expected = (0, "etcdutl version: 3.7.3\nAPI version: 3.7\n".to_owned(), String::new());
    assert_eq!(version(&["etcdutl", "version"]), expected);
    assert_eq!(Tools::new().run("etcdctl", "3.8", ["version"]).1, "etcdctl version: 3.8.0-alpha.0\nAPI version: 3.8\n");
}

#[test]
fn an_unknown_release_line_is_refused() {
    let (code, out, err) = Tools::new().run("etcdutl", "3.9", ["version"]);
    assert_eq!((code, out.as_str()), (128, ""));
    assert_eq!(err, "Error: ETCDSNAP_COMPAT is \"3.9\"; it must be one of 3.4, 3.5, 3.6, 3.7, 3.8, or unset\n");
}

#[cfg(target_os = "linux")]
#[test]
fn that_an_error_cannot_be_written_changes_no_exit_code() {
    for (line, args, code) in [("9", ["version", ""], 128), ("3.7", ["snapshot", "nope"], 0), ("3.7", ["nope", ""], 1)]
    {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_etcdsnap"));
        let output = command.env("ETCDSNAP_COMPAT", line).arg("etcdutl").args(args).stderr(full).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{args:?}");
    }
}

#[test]
fn variables_of_etcdctl_are_not_read_offline() {
    let snapshot = testdata().join("etcd-3.6.14-seed1.db");
    let mut command = Command::new(env!("CARGO_BIN_EXE_etcdsnap"));
    let variables =
        [("ETCDSNAP_COMPAT", "3.4"), ("ETCDCTL_API", "2"), ("ETCDCTL_WRITE_OUT", "json"), ("ETCDCTL_FOO", "1")];
    command.envs(variables).args(["etcdctl", "snapshot", "status", "-w", "simple"]).arg(snapshot);
    assert_eq!(answer(&mut command), (0, "44810413, 95, 175, 381 kB\n".to_owned(), String::new()));
}

#[test]
fn a_reader_that_goes_away_is_no_failure_and_hides_none() {
    for (args, code) in [(["etcdutl", "--help"], 0), (["etcdutl", "--nope"], 1)] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = Command::new(env!("CARGO_BIN_EXE_etcdsnap"));
        let output = command.args(args).stdout(writer.try_clone().unwrap()).stderr(writer).output().unwrap();
        assert_eq!(output.status.code(), Some(code));
    }
}

/// A script as runbooks for kubeadm have it: network flags and variables that an offline command has no use for, and
/// then the old data directory is exchanged for the new one.
#[test]
fn a_kubeadm_restore_script_works_as_it_is() {
    const SCRIPT: &str = r#"
        set -eu
        export ETCDCTL_API=3
        etcdctl --endpoints=https://127.0.0.1:2379 --cacert=/etc/kubernetes/pki/etcd/ca.crt \
            --cert=/etc/kubernetes/pki/etcd/server.crt --key=/etc/kubernetes/pki/etcd/server.key \
            snapshot status -w table "$1"
        etcdctl --endpoints=https://127.0.0.1:2379 --cacert=/etc/kubernetes/pki/etcd/ca.crt \
            --cert=/etc/kubernetes/pki/etcd/server.crt --key=/etc/kubernetes/pki/etcd/server.key \
            --name=master --initial-cluster=master=https://10.0.0.1:2380 \
            --initial-advertise-peer-urls=https://10.0.0.1:2380 --data-dir=var/lib/etcd-from-backup \
            snapshot restore "$1"
        mv var/lib/etcd var/lib/etcd.old
        mv var/lib/etcd-from-backup var/lib/etcd
        etcdutl snapshot status var/lib/etcd/member/snap/db
    "#;
    let tools = Tools::new();
    for line in ["3.4", "3.5", "3.6", "3.7", "3.8", ""] {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("var/lib/etcd/member")).unwrap();
        let (code, out, err) = script(&tools, folder.path(), line, SCRIPT);
        assert_eq!(code, 0, "{line}: {err}");
        for line in ["restoring snapshot", "added member", "restored snapshot"] {
            assert_eq!(err.matches(line).count(), 1, "{err}");
        }
        assert!(out.lines().count() > 4, "{out}");
        let mut files: Vec<_> =
            fs::read_dir(folder.path().join("var/lib")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        files.sort();
        assert_eq!(files, ["etcd", "etcd.old"]);
    }
}

#[test]
fn directories_need_not_have_names_that_are_text() {
    use std::os::unix::ffi::OsStrExt as _;
    let tools = Tools::new();
    let folder = tempfile::tempdir().unwrap();
    let snapshot = testdata().join("etcd-3.6.14-seed1.db");
    let data = folder.path().join(OsStr::from_bytes(b"d\xff"));
    let attached =
        [OsStr::new("--wal-dir="), folder.path().join(OsStr::from_bytes(b"w\xff")).as_os_str()].join(OsStr::new(""));
    let args = [
        "snapshot".as_ref(),
        "restore".as_ref(),
        snapshot.as_os_str(),
        "--data-dir".as_ref(),
        data.as_os_str(),
        attached.as_os_str(),
    ];
    let (code, _, err) = tools.run("etcdutl", "3.7", args);
    assert_eq!(code, 0, "{err}");
    let mut names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, [b"d\xff", b"w\xff"].map(|name| OsStr::from_bytes(name)));
    let (code, _, err) = tools.run("etcdutl", "3.7", ["defrag".as_ref(), "--data-dir".as_ref(), data.as_os_str()]);
    assert_eq!(code, 0, "{err}");
}

/// One snapshot, three members, one command each, as etcd's documentation has it.
#[test]
fn the_loop_over_three_members_works_as_it_is() {
    const SCRIPT: &str = r#"
        set -eu
        cluster=m1=http://host1:2380,m2=http://host2:2380,m3=http://host3:2380
        for number in 1 2 3; do
            etcdutl snapshot restore "$1" --name m$number --data-dir m$number.etcd --initial-cluster $cluster \
                --initial-cluster-token etcd-cluster-1 --initial-advertise-peer-urls http://host$number:2380
        done
    "#;
    let tools = Tools::new();
    for line in ["3.5", "3.6", "3.7", "3.8"] {
        let folder = tempfile::tempdir().unwrap();
        let (code, _, err) = script(&tools, folder.path(), line, SCRIPT);
        assert_eq!(code, 0, "{line}: {err}");
        let hashes = ["m1", "m2", "m3"].map(|name| {
            let database = folder.path().join(format!("{name}.etcd/member/snap/db"));
            tools.run("etcdutl", line, ["snapshot".as_ref(), "status".as_ref(), database.as_os_str()])
        });
        assert!(hashes[0].0 == 0 && hashes[0] == hashes[1] && hashes[1] == hashes[2], "{hashes:?}");
        let (code, _, err) = script(&tools, folder.path(), line, SCRIPT);
        assert_eq!(code, 1);
        assert!(err.ends_with("Error: data-dir \"m1.etcd\" not empty or could not be read\n"), "{err}");
    }
}

/// Runs a shell script in a folder, with the tools found first and the path of a snapshot as its argument.
fn script(tools: &Tools, folder: &Path, line: &str, script: &str) -> Answer {
    let path = format!("{}:{}", tools.folder.path().display(), std::env::var("PATH").unwrap());
    let snapshot = testdata().join("etcd-3.6.14-seed1.db");
    answer(
        Command::new("sh")
            .current_dir(folder)
            .env("PATH", path)
            .env("ETCDSNAP_COMPAT", line)
            .args(["-c", script, "sh"])
            .arg(snapshot),
    )
}
