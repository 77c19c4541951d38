//! From an etcd key to the object it holds: root, resource, namespace and name (docs/format/kubernetes.md#keys).
//!
//! The key alone does not tell everything: which group stored a Deployment, for example, only the value does. But it always
//! tells resource, namespace and name, even of what is encrypted.

mod other_program;
mod roots;

pub use other_program::other_program;
pub use roots::{RootFinder, Roots};

use crate::metadata::ObjectMetadata;
use crate::resource::Resources;

/// What a key holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClassifiedKey<'k> {
    /// An object of the API.
    Object(ObjectKey<'k>),
    /// Something an API server keeps for itself.
    Internal(InternalKey, &'k str),
    /// A key below a root that no known rule made.
    Unknown {
        /// The root.
        root: &'k str,
        /// What follows it, without the slash between.
        rest: &'k str,
    },
    /// A key below no root: another program's, or Kubernetes' under a prefix that was not recognised.
    Foreign,
}

/// What an API server keeps for itself, without being part of the API. The text beside is its name there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InternalKey {
    /// `masterleases/IP`: an API server that lives, as Endpoints without a name.
    MasterLease,
    /// `peerserverleases/ID`: the same for requests between API servers.
    PeerServerLease,
    /// `ranges/…`: IP addresses or ports given out, as a RangeAllocation.
    Range,
    /// `compact_rev_key`: the clock of the API servers' compaction; its value is a revision as text.
    CompactionClock,
}

/// The key of an object, in its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectKey<'k> {
    /// What all keys of this API server begin with, such as `/registry`; no slash behind.
    pub root: &'k str,
    /// What says which resource it is: `pods`, `services/specs`, `ex.io/foos`.
    pub path: &'k str,
    /// Namespace; nothing for what is in none.
    pub namespace: Option<&'k str>,
    /// Name.
    pub name: &'k str,
}

/// What key and metadata say differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyMismatch {
    /// The name.
    Name,
    /// The namespace.
    Namespace,
}

/// The key below `masterleases` and its like, and what lies there.
const INTERNAL: [(&str, InternalKey); 3] = [
    ("masterleases/", InternalKey::MasterLease),
    ("peerserverleases/", InternalKey::PeerServerLease),
    ("ranges/", InternalKey::Range),
];

/// Paths of two segments of which none is a group.
const LONG_PATHS: [&str; 6] = [
    "services/specs/",
    "services/endpoints/",
    "oauth/clients/",
    "oauth/accesstokens/",
    "oauth/authorizetokens/",
    "oauth/clientauthorizations/",
];

impl Roots {
    /// Takes a key apart.
    pub fn classify<'k>(&self, key: &'k [u8]) -> ClassifiedKey<'k> {
        let Ok(key) = std::str::from_utf8(key) else { return ClassifiedKey::Foreign };
        if key == "compact_rev_key" {
            return ClassifiedKey::Internal(InternalKey::CompactionClock, key);
        }
        let Some((root, rest)) = self.split(key) else { return ClassifiedKey::Foreign };
        for (prefix, internal) in INTERNAL {
            if let Some(name) = rest.strip_prefix(prefix) {
                return ClassifiedKey::Internal(internal, name);
            }
        }
        object_key(root, rest).map_or(ClassifiedKey::Unknown { root, rest }, ClassifiedKey::Object)
    }
}

/// A resource's path, then a name, or a namespace and a name. A first segment with a dot is the group of the second.
fn object_key<'k>(root: &'k str, rest: &'k str) -> Option<ObjectKey<'k>> {
    let (first, _) = rest.split_once('/')?;
    let long = LONG_PATHS.iter().find(|path| rest.starts_with(**path));
    let end = match long {
        Some(path) => path.len() - 1,
        None if first.contains('.') => first.len() + 1 + rest[first.len() + 1..].find('/')?,
        None => first.len(),
    };
    let (path, names) = (&rest[..end], &rest[end + 1..]);
    let (namespace, name) = match names.split_once('/') {
        Some((namespace, name)) => (Some(namespace), name),
        None => (None, names),
    };
    let plain = |part: &str| !part.is_empty() && !part.contains('/');
    let whole = plain(name) && namespace.is_none_or(plain) && path.split('/').all(plain);
    whole.then_some(ObjectKey { root, path, namespace, name })
}

