//! The prefixes API servers keep their objects under. One etcd may serve several (docs/format/kubernetes.md#roots).

use crate::stored::StoredValue;

/// What everybody uses: Kubernetes and k3s, OpenShift's two API servers.
const USUAL: [&str; 3] = ["/registry", "/kubernetes.io", "/openshift.io"];

/// Namespaces every API server makes.
const CERTAIN: [&str; 2] = ["/namespaces/kube-system", "/namespaces/default"];

/// Roots that are found by looking; every key is held against all of them.
const MOST_FOUND: usize = 64;

/// The roots of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roots {
    /// Without a slash behind, the longest first.
    roots: Vec<String>,
}

impl Default for Roots {
    fn default() -> Self {
        Self::from_iter(USUAL)
    }
}

/// Given prefixes, as `--etcd-prefix` has them: `registry`, `/registry` and `/registry/` are the same.
impl<S: AsRef<str>> FromIterator<S> for Roots {
    fn from_iter<I: IntoIterator<Item = S>>(prefixes: I) -> Self {
        let mut roots: Vec<String> = prefixes.into_iter().map(|prefix| normal(prefix.as_ref())).collect();
        roots.sort_by(|left, right| right.len().cmp(&left.len()).then(left.cmp(right)));
        roots.dedup();
        Self { roots }
    }
}

/// As Go's `path.Join("/", prefix)` does it, for prefixes without dots as segments.
fn normal(prefix: &str) -> String {
    let segments = prefix.split('/').filter(|segment| !segment.is_empty());
    segments.flat_map(|segment| ["/", segment]).collect()
}

impl Roots {
    /// The roots, the longest first, without a slash behind.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.roots.iter().map(String::as_str)
    }

    /// Root and rest of a key.
    pub(super) fn split<'k>(&self, key: &'k str) -> Option<(&'k str, &'k str)> {
        self.roots.iter().find_map(|root| {
            let rest = key.strip_prefix(root.as_str())?.strip_prefix('/')?;
            Some((&key[..root.len()], rest))
        })
    }
}

/// Finds the roots of a snapshot by looking at all its keys once: a root is whatever has a namespace `default` or
/// `kube-system` below it. The usual ones count in any case; of others the first 64 do.
#[derive(Clone, Debug, Default)]
pub struct RootFinder {
    found: Vec<String>,
}

impl RootFinder {
    /// Looks at a live key and its value.
    pub fn look(&mut self, key: &[u8], value: &[u8]) {
        if self.found.len() == MOST_FOUND {
            return;
        }
        let Some(root) = CERTAIN.iter().find_map(|end| key.strip_suffix(end.as_bytes())) else { return };
        let is_namespace = match StoredValue::recognise(value) {
            StoredValue::Protobuf(envelope) => envelope.kind == b"Namespace",
            StoredValue::Json(_) | StoredValue::Cbor(_) | StoredValue::Encrypted(_) => true,
            StoredValue::Foreign(_) => false,
        };
        if let Ok(root) = std::str::from_utf8(root)
            && is_namespace
            && normal(root) == root
            && !self.found.iter().any(|found| found == root)
        {
            self.found.push(root.to_owned());
        }
    }

    /// All roots found, and the usual ones.
    pub fn finish(self) -> Roots {
        self.found.iter().map(String::as_str).chain(USUAL).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_made_alike() {
        let roots = Roots::from_iter(["registry", "/registry/", "/a//b/", "/"]);
        assert_eq!(roots.iter().collect::<Vec<_>>(), ["/registry", "/a/b", ""]);
        assert_eq!(roots.split("/a/b/pods/x"), Some(("/a/b", "pods/x")));
        assert_eq!(roots.split("/other/x"), Some(("", "other/x")));
    }

    #[test]
    fn namespaces_betray_their_root() {
        let mut finder = RootFinder::default();
        finder.look(b"/tenants/one/namespaces/default", b"k8s\0\x0a\x0f\x0a\x02v1\x12\x09Namespace\x12\0");
        finder.look(b"/tenants/two/namespaces/kube-system", b"k8s:enc:aescbc:v1:key1:xyz");
        finder.look(b"/tenants/three/namespaces/default", b"something else");
        let roots = finder.finish();
        let expected = ["/kubernetes.io", "/openshift.io", "/tenants/one", "/tenants/two", "/registry"];
        assert_eq!(roots.iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn roots_without_end_are_not_all_taken() {
        let mut finder = RootFinder::default();
        for tenant in 100..100_000 {
            finder.look(format!("/tenants/{tenant}/namespaces/default").as_bytes(), b"k8s:enc:aescbc:v1:key1:xyz");
        }
        let roots = finder.finish();
        assert_eq!(roots.iter().count(), MOST_FOUND + USUAL.len());
        assert_eq!(roots.split("/tenants/100/pods/x"), Some(("/tenants/100", "pods/x")));
    }
}
