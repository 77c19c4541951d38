//! What all commands that show objects have in common: keys, opening, and understanding which objects are meant.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use etcdsnap_kube::encryption::{EncryptionConfiguration, Keyring, configurations_in_backup};
use etcdsnap_objects::{ObjectSelection, ObjectSelectionError, Objects, OpenObjectsError};
use etcdsnap_snapshot::contents::Contents;

use crate::args::kube::{Keys, Meant, Secrets, Source};
use crate::commands::Session;
use crate::commands::reading::refused;
use crate::exit::{Exit, Failure};
use crate::output::label;
use crate::text_file;

/// What a gzip archive begins with.
const GZIP: &[u8] = &[0x1f, 0x8b];

impl Session {
    /// Opens a backup and lets `look` see the objects in it.
    pub fn objects(
        &self,
        source: &Source,
        look: impl FnOnce(&mut Objects<'_>) -> Result<Exit, Failure> + Send,
    ) -> Result<Exit, Failure> {
        let secrets = &source.keys.secrets;
        self.note_files(secrets.encryption_config.iter().chain(&secrets.kms_key));
        let keyring = keyring(secrets)?;
        self.read(&source.file, |contents| look(&mut open(contents, &source.file, source.rev, keyring, &source.keys)?))
    }
}

/// The objects of a backup that is open, at a revision.
pub fn open<'a>(
    contents: &Contents<'a>,
    path: &Path,
    rev: Option<i64>,
    keyring: Keyring,
    keys: &Keys,
) -> Result<Objects<'a>, Failure> {
    Objects::open(contents, rev, keyring, &keys.etcd_prefix).map_err(|error| match error {
        OpenObjectsError::Image(error) => error.into(),
        OpenObjectsError::Revision(error) => refused(contents, path, error),
        OpenObjectsError::NotKubernetes(_) => Failure::new(format!(
            "{}: {error} at revision {}; `etcdsnap keys` lists what there is",
            label(path),
            contents.shown_revision(rev)
        )),
        error => Failure::new(error.to_string()),
    })
}

/// The objects that are meant.
pub fn selection(objects: &Objects<'_>, meant: &Meant) -> Result<ObjectSelection, Failure> {
    let mut selection = ObjectSelection::parse(&meant.words, objects).map_err(not_understood)?;
    selection.namespace = meant.namespace().map(str::to_owned);
    selection.labels = meant.selector.clone().unwrap_or_default();
    Ok(selection)
}

/// Why words mean no objects, and what to do.
pub fn not_understood(error: ObjectSelectionError) -> Failure {
    match error {
        ObjectSelectionError::UnknownType(_) => {
            Failure::new(format!("{error}; `etcdsnap kube api-resources` lists those in a backup"))
        }
        error => Failure::usage(error.to_string()),
    }
}

/// All keys that were given.
pub fn keyring(secrets: &Secrets) -> Result<Keyring, Failure> {
    let mut keyring = Keyring::default();
    for configuration in configurations(secrets)? {
        keyring.add(&configuration);
    }
    for path in &secrets.kms_key {
        let text = text_file::read(path)?;
        keyring.add_kms_secrets(&text).map_err(|error| Failure::new(format!("{}: {error}", label(path))))?;
    }
    Ok(keyring)
}

/// The encryption configurations that were given.
pub fn configurations(secrets: &Secrets) -> Result<Vec<EncryptionConfiguration>, Failure> {
    let mut configurations = Vec::new();
    for path in &secrets.encryption_config {
        configurations.extend(configurations_of(path)?);
    }
    Ok(configurations)
}

fn configurations_of(path: &Path) -> Result<Vec<EncryptionConfiguration>, Failure> {
    let unreadable = |error| Failure::io(&label(path), &error);
    let unusable = |error: &dyn std::error::Error| Failure::new(format!("{}: {error}", label(path)));
    let mut file = File::open(path).map_err(unreadable)?;
    let mut beginning = Vec::new();
    file.by_ref().take(GZIP.len() as u64).read_to_end(&mut beginning).map_err(unreadable)?;
    let whole = beginning.as_slice().chain(file);
    if beginning == GZIP {
        return configurations_in_backup(whole).map_err(|error| unusable(&error));
    }
    let text = text_file::read_opened(path, whole)?;
    Ok(vec![EncryptionConfiguration::parse(&text).map_err(|error| unusable(&error))?])
}
