//! A folder to work in, sources to work on, and a look at what is there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use etcdsnap_publish::{Destination, Existing, Inputs};
use etcdsnap_rewrite::{Error, RewriteContext, Target};
use etcdsnap_snapshot::container::{Container, OpenOptions};
use etcdsnap_snapshot::interrupt::Interrupt;
use etcdsnap_snapshot::progress::Silent;
use etcdsnap_snapshot::report::Report;
use etcdsnap_snapshot::verify::{VerifyOptions, verify};
use etcdsnap_testkit::append_trailer;
use etcdsnap_testkit::bbolt::{Layout, PageOrder};
use etcdsnap_testkit::etcd::{EtcdStore, RandomHistory, Server};
use tempfile::TempDir;

/// Some work without any wishes.
pub fn with_work<T>(change: impl FnOnce(&mut RewriteContext<'_>), run: impl FnOnce(&RewriteContext<'_>) -> T) -> T {
    let interrupt = Interrupt::default();
    let mut context = RewriteContext::new("source.db", &Silent, &interrupt);
    change(&mut context);
    run(&context)
}

/// A store that was busy for a while.
pub fn store(server: Server, seed: u64) -> EtcdStore {
    RandomHistory { seed, server, operations: 600, value_bytes: 0..3000, ..RandomHistory::default() }.build_store()
}

/// It as a database that grew old.
pub fn database(store: &EtcdStore, seed: u64) -> Vec<u8> {
    let layout = Layout { page_order: PageOrder::Shuffled(seed), free_pages: 60, ..Layout::default() };
    layout.build(&store.to_tree())
}

/// A database as a snapshot.
pub fn sealed(mut database: Vec<u8>) -> Vec<u8> {
    append_trailer(&mut database);
    database
}

/// A folder with a source in it.
pub struct Bench {
    pub folder: TempDir,
    pub source: PathBuf,
}

impl Bench {
    pub fn new(source: &[u8]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("source.db");
        fs::write(&path, source).expect("written");
        Self { folder, source: path }
    }

    /// A stopped member with this database.
    pub fn member(database: &[u8]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let snap = folder.path().join("member/snap");
        fs::create_dir_all(&snap).expect("made");
        fs::create_dir_all(folder.path().join("member/wal")).expect("made");
        fs::write(folder.path().join("member/wal/segment"), "log").expect("written");
        fs::write(snap.join("db"), database).expect("written");
        Self { source: snap.join("db"), folder }
    }

    pub fn target(&self) -> PathBuf {
        self.folder.path().join("target.db")
    }

    pub fn container(&self) -> Container {
        Container::open(&self.source, &OpenOptions::default()).expect("a database")
    }

    /// Names and bytes of all files in the folder.
    pub fn look(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let (mut files, mut folders) = (BTreeMap::new(), vec![self.folder.path().to_owned()]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("readable") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.insert(path.clone(), fs::read(path).expect("readable"));
                }
            }
        }
        files
    }

    /// Expects an error, and that nothing in the folder is other than before.
    pub fn refuses<T>(&self, run: impl FnOnce(&Container, &Target) -> Result<T, Error>) -> Error {
        let before = self.look();
        let path = self.target();
        let error = run(&self.container(), &target(&path)).err().expect("an error");
        assert!(before == self.look(), "{error}");
        error
    }
}

/// A file that may not be there yet.
pub fn target(path: &Path) -> Target {
    Target { destination: destination(path), owner: None, order: None }
}

/// The place of such a file.
pub fn destination(path: &Path) -> Destination {
    Destination::new(path, Existing::Refuse, &Inputs::none())
}

/// What verification says of a file.
pub fn report(path: &Path) -> Report {
    let container = Container::open(path, &OpenOptions::default()).expect("a database");
    verify(&container, &VerifyOptions::default(), &Silent).expect("readable").report
}

/// Entries: bucket, key, value.
pub type Content = Vec<(Vec<u8>, Vec<u8>, Vec<u8>)>;

/// Everything in the buckets of a database.
pub fn content(path: &Path) -> Content {
    let bytes = fs::read(path).expect("readable");
    let db = etcdsnap_bbolt::Db::open(&bytes).expect("a database");
    let mut all = Vec::new();
    for element in db.root().elements() {
        let element = element.expect("readable");
        all.push((element.key.to_vec(), Vec::new(), Vec::new()));
        let Some(bucket) = db.root().bucket(element.key).expect("readable") else { continue };
        for entry in bucket.elements() {
            let entry = entry.expect("readable");
            all.push((element.key.to_vec(), entry.key.to_vec(), entry.value.to_vec()));
        }
    }
    all
}
