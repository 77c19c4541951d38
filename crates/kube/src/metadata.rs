//! What every object says of itself, read without decoding the rest: for lists, selections and statistics.
//!
//! In protobuf the metadata is field 1 of every object and comes first (docs/format/kubernetes.md#object-metadata), so reading it
//! takes no time; JSON and CBOR must be walked through, but nothing else is kept of them.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::cbor;
use crate::decode::DecodeError;
use crate::json;
use crate::lossy_text::lossy;
use crate::stored::{Envelope, StoredValue};
use crate::value::{Map, Value};
use crate::wire::{Reader, WireError, WirePayload};

/// Type and metadata of a stored object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectHeader<'a> {
    /// `apiVersion` it is stored in.
    pub api_version: Cow<'a, str>,
    /// `kind`.
    pub kind: Cow<'a, str>,
    /// `metadata`; all empty where there is none.
    pub metadata: ObjectMetadata<'a>,
}

/// `metadata` of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectMetadata<'a> {
    /// Name.
    pub name: Cow<'a, str>,
    /// What the name was generated from.
    pub generate_name: Cow<'a, str>,
    /// Namespace; empty for what is in none.
    pub namespace: Cow<'a, str>,
    /// Unique identifier.
    pub uid: Cow<'a, str>,
    /// How often the wanted state changed.
    pub generation: i64,
    /// Creation, in seconds since 1970.
    pub created: Option<i64>,
    /// When deletion was asked for, in seconds since 1970.
    pub deletion_requested: Option<i64>,
    /// Labels.
    pub labels: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// Annotations.
    pub annotations: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// Owners.
    pub owners: Vec<OwnerReference<'a>>,
    /// Finalizers.
    pub finalizers: Vec<Cow<'a, str>>,
    /// Who changed it last, and what.
    pub managers: Vec<FieldManager<'a>>,
}

/// An entry of `ownerReferences`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnerReference<'a> {
    /// API version of the owner.
    pub api_version: Cow<'a, str>,
    /// Kind of the owner.
    pub kind: Cow<'a, str>,
    /// Name of the owner.
    pub name: Cow<'a, str>,
    /// Unique identifier of the owner.
    pub uid: Cow<'a, str>,
    /// Whether the owner controls the object.
    pub controller: bool,
}

/// An entry of `managedFields`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldManager<'a> {
    /// Its name, such as `kubectl-client-side-apply`.
    pub name: Cow<'a, str>,
    /// `Apply` or `Update`.
    pub operation: Cow<'a, str>,
    /// Subresource the change went through; empty for the object itself.
    pub subresource: Cow<'a, str>,
    /// Time of its last change, in seconds since 1970.
    pub time: Option<i64>,
    /// Bytes the list of its fields takes as JSON.
    pub fields_len: usize,
}

impl<'a> ObjectHeader<'a> {
    /// Reads type and metadata of a stored value in clear.
    pub fn read(value: &'a [u8]) -> Result<Self, DecodeError> {
        Self::of(&StoredValue::recognise(value))
    }

    /// Reads type and metadata of a recognised value.
    pub fn of(stored: &StoredValue<'a>) -> Result<Self, DecodeError> {
        match stored {
            StoredValue::Protobuf(envelope) => Self::of_envelope(envelope),
            StoredValue::Json(text) => Self::of_value(&json::parse_header(text)?),
            StoredValue::Cbor(bytes) => Self::of_value(&cbor::parse(bytes)?),
            StoredValue::Encrypted(sealed) => Err(DecodeError::Encrypted(sealed.to_string())),
            StoredValue::Foreign(_) => Err(DecodeError::Foreign),
        }
    }

    fn of_envelope(envelope: &Envelope<'a>) -> Result<Self, DecodeError> {
        let metadata = envelope.metadata().and_then(|message| message.map(ObjectMetadata::of_message).transpose());
        let metadata = metadata.map_err(|problem| DecodeError::Protobuf { path: "metadata".to_owned(), problem })?;
        let metadata = metadata.unwrap_or_default();
        Ok(Self { api_version: lossy(envelope.api_version), kind: lossy(envelope.kind), metadata })
    }

