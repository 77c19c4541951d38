//! What a stored value is, from its first bytes (docs/format/kubernetes.md#first-bytes).

use crate::encryption::EncryptedValue;
use crate::wire::{Reader, WireError, WirePayload};

/// The first bytes of an object stored as protobuf; the fourth names the encoding, and only zero is defined.
const PROTOBUF: &[u8] = b"k8s\0";

/// CBOR that says so: tag 55799.
const CBOR: &[u8] = &[0xd9, 0xd9, 0xf7];

/// A stored value by its encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoredValue<'a> {
    /// An object in Kubernetes' protobuf envelope.
    Protobuf(Envelope<'a>),
    /// An object as JSON: custom resources, their definitions, API services.
    Json(&'a [u8]),
    /// A custom resource as CBOR.
    Cbor(&'a [u8]),
    /// A value the API server encrypted.
    Encrypted(EncryptedValue<'a>),
    /// Nothing Kubernetes' API server stores as an object.
    Foreign(&'a [u8]),
}

/// Kubernetes' `runtime.Unknown`: an object's message with its type (docs/format/kubernetes.md#protobuf-envelope).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// `apiVersion`, such as `apps/v1`.
    pub api_version: &'a [u8],
    /// `kind`, such as `Deployment`.
    pub kind: &'a [u8],
    /// The object's message.
    pub message: &'a [u8],
}

impl<'a> StoredValue<'a> {
    /// Recognises a stored value. A protobuf envelope that cannot be read makes it foreign.
    pub fn recognise(value: &'a [u8]) -> Self {
        if let Some(sealed) = EncryptedValue::recognise(value) {
            Self::Encrypted(sealed)
        } else if let Some(envelope) = Envelope::parse(value) {
            Self::Protobuf(envelope)
        } else if value.starts_with(CBOR) {
            Self::Cbor(value)
        } else if value.starts_with(b"{") {
            Self::Json(value)
        } else {
            Self::Foreign(value)
        }
    }
}

/// Whether bytes begin as what Kubernetes stores in clear: the test for a true key after decryption.
pub(crate) fn looks_unencrypted(value: &[u8]) -> bool {
    value.starts_with(PROTOBUF) || value.starts_with(CBOR) || value.starts_with(b"{")
}

impl<'a> Envelope<'a> {
    /// Reads an envelope with its magic bytes. Bytes behind it that are no field, such as a newline, are no fault.
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(value.strip_prefix(PROTOBUF)?);
        let mut envelope = Self { api_version: b"", kind: b"", message: b"" };
        let mut complete = false;
        loop {
            match reader.next() {
                Ok(Some((1, WirePayload::Bytes(bytes)))) => envelope.read_type(bytes).ok()?,
                Ok(Some((2, WirePayload::Bytes(bytes)))) => (envelope.message, complete) = (bytes, true),
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(_) if complete => break,
                Err(_) => return None,
            }
        }
        Some(envelope)
    }

    /// The message of the object's metadata: field 1 of all objects.
    pub(crate) fn metadata(&self) -> Result<Option<&'a [u8]>, WireError> {
        let mut reader = Reader::new(self.message);
        while let Some(field) = reader.next()? {
            if let (1, WirePayload::Bytes(bytes)) = field {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }

    /// Whether a value begins like an envelope.
    pub(crate) fn is_meant(value: &[u8]) -> bool {
        value.starts_with(PROTOBUF)
    }

    fn read_type(&mut self, bytes: &'a [u8]) -> Result<(), WireError> {
        let mut reader = Reader::new(bytes);
        while let Some(field) = reader.next()? {
            match field {
                (1, WirePayload::Bytes(bytes)) => self.api_version = bytes,
                (2, WirePayload::Bytes(bytes)) => self.kind = bytes,
                _ => {}
            }
        }
        Ok(())
    }
}

impl std::fmt::Debug for Envelope<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = String::from_utf8_lossy;
        write!(out, "{} {} of {} bytes", text(self.api_version), text(self.kind), self.message.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_told_apart_by_their_first_bytes() {
        assert!(matches!(StoredValue::recognise(b"k8s:enc:aescbc:v1:key1:...."), StoredValue::Encrypted(_)));
        assert!(matches!(StoredValue::recognise(b"{\"kind\":1}\n"), StoredValue::Json(_)));
        assert!(matches!(StoredValue::recognise(b"\xd9\xd9\xf7\xa0"), StoredValue::Cbor(_)));
        for foreign in [&b""[..], b"1234", b"k8s\x01\x0a\0", b"k8s", b"k8s\0\x0a\x05ab"] {
            assert!(matches!(StoredValue::recognise(foreign), StoredValue::Foreign(_)), "{foreign:?}");
        }
    }

    #[test]
    fn a_newline_behind_an_envelope_is_no_fault() {
        let value = b"k8s\0\x0a\x09\x0a\x02v1\x12\x03Pod\x12\x02\x0a\0\x1a\0\x22\0\n";
        let StoredValue::Protobuf(envelope) = StoredValue::recognise(value) else { panic!("no envelope") };
        assert_eq!((envelope.api_version, envelope.kind, envelope.message), (&b"v1"[..], &b"Pod"[..], &b"\x0a\0"[..]));
    }
}
