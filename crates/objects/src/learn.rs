//! What a backup teaches of its cluster: roots, custom resources, the release, keys of further API servers.

use etcdsnap_kube::cluster::Cluster;
use etcdsnap_kube::decode::{Object, Options, decode};
use etcdsnap_kube::encryption::{Keyring, configurations_in_secret};
use etcdsnap_kube::key::{RootFinder, Roots};
use etcdsnap_mvcc::{Index, Position, Record};
use rayon::prelude::*;

use crate::Clear;

/// Keys that end so, with a name behind, may have something to teach.
const LESSONS: [(&[u8], Lesson); 5] = [
    (b"/namespaces", Lesson::Root),
    (b"/minions", Lesson::Node),
    (b"/apiregistration.k8s.io/apiservices", Lesson::Service),
    (b"/apiextensions.k8s.io/customresourcedefinitions", Lesson::Definition),
    (b"/secrets/openshift-config-managed", Lesson::Secret),
];

/// Nodes that are looked at: all of a cluster have much the same release.
const NODES: usize = 32;
/// Objects that are decoded before they are learnt from.
const BATCH: usize = 64;

/// What a key may teach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lesson {
    Root,
    Node,
    Service,
    Definition,
    Secret,
}

impl Lesson {
    fn of(key: &[u8]) -> Option<Self> {
        let slash = key.iter().rposition(|byte| *byte == b'/')?;
        LESSONS.iter().find(|(end, _)| key[..slash].ends_with(end)).map(|(_, lesson)| *lesson)
    }
}

/// Records that have something to teach, in the order of keys.
pub(crate) struct Lessons<'a>(Vec<(Lesson, Record<'a>)>);

impl<'a> Lessons<'a> {
    /// Finds them among all that live.
    pub fn find(index: &Index<'a>, positions: &[Position]) -> Self {
        let lesson = |at: &Position| {
            let record = index.record(*at)?;
            Some((Lesson::of(record.kv.key)?, record))
        };
        let mut lessons: Vec<_> = positions.par_iter().filter_map(lesson).collect();
        lessons.sort_unstable_by_key(|(_, record)| record.kv.key);
        Self(lessons)
    }

    fn of(&self, lesson: Lesson) -> impl Iterator<Item = &Record<'a>> {
        self.0.iter().filter(move |(of, _)| *of == lesson).map(|(_, record)| record)
    }

    /// The roots that namespaces betray, and the usual ones.
    pub fn roots(&self) -> Roots {
        let mut finder = RootFinder::default();
        self.of(Lesson::Root).for_each(|record| finder.look(record.kv.key, record.kv.value));
        finder.finish()
    }

    /// Keys that OpenShift keeps in Secrets.
    pub fn add_keys(&self, keyring: &mut Keyring) {
        for record in self.of(Lesson::Secret) {
            let Ok(clear) = Clear::open(record, keyring) else { continue };
            let Ok(secret) = decode(clear.bytes(), Cluster::default().options(false)) else { continue };
            for configuration in configurations_in_secret(&secret) {
                keyring.learn(&configuration);
            }
        }
    }

    /// Custom resources, and what tells the release.
    pub fn teach(&self, cluster: &mut Cluster, keyring: &Keyring) {
        let nodes = self.of(Lesson::Node).take(NODES);
        self.teach_definitions(cluster, keyring);
        let others: Vec<_> = self.of(Lesson::Service).chain(nodes).collect();
        teach(&others, cluster, keyring);
    }

    /// Custom resources alone.
    pub fn teach_definitions(&self, cluster: &mut Cluster, keyring: &Keyring) {
        teach(&self.of(Lesson::Definition).collect::<Vec<_>>(), cluster, keyring);
    }
}

/// Teaches what can be opened and decoded; the rest is told when it is asked for.
fn teach(records: &[&Record<'_>], cluster: &mut Cluster, keyring: &Keyring) {
    let options = cluster.options(false);
    let clear: Vec<_> = records.par_iter().filter_map(|record| Clear::open(record, keyring).ok()).collect();
    for batch in clear.chunks(BATCH) {
        let objects: Vec<_> = batch.par_iter().filter_map(|clear| lesson(clear, options)).collect();
        for object in &objects {
            cluster.learn(object);
        }
    }
}

fn lesson<'c>(clear: &'c Clear<'_>, options: Options) -> Option<Object<'c>> {
    Cluster::learns_from(&clear.header().ok()?.kind).then(|| decode(clear.bytes(), options).ok())?
}
