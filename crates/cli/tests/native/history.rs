//! `history` against a model that remembers every operation, whatever compactions have left of them in the file.

use etcdsnap_testkit::bbolt::Layout;
use etcdsnap_testkit::etcd::{EtcdStore, Server};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::program::{args, run, written};

const KEYS: [&str; 3] = ["/a", "/b", "/c"];
const LEASE: i64 = 0x1f;

/// What somebody does.
#[derive(Clone, Debug)]
enum Step {
    Put {
        key: usize,
        size: usize,
        leased: bool,
    },
    Delete {
        key: usize,
    },
    /// All keys in one transaction.
    DeleteAll,
    /// At this part of the revisions since the last one, in percent.
    Compact {
        percent: i64,
    },
}

/// What happened to a key.
#[derive(Clone, Debug)]
struct Happened {
    key: usize,
    revision: i64,
    sub: i64,
    /// What was put; `None` for a deletion.
    put: Option<Put>,
    /// Is it in the file still?
    retained: bool,
}

#[derive(Clone, Copy, Debug)]
struct Put {
    created: i64,
    version: i64,
    size: usize,
    leased: bool,
}

struct Model {
    store: EtcdStore,
    happened: Vec<Happened>,
    revision: i64,
    compacted: i64,
}

impl Model {
    fn new() -> Self {
        let mut store = EtcdStore::new(Server::V3_6);
        store.lease_grant(LEASE, 1000);
        Self { store, happened: Vec::new(), revision: 1, compacted: -1 }
    }

    /// The last put of a key, if it lives at this revision.
    fn live(&self, key: usize, revision: i64) -> Option<&Happened> {
        let newest = self.happened.iter().rfind(|happened| happened.key == key && happened.revision <= revision);
        newest.filter(|newest| newest.put.is_some())
    }

    fn happens(&mut self, key: usize, sub: i64, put: Option<Put>) {
        self.happened.push(Happened { key, revision: self.revision, sub, put, retained: true });
    }

    fn play(&mut self, step: &Step) {
        match *step {
            Step::Put { key, size, leased } => {
                let before = self.live(key, self.revision).and_then(|last| last.put);
                self.revision += 1;
                let (created, version) = before.map_or((self.revision, 1), |put| (put.created, put.version + 1));
                self.happens(key, 0, Some(Put { created, version, size, leased }));
                self.store.put_with_lease(KEYS[key], vec![b'v'; size], if leased { LEASE } else { 0 });
            }
            Step::Delete { key } => {
                self.delete(&[key]);
                self.store.delete(KEYS[key]);
            }
            Step::DeleteAll => {
                self.delete(&[0, 1, 2]);
                self.store.delete_range("/", "0");
            }
            Step::Compact { percent } => {
                let from = self.compacted.max(1);
                let at = from + (self.revision - from) * percent / 100;
                if at > from {
                    self.compact(at);
                    self.store.compact(at);
                }
            }
        }
    }

    fn delete(&mut self, keys: &[usize]) {
        let living: Vec<_> = keys.iter().filter(|key| self.live(**key, self.revision).is_some()).copied().collect();
        self.revision += i64::from(!living.is_empty());
        for (sub, key) in (0..).zip(living) {
            self.happens(key, sub, None);
        }
    }

    /// Of each key one record is left up to there: the newest, unless it is an older deletion.
    fn compact(&mut self, at: i64) {
        for key in 0..KEYS.len() {
            let of_key = self.happened.iter_mut().filter(|happened| happened.key == key && happened.revision <= at);
            let mut upto: Vec<_> = of_key.collect();
            let newest = upto.pop();
            for older in upto {
                older.retained = false;
            }
            if let Some(newest) = newest {
                newest.retained &= newest.put.is_some() || newest.revision == at;
            }
        }
        self.compacted = at;
    }

    /// The events of a key as `history -o json` has them.
    fn events(&self, key: usize) -> Vec<Value> {
        let (mut generation, mut alive) = (0, false);
        let retained = self.happened.iter().filter(|happened| happened.key == key && happened.retained);
        let event = |happened: &Happened| {
            generation += i32::from(!alive);
            alive = happened.put.is_some();
            let mut event = json!({
                "revision": happened.revision, "sub": happened.sub, "key": KEYS[key], "generation": generation,
                "event": "delete",
            });
            let Some(put) = happened.put else { return event };
            event["event"] = json!(if put.version == 1 { "create" } else { "update" });
            event["createRevision"] = json!(put.created);
            event["version"] = json!(put.version);
            event["size"] = json!(put.size);
            if put.leased {
                event["lease"] = json!("000000000000001f");
            }
            let first = happened.revision.max(self.compacted);
            if self.live(key, first).is_some_and(|live| live.revision == happened.revision) {
                event["readAt"] = json!(first);
            }
            event
        };
        retained.map(event).collect()
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let put = (0..KEYS.len(), 0_usize..300, any::<bool>());
    let step = prop_oneof![
        6 => put.prop_map(|(key, size, leased)| Step::Put { key, size, leased }),
        3 => (0..KEYS.len()).prop_map(|key| Step::Delete { key }),
        1 => Just(Step::DeleteAll),
        1 => (0_i64..=100).prop_map(|percent| Step::Compact { percent }),
    ];
    prop::collection::vec(step, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn history_is_what_happened(steps in steps()) {
        let mut model = Model::new();
        for step in &steps {
            model.play(step);
        }
        prop_assert_eq!(model.store.current_revision(), model.revision);
        let (_folder, path) = written(&Layout::default().build(&model.store.to_tree()));
        for (number, key) in KEYS.iter().enumerate() {
            let answer = run(args!["history", path, key, "-o", "json"]);
            prop_assert_eq!((answer.code, answer.stderr.as_str()), (0, ""));
            let events = answer.json()["events"].as_array().cloned().unwrap_or_default();
            prop_assert_eq!(events, model.events(number), "{}", key);
        }
    }
}
