//! How objects are encrypted, held against what is wanted: an encryption configuration, or a list of resources that must not
//! lie in clear.
//!
//! An [`EncryptionAudit`] takes one [`EncryptionState`] an object, and gives a [`AuditReport`] with one [`AuditRow`] for every way in which objects of one
//! resource are stored. Objects are named; nothing of their values is kept.

use std::collections::BTreeMap;

use etcdsnap_kube::encryption::{
    DecryptError, EncryptedValue, EncryptionConfiguration, Fingerprint, Provider, ProviderConfig,
};
use etcdsnap_mvcc::Position;
use etcdsnap_quote::excerpt;

use crate::parallel_map::map_all_in_order;
use crate::{ObjectRecord, Objects};

/// How one object is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EncryptionState<'a> {
    /// In clear.
    Unencrypted,
    /// Encrypted.
    Encrypted {
        /// Its header.
        value: EncryptedValue<'a>,
        /// The name of the key that opened it, or why none did.
        decrypted: Result<String, DecryptError>,
    },
}

/// What to make of a way of storing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EncryptionVerdict {
    /// In clear, although it is to be encrypted.
    InClear,
    /// Its key is there, and does not open it.
    Unopened,
    /// Encrypted with a key the API server would not try: the configuration does not give it to this resource.
    KeyNotConfigured,
    /// Encrypted with a key of the configuration that is not the first.
    StaleKey,
    /// Encrypted, and there is no configuration to say whether that is the key it should be.
    Encrypted,
    /// Encrypted with the first key of the configuration.
    FirstKey,
    /// In clear, and nothing asks for more.
    NotAsked,
}

impl EncryptionVerdict {
    /// Whether what is wanted does not hold because of it.
    pub fn fails(self) -> bool {
        matches!(self, Self::InClear | Self::Unopened | Self::KeyNotConfigured | Self::StaleKey)
    }
}

/// What is wanted.
#[derive(Clone, Debug, Default)]
pub struct EncryptionPolicy {
    /// Configurations; that which first says something about a resource counts.
    pub configurations: Vec<EncryptionConfiguration>,
    /// Resources that must be encrypted, whatever configurations say: `secrets`, `foos.ex.io`.
    pub required: Vec<String>,
}

/// Takes objects in, one by one.
#[derive(Debug)]
pub struct EncryptionAudit {
    policy: EncryptionPolicy,
    names: usize,
    rows: BTreeMap<(String, EncryptionVerdict, Storing), Tally>,
    kms: BTreeMap<(String, Fingerprint), KmsKey>,
}

/// Provider and key; nothing in clear.
type Storing = Option<(String, String)>;

#[derive(Debug, Default)]
struct Tally {
    objects: u64,
    names: Vec<String>,
    reason: Option<String>,
}

/// What the objects of one resource that are stored alike come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// The resource: `secrets`, `foos.ex.io`.
    pub resource: String,
    /// What to make of it.
    pub verdict: EncryptionVerdict,
    /// Provider, such as `aescbc`; nothing in clear.
    pub provider: Option<String>,
    /// Name of the key, or of the provider for KMS.
    pub key: Option<String>,
    /// How many there are.
    pub objects: u64,
    /// The first of them, as `namespace/name`.
    pub names: Vec<String>,
    /// Why the first of them cannot be opened.
    pub reason: Option<String>,
    /// How the configuration would store it now: provider and key.
    pub wanted: Option<String>,
}

/// A key or seed that a key management service sealed, and values depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KmsKey {
    /// The provider's name in the configuration.
    pub provider: String,
    /// What identifies the sealed key.
    pub fingerprint: Fingerprint,
    /// The service's own name for the key it sealed with; not known for KMS v1.
    pub key_id: Option<String>,
    /// The sealed key, to be given to the service.
    pub sealed: Vec<u8>,
    /// Values that need it.
    pub objects: u64,
}

/// The outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditReport {
    /// Rows, by resource; within one, what fails first.
    pub rows: Vec<AuditRow>,
    /// Sealed keys of key management services.
    pub kms: Vec<KmsKey>,
    /// Resources that must be encrypted and of which nothing is stored.
    pub absent: Vec<String>,
}

