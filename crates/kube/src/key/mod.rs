//! From an etcd key to the object it holds: root, resource, namespace and name (docs/format/kubernetes.md#keys).
//!
//! The key alone does not tell everything: which group stored a Deployment, for example, only the value does. But it always
//! tells resource, namespace and name, even of what is encrypted.

mod neighbour;
mod roots;

pub use neighbour::neighbour;
pub use roots::{RootFinder, Roots};

use crate::metadata::Metadata;
use crate::resource::Resources;

/// What a key holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'k> {
    /// An object of the API.
    Object(ObjectKey<'k>),
    /// Something an API server keeps for itself.
    Internal(Internal, &'k str),
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
pub enum Internal {
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
pub enum Disagreement {
    /// The name.
    Name,
    /// The namespace.
    Namespace,
}

/// The key below `masterleases` and its like, and what lies there.
const INTERNAL: [(&str, Internal); 3] = [
    ("masterleases/", Internal::MasterLease),
    ("peerserverleases/", Internal::PeerServerLease),
    ("ranges/", Internal::Range),
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
    pub fn place<'k>(&self, key: &'k [u8]) -> Place<'k> {
        let Ok(key) = std::str::from_utf8(key) else { return Place::Foreign };
        if key == "compact_rev_key" {
            return Place::Internal(Internal::CompactionClock, key);
        }
        let Some((root, rest)) = self.split(key) else { return Place::Foreign };
        for (prefix, internal) in INTERNAL {
            if let Some(name) = rest.strip_prefix(prefix) {
                return Place::Internal(internal, name);
            }
        }
        object_key(root, rest).map_or(Place::Unknown { root, rest }, Place::Object)
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
    pub fn disagreement(&self, metadata: &Metadata<'_>) -> Option<Disagreement> {
        if metadata.name != self.name {
            Some(Disagreement::Name)
        } else if metadata.namespace != self.namespace.unwrap_or_default() {
            Some(Disagreement::Namespace)
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
        match Roots::default().place(key.as_bytes()) {
            Place::Object(key) => Some((key.path, key.namespace, key.name)),
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
            ("/registry/masterleases/10.0.0.1", Place::Internal(Internal::MasterLease, "10.0.0.1")),
            ("/registry/ranges/serviceips", Place::Internal(Internal::Range, "serviceips")),
            ("compact_rev_key", Place::Internal(Internal::CompactionClock, "compact_rev_key")),
            ("/registry/health", Place::Unknown { root: "/registry", rest: "health" }),
            ("/registry/pods/a/b/c", Place::Unknown { root: "/registry", rest: "pods/a/b/c" }),
            ("/registry/ex.io/foos", Place::Unknown { root: "/registry", rest: "ex.io/foos" }),
            ("/registry/pods//p", Place::Unknown { root: "/registry", rest: "pods//p" }),
            ("/registrypods/a", Place::Foreign),
            ("/calico/resources/v3/x", Place::Foreign),
            ("", Place::Foreign),
        ] {
            assert_eq!(roots.place(key.as_bytes()), place, "{key}");
        }
        assert_eq!(roots.place(b"/registry/pods/default/\xff"), Place::Foreign);
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
            let Place::Object(key) = Roots::default().place(key.as_bytes()) else { panic!("{key}") };
            assert_eq!(key.resource(&resources), resource);
        }
    }
}
