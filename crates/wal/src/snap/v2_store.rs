//! [`V2Store`]: the v2 store in a `.snap` file, a tree of directories and values (`docs/format/wal.md#v2-store`).
//!
//! ```text
//! /
//! +-- 0                     the cluster
//! |   +-- members
//! |   |   +-- <id>
//! |   |       +-- raftAttributes    {"peerURLs":[…],"isLearner":true}
//! |   |       +-- attributes        {"name":"…","clientURLs":[…]}, once the member has started
//! |   +-- removed_members
//! |   |   +-- <id>
//! |   +-- version                   3.5.0
//! +-- 1                     keys of v2 users
//! +-- 2                     users and roles of v2
//! ```

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::member_context::{is_false, null_is_empty};

/// The v2 store, decoded from JSON.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct V2Store {
    /// The root directory.
    #[serde(rename = "Root")]
    pub root: V2Node,
    /// Number of changes so far.
    #[serde(rename = "CurrentIndex", default)]
    pub current_index: u64,
}

/// A directory or a value of the v2 store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct V2Node {
    /// Its full path.
    #[serde(default)]
    pub path: String,
    /// Number of the change that created it.
    #[serde(default)]
    pub created_index: u64,
    /// Number of the change that last wrote it.
    #[serde(default)]
    pub modified_index: u64,
    /// When it expires, as RFC 3339; the year 1 means never.
    #[serde(default)]
    pub expire_time: String,
    /// Its value; empty for a directory.
    #[serde(default)]
    pub value: String,
    /// The children of a directory by name; `None` for a value.
    #[serde(default)]
    pub children: Option<BTreeMap<String, V2Node>>,
}

/// A member in the v2 store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct V2Member {
    /// Id.
    pub id: u64,
    /// Its peer URLs.
    pub peer_urls: Vec<String>,
    /// Is it a learner?
    pub is_learner: bool,
    /// Its name; empty until it has started.
    pub name: String,
    /// Its client URLs; empty until it has started.
    pub client_urls: Vec<String>,
}

/// Why a v2 store cannot be decoded. Servers up to 3.5 need it, so they do not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum V2StoreError {
    /// It is not JSON of this form, or directories are nested more than sixty levels deep.
    #[error("the v2 store cannot be decoded: {0}")]
    Json(V2JsonError),
    /// The name of a member's directory is not an id.
    #[error("the name of {path} is not a member id")]
    MemberId {
        /// Path of the directory.
        path: String,
    },
    /// The attributes of a member do not parse.
    #[error("{path} cannot be decoded: {error}")]
    Attributes {
        /// Path of the value.
        path: String,
        /// What is wrong with it.
        error: V2JsonError,
    },
}

/// An error in JSON and its place. It never has content of the JSON, which may be secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{problem} at line {line}, column {column}")]
pub struct V2JsonError {
    /// The error in words.
    pub problem: &'static str,
    /// Line number from 1; 0 when the error has no place.
    pub line: usize,
    /// Bytes from the start of the line.
    pub column: usize,
}

impl From<serde_json::Error> for V2JsonError {
    fn from(error: serde_json::Error) -> Self {
        use serde_json::error::Category;
        let problem = match error.classify() {
            Category::Eof => "it is incomplete",
            Category::Data => "it has other fields or types than etcd writes",
            Category::Syntax | Category::Io => "it is not JSON",
        };
        Self { problem, line: error.line(), column: error.column() }
    }
}

/// `{"peerURLs":[…],"isLearner":true}`
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct RaftAttributes {
    #[serde(rename = "peerURLs", deserialize_with = "null_is_empty")]
    pub peer_urls: Vec<String>,
    #[serde(rename = "isLearner", skip_serializing_if = "is_false")]
    pub is_learner: bool,
}

/// `{"name":"…","clientURLs":[…]}`
#[derive(Default, Deserialize)]
#[serde(default)]
struct Attributes {
    name: String,
    #[serde(rename = "clientURLs", deserialize_with = "null_is_empty")]
    client_urls: Vec<String>,
}

impl V2Store {
    /// Parses the JSON of a `.snap` file.
    pub fn parse(json: &[u8]) -> Result<Self, V2StoreError> {
        serde_json::from_slice(json).map_err(|error| V2StoreError::Json(error.into()))
    }

