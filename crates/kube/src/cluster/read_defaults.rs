//! What an API server adds to every object it reads from its store.

use crate::decode::Object;
use crate::value::{Map, Value};

/// The defaults in question, and the resource version, which is the revision of the last change.
pub(super) fn complete(object: &mut Object<'_>, revision: i64) {
    if let Some(metadata) = object.value.at_mut(&["metadata"]).and_then(Value::as_map_mut) {
        metadata.insert("resourceVersion", Value::from(revision.to_string()));
    }
    match (object.kind.as_ref(), object.api_version.as_ref()) {
        ("StatefulSet", version) if version.starts_with("apps/") => type_claims(&mut object.value),
        ("Job", version) if version.starts_with("batch/") => label_job(&mut object.value),
        ("PersistentVolume" | "PersistentVolumeClaim", "v1") => default_phase(&mut object.value),
        _ => {}
    }
}

/// Protobuf does not carry the type of a StatefulSet's claim templates (Kubernetes pull request 87706).
fn type_claims(object: &mut Value<'_>) {
    let templates = object.at_mut(&["spec", "volumeClaimTemplates"]).and_then(Value::as_list_mut);
    for template in templates.into_iter().flatten().filter_map(Value::as_map_mut) {
        template.insert("apiVersion", Value::from("v1"));
        template.insert("kind", Value::from("PersistentVolumeClaim"));
    }
}

/// A Job without labels has those of its template.
fn label_job(object: &mut Value<'_>) {
    let labels = object.at(&["spec", "template", "metadata", "labels"]).filter(|labels| !labels.is_empty()).cloned();
    let (Some(labels), Some(metadata)) = (labels, object.at_mut(&["metadata"]).and_then(Value::as_map_mut)) else {
        return;
    };
    if metadata.get("labels").is_none_or(Value::is_empty) {
        metadata.insert("labels", labels);
    }
}

/// A volume or claim without a phase is pending.
fn default_phase(object: &mut Value<'_>) {
    let Some(object) = object.as_map_mut() else { return };
    let status = object.get_or_insert("status", Value::Map(Map::new()));
    if let Some(status) = status.as_map_mut()
        && status.get("phase").is_none_or(Value::is_empty)
    {
        status.insert("phase", Value::from("Pending"));
    }
}
