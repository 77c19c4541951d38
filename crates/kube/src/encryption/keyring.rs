//! The keys at hand, and opening values with them.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

use super::cipher::{decrypt_aes_cbc, decrypt_aes_gcm, decrypt_secretbox};
use super::encrypted_value::is_shown;
use super::{ConfigError, EncryptedValue, EncryptionConfiguration, Fingerprint, KeyConfig, Provider, ProviderConfig};
use crate::stored::looks_unencrypted;

/// Keys that are learnt from a backup itself: every value may be tried with each of them.
const MOST_FROM_BACKUP: usize = 64;

/// Keys of configurations, in their order, and secrets a key management service unsealed.
#[derive(Clone, Default)]
pub struct Keyring {
    keys: Vec<(Provider, KeyConfig)>,
    /// How many of the keys were learnt.
    from_backup: usize,
    kms: Vec<KmsSecret>,
}

/// A key or seed that a service unsealed.
#[derive(Clone, PartialEq, Eq)]
struct KmsSecret {
    /// SHA-256 of what it was sealed as; without one it is tried on all values.
    fingerprint: Option<Fingerprint>,
    secret: Vec<u8>,
}

/// An opened value.
#[derive(Clone, PartialEq, Eq)]
pub struct DecryptedValue<'k> {
    /// The value in clear.
    pub value: Vec<u8>,
    /// Who had sealed it.
    pub provider: Provider,
    /// The name of the key that opened it; of the provider for KMS.
    pub key_name: &'k str,
}

/// Why a value stays sealed. Says nothing of what is in it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DecryptError {
    /// The header names a provider that does not exist.
    #[error("sealed by a provider this version does not know")]
    UnknownProvider,
    /// No key of that provider and name is at hand.
    #[error("no key for {provider}, {name}")]
    NoKey {
        /// The provider.
        provider: Provider,
        /// The name in the header, up to the first colon.
        name: String,
    },
    /// There is a key of that name, but it opens nothing that Kubernetes stores: another key of the same name sealed it, the value
    /// was moved from another etcd key, or it is damaged.
    #[error(
        "the key {name} of {provider} does not open it: it is another key, or the value is damaged or lies under another etcd key"
    )]
    WrongKey {
        /// The provider.
        provider: Provider,
        /// Name of the key.
        name: String,
    },
    /// What a key management service sealed must be unsealed first.
    #[error("sealed by {provider} provider {name}: have the service unseal the key with SHA-256 {fingerprint}")]
    NeedsKms {
        /// The version of the interface.
        provider: Provider,
        /// The provider's name.
        name: String,
        /// SHA-256 of the sealed key or seed.
        fingerprint: Fingerprint,
    },
    /// The value is not in the form its header promises.
    #[error("the value is damaged: it is not in the form of {provider}")]
    Damaged {
        /// The provider.
        provider: Provider,
    },
}

/// Why a list of unsealed keys cannot be read. Shows no part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("line {line}: expected a key in base64, optionally behind the SHA-256 of the sealed one in hex")]
pub struct KmsSecretsError {
    /// Line, from 1.
    pub line: usize,
}

impl Keyring {
    /// The keys of a configuration file, YAML or JSON.
    pub fn from_config(text: &str) -> Result<Self, ConfigError> {
        let mut keyring = Self::default();
        keyring.add(&EncryptionConfiguration::parse(text)?);
        Ok(keyring)
    }

    /// Adds the keys of a configuration behind those at hand.
    pub fn add(&mut self, configuration: &EncryptionConfiguration) {
        keys_of(configuration).for_each(|(provider, key)| _ = self.put(provider, key));
    }

    /// Adds the keys of a configuration that lies in a backup itself. Whoever made the backup chose how many there are: of all
    /// configurations learnt so, 64 keys are taken.
    pub fn add_from_backup(&mut self, configuration: &EncryptionConfiguration) {
        for (provider, key) in keys_of(configuration) {
            if self.from_backup == MOST_FROM_BACKUP {
                return;
            }
            self.from_backup += usize::from(self.put(provider, key));
        }
    }

    /// Puts a key behind the others, unless it is there, and says whether it was put.
    fn put(&mut self, provider: Provider, key: &KeyConfig) -> bool {
        let is_new = !self.keys.iter().any(|(of, known)| *of == provider && known == key);
        if is_new {
            self.keys.push((provider, key.clone()));
        }
        is_new
    }

