//! `restore`.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::prelude::*;
use etcdsnap_testkit::bbolt::Layout;
use etcdsnap_testkit::etcd::{EtcdStore, Server};
use tempfile::TempDir;

use crate::program::{Answer, args, program, run, run_with_input};

const SNAPSHOT: &str = "../../testdata/etcd/etcd-3.6.14-seed1.db";

fn snapshot() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(SNAPSHOT)
}

/// A folder with the snapshot in it as `backup.db`, which commands are run in.
fn desk() -> TempDir {
    let desk = tempfile::tempdir().expect("a folder");
    fs::copy(snapshot(), desk.path().join("backup.db")).expect("room");
    desk
}

fn at(desk: &TempDir, args: &[&str]) -> Answer {
    let output = program().args(args).current_dir(desk.path()).output().expect("the program runs");
    Answer {
        code: output.status.code().expect("not killed"),
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<_> = entries.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Compares with the expected file; see `src/output/rendered.rs`.
fn assert_rendered(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rendered").join(name);
    if std::env::var_os("ETCDSNAP_UPDATE_RENDERED").is_some() {
        fs::write(&path, text).expect("write the expected file");
    }
    let expected = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(text == expected, "{name} differs.\n--- expected\n{expected}\n--- printed\n{text}");
}

#[test]
fn paths_that_are_no_text_are_told_whole() {
    let desk = desk();
    let name = |text: &[u8]| desk.path().join(OsString::from_vec(text.to_vec()));
    fs::create_dir(name(b"d\xff")).expect("a folder");
    fs::write(name(b"d\xff").join("old"), "old").expect("room");
    let mut command = program();
    command.args(&ONE[..5]).args(["--replace", "-o", "json", "--data-dir"]).arg(name(b"d\xff"));
    let output =
        command.arg("--wal-dir").arg(name(b"w\xff")).current_dir(desk.path()).output().expect("the program runs");
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("json");
    let directory = &json["directories"][0];
    let bytes = |value: &serde_json::Value| BASE64_STANDARD.decode(value.as_str().expect("base64")).expect("base64");
    assert!(bytes(&directory["dataDirBase64"]).ends_with(b"/d\xff") && directory["dataDir"].is_null(), "{directory}");
    assert!(bytes(&directory["walDirBase64"]).ends_with(b"/w\xff"), "{directory}");
    assert!(bytes(&directory["files"][0]["pathBase64"]).ends_with(b"/d\xff/member/snap/db"), "{directory}");
    assert!(bytes(&directory["movedAside"][0]["fromBase64"]).ends_with(b"/d\xff"), "{directory}");

    let plain = at(&desk, &[&ONE[..], &["-o", "json"]].concat()).json();
    let directory = &plain["directories"][0];
    assert_eq!((&directory["dataDir"], directory.get("walDir")), (&"m1.etcd".into(), Some(&serde_json::Value::Null)));
}

const ONE: [&str; 8] = [
    "restore",
    "backup.db",
    "--name=m1",
    "--initial-cluster=m1=https://10.0.0.1:2380",
    "--initial-cluster-token=after",
    "--data-dir=m1.etcd",
    "--progress=none",
    "--color=never",
];

#[test]
fn a_member_is_restored_and_the_way_on_is_told() {
    let desk = desk();
    let done = at(&desk, &ONE);
    assert_eq!((done.code, done.stderr.as_str()), (0, ""));
    assert_rendered("restore.txt", &done.stdout);
    assert_eq!(names(&desk.path().join("m1.etcd/member")), ["snap", "wal"]);

    let again = at(&desk, &ONE);
    assert_eq!((again.code, again.stdout.as_str()), (1, ""));
    assert!(
        again.stderr.starts_with("etcdsnap: data-dir \"m1.etcd\" not empty or could not be read. Name a directory")
    );
}

#[test]
fn a_dry_run_writes_nothing() {
    let desk = desk();
    let list = "--initial-cluster=m1=http://10.0.0.1:2380,m2=http://10.0.0.2:2380,m3=http://10.0.0.3:2380";
    let args = ["restore", "--dry-run", "--all-members", "--output-dir=out", list, "--learner=m3", "backup.db"];
    let told = at(&desk, &args);
    assert_eq!((told.code, told.stderr.as_str()), (0, ""));
    assert_rendered("restore-dry-run.txt", &told.stdout);
    assert_eq!(names(desk.path()), ["backup.db"]);

    let json = at(&desk, &[&args[..], &["-o", "json"]].concat()).json();
    assert_eq!(json["dryRun"], true);
    assert_eq!(json["cluster"]["members"].as_array().map(Vec::len), Some(3));
    assert_eq!(
        json["directories"][2]["etcdFlags"][0],
        format!("--name={}", json["directories"][2]["member"].as_str().unwrap())
    );
    assert_eq!(names(desk.path()), ["backup.db"]);
}

#[test]
fn json_tells_all_that_was_done() {
    let desk = desk();
    let more = ["-o", "json", "--bump-revision=1000", "--mark-compacted", "--target-version=3.5"];
    let done = at(&desk, &[&ONE[..], &more].concat()).json();
    assert_eq!((&done["dryRun"], &done["formatVersion"]), (&false.into(), &1.into()));
    assert_eq!(done["bump"], serde_json::json!({"by": 1000, "from": 95, "to": 1095}));
    let entries: Vec<_> = done["changes"].as_array().expect("changes").iter().map(|change| &change["entry"]).collect();
    let expected =
        ["members", "meta/storageVersion", "meta/confState", "cluster/clusterVersion", "meta/consistent_index"];
    assert_eq!(entries[..5], expected, "{entries:?}");
    assert_eq!(done["boot"][1]["starts"], true);
    assert_eq!(done["directories"][0]["files"].as_array().map(Vec::len), Some(3));
    assert_eq!(done["sha256"]["trailer"], "match");
}

#[test]
fn wrong_usage_is_told_before_the_file_is_looked_at() {
    let desk = desk();
    let refused = |more: &[&str]| {
        let answer = at(&desk, &[&["restore", "missing.db"], more].concat());
        assert_eq!((answer.code, answer.stdout.as_str()), (2, ""), "{answer:?}");
        answer.stderr
    };
    assert!(refused(&["--bump-revision=5"]).contains("--mark-compacted required if --revision-bump > 0"));
    assert!(refused(&["--mark-compacted"]).contains("Give both"));
    assert!(refused(&["--bump-revision=some"]).contains("neither `auto` nor a number"));
    assert!(refused(&["--name=m9"]).contains("couldn't find local name \"m9\" in the initial cluster configuration"));
    assert!(refused(&["--initial-cluster-state=new"]).contains("start the restored members with"));
    assert!(refused(&["--all-members"]).contains("--output-dir"));
    assert!(refused(&["--all-members", "--output-dir=o", "--name=a"]).contains("cannot be used with"));
    assert!(refused(&["--chown=etcd"]).contains("decimal numbers"));
    assert!(refused(&["--learner=default"]).contains("names every member"));
    assert!(refused(&["--target-version=3.3"]).contains("3.4, 3.5, 3.6, 3.7, 3.8"));
    assert_eq!(names(desk.path()), ["backup.db"]);
    let missing = at(&desk, &["restore", "missing.db"]);
    assert_eq!(missing.code, 1);
    assert!(missing.stderr.contains("missing.db"), "{}", missing.stderr);
}

#[test]
fn a_damaged_backup_is_refused_with_its_findings() {
    let desk = desk();
    let path = desk.path().join("backup.db");
    let mut bytes = fs::read(&path).expect("the backup");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&path, &bytes).expect("room");
    let refused = at(&desk, &ONE);
    assert_eq!((refused.code, refused.stdout.as_str()), (3, ""));
    let lines: Vec<_> = refused.stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].contains("SHA256_MISMATCH"));
    assert!(lines[1].starts_with("etcdsnap: backup.db: its SHA-256 is ") && lines[1].ends_with("Nothing was written."));
    assert_eq!(names(desk.path()), ["backup.db"]);

    let raw = bytes[..bytes.len() - 32].to_vec();
    fs::write(&path, raw).expect("room");
    let refused = at(&desk, &ONE);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("without its last 32 bytes") && refused.stderr.contains("--skip-hash-check"));
    let done = at(&desk, &[&ONE[..], &["--skip-hash-check"]].concat());
    assert_eq!(done.code, 0);
    assert!(done.stdout.contains("! the backup is a raw database without a SHA-256"));
}

