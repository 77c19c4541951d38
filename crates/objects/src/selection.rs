//! Which objects are meant, in kubectl's words.

use std::collections::{HashMap, HashSet};
use std::ops::Deref;

use etcdsnap_kube::key::ObjectKey;
use etcdsnap_kube::resource::{Resource, Resources};
use thiserror::Error;

use crate::{LabelSelector, Objects};

/// What kubectl means by `all`: the resources of the category, in its order.
const ALL: [&str; 10] = [
    "pods",
    "replicationcontrollers",
    "services",
    "daemonsets.apps",
    "deployments.apps",
    "replicasets.apps",
    "statefulsets.apps",
    "horizontalpodautoscalers.autoscaling",
    "cronjobs.batch",
    "jobs.batch",
];

/// Objects that are meant. The default means all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectSelection {
    /// Resources, or objects of them by their names; in the order in which they are wanted. Empty for every resource.
    pub wanted: SelectionItems,
    /// Only those of this namespace, of resources that have namespaces at all; nothing for all namespaces.
    pub namespace: Option<String>,
    /// Only those with such labels.
    pub labels: LabelSelector,
}

/// Resources and objects in an order, to be looked up by the keys of objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SelectionItems {
    list: Vec<SelectionItem>,
    /// By path.
    ranks: HashMap<String, Ranks>,
}

/// Where in the list the objects of one resource are wanted first: all of them, and single ones by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Ranks {
    any: Option<usize>,
    named: HashMap<String, usize>,
}

/// A resource, or one object of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectionItem {
    /// What says in keys which resource it is, such as `services/specs`.
    pub path: String,
    /// Plural and group, such as `deployments.apps`.
    pub resource: String,
    /// Whether its objects lie in namespaces.
    pub namespaced: bool,
    /// The name of the object; nothing for all.
    pub name: Option<String>,
}

/// Why words mean no objects.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ObjectSelectionError {
    /// Nothing is called so.
    #[error("there is no resource type {0:?}")]
    UnknownType(String),
    /// Names of both forms.
    #[error("{0:?}: either all arguments are TYPE/NAME, or the first one is a TYPE and the others are names")]
    Mixed(String),
    /// Neither type nor name may be missing.
    #[error("{0:?} is not TYPE/NAME")]
    Malformed(String),
}

impl ObjectSelection {
    /// Understands `TYPE`, `TYPE,TYPE`, `TYPE NAME …`, `TYPE/NAME …` and `all`; no words mean every resource. A type is a
    /// plural, singular, short name or kind, with or without a group behind it.
    ///
    /// # Errors
    /// The words name nothing.
    pub fn parse<S: AsRef<str>>(words: &[S], objects: &Objects<'_>) -> Result<Self, ObjectSelectionError> {
        let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
        let wanted = match words.as_slice() {
            [] => Vec::new(),
            [first, ..] if first.contains('/') => pairs(&words, &Types::of(objects))?,
            [types, names @ ..] => of_types(types, names, &Types::of(objects))?,
        };
        Ok(Self { wanted: wanted.into(), ..Self::default() })
    }

    /// The single object that is asked for, if it is a single one.
    pub fn single(&self) -> Option<&SelectionItem> {
        match &*self.wanted {
            [only] if only.name.is_some() => Some(only),
            _ => None,
        }
    }

    /// Whether the key is that of an object that is meant, labels aside.
    pub fn has_key(&self, key: &ObjectKey<'_>) -> bool {
        let in_namespace = match (&self.namespace, key.namespace) {
            (None, _) => true,
            (Some(wanted), Some(namespace)) => wanted == namespace,
            // Resources without namespaces are shown when they are asked for by name.
            (Some(_), None) => !self.wanted.is_empty(),
        };
        in_namespace && (self.wanted.is_empty() || self.rank(key).is_some())
    }

    /// Which of the wanted the object is.
    pub(crate) fn rank(&self, key: &ObjectKey<'_>) -> Option<usize> {
        self.wanted.rank(key)
    }
}

impl SelectionItems {
    /// The first that an object is.
    fn rank(&self, key: &ObjectKey<'_>) -> Option<usize> {
        let ranks = self.ranks.get(key.path)?;
        let as_any = ranks.any;
        let as_one = ranks.named.get(key.name).copied();
        as_any.into_iter().chain(as_one).min()
    }
}

