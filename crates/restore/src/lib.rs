//! Data directories of a new cluster, made from one backup.
//!
//! A restore does not bring the old cluster back: it begins a new one that holds the old data. [`Membership`] says who its
//! members are, from the flags that upstream's tools take; [`Manifest`] finds the values of those flags in the files that
//! etcd is started from.
//!
//! Those two open no files and write nothing. The rest is a restore in three steps:
//!
//! * a [`RestoreRequest`] says everything that is asked for;
//! * a [`RestoreDraft`] of it knows the cluster and the directories, and with a backup becomes a [`RestorePlan`]: a value that says all that
//!   will be done;
//! * the plan is [checked](RestorePlan::check) against a verification of the backup, or [executed](RestorePlan::execute): then verification
//!   runs beside the copying, and every member's directory appears whole or not at all.
//!
//! When a damaged backup is allowed, or its byte order is another, the draft makes a [`RewrittenBackup`] database of it, to
//! be planned with instead.
//!
//! ```
//! use etcdsnap_snapshot::interrupt::Interrupt;
//! use etcdsnap_restore::{ClusterRequest, RestoreDraft, RestoreDestination, RestoreRequest, RestoredMembers, RestoreContext};
//! use etcdsnap_snapshot::container::{Container, OpenOptions};
//! use etcdsnap_snapshot::progress::Silent;
//!
//! # let folder = tempfile::tempdir()?;
//! # let snapshot = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/etcd/etcd-3.7.1-seed2.db");
//! let request = RestoreRequest {
//!     cluster: ClusterRequest {
//!         restored: RestoredMembers::Member { name: "m1", advertised: None },
//!         initial_cluster: "m1=http://10.0.0.1:2380",
//!         token: "restored-1",
//!         learners: &[],
//!     },
//!     output: RestoreDestination::Member { data_dir: Some(folder.path().join("m1.etcd")), wal_dir: None },
//!     ..RestoreRequest::default()
//! };
//! let container = Container::open(snapshot.as_ref(), &OpenOptions::default())?;
//! let plan = RestoreDraft::new(&request, None)?.plan(&container)?;
//! assert_eq!(plan.directories()[0].files.len(), 3);
//!
//! let interrupt = Interrupt::default();
//! let context = RestoreContext::new(&Silent, &interrupt);
//! let outcome = plan.execute(context)?;
//! assert!(outcome.preflight.report.is_sound());
//! assert!(folder.path().join("m1.etcd/member/snap/db").exists());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod context;
mod copy;
mod database_changes;
mod error;
mod error_class;
mod execute;
mod file_length;
mod identity;
mod initial_cluster;
mod initial_cluster_check;
mod interrupted_restore;
pub mod manifest;
mod member_location;
mod membership;
mod ownership;
mod plan;
mod preflight;
mod quota;
mod request;
mod revision_bump;
mod rewritten_backup;
mod stage;
mod url;
mod write_obstacles;

pub use context::RestoreContext;
pub use database_changes::DatabaseChange;
pub use error::{RestoreError, hash_mismatch};
pub use error_class::ErrorClass;
pub use etcdsnap_publish::Owner;
pub use etcdsnap_rewrite::salvage::{KeyNames, Losses, LostRange};
pub use etcdsnap_snapshot::interrupt::Interrupt;
pub use etcdsnap_wal::Release;
pub use execute::RestoreOutcome;
pub use identity::{ClusterId, MemberId};
pub use initial_cluster::InitialCluster;
pub use initial_cluster_check::{InitialClusterError, Resolver, UrlDifference, UrlMismatch};
pub use manifest::Manifest;
pub use membership::{
    ClusterRequest, LearnerError, Membership, MembershipError, MembershipWarning, NewMember, RestoredMembers,
};
pub use plan::{PlannedDirectory, PlannedFile, RestoreDraft, RestorePlan};
pub use preflight::Preflight;
pub use request::{RestoreDestination, RestoreRequest, RevisionBump};
pub use revision_bump::BumpPlan;
pub use rewritten_backup::RewrittenBackup;
pub use stage::{RestoreStage, StageObserver};
pub use url::{PeerUrl, PeerUrls, Unparsable, UrlError};
pub use write_obstacles::WriteObstacle;