/// With the real program: what is proven to lack pages is refused with 3, and its way out is not `--skip-hash-check`.
#[test]
fn a_cut_backup_is_called_cut() {
    let desk = desk();
    let path = desk.path().join("backup.db");
    let whole = fs::read(&path).expect("the backup");
    for length in [4096 * 60, 200_000, whole.len() - 33] {
        fs::write(&path, &whole[..length]).expect("room");
        let refused = at(&desk, &ONE);
        assert_eq!((refused.code, names(desk.path())), (3, vec!["backup.db".to_owned()]), "{refused:?}");
        assert!(
            refused.stderr.contains(&format!("Cut off: {length} of {} bytes are here", whole.len())),
            "{refused:?}"
        );
        assert!(!refused.stderr.contains("skip-hash-check"), "{refused:?}");
    }
}

/// The log lies beside the database, and is not read.
#[test]
fn the_log_of_a_member_is_said_to_be_left_out() {
    let desk = desk();
    assert_eq!(at(&desk, &ONE).code, 0);
    for (source, named) in
        [("m1.etcd", "m1.etcd"), ("m1.etcd/member", "m1.etcd"), ("./m1.etcd/member/snap", "./m1.etcd")]
    {
        let done = at(&desk, &["restore", source, "--skip-hash-check", "--data-dir", "m2.etcd", "--dry-run"]);
        let text = done.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(done.code, 0, "{done:?}");
        assert!(
            text.contains(&format!(
                "only in the member's log, are not in the result; `etcdsnap datadir check {named}`"
            )),
            "{text}"
        );
    }
}

