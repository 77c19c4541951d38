//! Takes out of an object what its old cluster put there and a new one would refuse or mistake.

use std::collections::HashSet;

use crate::decode::Object;
use crate::value::{Map, Value};

/// What to keep that is taken out otherwise. The default gives manifests for a new cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CleanOptions {
    /// Keep `status`.
    pub keep_status: bool,
    /// What becomes of `metadata.ownerReferences`.
    pub owners: OwnerReferencePolicy,
    /// Keep what `kubectl apply` noted of the last manifest.
    pub keep_last_applied: bool,
    /// Keep addresses of Services.
    pub keep_cluster_ips: bool,
    /// Keep ports of Services on nodes.
    pub keep_node_ports: bool,
    /// Keep which PersistentVolume a claim is bound to, and the other way round, so that they find together again.
    pub keep_volume_bindings: bool,
    /// Keep `metadata.finalizers`: the object can then only be deleted once somebody takes them off.
    pub keep_finalizers: bool,
}

/// What becomes of references to owners: a new cluster deletes objects whose owner it does not find.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OwnerReferencePolicy {
    /// Dropped. A new cluster gives every owner a new uid.
    #[default]
    Drop,
    /// Kept for owners that are extracted too, which makes sense only where they keep their uid.
    KeepExtracted,
    /// All kept.
    Keep,
}

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Metadata a cluster fills in.
const METADATA: [&str; 8] = [
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "selfLink",
    "managedFields",
];

/// Annotations controllers keep their notes in.
const NOTES: [&str; 4] = [
    "deployment.kubernetes.io/revision",
    "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas",
    "deprecated.daemonset.template.generation",
];

/// Annotations that say a claim is bound. They stay in no case: a claim that is new and says so counts as lost.
const BOUND: [&str; 3] =
    ["pv.kubernetes.io/bind-completed", "pv.kubernetes.io/bound-by-controller", "volume.kubernetes.io/selected-node"];

/// Labels the Job controller ties its Pods with.
const JOB_LABELS: [&str; 4] =
    ["controller-uid", "batch.kubernetes.io/controller-uid", "job-name", "batch.kubernetes.io/job-name"];

/// Where the kubelet mounts the token of the ServiceAccount.
const TOKEN_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// Cleans an object in place, given which owners, by their uid, are extracted too. Gives the finalizers it dropped: whoever
/// relied on them should know.
pub fn clean(object: &mut Object<'_>, rules: CleanOptions, is_extracted: impl Fn(&str) -> bool) -> Vec<String> {
    let value = &mut object.value;
    if !rules.keep_status {
        value.remove_at(&["status"]);
    }
    let dropped = match value.at_mut(&["metadata"]).and_then(Value::as_map_mut) {
        Some(metadata) => clean_metadata(metadata, rules, is_extracted),
        None => Vec::new(),
    };
    let group = object.api_version.rsplit_once('/').map_or("", |(group, _)| group);
    match (group, object.kind.as_ref()) {
        ("", "Service") => clean_service(value, rules),
        ("", "PersistentVolumeClaim") => clean_claim(value, rules),
        ("", "PersistentVolume") => clean_volume(value, rules),
        ("", "Pod") => clean_pod(value),
        ("", "ServiceAccount") => clean_account(value),
        ("batch", "Job") => clean_job(value),
        ("apps" | "batch", _) => {}
        _ => return finish(value, dropped),
    }
    clean_templates(value);
    finish(value, dropped)
}

/// Drops what became empty on the way.
fn finish(value: &mut Value<'_>, dropped: Vec<String>) -> Vec<String> {
    if let Some(metadata) = value.at_mut(&["metadata"]).and_then(Value::as_map_mut) {
        for key in ["annotations", "labels"] {
            if metadata.get(key).is_some_and(Value::is_empty) {
                metadata.remove(key);
            }
        }
    }
    dropped
}

fn clean_metadata(metadata: &mut Map<'_>, rules: CleanOptions, is_extracted: impl Fn(&str) -> bool) -> Vec<String> {
    metadata.retain(|key, _| !METADATA.contains(&key));
    let owners = metadata.get_mut("ownerReferences").and_then(Value::as_list_mut);
    if let Some(owners) = owners {
        owners.retain(|owner| match rules.owners {
            OwnerReferencePolicy::Drop => false,
            OwnerReferencePolicy::KeepExtracted => owner.text_at(&["uid"]).is_some_and(&is_extracted),
            OwnerReferencePolicy::Keep => true,
        });
        if owners.is_empty() {
            metadata.remove("ownerReferences");
        }
    }
    if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_map_mut) {
        annotations.retain(|key, _| !NOTES.contains(&key) && (rules.keep_last_applied || key != LAST_APPLIED));
    }
    if rules.keep_finalizers {
        return Vec::new();
    }
    let finalizers = metadata.remove("finalizers");
    let names = finalizers.as_ref().and_then(Value::as_list).unwrap_or_default();
    names.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// A headless Service is one because its address is `None`: that stays.
