//! The look that a verification takes at Kubernetes objects: does each lie under its own key?
//!
//! It is for backups that nothing is known of, so it asks only what any API server guarantees, of objects stored as protobuf
//! under the usual root, and what it finds is a warning. [`check`](crate::object_check) knows the cluster and tells more.

use etcdsnap_kube::key::{ClassifiedKey as KeyPlace, Roots};
use etcdsnap_kube::metadata::{ObjectHeader, matches_key};
use etcdsnap_mvcc::ValuePrefilter;
use etcdsnap_snapshot::catalogue::kubernetes::KUBE_OBJECT_ASTRAY;
use etcdsnap_snapshot::finding::Finding;
use etcdsnap_snapshot::place::Place;
use etcdsnap_snapshot::verify::ContentRules;

use crate::object_check::mismatch;

/// Rules for [`VerifyOptions::content`](etcdsnap_snapshot::verify::VerifyOptions::content).
#[derive(Clone, Copy, Debug)]
pub struct ObjectRules;

impl ValuePrefilter for ObjectRules {
    #[inline]
    fn is_suspect(&self, key: &[u8], value: &[u8]) -> bool {
        matches_key(value, key) == Some(false)
    }
}

impl ContentRules for ObjectRules {
    fn finding(&self, key: &[u8], value: &[u8]) -> Option<Finding> {
        let roots = Roots::default();
        let KeyPlace::Object(place) = roots.classify(key) else { return None };
        let message = match ObjectHeader::read(value) {
            Ok(header) => mismatch(&place, &header.metadata)?.to_owned(),
            Err(error) => error.to_string(),
        };
        Some(Finding::new(&KUBE_OBJECT_ASTRAY, Place::entry("key", key), message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A protobuf object with a name and a namespace, each shorter than 50 bytes.
    fn object(name: &str, namespace: &str) -> Vec<u8> {
        let field = |number: u8, bytes: &[u8]| {
            let len = u8::try_from(bytes.len()).expect("short");
            [&[number << 3 | 2, len], bytes].concat()
        };
        let metadata = [field(1, name.as_bytes()), field(2, b""), field(3, namespace.as_bytes())].concat();
        let kind = [field(1, b"v1"), field(2, b"ConfigMap")].concat();
        [&b"k8s\0"[..], &field(1, &kind), &field(2, &field(1, &metadata)), &field(3, b""), &field(4, b"")].concat()
    }

    fn message(key: &str, value: &[u8]) -> Option<String> {
        let suspect = ObjectRules.is_suspect(key.as_bytes(), value);
        suspect.then(|| ObjectRules.finding(key.as_bytes(), value))?.map(|finding| finding.message)
    }

    #[test]
    fn objects_under_their_own_keys_are_no_finding() {
        assert_eq!(message("/registry/configmaps/default/a", &object("a", "default")), None);
        assert_eq!(message("/registry/namespaces/default", &object("default", "")), None);
        assert_eq!(message("/registry/services/specs/default/web", &object("web", "default")), None);
        // What is not protobuf, or an API server's own, or another program's, is not looked at.
        assert_eq!(message("/registry/configmaps/default/a", b"k8s:enc:aescbc:v1:key1:...."), None);
        assert_eq!(message("/registry/configmaps/default/a", b"{\"metadata\":{\"name\":\"b\"}}"), None);
        assert_eq!(message("/registry/masterleases/10.0.0.1", &object("", "")), None);
        assert_eq!(message("/other/a", &object("b", "")), None);
    }

    #[test]
    fn objects_under_other_keys_are_found() {
        let key = "/registry/configmaps/default/a";
        // Never with the name: in a damaged file it may be any part of the value.
        let other = Some("the object has another name than its key");
        assert_eq!(message(key, &object("b", "default")).as_deref(), other);
        assert_eq!(message(key, &object("ba", "default")).as_deref(), other);
        assert_eq!(message(key, &object("", "default")).as_deref(), Some("the object has no name"));
        let namespace = message(key, &object("a", "prod"));
        assert_eq!(namespace.as_deref(), Some("the object says it is in another namespace than its key"));
        assert!(message(key, b"k8s\0\x0a\x7f").is_some(), "an envelope that ends in the middle");
    }
}
