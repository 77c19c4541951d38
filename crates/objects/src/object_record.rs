//! One object as it lies in the file, and what can be made of it.

use std::borrow::Cow;

use etcdsnap_kube::StoredValue;
use etcdsnap_kube::decode::{Object, decode};
use etcdsnap_kube::encryption::{EncryptedValue, Keyring};
use etcdsnap_kube::key::ObjectKey;
use etcdsnap_kube::metadata::ObjectHeader;
use etcdsnap_kube::resource::Resource;
use etcdsnap_mvcc::Record;

use crate::{ObjectSelection, Objects, UnreadableObject};

/// A record of an object: a put, or a deletion without a value.
#[derive(Clone, Copy)]
pub struct ObjectRecord<'o, 'a> {
    pub(crate) objects: &'o Objects<'a>,
    /// Its key in parts.
    pub key: ObjectKey<'a>,
    /// Its key as bytes, revisions, version, lease, and its value as stored.
    pub record: Record<'a>,
}

/// A stored value in clear.
#[derive(Clone, PartialEq, Eq)]
pub struct Plaintext<'a> {
    value: Cow<'a, [u8]>,
}

impl<'o, 'a> ObjectRecord<'o, 'a> {
    /// The resource it is of; nothing where neither Kubernetes nor a definition in the backup has one at its key.
    pub fn resource(&self) -> Option<&'o Resource> {
        self.objects.resource(&self.key)
    }

    /// Plural and group of its resource: `deployments.apps`, `pods`.
    pub fn resource_name(&self) -> String {
        self.objects.resource_name(&self.key)
    }

    /// What kubectl calls it: `deployment.apps/web`, `pod/db-0`. Where the resource is unknown, its plural stands for it.
    pub fn name(&self) -> String {
        let name = self.key.name;
        match self.resource() {
            Some(resource) if resource.group.is_empty() => format!("{}/{name}", resource.singular),
            Some(resource) => format!("{}.{}/{name}", resource.singular, resource.group),
            None => format!("{}/{name}", self.resource_name()),
        }
    }

    /// How it is sealed, if it is encrypted; needs no key.
    pub fn sealed(&self) -> Option<EncryptedValue<'a>> {
        EncryptedValue::recognise(self.record.kv.value)
    }

    /// The value in clear: as it lies in the file, or decrypted.
    ///
    /// # Errors
    /// It is encrypted, and no key opens it.
    pub fn open(&self) -> Result<Plaintext<'a>, UnreadableObject> {
        Plaintext::open(&self.record, &self.objects.keyring)
    }

    /// Whether a selection means it. What has labels that cannot be read is meant, so that it is told.
    pub(crate) fn is_selected(&self, selection: &ObjectSelection) -> bool {
        if !selection.has_key(&self.key) || selection.labels.is_empty() {
            return selection.has_key(&self.key);
        }
        let Ok(clear) = self.open() else { return true };
        clear.header().map_or(!self.record.tombstone, |header| selection.labels.matches(&header.metadata))
    }

    /// The whole object as the API server would have shown it when this was its newest revision; `clear` is its opened value.
    ///
    /// # Errors
    /// It cannot be decoded.
    pub fn object<'c>(&self, clear: &'c Plaintext<'a>, managed_fields: bool) -> Result<Object<'c>, UnreadableObject> {
        let cluster = self.objects.cluster();
        let mut object = decode(clear.bytes(), cluster.options(managed_fields))?;
        cluster.present(&mut object, self.record.kv.mod_revision);
        Ok(object)
    }
}

/// Never shows the value.
impl std::fmt::Debug for ObjectRecord<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ObjectRecord").field("key", &self.key).field("record", &self.record).finish_non_exhaustive()
    }
}

impl<'a> Plaintext<'a> {
    /// The value of a record: as it lies in the file, or decrypted.
    ///
    /// # Errors
    /// It is encrypted, and no key of the ring opens it.
    pub fn open(record: &Record<'a>, keyring: &Keyring) -> Result<Self, UnreadableObject> {
        let (key, value) = (record.kv.key, record.kv.value);
        let value = match EncryptedValue::recognise(value) {
            Some(sealed) => Cow::Owned(keyring.decrypt(&sealed, key)?.value),
            None => Cow::Borrowed(value),
        };
        Ok(Self { value })
    }

    /// The bytes an API server would have stored without encryption.
    pub fn bytes(&self) -> &[u8] {
        &self.value
    }

    /// What the bytes are.
    pub fn stored(&self) -> StoredValue<'_> {
        StoredValue::recognise(&self.value)
    }

    /// Type and metadata, read without decoding the rest.
    ///
    /// # Errors
    /// It is no object, or damaged.
    pub fn header(&self) -> Result<ObjectHeader<'_>, UnreadableObject> {
        Ok(ObjectHeader::read(&self.value)?)
    }
}

/// Never shows the value.
impl std::fmt::Debug for Plaintext<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes in clear", self.value.len())
    }
}
