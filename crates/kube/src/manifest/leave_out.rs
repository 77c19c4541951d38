//! Objects nobody applies: a cluster makes them by itself, or they mean nothing in another.

use crate::decode::Object;
use crate::metadata::{Header, Metadata};

/// Why an object is left out of an extract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftOut {
    /// Events and leases: they tell of moments that are over.
    Momentary,
    /// Its controller, which is extracted too, makes it anew.
    Controlled,
    /// The cluster makes it for every namespace, node or volume, or when it starts.
    MadeByCluster,
    /// A token of a ServiceAccount, which only the cluster that made it accepts.
    AccountToken,
}

impl LeftOut {
    /// The reason in a few words.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Momentary => "tells of a moment that is over",
            Self::Controlled => "its controller makes it anew",
            Self::MadeByCluster => "every cluster makes its own",
            Self::AccountToken => "only the cluster that made the token accepts it",
        }
    }
}

/// Whether an object is to be left out, given which owners, by their uid, are extracted too.
pub fn left_out(object: &Object<'_>, is_extracted: impl Fn(&str) -> bool) -> Option<LeftOut> {
    let header = Header::of_value(&object.value).ok()?;
    let metadata = &header.metadata;
    match (header.group(), header.kind.as_ref()) {
        ("" | "events.k8s.io", "Event") | ("coordination.k8s.io", "Lease" | "LeaseCandidate") => {
            return Some(LeftOut::Momentary);
        }
        ("", "Secret") if object.value.text_at(&["type"]) == Some("kubernetes.io/service-account-token") => {
            return Some(LeftOut::AccountToken);
        }
        ("", "Node" | "RangeAllocation" | "ComponentStatus")
        | ("storage.k8s.io", "CSINode" | "VolumeAttachment" | "CSIStorageCapacity")
        | ("resource.k8s.io", "ResourceSlice")
        | ("networking.k8s.io", "IPAddress")
        | ("internal.apiserver.k8s.io", _) => return Some(LeftOut::MadeByCluster),
        (group, kind) if is_made_by_cluster(group, kind, metadata) => return Some(LeftOut::MadeByCluster),
        _ => {}
    }
    metadata.controller().filter(|owner| is_extracted(&owner.uid)).map(|_| LeftOut::Controlled)
}

/// Objects of kinds that people make too, told by their name or by a mark of the program that made them.
fn is_made_by_cluster(group: &str, kind: &str, metadata: &Metadata<'_>) -> bool {
    let marked = |key: &str| metadata.annotation(key).is_some();
    match (group, kind) {
        ("", "ConfigMap") => matches!(metadata.name.as_ref(), "kube-root-ca.crt" | "openshift-service-ca.crt"),
        ("", "Service") => metadata.namespace == "default" && metadata.name == "kubernetes",
        ("", "Endpoints") => {
            marked("endpoints.kubernetes.io/last-change-trigger-time")
                || metadata.label("endpoints.kubernetes.io/managed-by").is_some()
                || metadata.namespace == "default" && metadata.name == "kubernetes"
        }
        ("discovery.k8s.io", "EndpointSlice") => {
            metadata.label("endpointslice.kubernetes.io/managed-by").is_some()
                || metadata.namespace == "default" && metadata.name == "kubernetes"
        }
        ("", "Pod") => marked("kubernetes.io/config.mirror"),
        ("apiregistration.k8s.io", "APIService") => {
            metadata.label("kube-aggregator.kubernetes.io/automanaged").is_some()
        }
        ("rbac.authorization.k8s.io", _) => metadata.label("kubernetes.io/bootstrapping") == Some("rbac-defaults"),
        ("flowcontrol.apiserver.k8s.io", _) => metadata.annotation("apf.kubernetes.io/autoupdate-spec") == Some("true"),
        ("scheduling.k8s.io", "PriorityClass") => metadata.name.starts_with("system-"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{Options, decode};

    fn verdict(api_version: &str, kind: &str, metadata: &str, rest: &str) -> Option<LeftOut> {
        let stored = format!(r#"{{"apiVersion":"{api_version}","kind":"{kind}","metadata":{{{metadata}}}{rest}}}"#);
        left_out(&decode(stored.as_bytes(), Options::default()).expect("an object"), |uid| uid == "exported")
    }

    #[test]
    fn what_clusters_make_themselves_is_left_out() {
        let owned =
            |uid: &str| format!(r#""ownerReferences":[{{"kind":"ReplicaSet","uid":"{uid}","controller":true}}]"#);
        for (api_version, kind, metadata, rest, expected) in [
            ("v1", "Event", "", "", Some(LeftOut::Momentary)),
            ("v1", "Secret", "", r#","type":"kubernetes.io/service-account-token""#, Some(LeftOut::AccountToken)),
            ("v1", "Secret", "", r#","type":"Opaque""#, None),
            ("v1", "Pod", owned("exported").as_str(), "", Some(LeftOut::Controlled)),
            ("v1", "Pod", owned("other").as_str(), "", None),
            ("v1", "ConfigMap", r#""name":"kube-root-ca.crt""#, "", Some(LeftOut::MadeByCluster)),
            ("v1", "ConfigMap", r#""name":"mine""#, "", None),
            (
                "rbac.authorization.k8s.io/v1",
                "ClusterRole",
                r#""labels":{"kubernetes.io/bootstrapping":"rbac-defaults"}"#,
                "",
                Some(LeftOut::MadeByCluster),
            ),
            ("ex.io/v1", "Node", "", "", None),
        ] {
            assert_eq!(verdict(api_version, kind, metadata, rest), expected, "{kind} {metadata}");
        }
    }
}
