//! kill -9 at two hundred moments of a restore: never a directory that etcd would start from and that is not whole.
//!
//! All runs go to the same place, one after another, so each also meets what the one before has left.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use etcdsnap_bbolt::Db;

const RUNS: u32 = 200;
const LOG: &str = "0000000000000000-0000000000000000.wal";

/// Where the runs write, and what they should.
struct Ground {
    folder: PathBuf,
    source: PathBuf,
    log: PathBuf,
    flags: Vec<String>,
    /// The database and the beginning of the log of a run that was left alone.
    expected: (Vec<u8>, Vec<u8>),
    /// How long that took.
    takes: Duration,
}

impl Ground {
    fn new(folder: &Path, log_apart: bool) -> Self {
        let folder = folder.join(if log_apart { "apart" } else { "together" });
        let log = folder.join(if log_apart { "log" } else { "data/member/wal" });
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/etcd/etcd-3.7.1-seed2.db");
        let mut flags = vec![format!("--data-dir={}", folder.join("data").display())];
        if log_apart {
            flags.push(format!("--wal-dir={}", log.display()));
        }
        let mut ground = Self { folder, source, log, flags, expected: Default::default(), takes: Duration::ZERO };
        let began = Instant::now();
        assert!(ground.run().spawn().expect("the program starts").wait().expect("it ends").success());
        ground.takes = began.elapsed();
        ground.expected = ground.found().expect("a whole directory");
        ground.clear();
        ground
    }

    fn run(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_etcdsnap"));
        command.arg("restore").arg(&self.source).args(&self.flags);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Runs until the moment, then kills. Tells whether it was done before.
    fn kill_after(&self, moment: Duration) -> bool {
        let mut child = self.run().spawn().expect("the program starts");
        std::thread::sleep(moment);
        child.kill().expect("it is ours");
        child.wait().expect("it ends").success()
    }

    /// What etcd would start from: `None` when there is nothing, or a database that it refuses to open.
    fn found(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        let database = self.folder.join("data/member/snap/db");
        let log = File::open(self.log.join(LOG));
        let Ok(database) = fs::read(&database) else {
            assert!(log.is_err(), "a log without a database");
            return None;
        };
        Db::open(&database).ok()?;
        let mut head = Vec::new();
        log.expect("the log of a database that can be opened").take(4096).read_to_end(&mut head).expect("readable");
        Some((database, head))
    }

    /// Is all of it there? Of two metas one is enough: both lead to the same tree.
    fn is_whole(&self, (mut database, log): (Vec<u8>, Vec<u8>)) -> bool {
        let expected = &self.expected.0;
        for page in [0..4096, 4096..8192].into_iter().filter(|page| expected.len() > page.end) {
            if database[page.clone()].iter().all(|byte| *byte == 0) {
                database[page.clone()].copy_from_slice(&expected[page]);
            }
        }
        database == *expected && log == self.expected.1
    }

    fn clear(&self) {
        for path in [self.folder.join("data"), self.log.clone()].iter().filter(|path| path.exists()) {
            fs::remove_dir_all(path).expect("ours");
        }
    }

    fn temporary(&self) -> usize {
        let entries = fs::read_dir(&self.folder).into_iter().flatten();
        entries
            .filter(|entry| entry.as_ref().is_ok_and(|entry| entry.file_name().to_string_lossy().starts_with('.')))
            .count()
    }
}

#[test]
fn killed_at_any_moment_there_is_nothing_or_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let grounds = [false, true].map(|log_apart| Ground::new(folder.path(), log_apart));
    let (mut nothing, mut whole) = (0, 0);
    for ground in &grounds {
        for run in 0..RUNS / 2 {
            // Somewhat beyond the end, as runs differ; the last ones are done before they are killed.
            ground.kill_after(ground.takes * (run + 1) * 5 / (RUNS * 2));
            assert!(ground.temporary() <= 2, "a run has not removed what the one before it left");
            match ground.found() {
                None => nothing += 1,
                Some(found) => {
                    assert!(ground.is_whole(found), "half a directory in run {run}");
                    whole += 1;
                    ground.clear();
                }
            }
        }
        let done = ground.run().status().expect("the program runs");
        assert!(done.success() && ground.temporary() == 0);
        assert!(ground.found().as_ref() == Some(&ground.expected));
    }
    assert!(nothing > 0 && whole > 0, "{nothing} nothing, {whole} whole");
}
