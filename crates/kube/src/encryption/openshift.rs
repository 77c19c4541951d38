//! Where OpenShift keeps its encryption configurations: in the archive beside every backup, and in Secrets.
//!
//! `static_kuberesources_….tar.gz` holds what the static pods of a control plane node mount, the configuration of the
//! kube-apiserver among it, in several revisions. The configurations of the other API servers lie in Secrets of the snapshot
//! itself, which the first one opens.

use std::io::{self, BufReader, Read};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::bufread::MultiGzDecoder;
use serde::Deserialize;
use thiserror::Error;

use super::{ConfigError, EncryptionConfiguration};
use crate::decode::Object;
use crate::value::{Map, Value};

/// What files and Secrets with a configuration have in their name.
const NAME: &str = "encryption-config";

/// Bytes a configuration may have: a Secret cannot hold more.
const MAX_CONFIGURATION: usize = 1 << 20;

/// Bytes an archive may have once it is unpacked; real ones have some megabytes.
const MAX_ARCHIVE: u64 = 1 << 30;

/// Why an archive gives no configuration. Says nothing of the keys in it.
#[derive(Debug, Error)]
pub enum OpenShiftBackupError {
    /// The archive cannot be read.
    #[error("the archive cannot be read: {0}")]
    Archive(#[source] io::Error),
    /// A configuration in it cannot be read.
    #[error("{path}: {problem}")]
    Configuration {
        /// The file in the archive.
        path: String,
        /// What is wrong.
        problem: ConfigError,
    },
    /// There is none: encryption was not switched on.
    #[error(
        "there is no encryption configuration in the archive: the cluster does not encrypt, or it was saved by a version that leaves the keys out"
    )]
    None,
}

/// A Secret as a file of its own.
#[derive(Deserialize)]
struct SecretFile {
    kind: String,
    #[serde(default)]
    data: std::collections::BTreeMap<String, String>,
}

/// The configurations in a `static_kuberesources_….tar.gz`, the newest revision first: revisions are numbered, and the archive
/// lists them by name.
pub fn configurations_in_backup(archive: impl Read) -> Result<Vec<EncryptionConfiguration>, OpenShiftBackupError> {
    let unpacked = MultiGzDecoder::new(BufReader::new(archive)).take(MAX_ARCHIVE);
    let mut archive = tar::Archive::new(unpacked);
    let mut found = Vec::new();
    for entry in archive.entries().map_err(OpenShiftBackupError::Archive)? {
        let mut entry = entry.map_err(OpenShiftBackupError::Archive)?;
        let path = entry.path().map_err(OpenShiftBackupError::Archive)?.into_owned();
        let is_wanted = entry.header().entry_type().is_file() && path.to_string_lossy().contains(NAME);
        if !is_wanted || entry.size() > MAX_CONFIGURATION as u64 {
            continue;
        }
        let mut text = String::new();
        if entry.read_to_string(&mut text).is_err() {
            continue;
        }
        let configuration = configuration_in(&text);
        let problem = |problem| OpenShiftBackupError::Configuration { path: path.display().to_string(), problem };
        found.extend(configuration.map_err(problem)?.map(|configuration| (revision(&path), configuration)));
    }
    if found.is_empty() {
        return Err(OpenShiftBackupError::None);
    }
    found.sort_by_key(|(revision, _)| std::cmp::Reverse(*revision));
    Ok(found.into_iter().map(|(_, configuration)| configuration).collect())
}

/// A configuration, by itself or in a Secret; other files are none.
fn configuration_in(text: &str) -> Result<Option<EncryptionConfiguration>, ConfigError> {
    match EncryptionConfiguration::parse(text) {
        Ok(configuration) => Ok(Some(configuration)),
        Err(ConfigError::OtherKind(_)) => Ok(configuration_in_secret_file(text)),
        Err(ConfigError::Malformed { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn configuration_in_secret_file(text: &str) -> Option<EncryptionConfiguration> {
    let secret: SecretFile = serde_json::from_str(text).ok().or_else(|| serde_saphyr::from_str(text).ok())?;
    if secret.kind != "Secret" {
        return None;
    }
    let decoded = secret.data.get(NAME).and_then(|text| STANDARD.decode(text).ok())?;
    EncryptionConfiguration::parse(std::str::from_utf8(&decoded).ok()?).ok()
}

/// The largest number behind a dash in a path such as `kube-apiserver-pod-7/secrets/encryption-config/encryption-config`.
fn revision(path: &Path) -> u64 {
    let segments = path.iter().filter_map(|segment| segment.to_str());
    segments.filter_map(|segment| segment.rsplit_once('-')?.1.parse().ok()).max().unwrap_or_default()
}

/// The configurations in a decoded Secret, if it holds any: OpenShift keeps those of all its API servers so, in the namespace
/// `openshift-config-managed`.
pub fn configurations_in_secret(object: &Object<'_>) -> Vec<EncryptionConfiguration> {
    let named = object.value.text_at(&["metadata", "name"]).is_some_and(|name| name.contains(NAME));
    if object.kind != "Secret" || !named {
        return Vec::new();
    }
    let data = object.value.at(&["data"]).and_then(Value::as_map).into_iter().flat_map(Map::iter);
    data.filter_map(|(_, value)| match value {
        Value::Bytes(bytes) if bytes.len() <= MAX_CONFIGURATION => {
            EncryptionConfiguration::parse(std::str::from_utf8(bytes).ok()?).ok()
        }
        _ => None,
    })
    .collect()
}