#[test]
fn what_is_missing_of_a_damaged_backup_is_told() {
    let desk = desk();
    let path = desk.path().join("backup.db");
    let mut bytes = fs::read(&path).expect("the backup");
    bytes[30 * 4096..31 * 4096].fill(0);
    fs::write(&path, bytes).expect("room");
    let flags = [&ONE[..], &["--allow-damaged"]].concat();
    let planned = at(&desk, &[&flags[..], &["--dry-run"]].concat());
    assert_eq!((planned.code, names(desk.path())), (0, vec!["backup.db".to_owned()]));
    assert!(planned.stdout.starts_with("WOULD RESTORE IN PART  backup.db"), "{}", planned.stdout);
    let done = at(&desk, &flags);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(done.stdout.starts_with("RESTORED IN PART  backup.db"), "{}", done.stdout);
    for text in [
        "\nMissing\n  - revisions between 79.1 and 81.2, about 3 records (page 30)\n",
        "  ! 107 live keys may have been written or deleted in the lost revisions, and not since",
        "  ! damaged: bucket key, page 30, offset 122880: ",
        "  not raised; clients that have seen later revisions of the lost cluster",
    ] {
        assert!(done.stdout.contains(text), "{text}: {}", done.stdout);
    }
    let verified = at(&desk, &["db", "check", "m1.etcd/member/snap/db"]);
    assert_eq!(verified.code, 0, "{}", verified.stdout);
}