    /// Type and metadata of a decoded object.
    pub fn of_value(value: &Value<'a>) -> Result<Self, DecodeError> {
        let (api_version, kind) = (text(value, "apiVersion"), text(value, "kind"));
        if api_version.is_empty() || kind.is_empty() {
            return Err(DecodeError::NoType);
        }
        let metadata = value.at(&["metadata"]).map(ObjectMetadata::of_value).unwrap_or_default();
        Ok(Self { api_version, kind, metadata })
    }

    /// The API group: what stands before the slash in `apiVersion`; empty for the core group.
    pub fn group(&self) -> &str {
        self.api_version.rsplit_once('/').map_or("", |(group, _)| group)
    }
}

/// Whether a value stored as protobuf says of itself what its key ends with: `/NAME`, or `/NAMESPACE/NAME`. `None` for any other
/// value. It is quick, for a look at everything, and knows nothing of the few keys that are made in another way: where the answer is
/// no, [`ObjectKey::mismatch`](crate::key::ObjectKey::mismatch) decides.
pub fn matches_key(value: &[u8], key: &[u8]) -> Option<bool> {
    let Some(envelope) = Envelope::parse(value) else {
        return Envelope::is_meant(value).then_some(false);
    };
    Some(name_and_namespace(&envelope).is_some_and(|(name, namespace)| {
        above(key, name).is_some_and(|rest| namespace.is_empty() || above(rest, namespace).is_some())
    }))
}

/// What stands before `/PART` at the end of a key.
fn above<'k>(key: &'k [u8], part: &[u8]) -> Option<&'k [u8]> {
    key.strip_suffix(part)?.strip_suffix(b"/")
}

/// `metadata.name` and `metadata.namespace`.
fn name_and_namespace<'a>(envelope: &Envelope<'a>) -> Option<(&'a [u8], &'a [u8])> {
    const NAME: u32 = 1;
    const NAMESPACE: u32 = 3;
    let (mut name, mut namespace) = (&[][..], &[][..]);
    let mut reader = Reader::new(envelope.metadata().ok()??);
    while let Some((field, payload)) = reader.next().ok()? {
        match (field, payload) {
            (NAME, WirePayload::Bytes(bytes)) => name = bytes,
            (NAMESPACE, WirePayload::Bytes(bytes)) => namespace = bytes,
            _ => {}
        }
        if field >= NAMESPACE {
            break;
        }
    }
    Some((name, namespace))
}

