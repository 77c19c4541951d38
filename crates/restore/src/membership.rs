//! The cluster that a restore begins: its members, their ids, and which of them are to be written.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use etcdsnap_wal::{BootstrapMember, Release};
use thiserror::Error;

use crate::error_class::ErrorClass;
use crate::identity::{ClusterId, MemberId};
use crate::initial_cluster::{InitialCluster, items};
use crate::initial_cluster_check::{InitialClusterError, Resolver, check_duplicates, check_member, unknown_name};
use crate::url::{PeerUrls, UrlError};

/// What was asked for. The default is that of the flags, as upstream has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterRequest<'r> {
    /// Whose directories are to be written.
    pub restored: RestoredMembers<'r>,
    /// `--initial-cluster`
    pub initial_cluster: &'r str,
    /// `--initial-cluster-token`
    pub token: &'r str,
    /// `--learner`: names of members that follow without a vote.
    pub learners: &'r [&'r str],
}

/// The members whose directories are to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestoredMembers<'r> {
    /// One.
    Member {
        /// `--name`
        name: &'r str,
        /// `--initial-advertise-peer-urls`; without it, what `--initial-cluster` has for the name.
        advertised: Option<&'r str>,
    },
    /// `--all-members`
    All,
}

impl ClusterRequest<'_> {
    /// `--name` when it is not given.
    pub const DEFAULT_NAME: &'static str = "default";
    /// `--initial-advertise-peer-urls` when it is not given and upstream is imitated.
    pub const DEFAULT_ADVERTISED: &'static str = "http://localhost:2380";
    /// `--initial-cluster` when it is not given.
    pub const DEFAULT_INITIAL_CLUSTER: &'static str = "default=http://localhost:2380";
    /// `--initial-cluster-token` when it is not given.
    pub const DEFAULT_TOKEN: &'static str = "etcd-cluster";
}

impl Default for ClusterRequest<'_> {
    fn default() -> Self {
        Self {
            restored: RestoredMembers::Member { name: Self::DEFAULT_NAME, advertised: Some(Self::DEFAULT_ADVERTISED) },
            initial_cluster: Self::DEFAULT_INITIAL_CLUSTER,
            token: Self::DEFAULT_TOKEN,
            learners: &[],
        }
    }
}

/// One member of the new cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMember {
    /// Id.
    pub id: MemberId,
    /// Name.
    pub name: String,
    /// Where the others reach it.
    pub peer_urls: PeerUrls,
    /// It follows without a vote.
    pub learner: bool,
}

impl From<&NewMember> for BootstrapMember {
    fn from(member: &NewMember) -> Self {
        let NewMember { id, name, peer_urls, learner } = member;
        Self { id: id.0, name: name.clone(), peer_urls: peer_urls.texts(), learner: *learner }
    }
}

/// The new cluster.
///
/// ```
/// use etcdsnap_restore::{Membership, Release, ClusterRequest, RestoredMembers};
///
/// let request = ClusterRequest {
///     restored: RestoredMembers::Member { name: "m2", advertised: None },
///     initial_cluster: "m1=http://10.0.0.1:2380,m2=http://10.0.0.2:2380,m3=http://10.0.0.3:2380",
///     token: "tk",
///     learners: &["m3"],
/// };
/// let membership = Membership::new(&request, Release::V3_7, None)?;
/// assert_eq!(membership.cluster_id().to_string(), "e3cf7ee5a5271764");
/// assert_eq!(membership.restored().map(|member| member.id.to_string()).collect::<Vec<_>>(), ["42a696824ae9fd4c"]);
/// assert_eq!(membership.voters().count(), 2);
/// # Ok::<(), etcdsnap_restore::MembershipError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    cluster_id: ClusterId,
    members: Vec<NewMember>,
    /// Positions of the members in the order of `--initial-cluster`.
    listed: Vec<usize>,
    /// Positions of those whose directories are to be written, in the same order.
    restored: Vec<usize>,
}

impl Membership {
    /// Works out the cluster, with the rules and words of that release. Names of hosts are looked up only with a resolver,
    /// and only to tell whether a member advertises the URLs that `--initial-cluster` has for it.
    pub fn new(
        request: &ClusterRequest<'_>,
        release: Release,
        resolver: Option<&dyn Resolver>,
    ) -> Result<Self, MembershipError> {
        let advertised = match request.restored {
            RestoredMembers::Member { advertised: Some(list), .. } => Some(PeerUrls::parse(list, release)?),
            RestoredMembers::Member { advertised: None, .. } | RestoredMembers::All => None,
        };
        let cluster = InitialCluster::parse(request.initial_cluster, release)?;
        match (request.restored, &advertised) {
            (RestoredMembers::Member { name, .. }, Some(advertised)) => {
                check_member(name, advertised, &cluster, release, resolver)?;
            }
            (RestoredMembers::Member { name, .. }, None) if cluster.get(name).is_none() => {
                return Err(unknown_name(name, &cluster).into());
            }
            (RestoredMembers::All, _) if cluster.is_empty() => return Err(InitialClusterError::NoMember.into()),
            _ => {}
        }
        check_duplicates(&cluster)?;
        let members = members(&cluster, request.token, request.learners)?;
        let listed = listed(&members, request.initial_cluster);
        let is_restored = |at: &usize| match request.restored {
            RestoredMembers::All => true,
            RestoredMembers::Member { name, .. } => members[*at].name == name,
        };
        let restored = listed.iter().copied().filter(is_restored).collect();
        Ok(Self { cluster_id: ClusterId::new(members.iter().map(|member| member.id)), members, listed, restored })
    }

