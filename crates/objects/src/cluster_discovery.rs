//! What a backup teaches of its cluster: roots, custom resources, the release, keys of further API servers.

use etcdsnap_kube::cluster::Cluster;
use etcdsnap_kube::decode::{DecodeOptions, Object, decode};
use etcdsnap_kube::encryption::{Keyring, configurations_in_secret};
use etcdsnap_kube::key::{RootFinder, Roots};
use etcdsnap_mvcc::{Index, Position, Record};
use rayon::prelude::*;

use crate::Plaintext;

/// Keys that end so, with a name behind, may have something to teach.
const SOURCES: [(&[u8], DiscoverySource); 5] = [
    (b"/namespaces", DiscoverySource::Root),
    (b"/minions", DiscoverySource::Node),
    (b"/apiregistration.k8s.io/apiservices", DiscoverySource::Service),
    (b"/apiextensions.k8s.io/customresourcedefinitions", DiscoverySource::Definition),
    (b"/secrets/openshift-config-managed", DiscoverySource::Secret),
];

/// Nodes that are looked at: all of a cluster have much the same release.
const NODES: usize = 32;
/// Objects that are decoded before they are learnt from.
const BATCH: usize = 64;

/// What a key may teach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DiscoverySource {
    Root,
    Node,
    Service,
    Definition,
    Secret,
}

impl DiscoverySource {
    fn of(key: &[u8]) -> Option<Self> {
        let slash = key.iter().rposition(|byte| *byte == b'/')?;
        SOURCES.iter().find(|(end, _)| key[..slash].ends_with(end)).map(|(_, source)| *source)
    }
}

/// Records that have something to teach, in the order of keys.
pub(crate) struct DiscoveryRecords<'a>(Vec<(DiscoverySource, Record<'a>)>);

impl<'a> DiscoveryRecords<'a> {
    /// Finds them among all that live.
    pub fn find(index: &Index<'a>, positions: &[Position]) -> Self {
        let source = |at: &Position| {
            let record = index.record(*at)?;
            Some((DiscoverySource::of(record.kv.key)?, record))
        };
        let mut records: Vec<_> = positions.par_iter().filter_map(source).collect();
        records.sort_unstable_by_key(|(_, record)| record.kv.key);
        Self(records)
    }

    fn of(&self, source: DiscoverySource) -> impl Iterator<Item = &Record<'a>> {
        self.0.iter().filter(move |(of, _)| *of == source).map(|(_, record)| record)
    }

    /// The roots that namespaces betray, and the usual ones.
    pub fn roots(&self) -> Roots {
        let mut finder = RootFinder::default();
        self.of(DiscoverySource::Root).for_each(|record| finder.look(record.kv.key, record.kv.value));
        finder.finish()
    }

    /// Keys that OpenShift keeps in Secrets.
    pub fn add_keys(&self, keyring: &mut Keyring) {
        for record in self.of(DiscoverySource::Secret) {
            let Ok(clear) = Plaintext::open(record, keyring) else { continue };
            let Ok(secret) = decode(clear.bytes(), Cluster::default().options(false)) else { continue };
            for configuration in configurations_in_secret(&secret) {
                keyring.add_from_backup(&configuration);
            }
        }
    }

    /// Custom resources, and what tells the release.
    pub fn discover(&self, cluster: &mut Cluster, keyring: &Keyring) {
        let nodes = self.of(DiscoverySource::Node).take(NODES);
        self.discover_definitions(cluster, keyring);
        let others: Vec<_> = self.of(DiscoverySource::Service).chain(nodes).collect();
        discover(&others, cluster, keyring);
    }

    /// Custom resources alone.
    pub fn discover_definitions(&self, cluster: &mut Cluster, keyring: &Keyring) {
        discover(&self.of(DiscoverySource::Definition).collect::<Vec<_>>(), cluster, keyring);
    }
}

/// Teaches what can be opened and decoded; the rest is told when it is asked for.
fn discover(records: &[&Record<'_>], cluster: &mut Cluster, keyring: &Keyring) {
    let options = cluster.options(false);
    let clear: Vec<_> = records.par_iter().filter_map(|record| Plaintext::open(record, keyring).ok()).collect();
    for batch in clear.chunks(BATCH) {
        let objects: Vec<_> = batch.par_iter().filter_map(|clear| source(clear, options)).collect();
        for object in &objects {
            cluster.observe(object);
        }
    }
}

fn source<'c>(clear: &'c Plaintext<'_>, options: DecodeOptions) -> Option<Object<'c>> {
    Cluster::is_informative(&clear.header().ok()?.kind).then(|| decode(clear.bytes(), options).ok())?
}
