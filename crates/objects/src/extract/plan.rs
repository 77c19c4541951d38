//! What is written, in which order, and what is not.

use std::collections::{HashMap, HashSet};
use std::fmt;

use etcdsnap_kube::manifest::{ApplyStage, ExclusionReason};

/// What an object is called, for people and for order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectIdentity {
    /// API group; empty for the core group.
    pub group: String,
    /// Kind.
    pub kind: String,
    /// Namespace; empty for what is in none.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// What its key begins with, such as `/registry`.
    pub root: String,
}

/// As kubectl names objects, the namespace in front: `demo/deployment.apps/web`.
impl fmt::Display for ObjectIdentity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.namespace.is_empty() {
            write!(out, "{}/", self.namespace)?;
        }
        out.write_str(&self.kind.to_lowercase())?;
        if !self.group.is_empty() {
            write!(out, ".{}", self.group)?;
        }
        write!(out, "/{}", self.name)
    }
}

/// An object that was selected, with what decides about it.
#[derive(Clone, Debug)]
pub struct ExtractCandidate<P> {
    /// What it is called.
    pub identity: ObjectIdentity,
    /// Its uid; empty where it has none.
    pub uid: String,
    /// The uid of the owner that controls it.
    pub controller: Option<String>,
    /// Why it would be left out for what it is.
    pub left_out: Option<ExclusionReason>,
    /// Where it is found again.
    pub at: P,
}

/// What is written although it would be left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExtractInclusions {
    /// Events and leases.
    pub momentary: bool,
    /// What controllers make.
    pub controlled: bool,
    /// What every cluster makes by itself.
    pub made_by_cluster: bool,
    /// Tokens of ServiceAccounts.
    pub account_tokens: bool,
}

impl ExtractInclusions {
    /// Everything that was selected.
    pub const ALL: Self = Self { momentary: true, controlled: true, made_by_cluster: true, account_tokens: true };

    fn contains(self, reason: ExclusionReason) -> bool {
        match reason {
            ExclusionReason::Momentary => self.momentary,
            ExclusionReason::Controlled => self.controlled,
            ExclusionReason::MadeByCluster => self.made_by_cluster,
            ExclusionReason::AccountToken => self.account_tokens,
        }
    }
}

/// What is written, in order, and what is not.
#[derive(Clone, Debug)]
pub struct ExtractPlan<P> {
    /// What is written, in an order in which it can be applied.
    pub steps: Vec<ExtractCandidate<P>>,
    /// What is left out, and why; in the order of names.
    pub left_out: Vec<(ObjectIdentity, ExclusionReason)>,
}

impl<P> ExtractPlan<P> {
    /// Decides about all candidates. A controller comes back when it is extracted, or made anew by a controller that comes
    /// back, or when `lives` says that the cluster still has it.
    pub fn new(
        candidates: Vec<ExtractCandidate<P>>,
        included: ExtractInclusions,
        lives: impl Fn(&str) -> bool,
    ) -> Self {
        let coming = returning(&candidates, included);
        let mut plan = Self { steps: Vec::new(), left_out: Vec::new() };
        for candidate in candidates {
            let controlled = || candidate.controller.as_deref().filter(|uid| coming.contains(*uid) || lives(uid));
            let reason = candidate.left_out.or_else(|| controlled().map(|_| ExclusionReason::Controlled));
            match reason.filter(|reason| !included.contains(*reason)) {
                Some(reason) => plan.left_out.push((candidate.identity, reason)),
                None => plan.steps.push(candidate),
            }
        }
        plan.steps.sort_by(|one, other| one.order().cmp(&other.order()));
        plan.left_out.sort();
        plan
    }

    /// The uids of what is written.
    pub fn uids(&self) -> HashSet<String> {
        let uids = self.steps.iter().map(|step| &step.uid);
        uids.filter(|uid| !uid.is_empty()).cloned().collect()
    }
}

impl<P> ExtractCandidate<P> {
    /// When it is to be applied.
    pub fn stage(&self) -> ApplyStage {
        ApplyStage::of(&self.identity.group, &self.identity.kind)
    }

    fn order(&self) -> (ApplyStage, &ObjectIdentity) {
        (self.stage(), &self.identity)
    }
}

