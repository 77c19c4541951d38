//! Files that other programs keep beside a backup, and that are named in its place by mistake.

use std::fmt;

/// The kind of such a file, by the program that writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Companion {
    /// kOps and etcd-manager: `_etcd_backup.meta`.
    Kops,
    /// RKE: `.rkestate`.
    Rke,
    /// OpenShift's `cluster-backup.sh`: `static_kuberesources_….tar.gz`.
    OpenShift,
}

impl Companion {
    /// Recognises such a file by the beginning of its text.
    pub(super) fn of_text(head: &str) -> Option<Self> {
        let has = |names: &[&str]| head.starts_with('{') && names.iter().all(|name| head.contains(name));
        match () {
            () if has(&["\"etcdVersion\"", "\"clusterSpec\""]) => Some(Self::Kops),
            () if has(&["\"desiredState\"", "\"rkeConfig\""]) || has(&["\"desiredState\"", "\"currentState\""]) => {
                Some(Self::Rke)
            }
            () => None,
        }
    }

    pub(super) fn remedy(self) -> &'static str {
        match self {
            Self::Kops => "the backup is the file beside it, etcd.backup.gz; name that",
            Self::Rke => "the backup is the file beside it, without .rkestate in its name; name that",
            Self::OpenShift => "the backup is the file beside it, snapshot_….db; name that",
        }
    }
}

impl fmt::Display for Companion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kops => "what kOps notes about a backup (_etcd_backup.meta)",
            Self::Rke => "the state of a cluster that RKE keeps beside a backup (.rkestate)",
            Self::OpenShift => "the static pod resources of an OpenShift backup (static_kuberesources_….tar.gz)",
        })
    }
}
