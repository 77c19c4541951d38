//! Encryption at rest: what the API server encrypted, opened with the keys of its configuration
//! (docs/format/kubernetes.md#encryption-at-rest).
//!
//! A value says by whom and with which key it is sealed: see [`EncryptedValue`]. A [`Keyring`] holds the keys, read from an
//! [`EncryptionConfiguration`] or an OpenShift backup, and opens values. Only what begins as Kubernetes stores
//! it counts as opened: one of the formats does not notice a wrong key by itself. No error shows any part of a key or a value.

mod cipher;
mod config;
mod encrypted_value;
mod keyring;
mod kms;
mod openshift;

pub use config::{ConfigError, EncryptionConfiguration, EncryptionRule, KeyConfig, ProviderConfig};
pub use encrypted_value::{EncryptedValue, Provider};
pub use keyring::{DecryptError, DecryptedValue, Keyring, KmsSecretsError};
pub use kms::{Fingerprint, FingerprintError, KmsEnvelope, SecretKind};
pub use openshift::{OpenShiftBackupError, configurations_in_backup, configurations_in_secret};