impl<'k> ObjectKey<'k> {
    /// The group in the key, which only custom resources and a few more have; of the others, the resources know it.
    pub fn group(&self) -> Option<&'k str> {
        self.path.split_once('/').map(|(group, _)| group).filter(|group| group.contains('.'))
    }

    /// Where key and metadata name different objects: a key that was edited by hand, or a damaged value.
    pub fn mismatch(&self, metadata: &ObjectMetadata<'_>) -> Option<KeyMismatch> {
        if metadata.name != self.name {
            Some(KeyMismatch::Name)
        } else if metadata.namespace != self.namespace.unwrap_or_default() {
            Some(KeyMismatch::Namespace)
        } else {
            None
        }
    }

    /// The resource's plural in lower case: `nodes` for `minions`. Where the resource is unknown, the key's own word for it.
    pub fn resource<'r>(&self, resources: &'r Resources) -> &'r str
    where
        'k: 'r,
    {
        match resources.at_path(self.path) {
            Some(resource) => &resource.plural,
            None => self.path.rsplit('/').next().unwrap_or(self.path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(key: &str) -> Option<(&str, Option<&str>, &str)> {
        match Roots::default().classify(key.as_bytes()) {
            ClassifiedKey::Object(key) => Some((key.path, key.namespace, key.name)),
            _ => None,
        }
    }

    #[test]
    fn keys_come_apart() {
        for (key, expected) in [
            ("/registry/pods/default/p", ("pods", Some("default"), "p")),
            ("/registry/minions/n1", ("minions", None, "n1")),
            ("/registry/services/specs/default/s", ("services/specs", Some("default"), "s")),
            ("/registry/services/endpoints/default/s", ("services/endpoints", Some("default"), "s")),
            ("/registry/ex.io/foos/demo/bar", ("ex.io/foos", Some("demo"), "bar")),
            ("/registry/ex.io/foos/bar", ("ex.io/foos", None, "bar")),
            (
                "/kubernetes.io/config.openshift.io/clusteroperators/console",
                ("config.openshift.io/clusteroperators", None, "console"),
            ),
            ("/openshift.io/oauth/clients/console", ("oauth/clients", None, "console")),
            ("/openshift.io/useridentities/x:y", ("useridentities", None, "x:y")),
            ("/registry/apiregistration.k8s.io/apiservices/v1.", ("apiregistration.k8s.io/apiservices", None, "v1.")),
            ("/registry/clusterroles/system:node", ("clusterroles", None, "system:node")),
        ] {
            assert_eq!(parts(key), Some(expected), "{key}");
        }
    }

    #[test]
    fn the_rest_is_told_apart() {
        let roots = Roots::default();
        for (key, place) in [
            ("/registry/masterleases/10.0.0.1", ClassifiedKey::Internal(InternalKey::MasterLease, "10.0.0.1")),
            ("/registry/ranges/serviceips", ClassifiedKey::Internal(InternalKey::Range, "serviceips")),
            ("compact_rev_key", ClassifiedKey::Internal(InternalKey::CompactionClock, "compact_rev_key")),
            ("/registry/health", ClassifiedKey::Unknown { root: "/registry", rest: "health" }),
            ("/registry/pods/a/b/c", ClassifiedKey::Unknown { root: "/registry", rest: "pods/a/b/c" }),
            ("/registry/ex.io/foos", ClassifiedKey::Unknown { root: "/registry", rest: "ex.io/foos" }),
            ("/registry/pods//p", ClassifiedKey::Unknown { root: "/registry", rest: "pods//p" }),
            ("/registrypods/a", ClassifiedKey::Foreign),
            ("/calico/resources/v3/x", ClassifiedKey::Foreign),
            ("", ClassifiedKey::Foreign),
        ] {
            assert_eq!(roots.classify(key.as_bytes()), place, "{key}");
        }
        assert_eq!(roots.classify(b"/registry/pods/default/\xff"), ClassifiedKey::Foreign);
    }

    #[test]
    fn keys_name_their_resource() {
        let resources = Resources::default();
        for (key, resource) in [
            ("/registry/minions/n1", "nodes"),
            ("/registry/services/specs/default/s", "services"),
            ("/registry/ex.io/foos/demo/bar", "foos"),
            ("/registry/widgets/demo/bar", "widgets"),
        ] {
            let ClassifiedKey::Object(key) = Roots::default().classify(key.as_bytes()) else { panic!("{key}") };
            assert_eq!(key.resource(&resources), resource);
        }
    }
}