fn clean_service(service: &mut Value<'_>, rules: CleanOptions) {
    let Some(spec) = service.at_mut(&["spec"]).and_then(Value::as_map_mut) else { return };
    let headless = spec.get("clusterIP").and_then(Value::as_str) == Some("None");
    if !rules.keep_cluster_ips && !headless {
        spec.remove("clusterIP");
        spec.remove("clusterIPs");
    }
    if rules.keep_node_ports {
        return;
    }
    spec.remove("healthCheckNodePort");
    for port in items(spec.get_mut("ports")) {
        port.remove("nodePort");
    }
}

fn clean_claim(claim: &mut Value<'_>, rules: CleanOptions) {
    if let Some(annotations) = claim.at_mut(&["metadata", "annotations"]).and_then(Value::as_map_mut) {
        annotations.retain(|key, _| {
            !BOUND.contains(&key) && (rules.keep_volume_bindings || !key.starts_with("pv.kubernetes.io/"))
        });
    }
    if !rules.keep_volume_bindings {
        claim.remove_at(&["spec", "volumeName"]);
    }
}

/// A volume that names the old claim's uid is never bound to the new one.
fn clean_volume(volume: &mut Value<'_>, rules: CleanOptions) {
    if let Some(annotations) = volume.at_mut(&["metadata", "annotations"]).and_then(Value::as_map_mut) {
        annotations.retain(|key, _| !BOUND.contains(&key));
    }
    if !rules.keep_volume_bindings {
        volume.remove_at(&["spec", "claimRef"]);
    }
    for key in ["uid", "resourceVersion"] {
        volume.remove_at(&["spec", "claimRef", key]);
    }
}

/// Where it ran, what was put into it to debug it, and the token the cluster mounted.
fn clean_pod(pod: &mut Value<'_>) {
    let Some(spec) = pod.at_mut(&["spec"]).and_then(Value::as_map_mut) else { return };
    spec.remove("nodeName");
    spec.remove("ephemeralContainers");
    let mut injected = HashSet::new();
    for kind in ["containers", "initContainers"] {
        for container in items(spec.get_mut(kind)) {
            let mounts = container.get_mut("volumeMounts").and_then(Value::as_list_mut);
            let Some(mounts) = mounts else { continue };
            mounts.retain(|mount| {
                let name = mount.text_at(&["name"]).unwrap_or_default();
                let is_token = mount.text_at(&["mountPath"]) == Some(TOKEN_PATH) && is_injected(name);
                if is_token {
                    injected.insert(name.to_owned());
                }
                !is_token
            });
            if mounts.is_empty() {
                container.remove("volumeMounts");
            }
        }
    }
    if let Some(volumes) = spec.get_mut("volumes").and_then(Value::as_list_mut) {
        volumes.retain(|volume| {
            let name = volume.text_at(&["name"]).unwrap_or_default();
            !name.starts_with("kube-api-access-") && !injected.contains(name)
        });
        if volumes.is_empty() {
            spec.remove("volumes");
        }
    }
}

/// Volumes of tokens are called `kube-api-access-…`, and `…-token-…` before 1.21.
fn is_injected(volume: &str) -> bool {
    volume.starts_with("kube-api-access-") || volume.contains("-token-")
}

/// Tokens and pull secrets that were made for it.
fn clean_account(account: &mut Value<'_>) {
    let Some(name) = account.text_at(&["metadata", "name"]).map(str::to_owned) else { return };
    let Some(account) = account.as_map_mut() else { return };
    let made = [format!("{name}-token-"), format!("{name}-dockercfg-")];
    for key in ["secrets", "imagePullSecrets"] {
        let Some(references) = account.get_mut(key).and_then(Value::as_list_mut) else { continue };
        references.retain(|reference| {
            let name = reference.text_at(&["name"]).unwrap_or_default();
            !made.iter().any(|made| name.starts_with(made.as_str()))
        });
        if references.is_empty() {
            account.remove(key);
        }
    }
}

