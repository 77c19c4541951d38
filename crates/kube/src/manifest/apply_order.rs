//! What must be applied before what.

/// When an object is applied. Stages are ordered; within one, any order does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ApplyStage {
    /// Namespaces.
    Namespaces,
    /// CustomResourceDefinitions.
    Definitions,
    /// Classes and limits others refer to or are bound by: priorities, storage, runtimes, quotas, network policies.
    Foundations,
    /// ServiceAccounts.
    Accounts,
    /// Roles, then bindings.
    Roles,
    /// Bindings of roles.
    Bindings,
    /// PersistentVolumes.
    Volumes,
    /// PersistentVolumeClaims.
    Claims,
    /// ConfigMaps and Secrets.
    Contents,
    /// Services and their kin, so that workloads find them.
    Services,
    /// Everything that runs.
    Workloads,
    /// What watches over workloads or leads to them: autoscalers, disruption budgets, ingresses; and all other built-in kinds.
    Companions,
    /// Custom resources, once what handles them is there.
    CustomResources,
    /// Webhooks and API services last: until what answers them runs, they would stop all the others.
    Gatekeepers,
}

impl ApplyStage {
    /// A word for it, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Namespaces => "namespaces",
            Self::Definitions => "definitions",
            Self::Foundations => "foundations",
            Self::Accounts => "accounts",
            Self::Roles => "roles",
            Self::Bindings => "bindings",
            Self::Volumes => "volumes",
            Self::Claims => "claims",
            Self::Contents => "contents",
            Self::Services => "services",
            Self::Workloads => "workloads",
            Self::Companions => "companions",
            Self::CustomResources => "custom-resources",
            Self::Gatekeepers => "gatekeepers",
        }
    }

    /// Its number in the order, from 1.
    pub fn number(self) -> usize {
        self as usize + 1
    }

    /// The stage of a kind, given its API group. A group with a dot that is not Kubernetes' own is a custom one.
    pub fn of(group: &str, kind: &str) -> Self {
        match (group, kind) {
            ("", "Namespace") | ("project.openshift.io", "Project") => Self::Namespaces,
            ("apiextensions.k8s.io", _) => Self::Definitions,
            ("", "ResourceQuota" | "LimitRange")
            | (
                "scheduling.k8s.io" | "storage.k8s.io" | "node.k8s.io" | "flowcontrol.apiserver.k8s.io",
                "PriorityClass"
                | "StorageClass"
                | "VolumeAttributesClass"
                | "CSIDriver"
                | "RuntimeClass"
                | "FlowSchema"
                | "PriorityLevelConfiguration",
            )
            | ("networking.k8s.io", "NetworkPolicy" | "IngressClass" | "ServiceCIDR")
            | ("resource.k8s.io", "DeviceClass")
            | ("policy", "PodSecurityPolicy") => Self::Foundations,
            ("", "ServiceAccount") => Self::Accounts,
            ("rbac.authorization.k8s.io", "Role" | "ClusterRole") => Self::Roles,
            ("rbac.authorization.k8s.io", _) => Self::Bindings,
            ("", "PersistentVolume") => Self::Volumes,
            ("", "PersistentVolumeClaim") => Self::Claims,
            ("", "ConfigMap" | "Secret") => Self::Contents,
            ("", "Service" | "Endpoints") | ("discovery.k8s.io", _) => Self::Services,
            ("", "Pod" | "ReplicationController") | ("apps" | "batch" | "apps.openshift.io", _) => Self::Workloads,
            ("admissionregistration.k8s.io" | "apiregistration.k8s.io", _) => Self::Gatekeepers,
            _ if is_custom(group) => Self::CustomResources,
            _ => Self::Companions,
        }
    }
}

/// Groups of Kubernetes itself have no dot, or end in `.k8s.io` and are in the schema.
fn is_custom(group: &str) -> bool {
    group.contains('.') && !crate::schema::Schema::built_in().has_group(group)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_comes_first() {
        let order = [
            ("", "Namespace"),
            ("apiextensions.k8s.io", "CustomResourceDefinition"),
            ("scheduling.k8s.io", "PriorityClass"),
            ("", "ServiceAccount"),
            ("rbac.authorization.k8s.io", "Role"),
            ("rbac.authorization.k8s.io", "RoleBinding"),
            ("", "PersistentVolume"),
            ("", "PersistentVolumeClaim"),
            ("", "Secret"),
            ("", "Service"),
            ("apps", "Deployment"),
            ("networking.k8s.io", "Ingress"),
            ("gateway.networking.k8s.io", "Gateway"),
            ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
        ];
        assert!(order.is_sorted_by_key(|(group, kind)| ApplyStage::of(group, kind)));
        assert_eq!(ApplyStage::of("ex.io", "Service"), ApplyStage::CustomResources);
    }
}
