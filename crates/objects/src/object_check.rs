//! What is wrong with objects: each on its own, and what they say of each other.
//!
//! A [`ObjectCheck`] takes one [`ObjectContent`] a key and gives findings of the catalogue's Kubernetes rules. What cannot be known is
//! no finding: an owner that may be among the objects that could not be opened is not missing.

use std::collections::{BTreeMap, HashMap, HashSet};

use etcdsnap_kube::encryption::DecryptError;
use etcdsnap_kube::key::{self, InternalKey, KeyMismatch, ObjectKey};
use etcdsnap_kube::metadata::{ObjectHeader, ObjectMetadata, OwnerReference};
use etcdsnap_kube::resource::Resources;
use etcdsnap_mvcc::Position;
use etcdsnap_quote::excerpt;
use etcdsnap_snapshot::catalogue::kubernetes::{
    KUBE_DEFINITION_MISSING, KUBE_KEY_MISMATCH, KUBE_KIND_MISMATCH, KUBE_MASTER_LEASE_STALE, KUBE_NAMESPACE_MISSING,
    KUBE_OWNER_MISSING, KUBE_UID_DUPLICATE, KUBE_VALUE_UNDECODABLE, KUBE_VALUE_UNOPENED,
};
use etcdsnap_snapshot::finding::{Finding, Findings, Kind};
use etcdsnap_snapshot::place::Place;

use crate::parallel_map::map_all_in_order;
use crate::{ObjectRecord, Objects, Plaintext, UnreadableObject};

/// What a key holds, as far as it could be read.
#[derive(Clone, Debug)]
pub enum ObjectContent<'a> {
    /// An object.
    Object(Box<ObjectHeader<'a>>),
    /// An encrypted value that stays closed.
    Encrypted(DecryptError),
    /// Something that is no object, and why.
    Undecodable(String),
}

/// What was found.
#[derive(Debug)]
pub struct CheckOutcome {
    /// Objects that were looked at.
    pub objects: u64,
    /// Those of them that are encrypted and for which no key was at hand.
    pub sealed: u64,
    /// What is wrong.
    pub findings: Findings,
}

/// Takes objects in, one by one.
#[derive(Debug)]
pub struct ObjectCheck<'r> {
    resources: &'r Resources,
    findings: Findings,
    namespaces: HashSet<(String, String)>,
    inhabited: BTreeMap<(String, String), Group>,
    undefined: BTreeMap<(String, String), Group>,
    /// By root and uid, the keys of objects.
    uids: HashMap<String, HashMap<String, String>>,
    owned: Vec<Owned>,
    /// By root and namespace, the names of what stays closed.
    sealed: HashMap<String, HashMap<String, HashSet<String>>>,
}

/// Keys with something in common.
#[derive(Debug)]
struct Group {
    keys: u64,
    first: Vec<u8>,
}

/// An object with owners.
#[derive(Debug)]
struct Owned {
    key: Vec<u8>,
    root: String,
    namespace: String,
    owners: Vec<OwnerReference<'static>>,
}

impl<'r> ObjectCheck<'r> {
    /// Begins a check that keeps at most `limit` findings of each rule.
    pub fn new(resources: &'r Resources, limit: u64) -> Self {
        Self {
            resources,
            findings: Findings::new(limit),
            namespaces: HashSet::new(),
            inhabited: BTreeMap::new(),
            undefined: BTreeMap::new(),
            uids: HashMap::new(),
            owned: Vec::new(),
            sealed: HashMap::new(),
        }
    }

