//! Data directories of a new cluster, made from one backup.
//!
//! A restore does not bring the old cluster back: it begins a new one that holds the old data. [`Membership`] says who its
//! members are, from the flags that upstream's tools take; [`Manifest`] finds the values of those flags in the files that
//! etcd is started from.
//!
//! Nothing here opens files, resolves names or prints.

mod bootstrap;
mod class;
mod identity;
mod initial_cluster;
pub mod manifest;
mod membership;
mod url;

pub use bootstrap::{BootstrapError, Difference, Mismatch, Resolver};
pub use class::ErrorClass;
pub use etcdsnap_wal::Release;
pub use identity::{ClusterId, MemberId};
pub use initial_cluster::InitialCluster;
pub use manifest::Manifest;
pub use membership::{LearnerError, Member, Membership, MembershipError, MembershipWarning, Request, Restored};
pub use url::{PeerUrl, PeerUrls, Unparsable, UrlError};