impl From<Vec<SelectionItem>> for SelectionItems {
    fn from(list: Vec<SelectionItem>) -> Self {
        let mut ranks: HashMap<String, Ranks> = HashMap::new();
        for (rank, SelectionItem { path, name, .. }) in list.iter().enumerate() {
            let of_path = ranks.entry(path.clone()).or_default();
            match name {
                Some(name) => _ = of_path.named.entry(name.clone()).or_insert(rank),
                None => _ = of_path.any.get_or_insert(rank),
            }
        }
        Self { list, ranks }
    }
}

impl Deref for SelectionItems {
    type Target = [SelectionItem];

    fn deref(&self) -> &[SelectionItem] {
        &self.list
    }
}

impl SelectionItem {
    fn new(resource: &Resource) -> Self {
        Self {
            path: resource.path.to_string(),
            resource: resource.full_name(),
            namespaced: resource.namespaced,
            name: None,
        }
    }

    fn named(&self, name: &str) -> Self {
        Self { name: Some(name.to_owned()), ..self.clone() }
    }
}

fn pairs(words: &[&str], types: &Types<'_>) -> Result<Vec<SelectionItem>, ObjectSelectionError> {
    let pair = |word: &&str| {
        let (word_of_type, name) =
            word.split_once('/').ok_or_else(|| ObjectSelectionError::Mixed((*word).to_owned()))?;
        if word_of_type.is_empty() || name.is_empty() || name.contains('/') {
            return Err(ObjectSelectionError::Malformed((*word).to_owned()));
        }
        Ok(types.called(word_of_type)?.named(name))
    };
    words.iter().map(pair).collect()
}

fn of_types(words: &str, names: &[&str], types: &Types<'_>) -> Result<Vec<SelectionItem>, ObjectSelectionError> {
    if let Some(pair) = names.iter().find(|name| name.contains('/')) {
        return Err(ObjectSelectionError::Mixed((*pair).to_owned()));
    }
    let mut wanted = Vec::new();
    for word in words.split(',') {
        let expanded: &[&str] = if word == "all" { &ALL } else { &[word] };
        for word in expanded {
            let resource = types.called(word)?;
            if names.is_empty() {
                wanted.push(resource);
            } else {
                wanted.extend(names.iter().map(|name| resource.named(name)));
            }
        }
    }
    Ok(wanted)
}

/// The resources that words may mean.
struct Types<'o> {
    resources: &'o Resources,
    /// Paths below which objects lie, in the order of the survey.
    paths: Vec<&'o str>,
    stored: HashSet<&'o str>,
}

impl<'o> Types<'o> {
    fn of(objects: &'o Objects<'_>) -> Self {
        let paths: Vec<&str> = objects.key_counts().resources.iter().map(|count| count.path.as_str()).collect();
        let stored = paths.iter().copied().collect();
        Self { resources: objects.cluster().resources(), paths, stored }
    }

    /// The resource that a word means: of several, the first that has objects in the backup, else the first; or what lies in the
    /// backup under such a path without a definition.
    fn called(&self, word: &str) -> Result<SelectionItem, ObjectSelectionError> {
        let named = self.resources.named(word);
        let is_stored = |resource: &&&Resource| self.stored.contains(&*resource.path);
        if let Some(resource) = named.iter().find(is_stored).or(named.first()) {
            return Ok(SelectionItem::new(resource));
        }
        let word = word.to_lowercase();
        let undefined = self.paths.iter().filter(|path| self.resources.at_path(path).is_none());
        let resource = undefined
            .map(|path| (path, crate::objects::undefined_name(path)))
            .find(|(_, name)| *name == word || name.split_once('.').is_some_and(|(plural, _)| plural == word));
        let (path, resource) = resource.ok_or(ObjectSelectionError::UnknownType(word))?;
        Ok(SelectionItem { path: (*path).to_owned(), resource, namespaced: true, name: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_the_first_of_the_wanted_that_it_can_be() {
        let wanted = |path: &str, name: Option<&str>| {
            let (path, name) = (path.to_owned(), name.map(str::to_owned));
            SelectionItem { path, resource: String::new(), namespaced: true, name }
        };
        let list =
            [("pods", Some("a")), ("pods", None), ("pods", Some("b")), ("nodes", Some("a")), ("nodes", Some("a"))];
        let list = SelectionItems::from(list.map(|(path, name)| wanted(path, name)).to_vec());
        let rank = |path, name| list.rank(&ObjectKey { root: "/registry", path, namespace: None, name });
        assert_eq!([rank("pods", "a"), rank("pods", "b"), rank("pods", "c")], [Some(0), Some(1), Some(1)]);
        assert_eq!([rank("nodes", "a"), rank("nodes", "b"), rank("leases", "a")], [Some(3), None, None]);
    }
}