    /// Takes in all that lives in a backup and ends the check. `has_lease` tells whether a lease exists; nothing where that is
    /// not known for the revision.
    pub fn over(mut self, objects: &Objects<'_>, has_lease: Option<&dyn Fn(i64) -> bool>) -> CheckOutcome {
        let (mut count, mut sealed) = (0, 0);
        let record = |at: &Position| objects.index().record(*at);
        let make = |at: &Position| (record(at), objects.entry(*at).map(|entry| read_content(&entry)));
        map_all_in_order(
            &objects.live_by_key(),
            |at| objects.stored_len(*at),
            make,
            |(record, content)| {
                let Some(kv) = record.map(|record| record.kv) else { return };
                match (objects.classify(kv.key), content, has_lease) {
                    (key::ClassifiedKey::Object(key), Some(content), _) => {
                        count += 1;
                        sealed += u64::from(matches!(&content, ObjectContent::Encrypted(error) if !is_at_fault(error)));
                        self.take(kv.key, &key, &content);
                    }
                    (key::ClassifiedKey::Internal(InternalKey::MasterLease, _), _, Some(has_lease)) => {
                        self.take_master_lease(kv.key, kv.lease, has_lease(kv.lease));
                    }
                    _ => {}
                }
            },
        );
        CheckOutcome { objects: count, sealed, findings: self.finish() }
    }

    /// Takes in the key of an object and what lies there. All keys of a backup have to come, in any order.
    pub fn take(&mut self, etcd_key: &[u8], key: &ObjectKey<'_>, content: &ObjectContent<'_>) {
        self.take_key(etcd_key, key);
        match content {
            ObjectContent::Object(header) => self.take_object(etcd_key, key, header),
            ObjectContent::Encrypted(error) => {
                let sealed = self.sealed.entry(key.root.to_owned()).or_default();
                let names = sealed.entry(key.namespace.unwrap_or_default().to_owned()).or_default();
                names.insert(key.name.to_owned());
                if is_at_fault(error) {
                    self.find(&KUBE_VALUE_UNOPENED, etcd_key, error.to_string());
                }
            }
            ObjectContent::Undecodable(problem) => self.find(&KUBE_VALUE_UNDECODABLE, etcd_key, problem.clone()),
        }
    }

    fn take_key(&mut self, etcd_key: &[u8], key: &ObjectKey<'_>) {
        let root = || key.root.to_owned();
        if key.path == "namespaces" {
            self.namespaces.insert((root(), key.name.to_owned()));
        }
        if let Some(namespace) = key.namespace {
            Group::add(&mut self.inhabited, (root(), namespace.to_owned()), etcd_key);
        }
        if key.group().is_some() && self.resources.at_path(key.path).is_none() {
            Group::add(&mut self.undefined, (root(), key.path.to_owned()), etcd_key);
        }
    }

    fn take_object(&mut self, etcd_key: &[u8], key: &ObjectKey<'_>, header: &ObjectHeader<'_>) {
        let metadata = &header.metadata;
        if let Some(message) = mismatch(key, metadata) {
            self.find(&KUBE_KEY_MISMATCH, etcd_key, message);
        }
        if let Some(resource) = self.resources.at_path(key.path)
            && resource.kind != header.kind
        {
            let (kind, wanted) = (named(&header.kind), excerpt(resource.kind.as_bytes()));
            let message = if header.kind.is_empty() {
                format!("the object has lost its kind, which by its key is {wanted}")
            } else {
                format!("the object is a {kind}, not a {wanted}")
            };
            self.find(&KUBE_KIND_MISMATCH, etcd_key, message);
        }
        if !metadata.uid.is_empty() {
            let place = String::from_utf8_lossy(etcd_key).into_owned();
            let uids = self.uids.entry(key.root.to_owned()).or_default();
            if let Some(other) = uids.insert(metadata.uid.to_string(), place) {
                let message = format!("{} has the uid {} too", named(&other), named(&metadata.uid));
                self.find(&KUBE_UID_DUPLICATE, etcd_key, message);
            }
        }
        if !metadata.owners.is_empty() {
            // One that is named a million times is one owner.
            let mut known = HashSet::new();
            let owners = metadata.owners.iter();
            let owners = owners.filter(|owner| known.insert((&*owner.kind, &*owner.name, &*owner.uid)));
            self.owned.push(Owned {
                key: etcd_key.to_owned(),
                root: key.root.to_owned(),
                namespace: key.namespace.unwrap_or_default().to_owned(),
                owners: owners.map(into_owned).collect(),
            });
        }
    }

