//! Restores that end early: killed, interrupted or failing, at every stage.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use etcdsnap_bbolt::Db;
use etcdsnap_restore::{
    ClusterRequest, Interrupt, RestoreContext, RestoreDestination, RestoreDraft, RestoreError, RestoreRequest,
    RestoreStage, RestoredMembers, StageObserver,
};
use etcdsnap_snapshot::progress::Silent;

use super::{LOG, SNAPSHOT, fixture, folder, into, open, restore, restore_with, tree, with_log};

/// Does something at one stage.
struct At<F>(RestoreStage, F);

impl<F: Fn() + Sync> StageObserver for At<F> {
    fn reached(&self, stage: RestoreStage) {
        if stage == self.0 {
            (self.1)();
        }
    }
}

const STAGES: [RestoreStage; 7] = [
    RestoreStage::Prepared,
    RestoreStage::Copied,
    RestoreStage::Written,
    RestoreStage::DataPublished,
    RestoreStage::LogPublished,
    RestoreStage::MetasWritten,
    RestoreStage::Finished,
];

const FOLDER: &str = "RESTORE_IN";
const STAGE: &str = "RESTORE_UNTIL";

/// Where data and log go in the three ways there are.
fn request<'r>(way: &str, folder: &Path) -> RestoreRequest<'r> {
    let (data, log) = (folder.join("data"), folder.join("log"));
    match way {
        "plain" => into(&data),
        "two" => with_log(&data, &log),
        "kept" => {
            fs::create_dir_all(&data).expect("a folder");
            with_log(&data, &data.join("log"))
        }
        "replace" => {
            if !data.exists() {
                fs::create_dir_all(data.join("member")).expect("folders");
                fs::create_dir_all(&log).expect("a folder");
                fs::write(data.join("member/old"), "old").expect("room");
            }
            RestoreRequest { replace: Some(".old".into()), ..with_log(&data, &log) }
        }
        other => panic!("{other}"),
    }
}

/// Not a test of its own: the process that dies in the next one.
#[test]
#[ignore = "dies"]
fn restore_until_a_stage() {
    let folder = std::env::var(FOLDER).expect("where");
    let until = std::env::var(STAGE).expect("how far");
    let (way, stage) = until.split_once(' ').expect("two words");
    let stage = STAGES.into_iter().find(|known| format!("{known:?}") == stage).expect("a stage");
    let die = At(stage, || std::process::abort());
    restore_with(&request(way, Path::new(&folder)), &fixture(SNAPSHOT), &die, &Interrupt::default()).expect("restored");
}

/// Can etcd start from what is there, and is it whole? `None` when it would begin an empty store, or refuse.
fn startable(folder: &Path, log: &Path) -> Option<()> {
    let database = folder.join("data/member/snap/db");
    let log = log.join(LOG).exists();
    if !database.exists() {
        assert!(!log, "a log without a database");
        return None;
    }
    let container = std::panic::catch_unwind(|| open(&database)).ok()?;
    Db::open(container.database()).ok()?;
    assert!(log, "a database without its log");
    Some(())
}

#[test]
fn death_at_any_stage_leaves_nothing_or_a_whole_directory() {
    for way in ["plain", "two", "kept", "replace"] {
        for stage in STAGES {
            if way == "plain" && matches!(stage, RestoreStage::LogPublished | RestoreStage::MetasWritten) {
                continue;
            }
            let folder = folder();
            die(way, stage, folder.path());
            let log = match way {
                "plain" => folder.path().join("data/member/wal"),
                "kept" => folder.path().join("data/log"),
                _ => folder.path().join("log"),
            };
            let whole = startable(folder.path(), &log).is_some();
            let expected = match way {
                "plain" => matches!(stage, RestoreStage::DataPublished | RestoreStage::Finished),
                _ => matches!(stage, RestoreStage::MetasWritten | RestoreStage::Finished),
            };
            assert_eq!(whole, expected, "{way} until {stage:?}: {:?}", tree(folder.path()));
            if way == "replace" {
                let old = ["data/member/old", "data.old/member/old"].map(|old| folder.path().join(old).exists());
                assert!(old.contains(&true), "the old one is gone at {stage:?}");
            }
            if whole {
                restore(&into(&folder.path().join("data")), &fixture(SNAPSHOT)).expect_err("it is taken");
                continue;
            }
            // The next run finds its way, and cleans up.
            restore(&request(way, folder.path()), &fixture(SNAPSHOT)).expect("restored");
            assert!(startable(folder.path(), &log).is_some());
            let paths = tree(folder.path());
            assert!(!paths.iter().any(|path| path.contains(".etcdsnap-")), "{way} after {stage:?}: {paths:?}");
        }
    }
}

