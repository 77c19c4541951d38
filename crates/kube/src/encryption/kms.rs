//! Values sealed with the help of a key management service: the key of the value lies beside it, sealed by the service
//! (docs/format/kubernetes.md#kms-values).

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};
use thiserror::Error;

use super::cipher::{decrypt_aes_cbc, decrypt_aes_gcm, decrypt_seeded_gcm};
use super::{EncryptedValue, Provider};
use crate::wire::{Reader, WirePayload};

/// What the service gives back when it unseals the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretKind {
    /// The key of the value itself.
    DataKey,
    /// A seed that keys are made from (KMS v2 since 1.29).
    Seed,
}

/// SHA-256 of a sealed key or seed; in hex as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

/// A text that is not 64 digits of hex.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a fingerprint has 64 digits of hex")]
pub struct FingerprintError;

impl Fingerprint {
    fn of(sealed_secret: &[u8]) -> Self {
        Self(Sha256::digest(sealed_secret).into())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        let mut bytes = [0; 32];
        if text.len() != 2 * bytes.len() || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(FingerprintError);
        }
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).map_err(|_| FingerprintError)?;
        }
        Ok(Self(bytes))
    }
}

/// A value sealed with the help of a service, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KmsEnvelope<'a> {
    /// The provider's name in the configuration; `unreadable` where it is not fit to be shown.
    pub name: &'a str,
    /// The service's name for the key it sealed with; not known for KMS v1.
    pub key_id: Option<&'a str>,
    /// The same for all values that one key or seed opens.
    pub fingerprint: Fingerprint,
    /// What the service seals.
    pub secret: SecretKind,
    /// The sealed key or seed, to be given to the service.
    pub sealed_secret: &'a [u8],
    /// The sealed value.
    data: &'a [u8],
}

impl<'a> EncryptedValue<'a> {
    /// What a value sealed by KMS consists of; nothing for other providers and for damaged values.
    pub fn kms(&self) -> Option<KmsEnvelope<'a>> {
        let named = self.named();
        // Names of KMS v2 providers hold no colon. Those of v1 may, and are then taken to end at the first.
        let colon = named.iter().position(|byte| *byte == b':')?;
        let (name, rest) = (self.key_name().unwrap_or("unreadable"), &named[colon + 1..]);
        match self.provider? {
            Provider::KmsV1 => KmsEnvelope::v1(name, rest),
            Provider::KmsV2 => KmsEnvelope::v2(name, rest),
            Provider::AesCbc | Provider::AesGcm | Provider::Secretbox => None,
        }
    }
}

impl<'a> KmsEnvelope<'a> {
    /// Length of the sealed key, big-endian, the sealed key, the sealed value.
    fn v1(name: &'a str, rest: &'a [u8]) -> Option<Self> {
        let (len, rest) = rest.split_first_chunk()?;
        let (sealed_secret, data) = rest.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
        let fingerprint = Fingerprint::of(sealed_secret);
        Some(Self { name, key_id: None, fingerprint, secret: SecretKind::DataKey, sealed_secret, data })
    }

    /// Kubernetes' message `EncryptedObject`.
    fn v2(name: &'a str, message: &'a [u8]) -> Option<Self> {
        let (mut data, mut key_id, mut sealed_secret, mut kind) = (&[][..], &[][..], &[][..], 0);
        let mut reader = Reader::new(message);
        while let Some(field) = reader.next().ok()? {
            match field {
                (1, WirePayload::Bytes(bytes)) => data = bytes,
                (2, WirePayload::Bytes(bytes)) => key_id = bytes,
                (3, WirePayload::Bytes(bytes)) => sealed_secret = bytes,
                (5, WirePayload::Varint(number)) => kind = number,
                _ => {}
            }
        }
        let secret = match kind {
            0 => SecretKind::DataKey,
            1 => SecretKind::Seed,
            _ => return None,
        };
        let key_id = std::str::from_utf8(key_id).ok()?;
        let fingerprint = Fingerprint::of(sealed_secret);
        Some(Self { name, key_id: Some(key_id), fingerprint, secret, sealed_secret, data })
    }

    /// Opens the value with the key or seed the service unsealed. Values of KMS v1 before 1.25 are AES-CBC.
    pub(super) fn decrypt(&self, secret: &[u8], etcd_key: &[u8]) -> Option<Vec<u8>> {
        match (self.secret, self.key_id) {
            (SecretKind::Seed, _) => decrypt_seeded_gcm(secret, self.data, etcd_key),
            (SecretKind::DataKey, Some(_)) => decrypt_aes_gcm(secret, self.data, etcd_key),
            (SecretKind::DataKey, None) => {
                decrypt_aes_gcm(secret, self.data, etcd_key).or_else(|| decrypt_aes_cbc(secret, self.data))
            }
        }
    }
}
