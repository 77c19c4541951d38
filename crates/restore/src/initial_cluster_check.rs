//! Does the member to restore fit the cluster it is to be restored into? In upstream's order and words
//! (`docs/format/boot.md#initial-cluster`).

mod url_comparison;

use std::collections::BTreeSet;

use etcdsnap_quote::go_quote;
use etcdsnap_wal::Release;
use thiserror::Error;

use crate::identity::MemberId;
use crate::initial_cluster::InitialCluster;
use crate::url::{PeerUrl, PeerUrls};

pub use url_comparison::{Resolver, UrlDifference};

/// Why a cluster cannot begin like this.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InitialClusterError {
    /// `--initial-cluster` has no member of this name.
    #[error("couldn't find local name {} in the initial cluster configuration", go_quote(.name.as_bytes()))]
    UnknownName {
        /// `--name`
        name: String,
        /// The names there are.
        names: Vec<String>,
    },
    /// The member has URLs in `--initial-cluster` that it does not advertise.
    #[error("--initial-cluster has {} but missing from --initial-advertise-peer-urls={} ({})",
        of_member(&.mismatch.name, .missing), .mismatch.advertised, .mismatch.difference)]
    NotAdvertised {
        /// Those URLs.
        missing: Vec<PeerUrl>,
        /// What was compared.
        mismatch: Box<UrlMismatch>,
    },
    /// The member advertises URLs that it has not in `--initial-cluster`.
    #[error("--initial-advertise-peer-urls has {} but missing from --initial-cluster={}",
        joined(.missing), of_member(&.mismatch.name, &.mismatch.advertised))]
    NotListed {
        /// Those URLs.
        missing: Vec<PeerUrl>,
        /// What was compared.
        mismatch: Box<UrlMismatch>,
    },
    /// Both have the same URLs, but not equally often.
    #[error("failed to resolve {} to match --initial-cluster={} ({})",
        .0.advertised, of_member(&.0.name, &.0.advertised), .0.difference)]
    NotAsOften(Box<UrlMismatch>),
    /// A URL comes twice.
    #[error("initial cluster {cluster} has duplicate url")]
    DuplicateUrl {
        /// Everything.
        cluster: InitialCluster,
        /// That URL.
        url: String,
    },
    /// Two members with different URLs have the same id.
    #[error("member exists with identical ID &{{{id} {{[{}] false}} {{{name} []}}}}", .urls.texts().join(" "))]
    IdenticalId {
        /// The id.
        id: MemberId,
        /// The second of them by name.
        name: String,
        /// Its URLs.
        urls: PeerUrls,
    },
    /// `--initial-cluster` names nobody, and nobody in particular is to be restored.
    #[error("--initial-cluster names no member")]
    NoMember,
}

/// The two lists of URLs of one member that should be the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlMismatch {
    /// `--name`
    pub name: String,
    /// `--initial-advertise-peer-urls`
    pub advertised: PeerUrls,
    /// What `--initial-cluster` has for the name.
    pub listed: PeerUrls,
    /// Another member that all the advertised URLs belong to.
    pub owner: Option<String>,
    /// Where they differ.
    pub difference: UrlDifference,
}

fn of_member<'u>(name: &str, urls: impl IntoIterator<Item = &'u PeerUrl>) -> String {
    urls.into_iter().map(|url| format!("{name}={url}")).collect::<Vec<_>>().join(",")
}

fn joined(urls: &[PeerUrl]) -> String {
    urls.iter().map(PeerUrl::as_str).collect::<Vec<_>>().join(",")
}

/// Checks the member of that name, which advertises those URLs, against the cluster.
pub(crate) fn check_member(
    name: &str,
    advertised: &PeerUrls,
    cluster: &InitialCluster,
    release: Release,
    resolver: Option<&dyn Resolver>,
) -> Result<(), InitialClusterError> {
    let listed = cluster.get(name).ok_or_else(|| unknown_name(name, cluster))?;
    let Err(difference) = url_comparison::compare(advertised, listed, release, resolver) else { return Ok(()) };
    let owners: BTreeSet<_> = advertised.iter().map(|url| cluster.owner(url)).collect();
    let owner = match Vec::from_iter(owners).as_slice() {
        [Some(owner)] if *owner != name => Some((*owner).to_owned()),
        _ => None,
    };
    let mismatch = Box::new(UrlMismatch {
        name: name.to_owned(),
        advertised: advertised.clone(),
        listed: listed.clone(),
        owner,
        difference,
    });
    let missing_in = |one: &PeerUrls, other: &PeerUrls| {
        let other: BTreeSet<_> = other.iter().collect();
        let missing: BTreeSet<_> = one.iter().filter(|url| !other.contains(url)).cloned().collect();
        Vec::from_iter(missing)
    };
    let not_advertised = missing_in(listed, advertised);
    let not_listed = missing_in(advertised, listed);
    Err(if !not_advertised.is_empty() {
        InitialClusterError::NotAdvertised { missing: not_advertised, mismatch }
    } else if !not_listed.is_empty() {
        InitialClusterError::NotListed { missing: not_listed, mismatch }
    } else {
        InitialClusterError::NotAsOften(mismatch)
    })
}

/// There is no member of this name.
pub(crate) fn unknown_name(name: &str, cluster: &InitialCluster) -> InitialClusterError {
    InitialClusterError::UnknownName { name: name.to_owned(), names: cluster.names().map(str::to_owned).collect() }
}

/// Checks that every URL belongs to one member only.
pub(crate) fn check_duplicates(cluster: &InitialCluster) -> Result<(), InitialClusterError> {
    match cluster.duplicate() {
        None => Ok(()),
        Some(url) => Err(InitialClusterError::DuplicateUrl { cluster: cluster.clone(), url: url.to_string() }),
    }
}

impl InitialClusterError {
    /// What to do, in one or two sentences.
    pub fn hint(&self) -> String {
        match self {
            Self::UnknownName { names, .. } if names.is_empty() => "--initial-cluster names no member.".into(),
            Self::UnknownName { names, .. } => {
                format!("--initial-cluster names {}; --name must be one of them.", names.join(", "))
            }
            Self::NotAdvertised { mismatch, .. } | Self::NotListed { mismatch, .. } | Self::NotAsOften(mismatch) => {
                mismatch.hint()
            }
            Self::DuplicateUrl { url, .. } => {
                format!("{url} is there more than once; every member needs URLs of its own.")
            }
            Self::IdenticalId { .. } => "Give one of the two members another URL.".into(),
            Self::NoMember => "Give it as name=https://host:2380, with commas between members.".into(),
        }
    }
}

impl UrlMismatch {
    fn hint(&self) -> String {
        let Self { name, advertised, listed, owner, .. } = self;
        match owner {
            Some(owner) => format!(
                "{advertised} belongs to member {owner}: restore it with --name={owner}, or member {name} with \
                 --initial-advertise-peer-urls={listed}."
            ),
            None => format!(
                "Member {name} needs --initial-advertise-peer-urls={listed}, as --initial-cluster has it. Names are not \
                 looked up unless --resolve is given."
            ),
        }
    }
}