impl AuditReport {
    /// Whether what is wanted holds for every object.
    pub fn holds(&self) -> bool {
        !self.rows.iter().any(|row| row.verdict.fails())
    }
}

impl EncryptionAudit {
    /// Begins an audit that keeps the names of the first so many objects of every row.
    pub fn new(policy: EncryptionPolicy, names: usize) -> Self {
        Self { policy, names, rows: BTreeMap::new(), kms: BTreeMap::new() }
    }

    /// Takes in all objects of a backup and ends the audit.
    pub fn over(mut self, objects: &Objects<'_>) -> AuditReport {
        let make = |at: &Position| objects.entry(*at).map(|entry| (entry, state(&entry)));
        map_all_in_order(
            &objects.live_by_key(),
            |at| objects.stored_len(*at),
            make,
            |made| {
                let Some((entry, state)) = made else { return };
                let name = || match entry.key.namespace {
                    Some(namespace) => format!("{namespace}/{}", entry.key.name),
                    None => entry.key.name.to_owned(),
                };
                self.take(entry.resource_name(), name, &state);
            },
        );
        self.finish()
    }

    /// Takes in an object of a resource: `secrets`, `foos.ex.io`.
    pub fn take(&mut self, resource: String, name: impl FnOnce() -> String, state: &EncryptionState<'_>) {
        let verdict = self.policy.verdict(&resource, state);
        let storing = match state {
            EncryptionState::Unencrypted => None,
            EncryptionState::Encrypted { value, decrypted } => Some(storing(value, decrypted)),
        };
        let tally = self.rows.entry((resource, verdict, storing)).or_default();
        tally.objects += 1;
        if tally.names.len() < self.names {
            tally.names.push(name());
        }
        let EncryptionState::Encrypted { value, decrypted } = state else { return };
        if let Err(error) = decrypted {
            tally.reason.get_or_insert_with(|| error.to_string());
        }
        if let Some(envelope) = value.kms() {
            let key = self.kms.entry((envelope.name.to_owned(), envelope.fingerprint)).or_insert_with(|| KmsKey {
                provider: envelope.name.to_owned(),
                fingerprint: envelope.fingerprint,
                key_id: envelope.key_id.map(str::to_owned),
                sealed: envelope.sealed_secret.to_owned(),
                objects: 0,
            });
            key.objects += 1;
        }
    }

    /// Ends the audit.
    pub fn finish(self) -> AuditReport {
        let Self { policy, rows, kms, .. } = self;
        let rows: Vec<_> = rows
            .into_iter()
            .map(|((resource, verdict, storing), tally)| {
                let wanted = policy.providers(&resource).first().map(|first| described(first));
                let (provider, key) = storing.unzip();
                let Tally { objects, names, reason } = tally;
                AuditRow { resource, verdict, provider, key, objects, names, reason, wanted }
            })
            .collect();
        let is_there = |resource: &&String| rows.iter().any(|row| row.resource == **resource);
        let absent = policy.required.iter().filter(|resource| !is_there(resource)).cloned().collect();
        AuditReport { rows, kms: kms.into_values().collect(), absent }
    }
}

impl EncryptionPolicy {
    /// The providers of a resource, by the first configuration that has any. A rule of `identity` alone takes a resource
    /// out of what the rules after it would encrypt.
    fn providers(&self, resource: &str) -> Vec<&ProviderConfig> {
        let (plural, group) = resource.split_once('.').unwrap_or((resource, ""));
        let all = self.configurations.iter().map(|configuration| configuration.providers_of(plural, group));
        let found = all.into_iter().find(|providers| !providers.is_empty()).unwrap_or_default();
        let encrypts = found.iter().any(|provider| **provider != ProviderConfig::Identity);
        if encrypts { found } else { Vec::new() }
    }

