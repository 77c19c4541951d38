//! From a stored value to the object kubectl prints.
//!
//! Protobuf is read field by field over the [schema](crate::schema), which says what each field is called and when it is
//! left out. What the schema does not know is kept beside the object as [`UnknownField`]s; a kind it does not know keeps
//! its metadata.

mod custom_json;
mod message;
mod time;

use std::borrow::Cow;

use thiserror::Error;

use crate::cbor::{self, CborError};
use crate::json::{self, JsonError};
use crate::lossy_text::lossy;
use crate::schema::Schema;
use crate::stored::{Envelope, StoredValue};
use crate::value::{Map, Value};
use crate::wire::{WireError, WirePayload};

use message::Walk;

/// How to decode.
#[derive(Clone, Copy, Debug, Default)]
pub struct DecodeOptions {
    /// The minor release of the API server whose output is wanted, such as 33 for Kubernetes 1.33; the newest where it
    /// is not known. It decides about `creationTimestamp: null` in templates, and a few fields more.
    pub release: Option<u8>,
    /// Whether to show `metadata.managedFields`, which kubectl hides unless asked.
    pub managed_fields: bool,
}

/// A decoded object.
#[derive(Clone, Debug)]
pub struct Object<'a> {
    /// `apiVersion`.
    pub api_version: Cow<'a, str>,
    /// `kind`.
    pub kind: Cow<'a, str>,
    /// The whole object: `apiVersion`, `kind`, `metadata` and the rest.
    pub value: Value<'a>,
    /// Fields of its protobuf the schema does not know, in the order they lie there.
    pub unknown: Vec<UnknownField<'a>>,
    /// Whether the schema knows the kind. If not, all but `metadata` is in `unknown`.
    pub known_kind: bool,
}

/// A protobuf field that has no name.
#[derive(Clone, Debug, PartialEq)]
pub struct UnknownField<'a> {
    /// The message it is in, such as `spec.containers[0]`; empty for the object itself. Of a place that lies deep only the
    /// first steps are told, with `…` behind them.
    pub path: String,
    /// Its number.
    pub number: u32,
    /// What it holds.
    pub payload: WirePayload<'a>,
}

/// Why a stored value is no object. Says nothing of what is in it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// The protobuf of the object is damaged.
    #[error("{}: {problem}", if .path.is_empty() { "the object" } else { .path })]
    Protobuf {
        /// The message that cannot be read, such as `spec.containers[0]`; empty for the object itself.
        path: String,
        /// What is wrong.
        problem: WireError,
    },
    /// Messages lie within messages without end.
    #[error("{path}: nested too deep")]
    TooDeep {
        /// The message that lies too deep.
        path: String,
    },
    /// It begins as JSON and is none.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// It begins as CBOR and is none.
    #[error(transparent)]
    Cbor(#[from] CborError),
    /// JSON or CBOR without a `kind` and `apiVersion`.
    #[error("it has no apiVersion and kind")]
    NoType,
    /// It is encrypted: see [`crate::encryption`].
    #[error("it is encrypted with {0}")]
    Encrypted(String),
    /// Kubernetes did not store this.
    #[error("this is no Kubernetes object")]
    Foreign,
}

/// Decodes a stored value in clear.
pub fn decode(value: &[u8], options: DecodeOptions) -> Result<Object<'_>, DecodeError> {
    match StoredValue::recognise(value) {
        StoredValue::Protobuf(envelope) => decode_envelope(&envelope, options),
        StoredValue::Json(text) => typed(json::parse_stored(text, 0)?, options),
        StoredValue::Cbor(bytes) => typed(cbor::parse(bytes)?, options),
        StoredValue::Encrypted(sealed) => Err(DecodeError::Encrypted(sealed.to_string())),
        StoredValue::Foreign(_) => Err(DecodeError::Foreign),
    }
}

/// Decodes an object in a protobuf envelope.
pub fn decode_envelope<'a>(envelope: &Envelope<'a>, options: DecodeOptions) -> Result<Object<'a>, DecodeError> {
    let mut walk = Walk::new(options);
    let Typed { api_version, kind, value, known_kind } = walk.envelope(envelope)?;
    Ok(Object { api_version, kind, value, unknown: walk.unknown, known_kind })
}

/// An object without what the schema does not know.
struct Typed<'a> {
    api_version: Cow<'a, str>,
    kind: Cow<'a, str>,
    value: Value<'a>,
    known_kind: bool,
}

impl<'a> Walk<'a> {
    fn envelope(&mut self, envelope: &Envelope<'a>) -> Result<Typed<'a>, DecodeError> {
        let (api_version, kind) = (lossy(envelope.api_version), lossy(envelope.kind));
        let id = Schema::built_in().kind(&api_version, &kind);
        let mut entries = match id {
            Some(id) => self.object(id, envelope.message)?,
            None => self.unknown_kind(envelope.message)?,
        };
        for (name, text) in [("apiVersion", &api_version), ("kind", &kind)] {
            if !text.is_empty() {
                entries.push((Cow::Borrowed(name), Value::Text(text.clone())));
            }
        }
        let value = Value::Map(Map::from_entries(entries));
        Ok(Typed { api_version, kind, value, known_kind: id.is_some() })
    }
}

fn typed(mut value: Value<'_>, options: DecodeOptions) -> Result<Object<'_>, DecodeError> {
    let text = |name| match value.at(&[name]) {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let (Some(api_version), Some(kind)) = (text("apiVersion"), text("kind")) else {
        return Err(DecodeError::NoType);
    };
    if !options.managed_fields {
        value.remove_at(&["metadata", "managedFields"]);
    }
    Ok(Object { api_version, kind, value, unknown: Vec::new(), known_kind: true })
}