    /// Takes in the key of an API server's lease: its lease in etcd, and whether that exists.
    pub fn take_master_lease(&mut self, etcd_key: &[u8], lease: i64, exists: bool) {
        if lease == 0 {
            self.find(&KUBE_MASTER_LEASE_STALE, etcd_key, "it has no lease");
        } else if !exists {
            let message = format!("its lease {lease:016x} does not exist");
            self.find(&KUBE_MASTER_LEASE_STALE, etcd_key, message);
        }
    }

    /// Ends the check.
    pub fn finish(mut self) -> Findings {
        for ((root, namespace), group) in std::mem::take(&mut self.inhabited) {
            if !self.namespaces.contains(&(root, namespace.clone())) {
                let message = group.counted(&format!("in namespace {}, which does not exist", named(&namespace)));
                self.find(&KUBE_NAMESPACE_MISSING, &group.first, message);
            }
        }
        for ((_, path), group) in std::mem::take(&mut self.undefined) {
            let message = group.counted(&format!("of {}, which no definition defines", named(&path)));
            self.find(&KUBE_DEFINITION_MISSING, &group.first, message);
        }
        for Owned { key, root, namespace, owners } in std::mem::take(&mut self.owned) {
            for owner in owners {
                if !self.may_exist(&root, &namespace, &owner) {
                    let (kind, name, uid) = (excerpt(owner.kind.as_bytes()), named(&owner.name), named(&owner.uid));
                    let message = format!("its owner, {kind} {name} with uid {uid}, does not exist");
                    self.find(&KUBE_OWNER_MISSING, &key, message);
                }
            }
        }
        self.findings
    }

    /// Whether there is such an owner of what lies below a root in a namespace, or may be one among what stays closed.
    fn may_exist(&self, root: &str, namespace: &str, owner: &OwnerReference<'_>) -> bool {
        let has_name = |names: &HashSet<String>| names.contains(&*owner.name);
        self.uids.get(root).is_some_and(|uids| uids.contains_key(&*owner.uid))
            || self.sealed.get(root).is_some_and(|sealed| {
                [namespace, ""].iter().any(|namespace| sealed.get(*namespace).is_some_and(has_name))
            })
    }

    fn find(&mut self, kind: &'static Kind, etcd_key: &[u8], message: impl Into<String>) {
        self.findings.push(Finding::new(kind, Place::entry("key", etcd_key), message));
    }
}

impl Group {
    fn add(groups: &mut BTreeMap<(String, String), Self>, of: (String, String), etcd_key: &[u8]) {
        groups.entry(of).or_insert_with(|| Self { keys: 0, first: etcd_key.to_owned() }).keys += 1;
    }

    /// `this is the first of 3 objects in …`
    fn counted(&self, rest: &str) -> String {
        match self.keys {
            1 => format!("this object is {rest}"),
            keys => format!("this is the first of {keys} objects {rest}"),
        }
    }
}

/// Where an object and its key name different objects, in words. The other name is left out: where the file is damaged, any
/// bytes of the value may stand in its place.
pub(crate) fn mismatch(key: &ObjectKey<'_>, metadata: &ObjectMetadata<'_>) -> Option<&'static str> {
    Some(match key.mismatch(metadata)? {
        KeyMismatch::Name if metadata.name.is_empty() => "the object has no name",
        KeyMismatch::Name => "the object has another name than its key",
        KeyMismatch::Namespace if metadata.namespace.is_empty() => "the object says it is in no namespace",
        KeyMismatch::Namespace => "the object says it is in another namespace than its key",
    })
}

/// In quotes, cut where it is longer than any name of Kubernetes, so that nothing in a value can flood a report.
fn named(name: &str) -> String {
    const LONGEST: usize = 253;
    if name.len() <= LONGEST { format!("{name:?}") } else { excerpt(name.as_bytes()) }
}

/// Whether the value is at fault that it stays closed. A key that is not at hand says nothing about it.
fn is_at_fault(error: &DecryptError) -> bool {
    !matches!(error, DecryptError::NoKey { .. } | DecryptError::NeedsKms { .. })
}

