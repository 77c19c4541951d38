//! From an object as it is stored to the object its API server would have shown (docs/format/kubernetes.md#read-time-additions).
//!
//! A server adds a little when it reads: the resource version, what protobuf does not carry, a few defaults; and it
//! shows definitions and custom resources in the version clients prefer. What it adds depends on its cluster: its release,
//! and the custom resources defined there. [`Cluster`] learns both from the objects themselves. In general a server applies all
//! defaults of its release; these are not copied, so an object last written by a much older one is shown as it was.

mod definition;
mod read_defaults;
mod release;

use std::borrow::Cow;

use crate::decode::{DecodeOptions, Object};
use crate::resource::Resources;
use crate::value::Value;

use release::Evidence;

/// What is known of the cluster a snapshot was taken of.
#[derive(Clone, Debug, Default)]
pub struct Cluster {
    resources: Resources,
    evidence: Evidence,
}

impl Cluster {
    /// Whether an object of this kind has something to teach, so that others need not be decoded for [`observe`](Self::observe).
    pub fn is_informative(kind: &str) -> bool {
        matches!(kind, "CustomResourceDefinition" | "APIService" | "Node")
    }

    /// Learns from an object: resources from definitions, the release from API services and nodes.
    pub fn observe(&mut self, object: &Object<'_>) {
        if !self.resources.add_definition(object) {
            self.evidence.observe(object);
        }
    }

    /// All resources there are.
    pub fn resources(&self) -> &Resources {
        &self.resources
    }

    /// The minor release of the API server, such as 33, as far as the objects tell: at least this, and for what is shown
    /// differently by releases, exactly this. Nothing where they do not tell.
    pub fn release(&self) -> Option<u8> {
        self.evidence.release()
    }

    /// How to decode objects so that they show as this cluster would have shown them.
    pub fn options(&self, managed_fields: bool) -> DecodeOptions {
        DecodeOptions { release: self.release(), managed_fields }
    }

    /// Makes of an object as stored the one a client would have got: resource version (the revision of its last change),
    /// defaults, preferred version.
    pub fn present(&self, object: &mut Object<'_>, revision: i64) {
        read_defaults::complete(object, revision);
        match (object.kind.as_ref(), object.api_version.as_ref()) {
            ("CustomResourceDefinition", "apiextensions.k8s.io/v1beta1") => definition::to_v1(object),
            ("APIService", "apiregistration.k8s.io/v1beta1") => {
                set_version(object, "apiregistration.k8s.io/v1".to_owned());
            }
            _ => self.prefer_version(object),
        }
    }

    /// A custom resource whose versions are alike is shown in the preferred one.
    fn prefer_version(&self, object: &mut Object<'_>) {
        let Some((group, version)) = object.api_version.split_once('/') else { return };
        let Some(resource) = self.resources.of_kind(group, &object.kind) else { return };
        let Some(versions) = resource.custom.as_ref().filter(|versions| versions.alike) else { return };
        if let Some(preferred) = versions.preferred()
            && preferred != version
        {
            set_version(object, format!("{group}/{preferred}"));
        }
    }
}

fn set_version(object: &mut Object<'_>, api_version: String) {
    if let Some(members) = object.value.as_map_mut() {
        members.insert("apiVersion", Value::from(api_version.clone()));
    }
    object.api_version = Cow::Owned(api_version);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::decode;

    #[test]
    fn custom_resources_are_shown_in_the_preferred_version() {
        let mut cluster = Cluster::default();
        for (plural, kind, versions, strategy) in [
            ("foos", "Foo", r#"{"name":"v1","served":true},{"name":"v2","served":true}"#, "None"),
            ("bars", "Bar", r#"{"name":"v1","served":true}"#, "None"),
            ("hooks", "Hook", r#"{"name":"v1","served":true},{"name":"v2","served":true}"#, "Webhook"),
        ] {
            let definition = format!(
                r#"{{"kind":"CustomResourceDefinition","apiVersion":"apiextensions.k8s.io/v1","spec":{{"group":"ex.io",
                "names":{{"plural":"{plural}","kind":"{kind}"}},"versions":[{versions}],"conversion":{{"strategy":"{strategy}"}}}}}}"#
            );
            cluster.observe(&decode(definition.as_bytes(), DecodeOptions::default()).expect("a definition"));
        }
        for (kind, version) in [("Foo", "ex.io/v2"), ("Bar", "ex.io/v1"), ("Hook", "ex.io/v1"), ("Other", "ex.io/v1")] {
            let stored = format!(r#"{{"apiVersion":"ex.io/v1","kind":"{kind}","metadata":{{"name":"x"}}}}"#);
            let mut object = decode(stored.as_bytes(), DecodeOptions::default()).expect("an object");
            cluster.present(&mut object, 7);
            assert_eq!((&*object.api_version, object.value.text_at(&["apiVersion"])), (version, Some(version)));
            assert_eq!(object.value.text_at(&["metadata", "resourceVersion"]), Some("7"));
        }
    }

    #[test]
    fn any_number_of_versions_is_no_burden_to_objects() {
        let versions = (1..20_000).map(|number| format!(r#"{{"name":"v{number}","served":true}}"#));
        let definition = format!(
            r#"{{"kind":"CustomResourceDefinition","apiVersion":"apiextensions.k8s.io/v1","spec":{{"group":"ex.io",
            "names":{{"plural":"foos","kind":"Foo"}},"versions":[{}]}}}}"#,
            versions.collect::<Vec<_>>().join(",")
        );
        let mut cluster = Cluster::default();
        cluster.observe(&decode(definition.as_bytes(), DecodeOptions::default()).expect("a definition"));
        for _ in 0..20_000 {
            let stored = br#"{"apiVersion":"ex.io/v1","kind":"Foo","metadata":{"name":"x"}}"#;
            let mut object = decode(stored, DecodeOptions::default()).expect("an object");
            cluster.present(&mut object, 7);
            assert_eq!(object.api_version, "ex.io/v19999");
        }
    }
}
