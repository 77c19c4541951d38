//! What a CustomResourceDefinition defines, whichever version it is stored in.

use std::borrow::Cow;

use super::{CustomVersions, Resource, version};
use crate::decode::Object;
use crate::value::Value;

/// The resource of a definition; nothing for any other object, and for one that lacks names.
pub(super) fn defined_by(object: &Object<'_>) -> Option<Resource> {
    if object.kind != "CustomResourceDefinition" || !object.api_version.starts_with("apiextensions.k8s.io/") {
        return None;
    }
    let text = |path: &[&str]| object.value.text_at(path).map(str::to_owned);
    let group = text(&["spec", "group"])?;
    let plural = text(&["spec", "names", "plural"])?;
    let kind = text(&["spec", "names", "kind"])?;
    let singular = text(&["spec", "names", "singular"]).filter(|name| !name.is_empty());
    let short_names = object.value.at(&["spec", "names", "shortNames"]).and_then(Value::as_list).unwrap_or_default();
    let path = format!("{group}/{plural}");
    Some(Resource {
        singular: Cow::Owned(singular.unwrap_or_else(|| kind.to_lowercase())),
        kind: Cow::Owned(kind),
        short_names: short_names.iter().filter_map(|name| Some(Cow::Owned(name.as_str()?.to_owned()))).collect(),
        namespaced: text(&["spec", "scope"]).as_deref() != Some("Cluster"),
        path: Cow::Owned(path),
        custom: Some(versions(object)),
        group: Cow::Owned(group),
        plural: Cow::Owned(plural),
    })
}

fn versions(object: &Object<'_>) -> CustomVersions {
    let listed = object.value.at(&["spec", "versions"]).and_then(Value::as_list).unwrap_or_default();
    let served = listed.iter().filter(|version| version.at(&["served"]).and_then(Value::as_bool) == Some(true));
    let mut served: Vec<_> = served.filter_map(|version| Some(version.text_at(&["name"])?.to_owned())).collect();
    if listed.is_empty() {
        // The oldest form of v1beta1 has a single version.
        served.extend(object.value.text_at(&["spec", "version"]).map(str::to_owned));
    }
    served.sort_by(|left, right| version::compare(left, right));
    let strategy = object.value.text_at(&["spec", "conversion", "strategy"]);
    CustomVersions { served, alike: strategy.is_none_or(|strategy| strategy == "None") }
}