/// Opens and decodes an object, all of it; only its type and metadata are kept.
fn read_content(entry: &ObjectRecord<'_, '_>) -> ObjectContent<'static> {
    let header = |clear: &Plaintext<'_>| {
        entry.object(clear, false)?;
        Ok(ObjectContent::Object(Box::new(owned(&clear.header()?))))
    };
    match entry.open().and_then(|clear| header(&clear)) {
        Ok(content) => content,
        Err(UnreadableObject::Encrypted(error)) => ObjectContent::Encrypted(error),
        Err(UnreadableObject::Undecodable(error)) => ObjectContent::Undecodable(error.to_string()),
    }
}

/// What the check needs of a header, by itself.
fn owned(header: &ObjectHeader<'_>) -> ObjectHeader<'static> {
    let text = |text: &str| text.to_owned().into();
    let metadata = &header.metadata;
    ObjectHeader {
        api_version: text(&header.api_version),
        kind: text(&header.kind),
        metadata: ObjectMetadata {
            name: text(&metadata.name),
            namespace: text(&metadata.namespace),
            uid: text(&metadata.uid),
            owners: metadata.owners.iter().map(into_owned).collect(),
            ..ObjectMetadata::default()
        },
    }
}

fn into_owned(owner: &OwnerReference<'_>) -> OwnerReference<'static> {
    let text = |text: &str| text.to_owned().into();
    OwnerReference {
        api_version: text(&owner.api_version),
        kind: text(&owner.kind),
        name: text(&owner.name),
        uid: text(&owner.uid),
        controller: owner.controller,
    }
}

#[cfg(test)]
mod tests {
    use etcdsnap_kube::encryption::Provider;
    use etcdsnap_kube::key::Roots;

    use super::*;

    /// Looks at objects, each a key and its JSON, and gives the rules that were found broken, each with the end of its key.
    fn found(objects: &[(&str, &str)]) -> Vec<String> {
        let findings = findings(objects);
        let end =
            |finding: &Finding| finding.place.key.clone().unwrap_or_default().rsplit('/').next().map(str::to_owned);
        findings.iter().map(|finding| format!("{} {}", finding.kind.id, end(finding).unwrap_or_default())).collect()
    }

    fn findings(objects: &[(&str, &str)]) -> Vec<Finding> {
        let resources = Resources::default();
        let mut check = ObjectCheck::new(&resources, 10);
        for (key, json) in objects {
            let key::ClassifiedKey::Object(place) = Roots::default().classify(key.as_bytes()) else { panic!("{key}") };
            let content = match ObjectHeader::read(json.as_bytes()) {
                Ok(header) => ObjectContent::Object(Box::new(header)),
                Err(_) if *json == "sealed" => {
                    ObjectContent::Encrypted(DecryptError::NoKey { provider: Provider::AesCbc, name: "k".to_owned() })
                }
                Err(error) => ObjectContent::Undecodable(error.to_string()),
            };
            check.take(key.as_bytes(), &place, &content);
        }
        check.finish().into_kept()
    }

    fn pod(namespace: &str, name: &str, rest: &str) -> String {
        format!(r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"{name}","namespace":"{namespace}"{rest}}}}}"#)
    }

    const DEMO: (&str, &str) =
        ("/registry/namespaces/demo", r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"demo","uid":"n"}}"#);

    #[test]
    fn sound_objects_give_nothing() {
        let owned = pod("demo", "p", r#","uid":"p","ownerReferences":[{"kind":"Namespace","name":"demo","uid":"n"}]"#);
        assert!(found(&[DEMO, ("/registry/pods/demo/p", &owned)]).is_empty());
    }

    #[test]
    fn keys_and_objects_must_agree() {
        for (object, rule) in [
            (pod("demo", "q", ""), "KUBE_KEY_MISMATCH p"),
            (pod("other", "p", ""), "KUBE_KEY_MISMATCH p"),
            (pod("demo", "p", "").replace("Pod", "Secret"), "KUBE_KIND_MISMATCH p"),
            ("{\"kind\":".to_owned(), "KUBE_VALUE_UNDECODABLE p"),
        ] {
            assert_eq!(found(&[DEMO, ("/registry/pods/demo/p", &object)]), [rule]);
        }
    }

    #[test]
    fn a_lost_kind_is_told_in_words() {
        let protobuf = "k8s\0\n\0\x12\x0b\n\t\n\x01p\x1a\x04demo";
        let found = findings(&[DEMO, ("/registry/pods/demo/p", protobuf)]);
        let wanted = (&KUBE_KIND_MISMATCH, "the object has lost its kind, which by its key is Pod");
        assert_eq!(found.iter().map(|one| (one.kind, one.message.as_str())).collect::<Vec<_>>(), [wanted]);
    }

    #[test]
    fn what_objects_refer_to_must_exist() {
        let (one, two) = (pod("demo", "one", r#","uid":"u""#), pod("demo", "two", r#","uid":"u""#));
        let both = [DEMO, ("/registry/pods/demo/one", one.as_str()), ("/registry/pods/demo/two", two.as_str())];
        assert_eq!(found(&both), ["KUBE_UID_DUPLICATE two"]);
        let gone = pod("gone", "p", "");
        assert_eq!(found(&[DEMO, ("/registry/pods/gone/p", &gone)]), ["KUBE_NAMESPACE_MISSING p"]);
        let custom = r#"{"apiVersion":"ex.io/v1","kind":"Foo","metadata":{"name":"f"}}"#;
        assert_eq!(found(&[("/registry/ex.io/foos/f", custom)]), ["KUBE_DEFINITION_MISSING f"]);
    }

    #[test]
    fn an_owner_that_may_be_sealed_is_not_missing() {
        let owned = pod("demo", "p", r#","ownerReferences":[{"kind":"Secret","name":"s","uid":"u"}]"#);
        let pod = ("/registry/pods/demo/p", owned.as_str());
        assert_eq!(found(&[DEMO, pod]), ["KUBE_OWNER_MISSING p"]);
        assert!(found(&[DEMO, pod, ("/registry/secrets/demo/s", "sealed")]).is_empty());
    }

    #[test]
    fn nothing_in_an_object_floods_a_report() {
        let long = "x".repeat(100_000);
        let owner = format!(r#"{{"kind":"\u001b{long}","name":"{long}","uid":"y{long}"}}"#);
        let owned = pod(&long, &long, &format!(r#","uid":"{long}","ownerReferences":[{owner}]"#));
        let owned = owned.replace("Pod", &long);
        let findings = findings(&[DEMO, ("/registry/pods/demo/p", &owned), ("/registry/pods/demo/q", &owned)]);
        let rules: HashSet<_> = findings.iter().map(|finding| finding.kind.id).collect();
        assert_eq!(rules.len(), 4);
        let is_short = |finding: &Finding| finding.message.len() < 600 && !finding.message.contains('\u{1b}');
        assert!(findings.iter().all(is_short), "{findings:?}");
    }

    #[test]
    fn an_owner_named_often_is_one_owner() {
        let owner = r#"{"kind":"Secret","name":"s","uid":"u"}"#;
        let owners = vec![owner; 100_000].join(",");
        let owned = pod("demo", "p", &format!(r#","ownerReferences":[{owners},{{"kind":"Secret","name":"s"}}]"#));
        let missing = ["KUBE_OWNER_MISSING p"; 2];
        assert_eq!(found(&[DEMO, ("/registry/pods/demo/p", owned.as_str())]), missing);
    }

    #[test]
    fn api_servers_need_a_lease() {
        let resources = Resources::default();
        let mut check = ObjectCheck::new(&resources, 10);
        check.take_master_lease(b"/registry/masterleases/10.0.0.1", 7, true);
        check.take_master_lease(b"/registry/masterleases/10.0.0.2", 0, false);
        check.take_master_lease(b"/registry/masterleases/10.0.0.3", 7, false);
        let findings = check.finish().into_kept();
        let messages: Vec<_> = findings.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(messages, ["it has no lease", "its lease 0000000000000007 does not exist"]);
    }
}