    /// Adds keys and seeds that a key management service unsealed: one a line in base64, behind the SHA-256 of the sealed
    /// one in hex if it is known. Empty lines and those that begin with `#` do not count.
    pub fn add_kms_secrets(&mut self, text: &str) -> Result<(), KmsSecretsError> {
        for (index, line) in text.lines().map(str::trim).enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            self.kms.push(KmsSecret::parse(line).ok_or(KmsSecretsError { line: index + 1 })?);
        }
        Ok(())
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.kms.is_empty()
    }

    /// Opens a value that lies under an etcd key, which some formats authenticate: it must be the whole key, as the
    /// API server wrote it.
    pub fn decrypt(&self, sealed: &EncryptedValue<'_>, etcd_key: &[u8]) -> Result<DecryptedValue<'_>, DecryptError> {
        match sealed.provider {
            None => Err(DecryptError::UnknownProvider),
            Some(provider @ (Provider::KmsV1 | Provider::KmsV2)) => self.decrypt_kms(provider, sealed, etcd_key),
            Some(provider) => self.decrypt_with_named_key(provider, sealed, etcd_key),
        }
    }

    /// Tries all keys whose name the header begins with: names may hold colons, and stand there several times.
    fn decrypt_with_named_key(
        &self,
        provider: Provider,
        sealed: &EncryptedValue<'_>,
        etcd_key: &[u8],
    ) -> Result<DecryptedValue<'_>, DecryptError> {
        let mut tried = None;
        for (_, key) in self.keys.iter().filter(|(of, _)| *of == provider) {
            let rest = sealed.named().strip_prefix(key.name.as_bytes()).and_then(|rest| rest.strip_prefix(b":"));
            let Some(rest) = rest else { continue };
            let value = match provider {
                Provider::AesCbc => decrypt_aes_cbc(&key.secret, rest),
                Provider::AesGcm => decrypt_aes_gcm(&key.secret, rest, etcd_key),
                _ => decrypt_secretbox(&key.secret, rest),
            };
            if let Some(value) = value.filter(|value| looks_unencrypted(value)) {
                return Ok(DecryptedValue { value, provider, key_name: &key.name });
            }
            tried = Some(if is_shown(&key.name) { key.name.clone() } else { "of an unreadable name".to_owned() });
        }
        let unreadable = || sealed.key_name().unwrap_or("its name is unreadable").to_owned();
        Err(match tried {
            Some(name) => DecryptError::WrongKey { provider, name },
            None => DecryptError::NoKey { provider, name: unreadable() },
        })
    }

    fn decrypt_kms(
        &self,
        provider: Provider,
        sealed: &EncryptedValue<'_>,
        etcd_key: &[u8],
    ) -> Result<DecryptedValue<'_>, DecryptError> {
        let Some(envelope) = sealed.kms() else { return Err(DecryptError::Damaged { provider }) };
        let mut meant = false;
        for secret in &self.kms {
            if secret.fingerprint.is_some_and(|fingerprint| fingerprint != envelope.fingerprint) {
                continue;
            }
            meant |= secret.fingerprint.is_some();
            if let Some(value) = envelope.decrypt(&secret.secret, etcd_key).filter(|value| looks_unencrypted(value)) {
                return Ok(DecryptedValue { value, provider, key_name: "" });
            }
        }
        let name = envelope.name.to_owned();
        Err(if meant {
            DecryptError::WrongKey { provider, name }
        } else {
            DecryptError::NeedsKms { provider, name, fingerprint: envelope.fingerprint }
        })
    }
}

/// The keys of a configuration, in their order.
fn keys_of(configuration: &EncryptionConfiguration) -> impl Iterator<Item = (Provider, &KeyConfig)> {
    let providers = configuration.rules.iter().flat_map(|rule| &rule.providers);
    let keys = providers.filter_map(|provider| match provider {
        ProviderConfig::Keys(provider, keys) => Some(keys.iter().map(|key| (*provider, key))),
        ProviderConfig::Identity | ProviderConfig::Kms(..) => None,
    });
    keys.flatten()
}

impl KmsSecret {
    fn parse(line: &str) -> Option<Self> {
        let (fingerprint, secret) = match line.split_once(char::is_whitespace) {
            Some((fingerprint, secret)) => (Some(fingerprint.parse().ok()?), secret.trim()),
            None => (None, line),
        };
        let secret = STANDARD.decode(secret).ok().filter(|secret| matches!(secret.len(), 16..=64))?;
        Some(Self { fingerprint, secret })
    }
}

/// Never shows a key.
impl fmt::Debug for Keyring {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} keys, {} of KMS", self.keys.len(), self.kms.len())
    }
}

/// Never shows the value.
impl fmt::Debug for DecryptedValue<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} bytes opened with {} of {}", self.value.len(), self.key_name, self.provider)
    }
}
