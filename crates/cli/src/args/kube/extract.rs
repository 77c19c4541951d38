//! `kube extract`.

use std::path::PathBuf;

use etcdsnap_kube::list::ListFormat;
use etcdsnap_kube::manifest::{CleanOptions, OwnerReferencePolicy};
use etcdsnap_objects::extract::ExtractInclusions;

use super::{Meant, Source};
use crate::args::examples;

/// Writes objects as manifests that `kubectl apply` takes, in an order in which they can be applied
///
/// Takes what kubectl takes: types, names, a namespace, labels; or the whole cluster with -A. A namespace takes its Namespace
/// object along, and custom resources their definition. With --deleted, objects that were deleted before the backup was made and
/// are still in its history come back as they last were.
///
/// Objects are written as they were. --clean makes manifests for a new cluster: it takes out what only the old cluster could
/// know (uid, resource version, status, addresses, bindings, tokens, notes of controllers), and leaves out objects that clusters and controllers
/// make by themselves. What is left out and why is said on standard error.
///
/// What cannot be opened or decoded is named on standard error, the rest is written, and the command ends with 1.
#[derive(Debug, clap::Args)]
#[command(after_help = examples::KUBE_EXTRACT)]
pub struct Extract {
    #[command(flatten)]
    pub source: Source,

    #[command(flatten)]
    pub meant: Meant,

    /// Objects that are deleted, as they last were, in place of those that live
    #[arg(long)]
    pub deleted: bool,

    /// With a CustomResourceDefinition, also the objects it defines
    #[arg(long)]
    pub with_custom_resources: bool,

    /// Takes out what would be refused or mistaken in a new cluster, and leaves out what it makes by itself
    #[arg(long)]
    pub clean: bool,

    /// Leaves this in the objects that --clean would take out; may be given several times
    #[arg(long, value_name = "WHAT", value_enum, value_delimiter = ',', requires = "clean")]
    pub keep: Vec<Keep>,

    /// Writes such objects that --clean would leave out; may be given several times
    #[arg(long, value_name = "WHAT", value_enum, value_delimiter = ',', requires = "clean")]
    pub include: Vec<Include>,

    /// Form of the manifests
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = ManifestForm::Yaml)]
    pub output: ManifestForm,

    /// Writes to this file, which appears when it is whole, instead of standard output (`-`)
    ///
    /// A FIFO, or a device such as /dev/stdout, is written through. A file that is read is never replaced, nor a
    /// symbolic link. Of a damaged backup it gets what can be read, if there is no such file yet.
    #[arg(long, value_name = "FILE")]
    pub output_file: Option<PathBuf>,

    /// Writes a file an object into this new folder, which appears when it is whole; apply it with `kubectl apply -R -f`
    #[arg(long, value_name = "DIR", conflicts_with = "output_file")]
    pub output_dir: Option<PathBuf>,

    /// Replaces the output file if it exists, once the new one is whole
    ///
    /// If not all could be read, the old file is kept.
    #[arg(long, requires = "output_file")]
    pub force: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ManifestForm {
    /// YAML documents, one after the other
    Yaml,
    /// JSON: a List, or one object a file
    Json,
}

/// What can stay in an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Keep {
    /// status
    Status,
    /// All owner references; a new cluster deletes objects whose owner it does not find
    Owners,
    /// References to owners that are extracted too
    ExtractedOwners,
    /// What `kubectl apply` noted of the last manifest
    LastApplied,
    /// Cluster IPs of Services
    ClusterIps,
    /// Node ports of Services
    NodePorts,
    /// Which volume a claim is bound to, and the other way round
    VolumeBindings,
    /// Finalizers: the object can then only be deleted once somebody takes them off
    Finalizers,
}

/// Objects that can be written all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Include {
    /// Events and leases
    Momentary,
    /// Objects whose controller makes them anew, such as Pods of a Deployment
    Controlled,
    /// What every cluster makes by itself, such as nodes, endpoints, default roles
    Generated,
    /// Tokens of ServiceAccounts
    Tokens,
}

impl Extract {
    /// How objects are cleaned, if they are.
    pub fn cleaning(&self) -> Option<CleanOptions> {
        let kept = |keep: Keep| self.keep.contains(&keep);
        let owners = match () {
            () if kept(Keep::Owners) => OwnerReferencePolicy::Keep,
            () if kept(Keep::ExtractedOwners) => OwnerReferencePolicy::KeepExtracted,
            () => OwnerReferencePolicy::Drop,
        };
        self.clean.then(|| CleanOptions {
            keep_status: kept(Keep::Status),
            owners,
            keep_last_applied: kept(Keep::LastApplied),
            keep_cluster_ips: kept(Keep::ClusterIps),
            keep_node_ports: kept(Keep::NodePorts),
            keep_volume_bindings: kept(Keep::VolumeBindings),
            keep_finalizers: kept(Keep::Finalizers),
        })
    }

    /// What is written although a cluster would make it by itself.
    pub fn included(&self) -> ExtractInclusions {
        if !self.clean {
            return ExtractInclusions::ALL;
        }
        let included = |include: Include| self.include.contains(&include);
        ExtractInclusions {
            momentary: included(Include::Momentary),
            controlled: included(Include::Controlled),
            made_by_cluster: included(Include::Generated),
            account_tokens: included(Include::Tokens),
        }
    }
}

impl ManifestForm {
    /// The ending of a file's name.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Yaml => "yaml",
            Self::Json => "json",
        }
    }
}

impl From<ManifestForm> for ListFormat {
    fn from(form: ManifestForm) -> Self {
        match form {
            ManifestForm::Yaml => Self::Yaml,
            ManifestForm::Json => Self::Json,
        }
    }
}
