//! Resources: what a kind is called in keys, in requests and on the command line.

mod built_in;
mod definition;
mod version;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use crate::decode::Object;

/// One resource: a kind of objects and where they are stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// API group; empty for the core group.
    pub group: Cow<'static, str>,
    /// Plural in lower case, as requests have it.
    pub plural: Cow<'static, str>,
    /// Singular in lower case.
    pub singular: Cow<'static, str>,
    /// Kind, such as `Deployment`.
    pub kind: Cow<'static, str>,
    /// kubectl's short names.
    pub short_names: Vec<Cow<'static, str>>,
    /// Whether its objects lie in namespaces.
    pub namespaced: bool,
    /// What stands between root and namespace in keys, such as `services/specs` or `ex.io/foos`.
    pub path: Cow<'static, str>,
    /// For custom resources: the served versions, best first, and whether they differ in nothing but their name.
    pub custom: Option<CustomVersions>,
}

/// The versions of a custom resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomVersions {
    /// Served versions, in the order in which Kubernetes prefers them.
    pub served: Vec<String>,
    /// Whether the conversion strategy is `None`: objects of all versions are the same but for `apiVersion`.
    pub alike: bool,
}

/// All resources there may be in a snapshot: the built-in ones, and those its definitions define.
#[derive(Clone, Debug)]
pub struct Resources {
    /// The built-in ones, then custom ones as they were learnt; nothing where one was that is defined anew behind it.
    all: Vec<Option<Resource>>,
    /// Where those of a path stand.
    by_path: HashMap<Cow<'static, str>, Positions>,
    /// Where those of a group and kind stand.
    by_kind: HashMap<Cow<'static, str>, HashMap<Cow<'static, str>, Positions>>,
}

/// Positions in the list of all, of which the first counts.
type Positions = BTreeSet<usize>;

impl Default for Resources {
    fn default() -> Self {
        let mut resources = Self { all: Vec::new(), by_path: HashMap::new(), by_kind: HashMap::new() };
        built_in::resources().for_each(|resource| resources.push(resource));
        resources
    }
}

impl Resources {
    /// Takes in a CustomResourceDefinition of either version; other objects change nothing. Says whether it was one.
    pub fn add_definition(&mut self, object: &Object<'_>) -> bool {
        let Some(resource) = definition::defined_by(object) else { return false };
        self.forget_custom(&resource.path);
        self.push(resource);
        true
    }

    fn push(&mut self, resource: Resource) {
        let position = self.all.len();
        self.by_path.entry(resource.path.clone()).or_default().insert(position);
        let kinds = self.by_kind.entry(resource.group.clone()).or_default();
        kinds.entry(resource.kind.clone()).or_default().insert(position);
        self.all.push(Some(resource));
    }

    /// Takes out the custom resource of a path, of which there is one at most, behind those built in.
    fn forget_custom(&mut self, path: &str) {
        let Some(positions) = self.by_path.get_mut(path) else { return };
        let Some(&last) = positions.last() else { return };
        let Some(known) = self.all[last].take_if(|known| known.custom.is_some()) else { return };
        positions.remove(&last);
        let kinds = self.by_kind.get_mut(&known.group).and_then(|kinds| kinds.get_mut(&known.kind));
        if let Some(positions) = kinds {
            positions.remove(&last);
        }
    }

    fn first(&self, positions: Option<&Positions>) -> Option<&Resource> {
        self.all[*positions?.first()?].as_ref()
    }

    /// All of them: the built-in ones, then custom ones as they were learnt.
    pub fn iter(&self) -> impl Iterator<Item = &Resource> {
        self.all.iter().flatten()
    }

    /// The resource whose keys have this path.
    pub fn at_path(&self, path: &str) -> Option<&Resource> {
        self.first(self.by_path.get(path))
    }

    /// The resource of a kind in a group. Where a group stored a kind under another group's path, that resource is meant.
    pub fn of_kind(&self, group: &str, kind: &str) -> Option<&Resource> {
        let in_group = self.by_kind.get(group).and_then(|kinds| self.first(kinds.get(kind)));
        in_group.or_else(|| {
            let shared = group == "extensions" || group == "events.k8s.io";
            let mut built_in = self.iter().take_while(|resource| shared && resource.custom.is_none());
            built_in.find(|resource| resource.kind == kind)
        })
    }

    /// The resources a user means by a word, as kubectl takes it: plural, singular, short name or kind in any case, with or
    /// without `.group` or `.version.group` behind it. Several where groups share a name; the first is kubectl's choice.
    pub fn named(&self, word: &str) -> Vec<&Resource> {
        let word = word.to_lowercase();
        let exact: Vec<_> = self.iter().filter(|resource| resource.is_called(&word)).collect();
        if !exact.is_empty() {
            return exact;
        }
        let Some((name, group)) = word.split_once('.') else { return Vec::new() };
        let in_group = |group: &str| -> Vec<_> {
            let called = self.iter().filter(|resource| resource.is_called(name));
            called
                .filter(|resource| resource.group == group || resource.group.starts_with(&format!("{group}.")))
                .collect()
        };
        let found = in_group(group);
        match group.split_once('.') {
            Some((_version, group)) if found.is_empty() => in_group(group),
            None if found.is_empty() && version::is_version(group) => in_group(""),
            _ => found,
        }
    }
}

