//! Backups of machines with another byte order.

use etcdsnap_bbolt::{ByteOrder, Db};
use etcdsnap_publish::{Destination, Existing, Inputs};
use etcdsnap_rewrite::defrag::defrag;
use etcdsnap_rewrite::{RewriteContext, Target};
use etcdsnap_snapshot::progress::Progress;

use super::*;

/// The snapshot as a machine like s390x would have written it, with a SHA-256 of its own.
fn big_endian(folder: &Path) -> PathBuf {
    let path = folder.join("s390x.db");
    let destination = Destination::new(&path, Existing::Refuse, &Inputs::none());
    let target = Target { destination, owner: None, order: Some(ByteOrder::Big) };
    let interrupt = Interrupt::default();
    let context = RewriteContext::new("it", &Silent, &interrupt);
    defrag(&open(&fixture(SNAPSHOT)), &target, &context).expect("written");
    path
}

fn order(database: &Path) -> ByteOrder {
    Db::open(open(database).database()).expect("a database").order()
}

/// HashKV at the current revision, and the live keys.
fn content(database: &Path) -> (Option<u32>, u64) {
    let container = open(database);
    let inspection = Inspection::alone(&container, &Options::default(), &Silent).expect("readable");
    let hash = inspection.keyspace.hash_kv().map(|hash| hash.hash).ok();
    (hash, inspection.keyspace.summary.live_keys)
}

#[test]
fn a_restore_writes_what_this_machine_reads() {
    let folder = folder();
    let source = big_endian(folder.path());
    assert_eq!(order(&source), ByteOrder::Big);
    let data = folder.path().join("m1.etcd");
    let outcome = restore(&into(&data), &source).expect("restored");
    let database = data.join("member/snap/db");
    assert_eq!(order(&database), ByteOrder::HOST);
    assert_eq!(content(&database), content(&fixture(SNAPSHOT)));
    assert!(outcome.preflight.boot.iter().any(|verdict| verdict.starts), "{:?}", outcome.preflight.boot);
    assert!(outcome.preflight.warnings.iter().any(|warning| warning.contains("the backup is big-endian")));
    let others: Vec<_> = tree(folder.path()).into_iter().filter(|name| !name.starts_with("m1.etcd")).collect();
    assert_eq!(others, ["s390x.db"]);
}

/// The backup is walked over once, and what was made of it once.
#[test]
fn a_backup_is_verified_once() {
    #[derive(Default)]
    struct Phases(std::sync::Mutex<Vec<&'static str>>);
    impl Progress for Phases {
        fn phase(&self, name: &'static str, _: u64) {
            self.0.lock().expect("no panic").push(name);
        }
        fn advance(&self, _: u64) {}
        fn finished(&self) {}
    }
    let folder = folder();
    let container = open(&big_endian(folder.path()));
    let (request, phases, interrupt) = (into(&folder.path().join("m1.etcd")), Phases::default(), Interrupt::default());
    let context = RestoreContext::new(&phases, &interrupt);
    let draft = RestoreDraft::new(&request, None).expect("free");
    let rewritten = draft.rewrite(&container, context).expect("readable").expect("of another order");
    let count = |phase: &str| phases.0.lock().expect("no panic").iter().filter(|name| **name == phase).count();
    assert_eq!((count("verify"), count("copy")), (1, 1));
    draft.plan_rewritten(&rewritten).and_then(|plan| plan.execute(context)).expect("restored");
    assert_eq!(count("verify"), 2);
}

#[test]
fn the_byte_order_that_is_asked_for_is_written() {
    let folder = folder();
    let big = |data: &Path| RestoreRequest { byte_order: ByteOrder::Big, ..into(data) };
    for (name, source) in [("one", fixture(SNAPSHOT)), ("other", big_endian(folder.path()))] {
        let data = folder.path().join(name);
        let outcome = restore(&big(&data), &source).expect("restored");
        assert_eq!(order(&data.join("member/snap/db")), ByteOrder::Big);
        assert!(outcome.preflight.boot.iter().any(|verdict| verdict.starts), "{:?}", outcome.preflight.boot);
        let warnings = &outcome.preflight.warnings;
        let told = |warning: &String| warning.contains("only etcd on a big-endian machine starts from it");
        assert!(warnings.iter().any(told), "{warnings:?}");
    }
}

/// The hash is that of the backup, not of what is made of it.
#[test]
fn another_byte_order_hides_no_damage() {
    let folder = folder();
    let source = big_endian(folder.path());
    let mut bytes = fs::read(&source).expect("readable");
    *bytes.last_mut().expect("not empty") ^= 1;
    fs::write(&source, &bytes).expect("written");
    let data = folder.path().join("m1.etcd");
    assert!(matches!(restore(&into(&data), &source), Err(RestoreError::HashMismatch { .. })));
    bytes.truncate(bytes.len() - 32);
    fs::write(&source, &bytes).expect("written");
    assert!(matches!(restore(&into(&data), &source), Err(RestoreError::MissingHash { .. })));
    assert_eq!(tree(folder.path()), ["s390x.db"]);
}
