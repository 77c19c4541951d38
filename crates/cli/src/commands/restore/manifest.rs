//! The settings of the member: by hand, from manifests, or by default, in this order.

use std::path::{Path, PathBuf};

use etcdsnap_restore::manifest::{Manifest, ManifestDirectory, ManifestFile, Setting};
use etcdsnap_restore::{ClusterRequest, Membership, PlannedDirectory};

use crate::args::Restore;
use crate::exit::Failure;
use crate::output::label;
use crate::text_file;

/// What a member is restored with.
#[derive(Debug)]
pub struct Settings {
    pub name: String,
    pub initial_cluster: String,
    pub token: String,
    /// `None` for what the cluster has for the member.
    pub advertised: Option<String>,
    pub data_dir: Option<PathBuf>,
    pub wal_dir: Option<PathBuf>,
    /// Where etcd sees these two, when that is somewhere else.
    data_seen: Option<String>,
    wal_seen: Option<String>,
}

impl Settings {
    /// Reads the manifests, of which only what is not given by hand is asked for.
    pub fn new(args: &Restore) -> Result<Self, Failure> {
        let manifest = read(&args.manifests)?;
        let get = |by_hand: &Option<String>, setting: Setting| match by_hand {
            Some(value) => Ok(Some(value.clone())),
            None => manifest.get(setting).map(|value| value.map(str::to_owned)).map_err(|error| usage(&error)),
        };
        // Each member has its own; these are those of the member that the manifest is of.
        let of_one =
            |by_hand: &Option<String>, setting| if args.all_members { Ok(None) } else { get(by_hand, setting) };
        let place = |by_hand: &Option<PathBuf>, setting| match by_hand {
            Some(path) => Ok((Some(path.clone()), None)),
            None if args.all_members => Ok((None, None)),
            None => on_host(manifest.directory(setting).map_err(|error| usage(&error))?, setting),
        };
        let (data_dir, data_seen) = place(&args.data_dir, Setting::DataDir)?;
        let (wal_dir, wal_seen) = place(&args.wal_dir, Setting::WalDir)?;
        let or = |value: Option<String>, default: &str| value.unwrap_or_else(|| default.to_owned());
        let cluster = get(&args.initial_cluster, Setting::InitialCluster)?;
        Ok(Self {
            name: or(of_one(&args.name, Setting::Name)?, ClusterRequest::DEFAULT_NAME),
            initial_cluster: or(cluster, ClusterRequest::DEFAULT_INITIAL_CLUSTER),
            token: or(get(&args.initial_cluster_token, Setting::Token)?, ClusterRequest::DEFAULT_TOKEN),
            advertised: of_one(&args.initial_advertise_peer_urls, Setting::AdvertisePeerUrls)?,
            data_dir,
            wal_dir,
            data_seen,
            wal_seen,
        })
    }

    /// What etcd has to be started with, with its own view of its directories.
    pub fn etcd_flags(&self, directory: &PlannedDirectory, membership: &Membership) -> Vec<(&'static str, String)> {
        let mut flags = directory.etcd_flags(membership, &self.token);
        for (flag, value) in &mut flags {
            let seen = match *flag {
                "data-dir" => &self.data_seen,
                "wal-dir" => &self.wal_seen,
                _ => &None,
            };
            if let Some(seen) = seen {
                value.clone_from(seen);
            }
        }
        flags
    }
}

fn read(files: &[PathBuf]) -> Result<Manifest, Failure> {
    if files.is_empty() {
        return Ok(Manifest::default());
    }
    let texts = files.iter().map(|path| text_file::read(path)).collect::<Result<Vec<_>, _>>()?;
    let labels: Vec<_> = files.iter().map(|path| label(path)).collect();
    let sources: Vec<_> = labels.iter().zip(&texts).map(|(label, text)| ManifestFile { label, text }).collect();
    Manifest::read(&sources).map_err(|error| usage(&error))
}

fn usage(error: &dyn std::error::Error) -> Failure {
    Failure::usage(error.to_string())
}

/// The directory on this machine, and where etcd sees it.
fn on_host(
    directory: Option<ManifestDirectory>,
    setting: Setting,
) -> Result<(Option<PathBuf>, Option<String>), Failure> {
    let Some(ManifestDirectory { path, on_host }) = directory else { return Ok((None, None)) };
    let flag = setting.flag();
    match on_host {
        Some(host) if Path::new(&host) == Path::new(&path) => Ok((Some(host.into()), None)),
        Some(host) => Ok((Some(host.into()), Some(path))),
        None => Err(Failure::usage(format!(
            "etcd's {flag} is {path}, and the manifest does not tell where that is on this machine; give --{flag}"
        ))),
    }
}
