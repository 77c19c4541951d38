//! CustomResourceDefinitions from `v1beta1`, in which API servers store them to this day, to the `v1` everybody asks for.
//!
//! The rules are those of the API server: its defaults for `v1beta1`, then its conversion
//! (docs/format/kubernetes.md#custom-resource-definitions).

use super::set_version;
use crate::decode::Object;
use crate::value::{Map, Value};

/// What a definition may have once for all its versions; in `v1` every version has its own.
const SHARED: [(&str, &str); 4] = [
    ("validation", "schema"),
    ("subresources", "subresources"),
    ("additionalPrinterColumns", "additionalPrinterColumns"),
    ("selectableFields", "selectableFields"),
];

/// What the copies of all that is shared may weigh, all versions together: a dozen of the largest schema etcd takes.
const MOST_COPIED: usize = 1 << 20;

/// Converts a definition in place. One with more versions and more to copy to each than anybody writes stays as it is.
pub(super) fn to_v1(object: &mut Object<'_>) {
    if !fits(&object.value) {
        return;
    }
    set_version(object, "apiextensions.k8s.io/v1".to_owned());
    let stored = match object.value.at_mut(&["spec"]).and_then(Value::as_map_mut) {
        Some(spec) => convert_spec(spec),
        None => None,
    };
    default_stored_versions(&mut object.value, stored);
}

/// Whether a definition is small enough to give every version its own copy of what they share.
fn fits(object: &Value<'_>) -> bool {
    let Some(spec) = object.at(&["spec"]) else { return true };
    let versions = spec.at(&["versions"]).and_then(Value::as_list).map_or(0, <[_]>::len);
    let shared = SHARED.iter().filter_map(|(shared, _)| spec.at(&[shared]));
    versions <= 1 || shared.map(weight).sum::<usize>().saturating_mul(versions) <= MOST_COPIED
}

/// What a copy of a value takes, in values and in pieces of 64 bytes of their texts.
fn weight(value: &Value<'_>) -> usize {
    1 + match value {
        Value::Text(text) => text.len() / 64,
        Value::Bytes(bytes) => bytes.len() / 64,
        Value::List(list) => list.iter().map(weight).sum(),
        Value::Map(map) => map.iter().map(|(key, member)| key.len() / 64 + weight(member)).sum(),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => 0,
    }
}

/// Converts the specification and gives the name of the version that is stored.
fn convert_spec<'a>(spec: &mut Map<'a>) -> Option<Value<'a>> {
    default_names(spec);
    let version = spec.remove("version").filter(|version| !version.is_empty());
    let shared = SHARED.map(|(shared, own)| (spec.remove(shared).filter(|value| *value != Value::Null), own));
    let versions = spec.get_or_insert("versions", Value::List(Vec::new()));
    if versions.is_empty()
        && let Some(name) = version
    {
        let only = [("name", name), ("served", Value::Bool(true)), ("storage", Value::Bool(true))];
        let only = only.map(|(key, value)| (key.into(), value)).into();
        *versions = Value::List(vec![Value::Map(Map::from_entries(only))]);
    }
    for version in versions.as_list_mut().into_iter().flatten().filter_map(Value::as_map_mut) {
        for (value, own) in &shared {
            if let Some(value) = value {
                version.insert(*own, value.clone());
            }
        }
        rename_paths(version);
    }
    let stored = stored_version(versions);
    convert_conversion(spec);
    // Absent means true in v1beta1, and false in v1, where it is left out.
    if spec.get("preserveUnknownFields").is_none_or(|keep| *keep != Value::Bool(false)) {
        spec.insert("preserveUnknownFields", Value::Bool(true));
    } else {
        spec.remove("preserveUnknownFields");
    }
    stored
}

fn default_names(spec: &mut Map<'_>) {
    if spec.get("scope").is_none_or(Value::is_empty) {
        spec.insert("scope", Value::from("Namespaced"));
    }
    let Some(names) = spec.get_mut("names").and_then(Value::as_map_mut) else { return };
    let kind = names.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
    for (key, default) in [("singular", kind.to_lowercase()), ("listKind", format!("{kind}List"))] {
        if names.get(key).is_none_or(Value::is_empty) && !kind.is_empty() {
            names.insert(key, Value::from(default));
        }
    }
}

/// `JSONPath` of printer columns is `jsonPath` in `v1`.
fn rename_paths(version: &mut Map<'_>) {
    let columns = version.get_mut("additionalPrinterColumns").and_then(Value::as_list_mut);
    for column in columns.into_iter().flatten().filter_map(Value::as_map_mut) {
        if let Some(path) = column.remove("JSONPath") {
            column.insert("jsonPath", path);
        }
    }
}

fn stored_version<'a>(versions: &Value<'a>) -> Option<Value<'a>> {
    let mut versions = versions.as_list()?.iter();
    let stored = versions.find(|version| version.at(&["storage"]) == Some(&Value::Bool(true)))?;
    stored.at(&["name"]).cloned()
}