/// The selector is made from the uid, unless the Job brings its own.
fn clean_job(job: &mut Value<'_>) {
    let manual = job.at(&["spec", "manualSelector"]).and_then(Value::as_bool) == Some(true);
    if manual {
        return;
    }
    job.remove_at(&["spec", "selector"]);
    job.remove_at(&["metadata", "annotations", "batch.kubernetes.io/job-tracking"]);
    for metadata in [&["metadata"][..], &["spec", "template", "metadata"]] {
        let Some(metadata) = job.at_mut(metadata).and_then(Value::as_map_mut) else { continue };
        let Some(labels) = metadata.get_mut("labels").and_then(Value::as_map_mut) else { continue };
        labels.retain(|key, _| !JOB_LABELS.contains(&key));
        if labels.is_empty() {
            metadata.remove("labels");
        }
    }
}

/// `creationTimestamp: null` of templates, and the status of claims that are none yet.
fn clean_templates(object: &mut Value<'_>) {
    let templates = [&["spec", "template"][..], &["spec", "jobTemplate"], &["spec", "jobTemplate", "spec", "template"]];
    for template in templates {
        if let Some(template) = object.at_mut(template) {
            drop_null_creation(template);
        }
    }
    let claims = object.at_mut(&["spec", "volumeClaimTemplates"]).and_then(Value::as_list_mut);
    for claim in claims.into_iter().flatten() {
        drop_null_creation(claim);
        claim.remove_at(&["status"]);
    }
}

fn drop_null_creation(template: &mut Value<'_>) {
    if template.at(&["metadata", "creationTimestamp"]) == Some(&Value::Null) {
        template.remove_at(&["metadata", "creationTimestamp"]);
    }
}