    fn verdict(&self, resource: &str, state: &EncryptionState<'_>) -> EncryptionVerdict {
        let providers = self.providers(resource);
        let EncryptionState::Encrypted { value, decrypted } = state else {
            let asked = !providers.is_empty() || self.required.iter().any(|required| required == resource);
            return if asked { EncryptionVerdict::InClear } else { EncryptionVerdict::NotAsked };
        };
        match decrypted {
            Err(DecryptError::WrongKey { .. } | DecryptError::Damaged { .. } | DecryptError::UnknownProvider) => {
                return EncryptionVerdict::Unopened;
            }
            Ok(_) | Err(DecryptError::NoKey { .. } | DecryptError::NeedsKms { .. }) => {}
        }
        // OpenShift's further API servers have configurations of their own, which lie encrypted in the backup itself.
        let elsewhere = providers.is_empty() && resource.ends_with(".openshift.io") && decrypted.is_ok();
        if self.configurations.is_empty() || elsewhere {
            return EncryptionVerdict::Encrypted;
        }
        let named = |name: &str| match decrypted {
            Ok(decrypted) if !decrypted.is_empty() => decrypted == name,
            _ => value.key_name() == Some(name),
        };
        // What is written is encrypted with the first key of the first provider.
        let mut first = true;
        for provider in providers {
            match provider {
                ProviderConfig::Kms(of, name) if value.provider == Some(*of) && named(name) => {
                    return if first { EncryptionVerdict::FirstKey } else { EncryptionVerdict::StaleKey };
                }
                ProviderConfig::Identity | ProviderConfig::Kms(..) => {}
                ProviderConfig::Keys(of, keys) => {
                    let found = keys.iter().position(|key| value.provider == Some(*of) && named(&key.name));
                    if let Some(position) = found {
                        return if first && position == 0 {
                            EncryptionVerdict::FirstKey
                        } else {
                            EncryptionVerdict::StaleKey
                        };
                    }
                }
            }
            first = false;
        }
        EncryptionVerdict::KeyNotConfigured
    }
}

/// How an object is stored, and whether a key at hand opens it.
fn state<'a>(entry: &ObjectRecord<'_, 'a>) -> EncryptionState<'a> {
    let Some(value) = entry.sealed() else { return EncryptionState::Unencrypted };
    let decrypted =
        entry.objects.keyring.decrypt(&value, entry.record.kv.key).map(|decrypted| decrypted.key_name.to_owned());
    EncryptionState::Encrypted { value, decrypted }
}

/// Provider and key of a sealed value.
fn storing(value: &EncryptedValue<'_>, decrypted: &Result<String, DecryptError>) -> (String, String) {
    let provider = value.provider.map_or_else(|| "unknown".to_owned(), |provider| provider.to_string());
    let key = match decrypted {
        Ok(name) if !name.is_empty() => name.as_str(),
        _ => value.key_name().unwrap_or("unreadable"),
    };
    (provider, key.to_owned())
}