fn die(way: &str, stage: RestoreStage, folder: &Path) {
    let mut child = Command::new(std::env::current_exe().expect("this test"));
    child.args(["--ignored", "--exact", "stages::restore_until_a_stage"]);
    child.env(FOLDER, folder).env(STAGE, format!("{way} {stage:?}"));
    let output = child.output().expect("a process");
    assert!(output.status.signal().is_some(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn an_interrupt_leaves_nothing() {
    for stage in [RestoreStage::Prepared, RestoreStage::Copied] {
        let folder = folder();
        let interrupt = Interrupt::default();
        let stop = At(stage, || interrupt.set());
        let request = with_log(&folder.path().join("a/data"), &folder.path().join("b/log"));
        let error = restore_with(&request, &fixture(SNAPSHOT), &stop, &interrupt).expect_err("interrupted");
        assert!(matches!(error, RestoreError::Interrupted(_)), "{error}");
        assert!(tree(folder.path()).is_empty(), "{stage:?}: {:?}", tree(folder.path()));
    }
}

#[test]
fn a_source_that_changes_is_noticed() {
    let folder = folder();
    let source = folder.path().join("source.db");
    fs::copy(fixture(SNAPSHOT), &source).expect("room");
    let old = fs::File::options().write(true).open(&source).expect("ours");
    old.set_modified(std::time::SystemTime::UNIX_EPOCH).expect("a time");
    let change = At(RestoreStage::Prepared, || {
        fs::File::options().append(true).open(&source).and_then(|file| file.set_len(1 << 20)).expect("room");
    });
    let request = into(&folder.path().join("data"));
    let error = restore_with(&request, &source, &change, &Interrupt::default()).expect_err("it changed");
    assert!(matches!(error, RestoreError::Image(_)) && error.to_string().contains("grew"), "{error}");
    assert_eq!(tree(folder.path()), ["source.db"]);
}

/// Three members, all in this folder.
fn three(folder: &Path) -> RestoreRequest<'static> {
    RestoreRequest {
        cluster: ClusterRequest {
            restored: RestoredMembers::All,
            initial_cluster: "m1=http://10.0.0.1:2380,m2=http://10.0.0.2:2380,m3=http://10.0.0.3:2380",
            token: "tk",
            learners: &[],
        },
        output: RestoreDestination::All { folder: folder.to_owned() },
        ..RestoreRequest::default()
    }
}

#[test]
fn what_cannot_all_be_published_is_taken_back() {
    let folder = folder();
    let out = folder.path().join("out");
    fs::create_dir_all(out.join("m1.etcd/member/snap")).expect("folders");
    let request = RestoreRequest { replace: Some(".old".into()), ..three(&out) };
    // Somebody takes the name of the last member in the last moment.
    let taken = At(RestoreStage::Written, || fs::create_dir(out.join("m3.etcd")).expect("a free name"));
    let error = restore_with(&request, &fixture(SNAPSHOT), &taken, &Interrupt::default()).expect_err("taken");
    assert!(matches!(error, RestoreError::Publish(_)), "{error}");
    assert_eq!(tree(&out), ["m1.etcd/", "m1.etcd/member/", "m1.etcd/member/snap/", "m3.etcd/"]);

    let folder = super::folder();
    let request = with_log(&folder.path().join("data"), &folder.path().join("log"));
    let taken = At(RestoreStage::DataPublished, || fs::create_dir(folder.path().join("log")).expect("a free name"));
    restore_with(&request, &fixture(SNAPSHOT), &taken, &Interrupt::default()).expect_err("taken");
    assert_eq!(tree(folder.path()), ["log/"]);
}

#[test]
fn two_runs_at_once_give_one_whole_directory() {
    let folder = folder();
    let request = into(&folder.path().join("data"));
    let results = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| restore(&request, &fixture(SNAPSHOT)).is_ok())).collect();
        runs.into_iter().map(|run| run.join().expect("no panic")).collect::<Vec<_>>()
    });
    assert_eq!(results.iter().filter(|done| **done).count(), 1);
    assert_eq!(tree(folder.path()).iter().filter(|path| path.contains(".etcdsnap-")).count(), 0);
    assert!(startable(folder.path(), &folder.path().join("data/member/wal")).is_some());
}

/// Dies where the log has its name and the database cannot be opened yet, and gives back where they are.
fn unfinished(folder: &Path) -> (PathBuf, PathBuf) {
    die("two", RestoreStage::LogPublished, folder);
    (folder.join("data"), folder.join("log"))
}

#[test]
fn a_log_that_another_run_made_is_no_leftover() {
    let folder = folder();
    let (data, log) = unfinished(folder.path());
    // As when the log's inode is given to the next folder that is made.
    for entry in fs::read_dir(&log).expect("a folder") {
        fs::remove_file(entry.expect("an entry").path()).expect("ours");
    }
    fs::write(log.join(LOG), "of another member").expect("room");
    let request = with_log(&data, &log);
    let refused = restore(&request, &fixture(SNAPSHOT)).expect_err("it is taken");
    assert!(matches!(refused, RestoreError::WalDir { .. }), "{refused}");
    assert_eq!(fs::read(log.join(LOG)).expect("it stays"), b"of another member");

    restore(&RestoreRequest { replace: Some(".old".into()), ..request }, &fixture(SNAPSHOT)).expect("restored");
    assert!(startable(folder.path(), &log).is_some());
    assert_eq!(fs::read(folder.path().join("log.old").join(LOG)).expect("it stays"), b"of another member");
}