impl<'a> ObjectMetadata<'a> {
    /// The owner that controls the object.
    pub fn controller(&self) -> Option<&OwnerReference<'a>> {
        self.owners.iter().find(|owner| owner.controller)
    }

    /// The value of a label.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.labels.iter().find(|label| label.0 == key).map(|label| label.1.as_ref())
    }

    /// The value of an annotation.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.iter().find(|annotation| annotation.0 == key).map(|annotation| annotation.1.as_ref())
    }

    fn of_message(message: &'a [u8]) -> Result<Self, WireError> {
        let mut metadata = Self::default();
        let mut reader = Reader::new(message);
        while let Some(field) = reader.next()? {
            match field {
                (7, WirePayload::Varint(number)) => metadata.generation = number.cast_signed(),
                (1, WirePayload::Bytes(bytes)) => metadata.name = lossy(bytes),
                (2, WirePayload::Bytes(bytes)) => metadata.generate_name = lossy(bytes),
                (3, WirePayload::Bytes(bytes)) => metadata.namespace = lossy(bytes),
                (5, WirePayload::Bytes(bytes)) => metadata.uid = lossy(bytes),
                (8, WirePayload::Bytes(bytes)) => metadata.created = seconds(bytes)?,
                (9, WirePayload::Bytes(bytes)) => metadata.deletion_requested = seconds(bytes)?,
                (11, WirePayload::Bytes(bytes)) => metadata.labels.push(pair(bytes)?),
                (12, WirePayload::Bytes(bytes)) => metadata.annotations.push(pair(bytes)?),
                (13, WirePayload::Bytes(bytes)) => metadata.owners.push(OwnerReference::of_message(bytes)?),
                (14, WirePayload::Bytes(bytes)) => metadata.finalizers.push(lossy(bytes)),
                (17, WirePayload::Bytes(bytes)) => metadata.managers.push(FieldManager::of_message(bytes)?),
                _ => {}
            }
        }
        Ok(metadata)
    }

    fn of_value(value: &Value<'a>) -> Self {
        Self {
            name: text(value, "name"),
            generate_name: text(value, "generateName"),
            namespace: text(value, "namespace"),
            uid: text(value, "uid"),
            generation: value.at(&["generation"]).and_then(Value::as_int).unwrap_or_default(),
            created: time(value, "creationTimestamp"),
            deletion_requested: time(value, "deletionTimestamp"),
            labels: pairs(value, "labels"),
            annotations: pairs(value, "annotations"),
            owners: list(value, "ownerReferences").iter().map(OwnerReference::of_value).collect(),
            finalizers: list(value, "finalizers").iter().filter_map(as_text).collect(),
            managers: list(value, "managedFields").iter().map(FieldManager::of_value).collect(),
        }
    }
}

impl<'a> OwnerReference<'a> {
    fn of_message(message: &'a [u8]) -> Result<Self, WireError> {
        let mut owner = Self::default();
        let mut reader = Reader::new(message);
        while let Some(field) = reader.next()? {
            match field {
                (1, WirePayload::Bytes(bytes)) => owner.kind = lossy(bytes),
                (3, WirePayload::Bytes(bytes)) => owner.name = lossy(bytes),
                (4, WirePayload::Bytes(bytes)) => owner.uid = lossy(bytes),
                (5, WirePayload::Bytes(bytes)) => owner.api_version = lossy(bytes),
                (6, WirePayload::Varint(truth)) => owner.controller = truth != 0,
                _ => {}
            }
        }
        Ok(owner)
    }

    fn of_value(value: &Value<'a>) -> Self {
        Self {
            api_version: text(value, "apiVersion"),
            kind: text(value, "kind"),
            name: text(value, "name"),
            uid: text(value, "uid"),
            controller: value.at(&["controller"]).and_then(Value::as_bool).unwrap_or_default(),
        }
    }
}

impl<'a> FieldManager<'a> {
    fn of_message(message: &'a [u8]) -> Result<Self, WireError> {
        let mut manager = Self::default();
        let mut reader = Reader::new(message);
        while let Some(field) = reader.next()? {
            match field {
                (1, WirePayload::Bytes(bytes)) => manager.name = lossy(bytes),
                (2, WirePayload::Bytes(bytes)) => manager.operation = lossy(bytes),
                (4, WirePayload::Bytes(bytes)) => manager.time = seconds(bytes)?,
                (7, WirePayload::Bytes(bytes)) => manager.fields_len = raw_len(bytes)?,
                (8, WirePayload::Bytes(bytes)) => manager.subresource = lossy(bytes),
                _ => {}
            }
        }
        Ok(manager)
    }

    fn of_value(value: &Value<'a>) -> Self {
        let fields_len = match value.at(&["fieldsV1"]) {
            // The header's reader does not keep the fields, only how long they are.
            Some(Value::Int(len)) => usize::try_from(*len).unwrap_or_default(),
            Some(fields) => json::to_string(fields, json::JsonLayout::Compact).len(),
            None => 0,
        };
        Self {
            name: text(value, "manager"),
            operation: text(value, "operation"),
            subresource: text(value, "subresource"),
            time: time(value, "time"),
            fields_len,
        }
    }
}