#[test]
fn a_stream_is_restored_too() {
    let desk = desk();
    let data = desk.path().join("m1.etcd");
    let bytes = fs::read(snapshot()).expect("a snapshot");
    let done = run_with_input(args!["restore", "-", "--data-dir", data, "--bump-revision", "auto"], &bytes);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.stdout.starts_with("RESTORED  standard input  to 1 member"));
    assert!(done.stdout.contains("95 → 1000000095") && done.stdout.contains("is not known"), "{}", done.stdout);
    assert!(data.join("member/snap/db").exists());
}

#[test]
fn a_manifest_gives_what_is_not_given_by_hand() {
    let desk = desk();
    let root = desk.path().display();
    let unit = format!(
        "[Service]\nExecStart=/usr/bin/etcd --name=m2 --data-dir={root}/lib/etcd \
         --initial-cluster=m1=http://10.0.0.1:2380,m2=http://10.0.0.2:2380 --initial-cluster-token=tk \
         --initial-advertise-peer-urls=http://10.0.0.2:2380\n"
    );
    fs::write(desk.path().join("etcd.service"), unit).expect("room");
    let done = at(&desk, &["restore", "backup.db", "--from-manifest=etcd.service", "-o", "json"]).json();
    assert_eq!(done["directories"][0]["member"], "m2");
    assert!(desk.path().join("lib/etcd/member/snap/db").exists());
    let by_hand = ["--data-dir=here", "--initial-cluster-token=other"];
    let other =
        at(&desk, &[&["restore", "backup.db", "--from-manifest=etcd.service", "-o", "json"], &by_hand[..]].concat());
    assert_ne!(other.json()["cluster"]["id"], done["cluster"]["id"]);
    assert!(desk.path().join("here/member").exists());

    let pod =
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - command: [etcd, --name=m1, --data-dir=/var/lib/etcd]\n";
    fs::write(desk.path().join("pod.yaml"), pod).expect("room");
    let unknown = at(&desk, &["restore", "backup.db", "--from-manifest=pod.yaml"]);
    assert_eq!(unknown.code, 2, "{unknown:?}");
    assert!(unknown.stderr.contains("give --data-dir"), "{}", unknown.stderr);
    let nothing = at(&desk, &["restore", "backup.db", "--from-manifest=backup.db"]);
    assert!(nothing.code != 0 && nothing.stderr.starts_with("etcdsnap: backup.db"), "{nothing:?}");
}

#[test]
fn help_shows_the_way() {
    let help = run(["restore", "--help"]);
    assert_eq!(help.code, 0);
    for words in ["The new cluster:", "Where it goes:", "--from-manifest /root/etcd.yaml --replace", "by this much"] {
        assert!(help.stdout.contains(words), "{words}");
    }
}

/// A snapshot that takes a while.
fn large(folder: &Path) -> PathBuf {
    let mut store = EtcdStore::new(Server::V3_6);
    for number in 0..1500 {
        store.put(format!("key/{number}"), vec![b'v'; 32 << 10]);
    }
    let mut file = Layout::default().build(&store.to_tree());
    etcdsnap_testkit::append_trailer(&mut file);
    let path = folder.join("large.db");
    fs::write(&path, file).expect("room");
    path
}

#[test]
fn a_signal_ends_it_cleanly() {
    let desk = tempfile::tempdir().expect("a folder");
    let source = large(desk.path());
    for signal in ["-INT", "-TERM"] {
        // It may be done before the signal comes.
        let stopped = (0..50).any(|_| {
            let data = desk.path().join("new/m1.etcd");
            let mut child =
                program().args(args!["restore", source, "--data-dir", data]).spawn().expect("the program starts");
            while names(desk.path()).len() == 1 && child.try_wait().expect("a child").is_none() {}
            Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill runs");
            let code = child.wait().expect("it ends").code();
            if code == Some(0) {
                fs::remove_dir_all(desk.path().join("new")).expect("it is there");
                return false;
            }
            assert_eq!(code, Some(130));
            assert_eq!(names(desk.path()), ["large.db"]);
            true
        });
        assert!(stopped, "never stopped by {signal}");
    }
}