    /// Finds the node at a path such as `/0/version`.
    pub fn node(&self, path: &str) -> Option<&V2Node> {
        path.split('/').filter(|name| !name.is_empty()).try_fold(&self.root, |node, name| node.child(name))
    }

    /// The members, ascending by id.
    pub fn members(&self) -> Result<Vec<V2Member>, V2StoreError> {
        let members = self.node("/0/members").into_iter().flat_map(V2Node::entries);
        let mut members: Vec<_> = members.map(|(name, node)| member(name, node)).collect::<Result<_, _>>()?;
        members.sort_unstable_by_key(|member| member.id);
        Ok(members)
    }

    /// Ids of the members that were removed, ascending.
    pub fn removed_members(&self) -> Result<Vec<u64>, V2StoreError> {
        let removed = self.node("/0/removed_members").into_iter().flat_map(V2Node::entries);
        let mut removed: Vec<_> = removed.map(|(name, node)| member_id(name, node)).collect::<Result<_, _>>()?;
        removed.sort_unstable();
        Ok(removed)
    }

    /// The cluster version; absent in a store that a restore made.
    pub fn cluster_version(&self) -> Option<&str> {
        Some(&self.node("/0/version")?.value)
    }

    /// Path of a directory with content of v2 clients; `None` if the store only describes the cluster.
    ///
    /// 3.6 does not start when there is one. Directories directly below `/2` without visible children do not count (since 3.5.22: the
    /// remains of v2 authentication), nor do names that begin with an underscore, which v2 hides.
    pub fn custom_content(&self) -> Option<&str> {
        let is_custom = |name: &str, node: &V2Node| match name {
            "0" => false,
            "2" => node.visible().any(|(_, below)| below.visible().next().is_some()),
            _ => node.visible().next().is_some(),
        };
        self.root.visible().find(|(name, node)| is_custom(name, node)).map(|(_, node)| node.path.as_str())
    }
}

impl V2Node {
    /// Paths of all values below it. Directories of a store are nested at most sixty levels deep.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        let mut open = vec![self];
        std::iter::from_fn(move || {
            loop {
                let node = open.pop()?;
                match &node.children {
                    Some(children) => open.extend(children.values().rev()),
                    None => return Some(node.path.as_str()),
                }
            }
        })
    }

    fn child(&self, name: &str) -> Option<&Self> {
        self.children.as_ref()?.get(name)
    }

    fn entries(&self) -> impl Iterator<Item = (&str, &Self)> {
        self.children.iter().flatten().map(|(name, node)| (name.as_str(), node))
    }

    fn visible(&self) -> impl Iterator<Item = (&str, &Self)> {
        self.entries().filter(|(name, _)| !name.starts_with('_'))
    }
}

fn member_id(name: &str, node: &V2Node) -> Result<u64, V2StoreError> {
    u64::from_str_radix(name, 16).map_err(|_| V2StoreError::MemberId { path: node.path.clone() })
}

fn member(name: &str, node: &V2Node) -> Result<V2Member, V2StoreError> {
    let id = member_id(name, node)?;
    let raft: RaftAttributes = attributes(node, "raftAttributes")?;
    let own: Attributes = attributes(node, "attributes")?;
    let (peer_urls, is_learner) = (raft.peer_urls, raft.is_learner);
    Ok(V2Member { id, peer_urls, is_learner, name: own.name, client_urls: own.client_urls })
}