/// The objects of a list.
fn items<'v, 'a>(list: Option<&'v mut Value<'a>>) -> impl Iterator<Item = &'v mut Map<'a>> {
    list.and_then(Value::as_list_mut).into_iter().flatten().filter_map(Value::as_map_mut)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{DecodeOptions, decode};
    use crate::json::{JsonLayout, parse, to_string};

    /// The object cleaned, without its type; and the finalizers dropped.
    fn cleaned(api_version: &str, kind: &str, rest: &str, rules: CleanOptions) -> (String, Vec<String>) {
        let stored = format!(r#"{{"apiVersion":"{api_version}","kind":"{kind}",{rest}}}"#);
        let mut object = decode(stored.as_bytes(), DecodeOptions::default()).expect("an object");
        let dropped = clean(&mut object, rules, |uid| uid == "exported");
        for key in ["apiVersion", "kind"] {
            object.value.remove_at(&[key]);
        }
        (to_string(&object.value, JsonLayout::Compact), dropped)
    }

    fn compact(text: &str) -> String {
        to_string(&parse(text.as_bytes()).expect("JSON"), JsonLayout::Compact)
    }

    #[test]
    fn what_the_cluster_filled_in_goes() {
        let stored = r#""metadata":{"name":"x","uid":"u","resourceVersion":"1","generation":2,"creationTimestamp":"t",
            "deletionTimestamp":"t","deletionGracePeriodSeconds":0,"finalizers":["f"],"managedFields":[],"ownerReferences":
            [{"uid":"exported"},{"uid":"other"}],"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{}"}},
            "spec":{"finalizers":["kubernetes"]},"status":{"a":1}"#;
        let (text, dropped) = cleaned("ex.io/v1", "Foo", stored, CleanOptions::default());
        assert_eq!(text, compact(r#"{"metadata":{"name":"x"},"spec":{"finalizers":["kubernetes"]}}"#));
        assert_eq!(dropped, ["f"]);
        let rules = CleanOptions {
            keep_status: true,
            owners: OwnerReferencePolicy::KeepExtracted,
            keep_last_applied: true,
            keep_finalizers: true,
            ..CleanOptions::default()
        };
        let expected = r#"{"metadata":{"name":"x","finalizers":["f"],"ownerReferences":[{"uid":"exported"}],"annotations":
            {"kubectl.kubernetes.io/last-applied-configuration":"{}"}},"spec":{"finalizers":["kubernetes"]},"status":{"a":1}}"#;
        assert_eq!(cleaned("ex.io/v1", "Foo", stored, rules), (compact(expected), Vec::new()));
    }

    #[test]
    fn services_lose_addresses_but_stay_headless() {
        let service = |ip: &str| {
            format!(r#""spec":{{"clusterIP":"{ip}","clusterIPs":["{ip}"],"ports":[{{"port":1,"nodePort":2}}]}}"#)
        };
        let text = cleaned("v1", "Service", &service("10.0.0.1"), CleanOptions::default()).0;
        assert_eq!(text, r#"{"spec":{"ports":[{"port":1}]}}"#);
        let text = cleaned("v1", "Service", &service("None"), CleanOptions::default()).0;
        assert_eq!(text, r#"{"spec":{"clusterIP":"None","clusterIPs":["None"],"ports":[{"port":1}]}}"#);
        let keep = CleanOptions { keep_cluster_ips: true, keep_node_ports: true, ..CleanOptions::default() };
        let text = cleaned("v1", "Service", &service("10.0.0.1"), keep).0;
        assert_eq!(text, compact(&format!("{{{}}}", service("10.0.0.1"))));
    }

    #[test]
    fn claims_and_volumes_part_or_find_together() {
        let claim =
            r#""metadata":{"annotations":{"pv.kubernetes.io/bind-completed":"yes","a":"b"}},"spec":{"volumeName":"v"}"#;
        let volume = r#""spec":{"claimRef":{"name":"c","namespace":"n","uid":"u","resourceVersion":"1"}}"#;
        let rebind = CleanOptions { keep_volume_bindings: true, ..CleanOptions::default() };
        for (rules, claim_after, volume_after) in [
            (CleanOptions::default(), r#"{"metadata":{"annotations":{"a":"b"}},"spec":{}}"#, r#"{"spec":{}}"#),
            (
                rebind,
                r#"{"metadata":{"annotations":{"a":"b"}},"spec":{"volumeName":"v"}}"#,
                r#"{"spec":{"claimRef":{"name":"c","namespace":"n"}}}"#,
            ),
        ] {
            assert_eq!(cleaned("v1", "PersistentVolumeClaim", claim, rules).0, claim_after);
            assert_eq!(cleaned("v1", "PersistentVolume", volume, rules).0, volume_after);
        }
    }

    #[test]
    fn pods_lose_node_and_token() {
        let pod = r#""spec":{"nodeName":"n","containers":[{"name":"c","volumeMounts":[{"name":"kube-api-access-x",
            "mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"},{"name":"d","mountPath":"/d"}]},{"name":"e",
            "volumeMounts":[{"name":"kube-api-access-x","mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}]}],
            "volumes":[{"name":"kube-api-access-x"},{"name":"d"}]}"#;
        let expected = r#"{"spec":{"containers":[{"name":"c","volumeMounts":[{"name":"d","mountPath":"/d"}]},{"name":"e"}],
            "volumes":[{"name":"d"}]}}"#;
        assert_eq!(cleaned("v1", "Pod", pod, CleanOptions::default()).0, compact(expected));
    }

    #[test]
    fn pods_with_many_volumes_are_cleaned() {
        let list = |item: &dyn Fn(usize) -> String| (0..60_000).map(item).collect::<Vec<_>>().join(",");
        let volumes = list(&|number| format!(r#"{{"name":"a-token-{number}"}},{{"name":"data-{number}"}}"#));
        let mounts = list(&|number| format!(r#"{{"name":"a-token-{number}","mountPath":"{TOKEN_PATH}"}}"#));
        let pod =
            format!(r#""spec":{{"containers":[{{"name":"c","volumeMounts":[{mounts}]}}],"volumes":[{volumes}]}}"#);
        let left = list(&|number| format!(r#"{{"name":"data-{number}"}}"#));
        let expected = format!(r#"{{"spec":{{"containers":[{{"name":"c"}}],"volumes":[{left}]}}}}"#);
        assert!(cleaned("v1", "Pod", &pod, CleanOptions::default()).0 == expected);
    }

    #[test]
    fn jobs_and_accounts_lose_what_was_made_for_them() {
        let job = r#""metadata":{"labels":{"controller-uid":"u","a":"b"}},"spec":{"selector":{"matchLabels":{"controller-uid":"u"}},
            "template":{"metadata":{"creationTimestamp":null,"labels":{"controller-uid":"u","job-name":"j"}}}}"#;
        let expected = r#"{"metadata":{"labels":{"a":"b"}},"spec":{"template":{"metadata":{}}}}"#;
        assert_eq!(cleaned("batch/v1", "Job", job, CleanOptions::default()).0, expected);
        let account = r#""metadata":{"name":"app"},"secrets":[{"name":"app-token-x"},{"name":"mine"}],
            "imagePullSecrets":[{"name":"app-dockercfg-x"}]"#;
        let expected = r#"{"metadata":{"name":"app"},"secrets":[{"name":"mine"}]}"#;
        assert_eq!(cleaned("v1", "ServiceAccount", account, CleanOptions::default()).0, expected);
    }
}
