//! Which objects are meant, in kubectl's words.

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
pub struct Selection {
    /// Resources, or objects of them by their names; in the order in which they are wanted. Empty for every resource.
    pub wanted: Vec<Wanted>,
    /// Only those of this namespace, of resources that have namespaces at all; nothing for all namespaces.
    pub namespace: Option<String>,
    /// Only those with such labels.
    pub labels: LabelSelector,
}

/// A resource, or one object of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
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
pub enum SelectionError {
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

impl Selection {
    /// Understands `TYPE`, `TYPE,TYPE`, `TYPE NAME …`, `TYPE/NAME …` and `all`; no words mean every resource. A type is a
    /// plural, singular, short name or kind, with or without a group behind it.
    ///
    /// # Errors
    /// The words name nothing.
    pub fn parse<S: AsRef<str>>(words: &[S], objects: &Objects<'_>) -> Result<Self, SelectionError> {
        let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
        let wanted = match words.as_slice() {
            [] => Vec::new(),
            [first, ..] if first.contains('/') => pairs(&words, objects)?,
            [types, names @ ..] => of_types(types, names, objects)?,
        };
        Ok(Self { wanted, ..Self::default() })
    }

    /// The single object that is asked for, if it is a single one.
    pub fn single(&self) -> Option<&Wanted> {
        match self.wanted.as_slice() {
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
        self.wanted.iter().position(|wanted| wanted.is(key))
    }
}

impl Wanted {
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

    pub(crate) fn is(&self, key: &ObjectKey<'_>) -> bool {
        self.path == key.path && self.name.as_deref().is_none_or(|name| name == key.name)
    }
}

fn pairs(words: &[&str], objects: &Objects<'_>) -> Result<Vec<Wanted>, SelectionError> {
    let pair = |word: &&str| {
        let (word_of_type, name) = word.split_once('/').ok_or_else(|| SelectionError::Mixed((*word).to_owned()))?;
        if word_of_type.is_empty() || name.is_empty() || name.contains('/') {
            return Err(SelectionError::Malformed((*word).to_owned()));
        }
        Ok(of_type(word_of_type, objects)?.named(name))
    };
    words.iter().map(pair).collect()
}

fn of_types(types: &str, names: &[&str], objects: &Objects<'_>) -> Result<Vec<Wanted>, SelectionError> {
    if let Some(pair) = names.iter().find(|name| name.contains('/')) {
        return Err(SelectionError::Mixed((*pair).to_owned()));
    }
    let mut wanted = Vec::new();
    for word in types.split(',') {
        let expanded: &[&str] = if word == "all" { &ALL } else { &[word] };
        for word in expanded {
            let resource = of_type(word, objects)?;
            if names.is_empty() {
                wanted.push(resource);
            } else {
                wanted.extend(names.iter().map(|name| resource.named(name)));
            }
        }
    }
    Ok(wanted)
}

/// The resource that a word means: of several, the first that has objects in the backup, else the first; or what lies in the
/// backup under such a path without a definition.
fn of_type(word: &str, objects: &Objects<'_>) -> Result<Wanted, SelectionError> {
    let resources: &Resources = objects.cluster().resources();
    let named = resources.named(word);
    let is_stored = |resource: &&&Resource| objects.survey().tallies.iter().any(|tally| tally.path == resource.path);
    if let Some(resource) = named.iter().find(is_stored).or(named.first()) {
        return Ok(Wanted::new(resource));
    }
    let word = word.to_lowercase();
    let undefined = objects.survey().tallies.iter().filter(|tally| resources.at_path(&tally.path).is_none());
    let resource = undefined
        .map(|tally| (tally, crate::objects::undefined_name(&tally.path)))
        .find(|(_, name)| *name == word || name.split_once('.').is_some_and(|(plural, _)| plural == word));
    let (tally, resource) = resource.ok_or(SelectionError::UnknownType(word))?;
    Ok(Wanted { path: tally.path.clone(), resource, namespaced: true, name: None })
}