impl Resource {
    /// Plural and group, as in `deployments.apps`; the plural alone in the core group.
    pub fn full_name(&self) -> String {
        if self.group.is_empty() { self.plural.to_string() } else { format!("{}.{}", self.plural, self.group) }
    }

    fn is_called(&self, word: &str) -> bool {
        self.plural == word || self.singular == word || self.short_names.iter().any(|name| name == word)
    }
}

impl CustomVersions {
    /// The version kubectl asks for: the best of the group where it is among these, which is then the best of these, else the
    /// best of these.
    pub(crate) fn preferred(&self) -> Option<&str> {
        self.served.first().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{DecodeOptions, decode};

    fn plurals(resources: &Resources, word: &str) -> Vec<String> {
        resources.named(word).iter().map(|resource| resource.full_name()).collect()
    }

    #[test]
    fn words_mean_what_they_mean_to_kubectl() {
        let resources = Resources::default();
        for (word, full) in [
            ("po", "pods"),
            ("Deployment", "deployments.apps"),
            ("deploy.apps", "deployments.apps"),
            ("deployments.v1.apps", "deployments.apps"),
            ("pods.v1", "pods"),
            ("netpol", "networkpolicies.networking.k8s.io"),
            ("ing.networking", "ingresses.networking.k8s.io"),
            ("crd", "customresourcedefinitions.apiextensions.k8s.io"),
            ("dc", "deploymentconfigs.apps.openshift.io"),
        ] {
            assert_eq!(plurals(&resources, word), [full], "{word}");
        }
        assert!(plurals(&resources, "foos").is_empty());
        assert!(plurals(&resources, "pods.apps").is_empty());
    }

    #[test]
    fn definitions_add_resources() {
        let mut resources = Resources::default();
        let definition = br#"{"kind":"CustomResourceDefinition","apiVersion":"apiextensions.k8s.io/v1","spec":{
            "group":"ex.io","scope":"Cluster","names":{"plural":"foos","kind":"Foo","shortNames":["fo"]},
            "versions":[{"name":"v1beta1","served":true},{"name":"v1","served":true},{"name":"v2","served":false}]}}"#;
        let object = decode(definition, DecodeOptions::default()).expect("JSON");
        assert!(resources.add_definition(&object) && resources.add_definition(&object));
        assert_eq!(plurals(&resources, "fo"), ["foos.ex.io"]);
        let foo = resources.at_path("ex.io/foos").expect("a resource");
        assert!(!foo.namespaced && foo.singular == "foo");
        let versions = foo.custom.as_ref().expect("custom");
        assert_eq!((versions.served.join(" ").as_str(), versions.alike), ("v1 v1beta1", true));
    }

    fn define(resources: &mut Resources, plural: &str, kind: &str) {
        let definition = format!(
            r#"{{"kind":"CustomResourceDefinition","apiVersion":"apiextensions.k8s.io/v1","spec":{{"group":"ex.io",
            "names":{{"plural":"{plural}","kind":"{kind}"}}}}}}"#
        );
        assert!(resources.add_definition(&decode(definition.as_bytes(), DecodeOptions::default()).expect("JSON")));
    }

    #[test]
    fn the_last_definition_of_a_path_counts() {
        let mut resources = Resources::default();
        for (plural, kind) in [("foos", "Foo"), ("bars", "Bar"), ("foos", "Food"), ("others", "Bar")] {
            define(&mut resources, plural, kind);
        }
        let custom = resources.iter().filter(|resource| resource.custom.is_some());
        assert_eq!(custom.map(|resource| &*resource.plural).collect::<Vec<_>>(), ["bars", "foos", "others"]);
        assert_eq!(resources.at_path("ex.io/foos").map(|resource| &*resource.kind), Some("Food"));
        let path_of = |kind| resources.of_kind("ex.io", kind).map(|resource| &*resource.path);
        assert_eq!([path_of("Foo"), path_of("Food"), path_of("Bar")], [None, Some("ex.io/foos"), Some("ex.io/bars")]);
    }

    #[test]
    fn any_number_of_definitions_is_learnt_and_found() {
        let mut resources = Resources::default();
        for round in 0..2 {
            for number in 0..20_000 {
                define(&mut resources, &format!("foos{number}"), &format!("Foo{number}x{round}"));
            }
        }
        for number in 0..20_000 {
            let foo = resources.at_path(&format!("ex.io/foos{number}")).expect("a resource");
            assert_eq!(resources.of_kind("ex.io", &foo.kind), Some(foo));
            assert!(foo.kind.ends_with("x1"));
        }
    }
}