#[test]
fn a_folder_that_a_marker_names_is_left_alone() {
    let folder = folder();
    let (data, log) = unfinished(folder.path());
    let other = folder.path().join("else");
    fs::rename(&log, &other).expect("a free name");
    let marker = data.join("member/.etcdsnap-unfinished");
    let mut bytes = fs::read(&marker).expect("a marker");
    bytes.truncate(bytes.len() - "log".len());
    bytes.extend_from_slice(b"else");
    fs::write(&marker, bytes).expect("room");
    for request in [into(&data), with_log(&data, &other)] {
        _ = restore(&request, &fixture(SNAPSHOT));
        assert!(other.join(LOG).exists(), "only its marker proves whose it is");
    }
}

#[test]
fn a_log_elsewhere_stays_and_is_told() {
    let folder = folder();
    let (data, log) = unfinished(folder.path());
    let outcome = restore(&into(&data), &fixture(SNAPSHOT)).expect("restored");
    assert_eq!(outcome.removed_leftovers, [data.as_path()]);
    assert!(log.join(LOG).exists());
    let told = format!("{}: the log of a restore that was killed", log.display());
    assert!(
        outcome.preflight.warnings.iter().any(|warning| warning.starts_with(&told)),
        "{:?}",
        outcome.preflight.warnings
    );
}

#[test]
fn what_somebody_put_into_a_leftover_is_not_removed() {
    for inside in ["note", "member/wal", "member/snap/0.tmp"] {
        let folder = folder();
        let (data, log) = unfinished(folder.path());
        fs::write(data.join(inside), "mine").expect("room");
        let refused = restore(&with_log(&data, &log), &fixture(SNAPSHOT)).expect_err("it is taken");
        assert!(matches!(refused, RestoreError::DataDir { .. }), "{refused}");
        assert!(data.join(inside).exists() && log.join(LOG).exists());
    }
}

#[test]
fn what_another_run_has_finished_meanwhile_stays() {
    let folder = folder();
    let (data, log) = unfinished(folder.path());
    let request = with_log(&data, &log);
    let container = open(&fixture(SNAPSHOT));
    let plan = RestoreDraft::new(&request, None).expect("a leftover").plan(&container).expect("a plan");
    restore(&request, &fixture(SNAPSHOT)).expect("restored");
    let whole = tree(folder.path());
    let interrupt = Interrupt::default();
    let context = RestoreContext::new(&Silent, &interrupt);
    plan.execute(context).expect_err("it is taken");
    assert_eq!(tree(folder.path()), whole);
    assert!(startable(folder.path(), &log).is_some());
}

#[test]
fn folders_made_on_the_way_go_with_what_was_to_stand_in_them() {
    let paths = [("new/d", "new/w"), ("new/d", "new/logs/w"), ("new/data/d", "new/w")];
    for (data, log) in paths {
        for stage in [RestoreStage::Prepared, RestoreStage::Copied] {
            let folder = folder();
            let interrupt = Interrupt::default();
            let stop = At(stage, || interrupt.set());
            let request = with_log(&folder.path().join(data), &folder.path().join(log));
            restore_with(&request, &fixture(SNAPSHOT), &stop, &interrupt).expect_err("interrupted");
            assert!(tree(folder.path()).is_empty(), "{data}, {log}: {:?}", tree(folder.path()));
        }
    }

    let folder = folder();
    let interrupt = Interrupt::default();
    let stop = At(RestoreStage::Copied, || interrupt.set());
    restore_with(&three(&folder.path().join("new")), &fixture(SNAPSHOT), &stop, &interrupt).expect_err("interrupted");
    assert!(tree(folder.path()).is_empty(), "{:?}", tree(folder.path()));

    // And when some already had their names.
    let (data, log) = (folder.path().join("new/deep/data"), folder.path().join("log"));
    let taken = At(RestoreStage::DataPublished, || fs::create_dir(&log).expect("a free name"));
    restore_with(&with_log(&data, &log), &fixture(SNAPSHOT), &taken, &Interrupt::default()).expect_err("taken");
    assert_eq!(tree(folder.path()), ["log/"]);
}

#[test]
fn a_directory_that_stays_keeps_its_rights() {
    let folder = folder();
    let (data, log) = (folder.path().join("data"), folder.path().join("log"));
    fs::create_dir(&data).expect("a folder");
    let mode = || data.metadata().expect("it is there").permissions().mode() & 0o7777;
    fs::set_permissions(&data, fs::Permissions::from_mode(0o2755)).expect("ours");
    for stage in [RestoreStage::Written, RestoreStage::DataPublished] {
        let taken = At(stage, || fs::create_dir(&log).expect("a free name"));
        restore_with(&with_log(&data, &log), &fixture(SNAPSHOT), &taken, &Interrupt::default()).expect_err("taken");
        assert_eq!(mode(), 0o2755, "{stage:?}");
        fs::remove_dir(&log).expect("it is empty");
    }
    restore(&with_log(&data, &log), &fixture(SNAPSHOT)).expect("restored");
    assert_eq!(mode(), 0o2755);
}
