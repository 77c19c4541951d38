//! From a selection to candidates: the objects themselves, and those they cannot be applied without.

use std::collections::{BTreeSet, HashMap, HashSet};

use etcdsnap_kube::manifest::exclusion_reason;
use etcdsnap_mvcc::{DeletedKey, Position};

use super::{ExtractCandidate, ObjectIdentity};
use crate::parallel_map::map_all_in_order;
use crate::{ObjectRecord, ObjectSelection, Objects, SelectionItem, UnreadableObject};

/// What keys of definitions have between root and name.
const DEFINITIONS: &str = "apiextensions.k8s.io/customresourcedefinitions";
const NAMESPACES: &str = "namespaces";

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct ExtractRequest {
    /// Which objects.
    pub selection: ObjectSelection,
    /// Those that are deleted, as they last were, in place of those that live.
    pub deleted: bool,
    /// With a definition, also the objects it defines.
    pub custom_resources: bool,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct ExtractCandidates {
    /// Objects that can be read.
    pub candidates: Vec<ExtractCandidate<Position>>,
    /// Keys of objects that cannot, and why.
    pub unread: Vec<(Vec<u8>, UnreadableObject)>,
    /// Objects that were named and are not there.
    pub missing: Vec<SelectionItem>,
    /// Keys of deleted objects whose last value is compacted away.
    pub lost: Vec<Vec<u8>>,
    /// Definitions, by name, with objects that were not asked for, and how many those are.
    pub offered: Vec<(String, u64)>,
    /// Custom resources without a definition: `foos.ex.io`.
    pub undefined: Vec<String>,
    /// Uids of controllers of deleted objects that live.
    pub living: HashSet<String>,
}

/// Finds what is asked for. A namespace takes its Namespace object along, and custom resources their definition; of deleted
/// objects those that were deleted too.
pub fn find_candidates(objects: &Objects<'_>, request: &ExtractRequest) -> ExtractCandidates {
    let mut gathered = ExtractCandidates::default();
    let mut positions = gathered.find(objects, &request.selection, request.deleted);
    gathered.missing = objects.missing(&request.selection, &positions);
    for positions_of in [ExtractCandidates::definitions_taken, ExtractCandidates::companions] {
        let more = positions_of(&mut gathered, objects, request, &positions);
        positions.extend(more);
    }
    positions.sort_unstable();
    positions.dedup();
    gathered.read(objects, &positions);
    if request.deleted {
        gathered.living = living(objects, &gathered.candidates);
    }
    gathered
}

impl ExtractCandidates {
    fn find(&mut self, objects: &Objects<'_>, selection: &ObjectSelection, deleted: bool) -> Vec<Position> {
        if !deleted {
            return objects.select(selection).positions;
        }
        let mut positions = Vec::new();
        for DeletedKey { tombstone, last_put } in objects.deleted(selection) {
            match last_put {
                Some(at) => positions.push(at),
                None => self.lost.extend(objects.index().record(tombstone).map(|record| record.kv.key.to_vec())),
            }
        }
        positions
    }

    /// The objects of definitions that were selected, if they are wanted; they are offered otherwise.
    fn definitions_taken(
        &mut self,
        objects: &Objects<'_>,
        request: &ExtractRequest,
        positions: &[Position],
    ) -> Vec<Position> {
        let entries = positions.iter().filter_map(|at| objects.entry(*at));
        let names = entries.filter(|entry| entry.key.path == DEFINITIONS).map(|entry| entry.key.name);
        let defined: Vec<SelectionItem> = names.filter_map(|name| Some(whole(path_of(name)?))).collect();
        if defined.is_empty() {
            return Vec::new();
        }
        let selection = ObjectSelection { wanted: defined.clone().into(), ..ObjectSelection::default() };
        let mut found = self.find(objects, &selection, request.deleted);
        if request.custom_resources {
            return found;
        }
        let taken: HashSet<&Position> = positions.iter().collect();
        found.retain(|at| !taken.contains(at));
        let mut counts: HashMap<&str, u64> = HashMap::new();
        for entry in found.iter().filter_map(|at| objects.entry(*at)) {
            *counts.entry(entry.key.path).or_default() += 1;
        }
        let offered = defined.iter().filter_map(|wanted| Some((wanted, *counts.get(wanted.path.as_str())?)));
        self.offered.extend(offered.map(|(wanted, count)| (crate::objects::undefined_name(&wanted.path), count)));
        Vec::new()
    }

    /// Namespace and definitions.
    fn companions(&mut self, objects: &Objects<'_>, request: &ExtractRequest, positions: &[Position]) -> Vec<Position> {
        let mut names: BTreeSet<(&str, String)> = BTreeSet::new();
        let mut undefined = BTreeSet::new();
        for entry in positions.iter().filter_map(|at| objects.entry(*at)) {
            match entry.resource() {
                Some(resource) if resource.custom.is_some() => _ = names.insert((DEFINITIONS, resource.full_name())),
                None if entry.key.group().is_some() => _ = undefined.insert(entry.resource_name()),
                _ => {}
            }
        }
        self.undefined.extend(undefined);
        let ObjectSelection { wanted, namespace, labels } = &request.selection;
        // A namespace may be empty; labels that nothing has are no reason to take it.
        let whole_namespace = wanted.is_empty() && (labels.is_empty() || !positions.is_empty());
        if let (Some(namespace), true) = (namespace, whole_namespace) {
            names.insert((NAMESPACES, namespace.clone()));
        }
        if names.is_empty() {
            return Vec::new();
        }
        let wanted = names.into_iter().map(|(path, name)| SelectionItem { name: Some(name), ..whole(path.to_owned()) });
        let selection = ObjectSelection { wanted: wanted.collect::<Vec<_>>().into(), ..ObjectSelection::default() };
        self.find(objects, &selection, request.deleted)
    }

    fn read(&mut self, objects: &Objects<'_>, positions: &[Position]) {
        let make = |at: &Position| {
            let entry = objects.entry(*at)?;
            Some(candidate(&entry, *at).map_err(|reason| (entry.record.kv.key.to_vec(), reason)))
        };
        map_all_in_order(
            positions,
            |at| objects.stored_len(*at),
            make,
            |made| match made {
                Some(Ok(candidate)) => self.candidates.push(candidate),
                Some(Err(unread)) => self.unread.push(unread),
                None => {}
            },
        );
    }
}

/// What decides about an object, read from its header; of a Secret also its type.
fn candidate(entry: &ObjectRecord<'_, '_>, at: Position) -> Result<ExtractCandidate<Position>, UnreadableObject> {
    let clear = entry.open()?;
    let header = clear.header()?;
    let is_secret = header.group().is_empty() && header.kind == "Secret";
    let object = is_secret.then(|| entry.object(&clear, false)).transpose()?;
    let secret_type = object.as_ref().and_then(|object| object.value.text_at(&["type"]));
    Ok(ExtractCandidate {
        identity: ObjectIdentity {
            group: header.group().to_owned(),
            kind: header.kind.to_string(),
            namespace: entry.key.namespace.unwrap_or_default().to_owned(),
            name: entry.key.name.to_owned(),
            root: entry.key.root.to_owned(),
        },
        uid: header.metadata.uid.to_string(),
        controller: header.metadata.controller().map(|owner| owner.uid.to_string()),
        left_out: exclusion_reason(&header, secret_type),
        at,
    })
}

/// The controllers that live although what they control is deleted: they made something else in its place.
fn living(objects: &Objects<'_>, candidates: &[ExtractCandidate<Position>]) -> HashSet<String> {
    let wanted: HashSet<&str> = candidates.iter().filter_map(|candidate| candidate.controller.as_deref()).collect();
    let mut living = HashSet::new();
    if wanted.is_empty() {
        return living;
    }
    let uid = |at: &Position| {
        let clear = objects.entry(*at)?.open().ok()?;
        let uid = clear.header().ok()?.metadata.uid.to_string();
        wanted.contains(uid.as_str()).then_some(uid)
    };
    map_all_in_order(objects.live(), |at| objects.stored_len(*at), uid, |uid| living.extend(uid));
    living
}

/// All objects with a path.
fn whole(path: String) -> SelectionItem {
    SelectionItem { path, resource: String::new(), namespaced: true, name: None }
}

/// The path of what a definition defines: `ex.io/foos` of `foos.ex.io`.
fn path_of(definition: &str) -> Option<String> {
    definition.split_once('.').map(|(plural, group)| format!("{group}/{plural}"))
}
