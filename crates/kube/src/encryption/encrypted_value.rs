//! An encrypted value by its header, without any key (docs/format/kubernetes.md#encrypted-values).

use std::fmt;

const MAGIC: &[u8] = b"k8s:enc:";

/// How the API server encrypted a value: the provider and its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Provider {
    /// AES-CBC with PKCS#7 padding and no authentication.
    AesCbc,
    /// AES-GCM with the etcd key as additional data.
    AesGcm,
    /// XSalsa20 and Poly1305, as NaCl has it.
    Secretbox,
    /// Envelope encryption with a data key per value, encrypted by a key management service.
    KmsV1,
    /// Envelope encryption with a seed per run of the API server.
    KmsV2,
}

/// An encrypted value, its header read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EncryptedValue<'a> {
    /// The provider, or nothing where the header names one that does not exist.
    pub provider: Option<Provider>,
    /// What follows `k8s:enc:`: provider, version, name of the key and the sealed bytes.
    rest: &'a [u8],
}

impl Provider {
    const ALL: [Self; 5] = [Self::AesCbc, Self::AesGcm, Self::Secretbox, Self::KmsV1, Self::KmsV2];

    /// The part of the header that names it.
    pub fn header(self) -> &'static str {
        match self {
            Self::AesCbc => "aescbc:v1:",
            Self::AesGcm => "aesgcm:v1:",
            Self::Secretbox => "secretbox:v1:",
            Self::KmsV1 => "kms:v1:",
            Self::KmsV2 => "kms:v2:",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::AesCbc => "aescbc",
            Self::AesGcm => "aesgcm",
            Self::Secretbox => "secretbox",
            Self::KmsV1 => "kms v1",
            Self::KmsV2 => "kms v2",
        })
    }
}

impl<'a> EncryptedValue<'a> {
    /// Reads the header of an encrypted value; nothing where it has none.
    pub fn recognise(value: &'a [u8]) -> Option<Self> {
        let rest = value.strip_prefix(MAGIC)?;
        let provider = Provider::ALL.into_iter().find(|provider| rest.starts_with(provider.header().as_bytes()));
        Some(Self { provider, rest })
    }

    /// What follows the provider and its version: the name of the key, a colon, and the sealed bytes.
    pub(crate) fn named(&self) -> &'a [u8] {
        self.provider.map_or(self.rest, |provider| &self.rest[provider.header().len()..])
    }

    /// The name of the key, or of the provider for KMS: what stands before the first colon. Names given to aescbc, aesgcm and
    /// secretbox keys may hold colons themselves, so this is for people to read.
    pub fn key_name(&self) -> Option<&'a str> {
        let named = self.named();
        let end = named.iter().position(|byte| *byte == b':')?;
        let name = std::str::from_utf8(&named[..end]).ok()?;
        (self.provider.is_some() && is_shown(name)).then_some(name)
    }
}

/// Whether the name of a key is one that people are shown.
pub(super) fn is_shown(name: &str) -> bool {
    name.len() <= 256 && !name.chars().any(char::is_control)
}

/// Provider and key, such as `aescbc with key key1`.
impl fmt::Display for EncryptedValue<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.provider {
            None => out.write_str("an unknown provider"),
            Some(provider) => {
                let role = if matches!(provider, Provider::KmsV1 | Provider::KmsV2) { "provider" } else { "key" };
                write!(out, "{provider}, {role} {}", self.key_name().unwrap_or("unreadable"))
            }
        }
    }
}

impl fmt::Debug for EncryptedValue<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{self}, {} bytes", self.rest.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_name_provider_and_key() {
        for (value, text) in [
            (&b"k8s:enc:aescbc:v1:key1:\x01\x02"[..], "aescbc, key key1"),
            (b"k8s:enc:kms:v2:vault:x", "kms v2, provider vault"),
            (b"k8s:enc:aesgcm:v1:\x01secret", "aesgcm, key unreadable"),
            (b"k8s:enc:rot13:v1:key1:x", "an unknown provider"),
        ] {
            assert_eq!(EncryptedValue::recognise(value).expect("a header").to_string(), text);
        }
        assert!(EncryptedValue::recognise(b"k8s\0").is_none());
    }
}