    /// Id of the cluster.
    pub fn cluster_id(&self) -> ClusterId {
        self.cluster_id
    }

    /// All members, ascending by id.
    pub fn members(&self) -> &[NewMember] {
        &self.members
    }

    /// All members in the order of `--initial-cluster`.
    pub fn listed(&self) -> impl ExactSizeIterator<Item = &NewMember> {
        self.listed.iter().map(|at| &self.members[*at])
    }

    /// Those whose directories are to be written, in the order of `--initial-cluster`: one, or all.
    pub fn restored(&self) -> impl ExactSizeIterator<Item = &NewMember> {
        self.restored.iter().map(|at| &self.members[*at])
    }

    /// The members that vote, ascending by id; one at least.
    pub fn voters(&self) -> impl Iterator<Item = &NewMember> {
        self.members.iter().filter(|member| !member.learner)
    }

    /// The members that follow without a vote, ascending by id.
    pub fn learners(&self) -> impl Iterator<Item = &NewMember> {
        self.members.iter().filter(|member| member.learner)
    }

    /// What may be a mistake.
    pub fn warnings(&self) -> Vec<MembershipWarning> {
        let default = self.members.iter().find(|member| member.id == MemberId::DEFAULT);
        default.map(|member| MembershipWarning::DefaultIdentity { name: member.name.clone() }).into_iter().collect()
    }
}

/// Positions of the members in the order in which `--initial-cluster` first names them.
fn listed(members: &[NewMember], initial_cluster: &str) -> Vec<usize> {
    let by_name: BTreeMap<_, _> = members.iter().enumerate().map(|(at, member)| (member.name.as_str(), at)).collect();
    let mut seen = BTreeSet::new();
    let positions = items(initial_cluster).filter_map(|(name, _)| by_name.get(name).copied());
    positions.filter(|at| seen.insert(*at)).collect()
}

fn members(cluster: &InitialCluster, token: &str, learners: &[&str]) -> Result<Vec<NewMember>, MembershipError> {
    if let Some(name) = learners.iter().find(|name| cluster.get(name).is_none()) {
        let names = cluster.names().map(str::to_owned).collect();
        return Err(LearnerError::Unknown { name: (*name).to_owned(), names }.into());
    }
    if cluster.names().all(|name| learners.contains(&name)) {
        return Err(LearnerError::NoVoter.into());
    }
    let mut members = BTreeMap::new();
    for (name, urls) in cluster.iter() {
        let (id, name, urls) = (MemberId::new(urls, token), name.to_owned(), urls.clone());
        if members.contains_key(&id) {
            return Err(InitialClusterError::IdenticalId { id, name, urls }.into());
        }
        let learner = learners.contains(&name.as_str());
        members.insert(id, NewMember { id, name, peer_urls: urls, learner });
    }
    Ok(members.into_values().collect())
}

/// Why there is no such cluster.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MembershipError {
    /// A peer URL is wrong.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// The member and the cluster do not fit, or the cluster is wrong in itself.
    #[error(transparent)]
    Bootstrap(#[from] InitialClusterError),
    /// The learners are wrong.
    #[error(transparent)]
    Learner(#[from] LearnerError),
}

impl MembershipError {
    /// How upstream's tools would end with it.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Url(_) | Self::Bootstrap(_) => ErrorClass::Failure,
            Self::Learner(_) => ErrorClass::BadArguments,
        }
    }

    /// What to do about it, in one or two sentences.
    pub fn hint(&self) -> String {
        match self {
            Self::Url(error) => error.hint().to_owned(),
            Self::Bootstrap(error) => error.hint(),
            Self::Learner(error) => error.hint(),
        }
    }
}

/// Why a cluster cannot have these learners.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LearnerError {
    /// No such member.
    #[error("--learner {name}: --initial-cluster has no member of this name")]
    Unknown {
        /// The name.
        name: String,
        /// The names there are.
        names: Vec<String>,
    },
    /// Every member is one.
    #[error("--learner names every member of --initial-cluster")]
    NoVoter,
}

impl LearnerError {
    fn hint(&self) -> String {
        match self {
            Self::Unknown { names, .. } => {
                format!("--initial-cluster names {}; --learner must be one of them.", names.join(", "))
            }
            Self::NoVoter => "Leave one member that votes; without any, no leader can be elected.".into(),
        }
    }
}

/// Something about the cluster that is allowed and seldom meant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MembershipWarning {
    /// A member has the identity of a restore without flags.
    DefaultIdentity {
        /// Its name.
        name: String,
    },
}

impl fmt::Display for MembershipWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DefaultIdentity { name } => write!(
                f,
                "member {name} gets the id {id:016x} of a restore without flags, at http://localhost:2380; an etcd that is \
                 started with other peer URLs or another token does not recognise this directory as its own, and no other \
                 member can reach it: give --name, --initial-cluster, --initial-cluster-token and \
                 --initial-advertise-peer-urls as etcd has them",
                id = MemberId::DEFAULT
            ),
        }
    }
}