/// Controllers of controllers that are followed. Kubernetes has three: a Pod, its Job, its CronJob.
const CHAIN: usize = 16;

/// The uids of what a new cluster will have: extracted, or made by a controller that it will have. That is all that is
/// selected and not left out for what it is; only where controllers form a circle, as they can in a damaged backup, none of
/// them makes the others.
fn returning<P>(candidates: &[ExtractCandidate<P>], included: ExtractInclusions) -> HashSet<String> {
    let is_left_out =
        |candidate: &ExtractCandidate<P>| candidate.left_out.is_some_and(|reason| !included.contains(reason));
    let rest = candidates.iter().filter(|candidate| !candidate.uid.is_empty() && !is_left_out(candidate));
    let controllers: HashMap<_, _> =
        rest.map(|candidate| (candidate.uid.as_str(), candidate.controller.as_deref())).collect();
    let ends = |uid: &str| {
        let chain = std::iter::successors(Some(uid), |uid| controllers.get(uid).copied().flatten());
        chain.take(CHAIN + 1).count() <= CHAIN
    };
    controllers.keys().filter(|uid| ends(uid)).map(|uid| (*uid).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(kind: &str, name: &str, controller: Option<&str>) -> ExtractCandidate<()> {
        let group = if kind == "Pod" || kind == "Namespace" || kind == "Node" { "" } else { "apps" };
        let identity = ObjectIdentity {
            group: group.to_owned(),
            kind: kind.to_owned(),
            namespace: "demo".to_owned(),
            name: name.to_owned(),
            root: "/registry".to_owned(),
        };
        let left_out = (kind == "Node").then_some(ExclusionReason::MadeByCluster);
        ExtractCandidate { identity, uid: name.to_owned(), controller: controller.map(str::to_owned), left_out, at: () }
    }

    /// The names written, then those left out.
    fn plan(candidates: Vec<ExtractCandidate<()>>, included: ExtractInclusions, living: &str) -> (String, String) {
        let plan = ExtractPlan::new(candidates, included, |uid| uid == living);
        let names = |names: Vec<&str>| names.join(" ");
        (
            names(plan.steps.iter().map(|step| step.identity.name.as_str()).collect()),
            names(plan.left_out.iter().map(|(identity, _)| identity.name.as_str()).collect()),
        )
    }

    fn family() -> Vec<ExtractCandidate<()>> {
        vec![
            candidate("Pod", "pod", Some("set")),
            candidate("ReplicaSet", "set", Some("deployment")),
            candidate("Deployment", "deployment", None),
            candidate("Namespace", "demo", None),
        ]
    }

    #[test]
    fn what_controllers_make_is_left_to_them() {
        assert_eq!(
            plan(family(), ExtractInclusions::default(), ""),
            ("demo deployment".to_owned(), "pod set".to_owned())
        );
        let all = "demo pod deployment set".to_owned();
        assert_eq!(plan(family(), ExtractInclusions::ALL, ""), (all, String::new()));
    }

    #[test]
    fn without_its_controller_an_object_is_written() {
        let pods = || family().into_iter().take(1).collect::<Vec<_>>();
        assert_eq!(plan(pods(), ExtractInclusions::default(), "").0, "pod");
        assert_eq!(plan(pods(), ExtractInclusions::default(), "set").1, "pod", "its controller lives");
        let mirrored = vec![candidate("Pod", "pod", Some("node")), candidate("Node", "node", None)];
        assert_eq!(plan(mirrored, ExtractInclusions::default(), ""), ("pod".to_owned(), "node".to_owned()));
    }

    #[test]
    fn a_circle_of_controllers_loses_nothing() {
        let circle = vec![
            candidate("ReplicaSet", "one", Some("two")),
            candidate("ReplicaSet", "two", Some("one")),
            candidate("ReplicaSet", "own", Some("own")),
        ];
        assert_eq!(plan(circle, ExtractInclusions::default(), "").0, "one own two");
    }

    #[test]
    fn names_read_as_kubectl_has_them() {
        assert_eq!(candidate("Deployment", "web", None).identity.to_string(), "demo/deployment.apps/web");
        assert_eq!(candidate("Pod", "p", None).identity.to_string(), "demo/pod/p");
    }
}
