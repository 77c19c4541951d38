//! Data directories of a new cluster, made from one backup.
//!
//! A restore does not bring the old cluster back: it begins a new one that holds the old data. [`Membership`] says who its
//! members are, from the flags that upstream's tools take; [`Manifest`] finds the values of those flags in the files that
//! etcd is started from.
//!
//! Those two open no files and write nothing. The rest is a restore in three steps:
//!
//! * a [`Request`] says everything that is asked for;
//! * a [`Draft`] of it knows the cluster and the directories, and with a backup becomes a [`Plan`]: a value that says all that
//!   will be done;
//! * the plan is [checked](Plan::check) against a verification of the backup, or [executed](Plan::execute): then verification
//!   runs beside the copying, and every member's directory appears whole or not at all.
//!
//! When a damaged backup is allowed, or its byte order is another, the draft makes a [`Rewritten`] database of it, to
//! be planned with instead.
//!
//! ```
//! use etcdsnap_publish::Interrupt;
//! use etcdsnap_restore::{ClusterRequest, Draft, Output, Request, Restored, Work};
//! use etcdsnap_snapshot::container::{Container, OpenOptions};
//! use etcdsnap_snapshot::inspection::Options;
//! use etcdsnap_snapshot::progress::Silent;
//!
//! # let folder = tempfile::tempdir()?;
//! # let snapshot = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/etcd/etcd-3.7.1-seed2.db");
//! let request = Request {
//!     cluster: ClusterRequest {
//!         restored: Restored::Member { name: "m1", advertised: None },
//!         initial_cluster: "m1=http://10.0.0.1:2380",
//!         token: "restored-1",
//!         learners: &[],
//!     },
//!     output: Output::Member { data_dir: Some(folder.path().join("m1.etcd")), wal_dir: None },
//!     ..Request::default()
//! };
//! let container = Container::open(snapshot.as_ref(), &OpenOptions::default())?;
//! let plan = Draft::new(&request, None)?.plan(&container)?;
//! assert_eq!(plan.directories()[0].files.len(), 3);
//!
//! let interrupt = Interrupt::default();
//! let work = Work { inspection: Options::default(), progress: &Silent, stages: &(), interrupt: &interrupt };
//! let outcome = plan.execute(work)?;
//! assert!(outcome.checked.report.is_sound());
//! assert!(folder.path().join("m1.etcd/member/snap/db").exists());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bootstrap;
mod bump;
mod checked;
mod class;
mod content;
mod copy;
mod error;
mod execute;
mod identity;
mod initial_cluster;
mod kept;
pub mod manifest;
mod membership;
mod plan;
mod request;
mod rewritten;
mod site;
mod unfinished;
mod url;
mod writes;

pub use bootstrap::{BootstrapError, Difference, Mismatch, Resolver};
pub use bump::BumpPlan;
pub use checked::Checked;
pub use class::ErrorClass;
pub use content::Change;
pub use error::{RestoreError, hash_mismatch};
pub use etcdsnap_publish::{Interrupt, Owner};
pub use etcdsnap_rewrite::salvage::{Losses, LostRange, Names};
pub use etcdsnap_wal::Release;
pub use execute::{Outcome, Stage, Stages, Work};
pub use identity::{ClusterId, MemberId};
pub use initial_cluster::InitialCluster;
pub use manifest::Manifest;
pub use membership::{ClusterRequest, LearnerError, Member, Membership, MembershipError, MembershipWarning, Restored};
pub use plan::{Directory, Draft, NewPath, Plan};
pub use request::{Bump, Output, Request};
pub use rewritten::Rewritten;
pub use url::{PeerUrl, PeerUrls, Unparsable, UrlError};
pub use writes::WriteObstacle;