/// What a webhook needs lies in `webhook` in `v1`.
fn convert_conversion(spec: &mut Map<'_>) {
    let conversion = spec.get_or_insert("conversion", Value::Map(Map::new()));
    let Some(conversion) = conversion.as_map_mut() else { return };
    let is_webhook = conversion.get("strategy").and_then(Value::as_str) == Some("Webhook");
    conversion.get_or_insert("strategy", Value::from("None"));
    let mut versions = conversion.remove("conversionReviewVersions").filter(|versions| !versions.is_empty());
    if is_webhook && versions.is_none() {
        versions = Some(Value::List(vec![Value::from("v1beta1")]));
    }
    let mut client = conversion.remove("webhookClientConfig").filter(|client| *client != Value::Null);
    if let Some(service) = client.as_mut().and_then(|client| client.at_mut(&["service"])?.as_map_mut()) {
        service.get_or_insert("port", Value::Int(443));
    }
    if versions.is_none() && client.is_none() {
        return;
    }
    let mut webhook = Map::new();
    webhook.insert("conversionReviewVersions", versions.unwrap_or_default());
    if let Some(client) = client {
        webhook.insert("clientConfig", client);
    }
    conversion.insert("webhook", webhook);
}

fn default_stored_versions<'a>(object: &mut Value<'a>, stored: Option<Value<'a>>) {
    let Some(object) = object.as_map_mut() else { return };
    let status = object.get_or_insert("status", Value::Map(Map::new()));
    if let (Some(status), Some(stored)) = (status.as_map_mut(), stored)
        && status.get("storedVersions").is_none_or(Value::is_empty)
    {
        status.insert("storedVersions", Value::List(vec![stored]));
    }
}

#[cfg(test)]
mod tests {
    use crate::cluster::Cluster;
    use crate::decode::{DecodeOptions, decode};
    use crate::json::{JsonLayout, parse, to_string};

    fn converted(spec: &str) -> String {
        let stored = format!(
            r#"{{"kind":"CustomResourceDefinition","apiVersion":"apiextensions.k8s.io/v1beta1","spec":{spec}}}"#
        );
        let mut object = decode(stored.as_bytes(), DecodeOptions::default()).expect("a definition");
        Cluster::default().present(&mut object, 1);
        to_string(object.value.at(&["spec"]).expect("a spec"), JsonLayout::Compact)
    }

    fn compact(text: &str) -> String {
        to_string(&parse(text.as_bytes()).expect("JSON"), JsonLayout::Compact)
    }

    #[test]
    fn the_oldest_form_gets_versions_and_defaults() {
        let v1beta1 = r#"{"group":"ex.io","version":"v1","names":{"plural":"foos","kind":"Foo"},"scope":"Cluster",
            "validation":{"openAPIV3Schema":{"type":"object"}},"subresources":{"status":{}}}"#;
        let v1 = r#"{"group":"ex.io","names":{"plural":"foos","kind":"Foo","singular":"foo","listKind":"FooList"},
            "scope":"Cluster","conversion":{"strategy":"None"},"preserveUnknownFields":true,"versions":[{"name":"v1",
            "served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object"}},"subresources":{"status":{}}}]}"#;
        assert_eq!(converted(v1beta1), compact(v1));
    }

    #[test]
    fn webhooks_and_columns_move() {
        let v1beta1 = r#"{"group":"ex.io","names":{"plural":"foos","kind":"Foo","singular":"foo","listKind":"FooList"},
            "scope":"Namespaced","preserveUnknownFields":false,"conversion":{"strategy":"Webhook",
            "webhookClientConfig":{"service":{"name":"s","namespace":"n"}}},"versions":[{"name":"v1","served":true,
            "storage":true,"additionalPrinterColumns":[{"name":"A","type":"string","JSONPath":".a"}]}]}"#;
        let v1 = r#"{"group":"ex.io","names":{"plural":"foos","kind":"Foo","singular":"foo","listKind":"FooList"},
            "scope":"Namespaced","conversion":{"strategy":"Webhook","webhook":{"conversionReviewVersions":["v1beta1"],
            "clientConfig":{"service":{"name":"s","namespace":"n","port":443}}}},"versions":[{"name":"v1","served":true,
            "storage":true,"additionalPrinterColumns":[{"name":"A","type":"string","jsonPath":".a"}]}]}"#;
        assert_eq!(converted(v1beta1), compact(v1));
    }

    #[test]
    fn no_more_is_copied_than_fits() {
        let versions = vec![r#"{"name":"v1","served":true}"#; 50_000].join(",");
        let enum_of_numbers = vec!["1"; 50_000].join(",");
        let v1beta1 = |versions: &str| {
            format!(
                r#"{{"kind":"CustomResourceDefinition","apiVersion":"apiextensions.k8s.io/v1beta1","spec":{{"versions":[{versions}],
                "validation":{{"openAPIV3Schema":{{"enum":[{enum_of_numbers}]}}}}}}}}"#
            )
        };
        for (versions, api_version) in [
            (versions.as_str(), "apiextensions.k8s.io/v1beta1"),
            (r#"{"name":"v1"},{"name":"v2"}"#, "apiextensions.k8s.io/v1"),
        ] {
            let stored = v1beta1(versions);
            let mut object = decode(stored.as_bytes(), DecodeOptions::default()).expect("a definition");
            Cluster::default().present(&mut object, 1);
            assert_eq!(object.api_version, api_version);
            let is_shared = object.value.at(&["spec", "validation"]).is_some();
            assert_eq!(is_shared, api_version.ends_with("v1beta1"));
        }
    }
}
