//! Files to damage, and the report of one.

use std::path::Path;

use etcdsnap_snapshot::cause::Cause;
use etcdsnap_snapshot::container::{Container, OpenError, OpenOptions};
use etcdsnap_snapshot::finding::{Finding, Severity};
use etcdsnap_snapshot::progress::Silent;
use etcdsnap_snapshot::report::Report;
use etcdsnap_snapshot::verify::{VerifyOptions, verify};

/// Bytes of a page of the snapshot.
pub const PAGE: usize = 4096;

/// The smallest of the real snapshots: 62 pages of 4096 bytes and the hash.
pub fn snapshot() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/etcd/etcd-3.8.0-alpha-seed0.db");
    let bytes = std::fs::read(path).expect("the fixture is there");
    assert_eq!(bytes.len(), 62 * PAGE + 32);
    bytes
}

/// What a user is told about these bytes.
pub struct Answer {
    pub findings: Vec<Finding>,
    pub is_sound: bool,
    /// What happened to the file.
    pub cause: Option<Cause>,
    /// Findings that were counted only.
    pub omitted: u64,
}

impl Answer {
    /// Ids of what was found, at least as bad as `least`, each once.
    pub fn ids(&self, least: Severity) -> Vec<&'static str> {
        let mut ids: Vec<_> =
            self.findings.iter().filter(|finding| finding.severity >= least).map(|finding| finding.kind.id).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Was this found?
    pub fn has(&self, id: &str) -> bool {
        self.findings.iter().any(|finding| finding.kind.id == id)
    }
}

/// Verifies bytes as a user would, on one thread; what is no database at all is told by a finding too.
pub fn answer(file: &[u8]) -> Answer {
    answer_of_threads(file, 1)
}

/// The same on so many threads.
pub fn answer_of_threads(file: &[u8], threads: usize) -> Answer {
    match open(file) {
        Ok(container) => {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            let Report { cause, findings, omitted, .. } = pool.install(|| report(&container));
            let is_sound = findings.iter().all(|finding| finding.severity < Severity::Error);
            Answer { findings, is_sound, cause, omitted: omitted.iter().map(|omitted| omitted.count).sum() }
        }
        Err(error) => {
            let finding = error.finding().expect("bytes in memory can be read, so the fault is in them");
            Answer { findings: vec![finding], is_sound: false, cause: None, omitted: 0 }
        }
    }
}

/// Recognises bytes.
pub fn open(file: &[u8]) -> Result<Container, OpenError> {
    Container::from_stdin(file, &OpenOptions::default())
}

fn report(container: &Container) -> Report {
    verify(container, &VerifyOptions::default(), &Silent).expect("readable").report
}