/// Decodes an attribute value of a member; the default when the member has none.
fn attributes<T: Default + for<'de> Deserialize<'de>>(member: &V2Node, name: &str) -> Result<T, V2StoreError> {
    let Some(node) = member.child(name) else { return Ok(T::default()) };
    let parsed = serde_json::from_str(&node.value);
    parsed.map_err(|error| V2StoreError::Attributes { path: node.path.clone(), error: error.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A store with these paths, of which those that end in a slash are directories.
    fn store(values: &[(&str, &str)]) -> V2Store {
        let directory = |path: &str| V2Node { path: path.into(), children: Some(BTreeMap::new()), ..leaf("", "") };
        fn leaf(path: &str, value: &str) -> V2Node {
            let (path, value, expire_time) = (path.into(), value.into(), String::new());
            V2Node { path, created_index: 1, modified_index: 1, expire_time, value, children: None }
        }
        let mut store = V2Store { root: directory("/"), current_index: 1 };
        for (path, value) in values {
            let (mut node, mut so_far) = (&mut store.root, String::new());
            let names: Vec<_> = path.split('/').filter(|name| !name.is_empty()).collect();
            for (depth, name) in names.iter().enumerate() {
                so_far = format!("{so_far}/{name}");
                let is_leaf = depth + 1 == names.len() && !path.ends_with('/');
                let new = if is_leaf { leaf(&so_far, value) } else { directory(&so_far) };
                node = node.children.get_or_insert_default().entry((*name).into()).or_insert(new);
            }
        }
        store
    }

    #[test]
    fn members_are_read_from_both_their_values() {
        let store = store(&[
            ("/0/members/d5e92ab4abfe950/raftAttributes", r#"{"peerURLs":["http://b:2380"],"isLearner":true}"#),
            ("/0/members/1/raftAttributes", r#"{"peerURLs":["http://a:2380"]}"#),
            ("/0/members/1/attributes", r#"{"name":"a","clientURLs":["http://a:2379"]}"#),
            ("/0/removed_members/ff", "removed"),
            ("/0/version", "3.5.0"),
        ]);
        let a = V2Member {
            id: 1,
            peer_urls: vec!["http://a:2380".into()],
            name: "a".into(),
            client_urls: vec!["http://a:2379".into()],
            ..V2Member::default()
        };
        let peer_urls = vec!["http://b:2380".into()];
        let b = V2Member { id: 0x0d5e_92ab_4abf_e950, peer_urls, is_learner: true, ..V2Member::default() };
        assert_eq!(store.members().expect("members"), [a, b]);
        assert_eq!(store.removed_members().expect("ids"), [0xff]);
        assert_eq!(store.cluster_version(), Some("3.5.0"));
    }

    #[test]
    fn a_store_about_the_cluster_alone_is_told_from_one_with_user_keys() {
        let custom =
            |path| store(&[("/0/version", "3.5.0"), ("/1/", ""), (path, "")]).custom_content().map(String::from);
        assert_eq!(custom("/1/"), None);
        assert_eq!(custom("/1/foo"), Some("/1".into()));
        assert_eq!(custom("/1/_hidden"), None);
        assert_eq!(custom("/3/foo/bar"), Some("/3".into()));
        assert_eq!(custom("/2/enabled"), None);
        assert_eq!(custom("/2/users/"), None);
        assert_eq!(custom("/2/users/root"), Some("/2".into()));
    }

    #[test]
    fn an_error_says_where_and_not_what() {
        let refused = V2Store::parse(br#"{"Root":{"Children":{"1":"hunter2"}}}"#).expect_err("no directory");
        let expected =
            "the v2 store cannot be decoded: it has other fields or types than etcd writes at line 1, column 34";
        assert_eq!(refused.to_string(), expected);
        assert!(!format!("{refused:?}").contains("hunter2"));
        let attributes = store(&[("/0/members/1/attributes", r#"{"name":["hunter2"]}"#)]);
        let refused = attributes.members().expect_err("no name");
        assert!(!format!("{refused} {refused:?}").contains("hunter2"), "{refused}");
    }

    #[test]
    fn what_is_no_store_is_an_error_with_its_path() {
        assert!(matches!(V2Store::parse(b"{}"), Err(V2StoreError::Json(_))));
        let deep = format!("{{\"Root\":{}", "{\"Children\":{\"a\":".repeat(100_000));
        assert!(matches!(V2Store::parse(deep.as_bytes()), Err(V2StoreError::Json(_))));
        let unnamed = store(&[("/0/members/x/raftAttributes", "{}")]).members().expect_err("no id");
        assert_eq!(unnamed.to_string(), "the name of /0/members/x is not a member id");
        let broken = store(&[("/0/members/1/attributes", "{")]).members().expect_err("no attributes");
        assert!(broken.to_string().starts_with("/0/members/1/attributes cannot be decoded"));
    }
}