/// Bytes of JSON in a FieldsV1 message.
fn raw_len(message: &[u8]) -> Result<usize, WireError> {
    let mut reader = Reader::new(message);
    let mut len = 0;
    while let Some(field) = reader.next()? {
        if let (1, WirePayload::Bytes(raw)) = field {
            len = raw.len();
        }
    }
    Ok(len)
}

/// A Time message in seconds; an empty one is none.
fn seconds(message: &[u8]) -> Result<Option<i64>, WireError> {
    if message.is_empty() {
        return Ok(None);
    }
    let mut reader = Reader::new(message);
    let mut seconds = 0;
    while let Some(field) = reader.next()? {
        if let (1, WirePayload::Varint(number)) = field {
            seconds = number.cast_signed();
        }
    }
    Ok(Some(seconds))
}

/// An entry of a map of texts.
fn pair(message: &[u8]) -> Result<(Cow<'_, str>, Cow<'_, str>), WireError> {
    let mut pair = (Cow::Borrowed(""), Cow::Borrowed(""));
    let mut reader = Reader::new(message);
    while let Some(field) = reader.next()? {
        match field {
            (1, WirePayload::Bytes(bytes)) => pair.0 = lossy(bytes),
            (2, WirePayload::Bytes(bytes)) => pair.1 = lossy(bytes),
            _ => {}
        }
    }
    Ok(pair)
}

fn as_text<'a>(value: &Value<'a>) -> Option<Cow<'a, str>> {
    match value {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    }
}

fn text<'a>(value: &Value<'a>, key: &str) -> Cow<'a, str> {
    value.at(&[key]).and_then(as_text).unwrap_or_default()
}

/// A point in time that a member of an object tells as RFC 3339, in seconds since 1970; nothing where there is other text.
pub fn time(value: &Value<'_>, key: &str) -> Option<i64> {
    value.text_at(&[key])?.parse().ok().map(Timestamp::as_second)
}

fn list<'v, 'a>(value: &'v Value<'a>, key: &str) -> &'v [Value<'a>] {
    value.at(&[key]).and_then(Value::as_list).unwrap_or_default()
}

fn pairs<'a>(value: &Value<'a>, key: &str) -> Vec<(Cow<'a, str>, Cow<'a, str>)> {
    let entries = value.at(&[key]).and_then(Value::as_map).into_iter().flat_map(Map::entries);
    entries.map(|(key, value)| (key.clone(), as_text(value).unwrap_or_default())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] =
        br#"{"kind":"Foo","apiVersion":"ex.io/v1","spec":{"deep":[[[]]]},"metadata":{"name":"x","namespace":"n",
        "uid":"u","generation":3,"creationTimestamp":"2024-05-06T07:08:09Z","labels":{"a":"b"},"annotations":null,
        "ownerReferences":[{"kind":"Bar","name":"o","uid":"p","apiVersion":"v1","controller":true}],"finalizers":["f"],
        "managedFields":[{"manager":"m","operation":"Apply","time":"2024-05-06T07:08:10Z","fieldsV1":{"f:a":{}}}]}}"#;

    #[test]
    fn headers_are_read_from_json() {
        let header = ObjectHeader::read(TEXT).expect("a header");
        assert_eq!((&*header.api_version, &*header.kind, header.group()), ("ex.io/v1", "Foo", "ex.io"));
        let metadata = &header.metadata;
        assert_eq!((&*metadata.name, &*metadata.namespace, &*metadata.uid), ("x", "n", "u"));
        assert_eq!((metadata.generation, metadata.created), (3, Some(1_714_979_289)));
        assert_eq!((metadata.label("a"), metadata.annotation("a")), (Some("b"), None));
        assert_eq!(metadata.controller().map(|owner| &*owner.name), Some("o"));
        assert_eq!((metadata.finalizers[0].as_ref(), metadata.managers[0].fields_len), ("f", 10));
    }

    #[test]
    fn a_header_of_a_decoded_object_is_the_same() {
        let value = json::parse(TEXT).expect("JSON");
        assert_eq!(ObjectHeader::of_value(&value), ObjectHeader::read(TEXT));
    }
}