/// What a provider encrypts with; names are quoted where they have to be, and cut where they are long.
fn described(provider: &ProviderConfig) -> String {
    match provider {
        ProviderConfig::Identity => "in clear".to_owned(),
        ProviderConfig::Keys(provider, keys) => {
            let key = keys.first().map_or_else(|| "missing".to_owned(), |key| excerpt(key.name.as_bytes()));
            format!("{provider}, key {key}")
        }
        ProviderConfig::Kms(provider @ (Provider::KmsV1 | Provider::KmsV2), name) => {
            format!("{provider}, provider {}", excerpt(name.as_bytes()))
        }
        ProviderConfig::Kms(_, name) => format!("kms, provider {}", excerpt(name.as_bytes())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = r#"{"kind":"EncryptionConfiguration","resources":[
        {"resources":["secrets","foos.ex.io"],"providers":[
            {"aescbc":{"keys":[{"name":"new","secret":"AAECAwQFBgcICQoLDA0ODw=="},{"name":"old","secret":"AAECAwQFBgcICQoLDA0ODw=="}]}},
            {"kms":{"name":"vault","apiVersion":"v2"}},{"identity":{}}]},
        {"resources":["events"],"providers":[{"identity":{}}]},
        {"resources":["configmaps"],"providers":[{"identity":{}},{"kms":{"name":"vault","apiVersion":"v2"}}]}]}"#;

    fn with_config() -> EncryptionPolicy {
        let configurations = vec![EncryptionConfiguration::parse(CONFIG).expect("a configuration")];
        EncryptionPolicy { configurations, required: Vec::new() }
    }

    fn sealed<'a>(value: &'a [u8], decrypted: Result<&str, DecryptError>) -> EncryptionState<'a> {
        let value = EncryptedValue::recognise(value).expect("a sealed value");
        EncryptionState::Encrypted { value, decrypted: decrypted.map(str::to_owned) }
    }

    fn wrong() -> DecryptError {
        DecryptError::WrongKey { provider: Provider::AesCbc, name: "new".to_owned() }
    }

    fn missing() -> DecryptError {
        DecryptError::NoKey { provider: Provider::AesCbc, name: "x".to_owned() }
    }

    #[test]
    fn only_the_first_key_will_do() {
        let policy = with_config();
        let (new, old) = (b"k8s:enc:aescbc:v1:new:x", b"k8s:enc:aescbc:v1:old:x");
        for (resource, state, expected) in [
            ("secrets", sealed(new, Ok("new")), EncryptionVerdict::FirstKey),
            ("secrets", sealed(old, Ok("old")), EncryptionVerdict::StaleKey),
            ("secrets", sealed(b"k8s:enc:kms:v2:vault:x", Err(missing())), EncryptionVerdict::StaleKey),
            ("secrets", sealed(b"k8s:enc:aesgcm:v1:new:x", Err(missing())), EncryptionVerdict::KeyNotConfigured),
            ("secrets", sealed(new, Err(wrong())), EncryptionVerdict::Unopened),
            ("secrets", EncryptionState::Unencrypted, EncryptionVerdict::InClear),
            ("pods", EncryptionState::Unencrypted, EncryptionVerdict::NotAsked),
            ("pods", sealed(new, Ok("new")), EncryptionVerdict::KeyNotConfigured),
            ("events", EncryptionState::Unencrypted, EncryptionVerdict::NotAsked),
            ("configmaps", EncryptionState::Unencrypted, EncryptionVerdict::InClear),
        ] {
            assert_eq!(policy.verdict(resource, &state), expected, "{resource} {state:?}");
        }
        assert_eq!(policy.verdict("foos.ex.io", &EncryptionState::Unencrypted), EncryptionVerdict::InClear);
        assert_eq!(policy.verdict("foos", &EncryptionState::Unencrypted), EncryptionVerdict::NotAsked);
    }

    #[test]
    fn names_that_a_configuration_gives_are_quoted_and_bounded() {
        let wanted = |name: &str| {
            let config = CONFIG.replace("new", name);
            let configurations = vec![EncryptionConfiguration::parse(&config).expect("a configuration")];
            let mut audit = EncryptionAudit::new(EncryptionPolicy { configurations, required: Vec::new() }, 1);
            audit.take("secrets".to_owned(), || "s".to_owned(), &EncryptionState::Unencrypted);
            audit.finish().rows[0].wanted.clone().expect("a first key")
        };
        assert_eq!(wanted("new"), "aescbc, key new");
        assert_eq!(wanted("\\u001b[2J"), "aescbc, key \"\\x1b[2J\"");
        assert!(wanted(&"x".repeat(100_000)).len() < 300);
    }

    #[test]
    fn without_a_configuration_what_is_required_must_be_encrypted() {
        let policy = EncryptionPolicy {
            required: vec!["secrets".to_owned(), "foos.ex.io".to_owned()],
            ..EncryptionPolicy::default()
        };
        let mut audit = EncryptionAudit::new(policy, 1);
        for name in ["a", "b"] {
            audit.take("secrets".to_owned(), || name.to_owned(), &EncryptionState::Unencrypted);
        }
        audit.take("secrets".to_owned(), || "c".to_owned(), &sealed(b"k8s:enc:aescbc:v1:k:x", Err(missing())));
        audit.take("pods".to_owned(), || "p".to_owned(), &EncryptionState::Unencrypted);
        let report = audit.finish();
        assert!(!report.holds());
        let rows: Vec<_> = report.rows.iter().map(|row| (row.resource.as_str(), row.verdict, row.objects)).collect();
        assert_eq!(
            rows,
            [
                ("pods", EncryptionVerdict::NotAsked, 1),
                ("secrets", EncryptionVerdict::InClear, 2),
                ("secrets", EncryptionVerdict::Encrypted, 1)
            ]
        );
        assert_eq!(report.rows[1].names, ["a"]);
        assert_eq!(report.absent, ["foos.ex.io"]);
    }
}
