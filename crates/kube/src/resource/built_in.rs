//! The resources Kubernetes and OpenShift bring along, with the names kubectl knows them by.
//!
//! The table of Kubernetes' own integration tests (`test/integration/etcd/data.go`) is what to compare with for a new
//! release.

use std::borrow::Cow;

use super::Resource;

/// Path in keys (empty if it is the plural), plural, kind, short names, and whether it is namespaced; by group.
type Row = (&'static str, &'static str, &'static str, &'static [&'static str], bool);

const NAMESPACED: bool = true;
const CLUSTER: bool = false;

pub(super) fn resources() -> impl Iterator<Item = Resource> {
    GROUPS.iter().flat_map(|(group, rows)| rows.iter().map(|row| resource(group, row)))
}

fn resource(group: &'static str, (path, plural, kind, short_names, namespaced): &Row) -> Resource {
    Resource {
        group: Cow::Borrowed(group),
        plural: Cow::Borrowed(plural),
        singular: Cow::Owned(kind.to_lowercase()),
        kind: Cow::Borrowed(kind),
        short_names: short_names.iter().map(|name| Cow::Borrowed(*name)).collect(),
        namespaced: *namespaced,
        path: Cow::Borrowed(if path.is_empty() { plural } else { path }),
        custom: None,
    }
}

const GROUPS: &[(&str, &[Row])] = &[
    ("", CORE),
    ("apps", APPS),
    ("batch", BATCH),
    ("autoscaling", &[("", "horizontalpodautoscalers", "HorizontalPodAutoscaler", &["hpa"], NAMESPACED)]),
    ("policy", POLICY),
    ("networking.k8s.io", NETWORKING),
    ("discovery.k8s.io", &[("", "endpointslices", "EndpointSlice", &[], NAMESPACED)]),
    ("rbac.authorization.k8s.io", RBAC),
    ("storage.k8s.io", STORAGE),
    ("coordination.k8s.io", COORDINATION),
    ("scheduling.k8s.io", SCHEDULING),
    ("node.k8s.io", &[("", "runtimeclasses", "RuntimeClass", &[], CLUSTER)]),
    ("flowcontrol.apiserver.k8s.io", FLOWCONTROL),
    ("admissionregistration.k8s.io", ADMISSION),
    ("certificates.k8s.io", CERTIFICATES),
    ("resource.k8s.io", RESOURCE),
    ("internal.apiserver.k8s.io", &[("", "storageversions", "StorageVersion", &[], CLUSTER)]),
    ("storagemigration.k8s.io", &[("", "storageversionmigrations", "StorageVersionMigration", &[], CLUSTER)]),
    (
        "apiextensions.k8s.io",
        &[(
            "apiextensions.k8s.io/customresourcedefinitions",
            "customresourcedefinitions",
            "CustomResourceDefinition",
            &["crd", "crds"],
            CLUSTER,
        )],
    ),
    ("apiregistration.k8s.io", &[("apiregistration.k8s.io/apiservices", "apiservices", "APIService", &[], CLUSTER)]),
    ("lifecycle.k8s.io", &[("", "evictionrequests", "EvictionRequest", &[], NAMESPACED)]),
    ("settings.k8s.io", &[("", "podpresets", "PodPreset", &[], NAMESPACED)]),
    ("auditregistration.k8s.io", &[("", "auditsinks", "AuditSink", &[], CLUSTER)]),
    ("apps.openshift.io", &[("", "deploymentconfigs", "DeploymentConfig", &["dc"], NAMESPACED)]),
    (
        "build.openshift.io",
        &[("", "builds", "Build", &[], NAMESPACED), ("", "buildconfigs", "BuildConfig", &["bc"], NAMESPACED)],
    ),
    (
        "image.openshift.io",
        &[("", "imagestreams", "ImageStream", &["is"], NAMESPACED), ("", "images", "Image", &[], CLUSTER)],
    ),
    ("oauth.openshift.io", OAUTH),
    ("route.openshift.io", &[("", "routes", "Route", &[], NAMESPACED)]),
    ("security.openshift.io", &[("", "rangeallocations", "RangeAllocation", &[], CLUSTER)]),
    ("template.openshift.io", TEMPLATE),
    (
        "user.openshift.io",
        &[
            ("", "groups", "Group", &[], CLUSTER),
            ("", "users", "User", &[], CLUSTER),
            ("useridentities", "identities", "Identity", &[], CLUSTER),
        ],
    ),
];

const CORE: &[Row] = &[
    ("", "pods", "Pod", &["po"], NAMESPACED),
    ("services/specs", "services", "Service", &["svc"], NAMESPACED),
    ("services/endpoints", "endpoints", "Endpoints", &["ep"], NAMESPACED),
    ("", "configmaps", "ConfigMap", &["cm"], NAMESPACED),
    ("", "secrets", "Secret", &[], NAMESPACED),
    ("", "serviceaccounts", "ServiceAccount", &["sa"], NAMESPACED),
    ("", "namespaces", "Namespace", &["ns"], CLUSTER),
    ("minions", "nodes", "Node", &["no"], CLUSTER),
    ("controllers", "replicationcontrollers", "ReplicationController", &["rc"], NAMESPACED),
    ("", "persistentvolumes", "PersistentVolume", &["pv"], CLUSTER),
    ("", "persistentvolumeclaims", "PersistentVolumeClaim", &["pvc"], NAMESPACED),
    ("", "events", "Event", &["ev"], NAMESPACED),
    ("", "limitranges", "LimitRange", &["limits"], NAMESPACED),
    ("", "resourcequotas", "ResourceQuota", &["quota"], NAMESPACED),
    ("", "podtemplates", "PodTemplate", &[], NAMESPACED),
];

const APPS: &[Row] = &[
    ("", "deployments", "Deployment", &["deploy"], NAMESPACED),
    ("", "replicasets", "ReplicaSet", &["rs"], NAMESPACED),
    ("", "statefulsets", "StatefulSet", &["sts"], NAMESPACED),
    ("", "daemonsets", "DaemonSet", &["ds"], NAMESPACED),
    ("", "controllerrevisions", "ControllerRevision", &[], NAMESPACED),
];

const BATCH: &[Row] = &[("", "jobs", "Job", &[], NAMESPACED), ("", "cronjobs", "CronJob", &["cj"], NAMESPACED)];

const POLICY: &[Row] = &[
    ("", "poddisruptionbudgets", "PodDisruptionBudget", &["pdb"], NAMESPACED),
    ("podsecuritypolicy", "podsecuritypolicies", "PodSecurityPolicy", &["psp"], CLUSTER),
];

const NETWORKING: &[Row] = &[
    ("ingress", "ingresses", "Ingress", &["ing"], NAMESPACED),
    ("", "ingressclasses", "IngressClass", &[], CLUSTER),
    ("", "networkpolicies", "NetworkPolicy", &["netpol"], NAMESPACED),
    ("", "ipaddresses", "IPAddress", &["ip"], CLUSTER),
    ("", "servicecidrs", "ServiceCIDR", &[], CLUSTER),
    ("", "clustercidrs", "ClusterCIDR", &[], CLUSTER),
];

const RBAC: &[Row] = &[
    ("", "roles", "Role", &[], NAMESPACED),
    ("", "rolebindings", "RoleBinding", &[], NAMESPACED),
    ("", "clusterroles", "ClusterRole", &[], CLUSTER),
    ("", "clusterrolebindings", "ClusterRoleBinding", &[], CLUSTER),
];

const STORAGE: &[Row] = &[
    ("", "storageclasses", "StorageClass", &["sc"], CLUSTER),
    ("", "volumeattachments", "VolumeAttachment", &[], CLUSTER),
    ("", "volumeattributesclasses", "VolumeAttributesClass", &["vac"], CLUSTER),
    ("", "csidrivers", "CSIDriver", &[], CLUSTER),
    ("", "csinodes", "CSINode", &[], CLUSTER),
    ("", "csistoragecapacities", "CSIStorageCapacity", &[], NAMESPACED),
];

const COORDINATION: &[Row] =
    &[("", "leases", "Lease", &[], NAMESPACED), ("", "leasecandidates", "LeaseCandidate", &[], NAMESPACED)];

const SCHEDULING: &[Row] = &[
    ("", "priorityclasses", "PriorityClass", &["pc"], CLUSTER),
    ("", "workloads", "Workload", &[], NAMESPACED),
    ("", "podgroups", "PodGroup", &[], NAMESPACED),
    ("", "compositepodgroups", "CompositePodGroup", &[], NAMESPACED),
];

const FLOWCONTROL: &[Row] = &[
    ("", "flowschemas", "FlowSchema", &[], CLUSTER),
    ("", "prioritylevelconfigurations", "PriorityLevelConfiguration", &[], CLUSTER),
];

const ADMISSION: &[Row] = &[
    ("", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", &[], CLUSTER),
    ("", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration", &[], CLUSTER),
    ("", "validatingadmissionpolicies", "ValidatingAdmissionPolicy", &[], CLUSTER),
    ("", "validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding", &[], CLUSTER),
    ("", "mutatingadmissionpolicies", "MutatingAdmissionPolicy", &[], CLUSTER),
    ("", "mutatingadmissionpolicybindings", "MutatingAdmissionPolicyBinding", &[], CLUSTER),
];

const CERTIFICATES: &[Row] = &[
    ("", "certificatesigningrequests", "CertificateSigningRequest", &["csr"], CLUSTER),
    ("", "clustertrustbundles", "ClusterTrustBundle", &[], CLUSTER),
    ("", "podcertificaterequests", "PodCertificateRequest", &[], NAMESPACED),
];

const RESOURCE: &[Row] = &[
    ("", "resourceclaims", "ResourceClaim", &[], NAMESPACED),
    ("", "resourceclaimtemplates", "ResourceClaimTemplate", &[], NAMESPACED),
    ("", "deviceclasses", "DeviceClass", &[], CLUSTER),
    ("", "resourceslices", "ResourceSlice", &[], CLUSTER),
    ("", "devicetaintrules", "DeviceTaintRule", &[], CLUSTER),
    ("", "resourceclasses", "ResourceClass", &[], CLUSTER),
    ("", "resourceclaimparameters", "ResourceClaimParameters", &[], NAMESPACED),
    ("", "resourceclassparameters", "ResourceClassParameters", &[], NAMESPACED),
    ("", "podschedulings", "PodScheduling", &[], NAMESPACED),
    ("", "podschedulingcontexts", "PodSchedulingContext", &[], NAMESPACED),
    ("", "resourcepoolstatusrequests", "ResourcePoolStatusRequest", &[], CLUSTER),
];

const OAUTH: &[Row] = &[
    ("oauth/clients", "oauthclients", "OAuthClient", &[], CLUSTER),
    ("oauth/accesstokens", "oauthaccesstokens", "OAuthAccessToken", &[], CLUSTER),
    ("oauth/authorizetokens", "oauthauthorizetokens", "OAuthAuthorizeToken", &[], CLUSTER),
    ("oauth/clientauthorizations", "oauthclientauthorizations", "OAuthClientAuthorization", &[], CLUSTER),
];

const TEMPLATE: &[Row] = &[
    ("", "templates", "Template", &[], NAMESPACED),
    ("", "templateinstances", "TemplateInstance", &[], NAMESPACED),
    ("", "brokertemplateinstances", "BrokerTemplateInstance", &[], CLUSTER),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::schema::Schema;

    #[test]
    fn every_kind_is_in_the_schema_and_every_path_is_its_own() {
        let schema: HashSet<_> = Schema::built_in()
            .kinds()
            .map(|(version, kind)| (version.rsplit_once('/').map_or("", |(group, _)| group), kind))
            .collect();
        let mut paths = HashSet::new();
        for resource in resources() {
            assert!(schema.contains(&(&*resource.group, &*resource.kind)), "{resource:?}");
            assert!(paths.insert(resource.path.clone()), "{resource:?}");
        }
    }
}
