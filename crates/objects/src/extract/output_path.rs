//! Where in a tree of files an object stands.
//!
//! ```text
//! 01-namespaces/namespace/demo.yaml
//! 09-contents/demo/configmap/settings.yaml
//! 11-workloads/demo/deployment.apps/web.yaml
//! ```
//!
//! `kubectl apply --recursive` goes through folders in the order of their names, so the numbers are the order.

use std::fmt::Write as _;
use std::path::PathBuf;

use etcdsnap_checksum::sha256;
use etcdsnap_kube::manifest::ApplyStage;

use super::ObjectIdentity;

/// Bytes of a file's name that leave room for its ending everywhere.
const LONGEST: usize = 200;

/// The path of an object below the folder of an extract. Different objects have different paths; `with_root` puts a folder
/// for the root in front, where objects of several are extracted.
pub fn output_path(identity: &ObjectIdentity, ending: &str, with_root: bool) -> PathBuf {
    let stage = ApplyStage::of(&identity.group, &identity.kind);
    let mut path = PathBuf::new();
    if with_root {
        path.push(segment(identity.root.trim_matches('/')));
    }
    path.push(format!("{:02}-{}", stage.number(), stage.name()));
    if !identity.namespace.is_empty() {
        path.push(segment(&identity.namespace));
    }
    let kind = identity.kind.to_lowercase();
    path.push(segment(&if identity.group.is_empty() { kind } else { format!("{kind}.{}", identity.group) }));
    path.push(format!("{}.{ending}", segment(&identity.name)));
    path
}

/// A name that every file system takes, that stays one segment, and that no other name has: letters, digits and `-_.` stand
/// for themselves, other bytes as `%XX`; so does a dot in front. What would be too long ends in a digest.
fn segment(name: &str) -> String {
    let mut segment = String::with_capacity(name.len());
    for (index, byte) in name.bytes().enumerate() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') || byte == b'.' && index > 0 {
            segment.push(char::from(byte));
        } else {
            _ = write!(segment, "%{byte:02X}");
        }
    }
    if segment.is_empty() {
        segment.push('%');
    }
    if segment.len() > LONGEST {
        let digest = sha256::digest(name.as_bytes(), &mut |_| std::ops::ControlFlow::Continue(()));
        let digest = sha256::hex(&digest.unwrap_or_default());
        segment.truncate(LONGEST);
        segment.push('~');
        segment.push_str(digest.get(..16).unwrap_or_default());
    }
    segment
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(group: &str, kind: &str, namespace: &str, name: &str) -> ObjectIdentity {
        ObjectIdentity {
            group: group.to_owned(),
            kind: kind.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            root: "/tenants/one".to_owned(),
        }
    }

    #[test]
    fn paths_show_order_and_name() {
        for (identity, expected) in [
            (named("", "Namespace", "", "demo"), "01-namespaces/namespace/demo.yaml"),
            (named("apps", "Deployment", "demo", "web"), "11-workloads/demo/deployment.apps/web.yaml"),
            (
                named("rbac.authorization.k8s.io", "ClusterRole", "", "system:node"),
                "05-roles/clusterrole.rbac.authorization.k8s.io/system%3Anode.yaml",
            ),
            (named("", "ConfigMap", "..", "../x"), "09-contents/%2E./configmap/%2E.%2Fx.yaml"),
        ] {
            assert_eq!(output_path(&identity, "yaml", false), PathBuf::from(expected));
        }
        let rooted = output_path(&named("", "Namespace", "", "demo"), "json", true);
        assert_eq!(rooted, PathBuf::from("tenants%2Fone/01-namespaces/namespace/demo.json"));
    }

    #[test]
    fn long_names_stay_apart() {
        let long = |end: &str| segment(&format!("{}{end}", "é".repeat(120)));
        assert!(long("a") != long("b") && long("a").len() < 255 - ".yaml".len());
        assert_eq!(segment(&"a".repeat(LONGEST)), "a".repeat(LONGEST));
    }
}
