//! Objects nobody applies: a cluster makes them by itself, or they mean nothing in another.

use crate::metadata::{ObjectHeader, ObjectMetadata};

/// Why an object is left out of an extract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExclusionReason {
    /// Events and leases: they tell of moments that are over.
    Momentary,
    /// Its controller comes back, and makes it anew. Only who knows all that is extracted can tell.
    Controlled,
    /// The cluster makes it for every namespace, node or volume, or when it starts.
    MadeByCluster,
    /// A token of a ServiceAccount, which only the cluster that made it accepts.
    AccountToken,
}

impl ExclusionReason {
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

/// Whether an object is to be left out for what it is, given the `type` of a Secret.
pub fn exclusion_reason(header: &ObjectHeader<'_>, secret_type: Option<&str>) -> Option<ExclusionReason> {
    match (header.group(), header.kind.as_ref()) {
        ("" | "events.k8s.io", "Event") | ("coordination.k8s.io", "Lease" | "LeaseCandidate") => {
            Some(ExclusionReason::Momentary)
        }
        ("", "Secret") if secret_type == Some("kubernetes.io/service-account-token") => {
            Some(ExclusionReason::AccountToken)
        }
        ("", "Node" | "RangeAllocation" | "ComponentStatus")
        | ("storage.k8s.io", "CSINode" | "VolumeAttachment" | "CSIStorageCapacity")
        | ("resource.k8s.io", "ResourceSlice")
        | ("networking.k8s.io", "IPAddress")
        | ("internal.apiserver.k8s.io", _) => Some(ExclusionReason::MadeByCluster),
        (group, kind) => is_made_by_cluster(group, kind, &header.metadata).then_some(ExclusionReason::MadeByCluster),
    }
}

/// FlowSchemas and PriorityLevelConfigurations of API servers that do not mark their own yet, before 1.23.
const FLOW_CONTROL: [&str; 18] = [
    "catch-all",
    "endpoint-controller",
    "exempt",
    "global-default",
    "kube-controller-manager",
    "kube-scheduler",
    "kube-system-service-accounts",
    "leader-election",
    "node-high",
    "probes",
    "service-accounts",
    "system",
    "system-leader-election",
    "system-node-high",
    "system-nodes",
    "workload-high",
    "workload-leader-election",
    "workload-low",
];

/// Objects of kinds that people make too, told by their name or by a mark of the program that made them.
fn is_made_by_cluster(group: &str, kind: &str, metadata: &ObjectMetadata<'_>) -> bool {
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
        ("flowcontrol.apiserver.k8s.io", _) => match metadata.annotation("apf.kubernetes.io/autoupdate-spec") {
            Some(kept_up_to_date) => kept_up_to_date == "true",
            None => FLOW_CONTROL.contains(&metadata.name.as_ref()),
        },
        ("scheduling.k8s.io", "PriorityClass") => metadata.name.starts_with("system-"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(api_version: &str, kind: &str, metadata: &str, secret_type: Option<&str>) -> Option<ExclusionReason> {
        let stored = format!(r#"{{"apiVersion":"{api_version}","kind":"{kind}","metadata":{{{metadata}}}}}"#);
        exclusion_reason(&ObjectHeader::read(stored.as_bytes()).expect("an object"), secret_type)
    }

    #[test]
    fn what_clusters_make_themselves_is_left_out() {
        const FLOW: &str = "flowcontrol.apiserver.k8s.io/v1beta1";
        let token = "kubernetes.io/service-account-token";
        for (api_version, kind, metadata, secret_type, expected) in [
            ("v1", "Event", "", None, Some(ExclusionReason::Momentary)),
            ("v1", "Secret", "", Some(token), Some(ExclusionReason::AccountToken)),
            ("v1", "Secret", "", Some("Opaque"), None),
            ("v1", "Pod", r#""name":"p""#, None, None),
            (
                "v1",
                "Pod",
                r#""annotations":{"kubernetes.io/config.mirror":"x"}"#,
                None,
                Some(ExclusionReason::MadeByCluster),
            ),
            ("v1", "ConfigMap", r#""name":"kube-root-ca.crt""#, None, Some(ExclusionReason::MadeByCluster)),
            ("v1", "ConfigMap", r#""name":"mine""#, None, None),
            (
                "rbac.authorization.k8s.io/v1",
                "ClusterRole",
                r#""labels":{"kubernetes.io/bootstrapping":"rbac-defaults"}"#,
                None,
                Some(ExclusionReason::MadeByCluster),
            ),
            (FLOW, "FlowSchema", r#""name":"exempt""#, None, Some(ExclusionReason::MadeByCluster)),
            (
                FLOW,
                "FlowSchema",
                r#""name":"exempt","annotations":{"apf.kubernetes.io/autoupdate-spec":"false"}"#,
                None,
                None,
            ),
            ("ex.io/v1", "Node", "", None, None),
        ] {
            assert_eq!(verdict(api_version, kind, metadata, secret_type), expected, "{kind} {metadata}");
        }
    }
}
