//! Which items of two lists are the same item.
//!
//! Where all items of both lists have names, and no two of one list the same, they are matched by these. Which members make
//! the name is not told per field as in Kubernetes' schemas, but tried in one order for all lists: that also serves custom
//! resources, whose schemas need not say. Other lists are brought into line by their longest common subsequence.

use std::collections::BTreeMap;

use etcdsnap_kube::value::Value;

use super::path::{ItemName, PathStep};
use super::same;

/// Members that name an item: those it must have, and those that belong to its name when it has them. First fit.
const NAMES: [(&[&str], &[&str]); 20] = [
    (&["mountPath"], &[]),
    (&["devicePath"], &[]),
    (&["manager", "operation"], &["apiVersion", "subresource"]),
    (&["kind", "name"], &["apiGroup", "namespace"]),
    (&["name"], &[]),
    (&["type"], &[]),
    (&["type", "address"], &[]),
    (&["containerPort"], &["protocol"]),
    (&["port"], &["protocol"]),
    (&["topologyKey"], &["whenUnsatisfiable"]),
    (&["key"], &["effect"]),
    (&["key"], &["effect", "operator", "value"]),
    (&["uid"], &[]),
    (&["ip"], &[]),
    (&["host"], &[]),
    (&["hostname"], &[]),
    (&["path"], &["pathType"]),
    (&["secretName"], &[]),
    (&["address"], &[]),
    (&["id"], &[]),
];

/// Lists whose differing stretches have more pairs of items than this are brought into line by position alone.
const PATIENCE: usize = 1 << 18;

/// Items of a list, before and after.
pub(super) struct Pairs<'v> {
    /// The step to the item, and its index in the list before and after. Those of the list before come first, in its order.
    pub pairs: Vec<(PathStep<'v>, Option<usize>, Option<usize>)>,
    /// The items that are in both, in the order before and after, where that is not the same.
    pub order: Option<(Vec<PathStep<'v>>, Vec<PathStep<'v>>)>,
}

/// Pairs the items of two lists.
pub(super) fn pair<'v>(before: &'v [Value<'v>], after: &'v [Value<'v>]) -> Pairs<'v> {
    let named = NAMES.iter().find_map(|members| Some((names(before, *members)?, names(after, *members)?)));
    match named {
        Some((old, new)) => by_name(&old, &new),
        None => Pairs { pairs: in_line(before, after), order: None },
    }
}

type Names<'v> = Vec<(&'static str, ItemName<'v>)>;

/// The names of all items, if all have one of their own.
fn names<'v>(
    list: &'v [Value<'v>],
    (needed, more): (&[&'static str], &[&'static str]),
) -> Option<BTreeMap<Names<'v>, usize>> {
    let name_of = |item: &'v Value<'v>, member: &'static str| match item.at(&[member]) {
        Some(Value::Text(text)) => Some((member, ItemName::Text(text))),
        Some(Value::Int(number)) => Some((member, ItemName::Number(*number))),
        None if more.contains(&member) => Some((member, ItemName::Missing)),
        _ => None,
    };
    let mut found = BTreeMap::new();
    for (index, item) in list.iter().enumerate() {
        let members = needed.iter().chain(more);
        let name: Names<'v> = members.map(|member| name_of(item, member)).collect::<Option<_>>()?;
        if found.insert(name, index).is_some() {
            return None;
        }
    }
    Some(found)
}

fn by_name<'v>(old: &BTreeMap<Names<'v>, usize>, new: &BTreeMap<Names<'v>, usize>) -> Pairs<'v> {
    let step = |names: &Names<'v>| PathStep::Item(names.clone());
    let mut pairs: Vec<_> = old.iter().map(|(names, at)| (step(names), Some(*at), new.get(names).copied())).collect();
    pairs.sort_unstable_by_key(|(_, at, _)| *at);
    let mut kept: Vec<_> = pairs.iter().filter_map(|(step, _, at)| Some((step.clone(), (*at)?))).collect();
    let moved = !kept.is_sorted_by_key(|(_, at)| *at);
    let order = moved.then(|| {
        let was = kept.iter().map(|(step, _)| step.clone()).collect();
        kept.sort_unstable_by_key(|(_, at)| *at);
        (was, kept.into_iter().map(|(step, _)| step).collect())
    });
    let mut added: Vec<_> = new.iter().filter(|(names, _)| !old.contains_key(*names)).collect();
    added.sort_unstable_by_key(|(_, at)| **at);
    pairs.extend(added.into_iter().map(|(names, at)| (step(names), None, Some(*at))));
    Pairs { pairs, order }
}

/// Pairs what is equal, keeping the order; what lies between is paired one by one.
fn in_line<'v>(before: &[Value<'v>], after: &[Value<'v>]) -> Vec<(PathStep<'v>, Option<usize>, Option<usize>)> {
    let both = before.len().min(after.len());
    let alike = |at: &usize| same(&before[*at], &after[*at]);
    let start = (0..both).take_while(alike).count();
    let from_end = |back: &usize| same(&before[before.len() - back], &after[after.len() - back]);
    let end = (1..=both - start).take_while(from_end).count();
    let (old, new) = (&before[start..before.len() - end], &after[start..after.len() - end]);
    let mut common = common(old, new);
    common.push((old.len(), new.len()));
    let (mut pairs, mut removed, mut added) = (Vec::new(), Vec::new(), Vec::new());
    let (mut done, mut new_done) = (0, 0);
    for (at, new_at) in common {
        while done < at && new_done < new_at {
            pairs.push((PathStep::Index(start + new_done), Some(start + done), Some(start + new_done)));
            (done, new_done) = (done + 1, new_done + 1);
        }
        removed.extend((done..at).map(|at| (PathStep::Index(start + at), Some(start + at), None)));
        added.extend((new_done..new_at).map(|at| (PathStep::Index(start + at), None, Some(start + at))));
        (done, new_done) = (at + 1, new_at + 1);
    }
    pairs.extend(removed);
    pairs.extend(added);
    pairs
}

/// The longest sequence of equal items that are in both lists in the same order: their indices.
fn common(old: &[Value<'_>], new: &[Value<'_>]) -> Vec<(usize, usize)> {
    let width = new.len() + 1;
    if old.len().saturating_mul(new.len()) > PATIENCE {
        return (0..old.len().min(new.len())).filter(|at| same(&old[*at], &new[*at])).map(|at| (at, at)).collect();
    }
    // How long the sequence in the rests of both lists is, from the ends on.
    let mut lengths = vec![0_u32; (old.len() + 1) * width];
    let mut equal = vec![false; old.len() * width];
    for at in (0..old.len()).rev() {
        for new_at in (0..new.len()).rev() {
            let here = at * width + new_at;
            equal[here] = same(&old[at], &new[new_at]);
            lengths[here] =
                if equal[here] { lengths[here + width + 1] + 1 } else { lengths[here + width].max(lengths[here + 1]) };
        }
    }
    let (mut at, mut new_at, mut found) = (0, 0, Vec::new());
    while at < old.len() && new_at < new.len() {
        let here = at * width + new_at;
        if equal[here] {
            found.push((at, new_at));
            (at, new_at) = (at + 1, new_at + 1);
        } else if lengths[here + width] >= lengths[here + 1] {
            at += 1;
        } else {
            new_at += 1;
        }
    }
    found
}
