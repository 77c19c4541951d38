//! The schema table: which fields each stored message has, what JSON calls them, and when they are left out.
//!
//! A `.proto` file does not say enough to print an object as Kubernetes does: whether a zero is shown, whether an empty
//! list is `null` or absent and which structs lie flat in their parent are properties of the Go types
//! (docs/format/kubernetes.md#field-presence and docs/format/kubernetes.md#field-names).
//! `tools/kube-schema` reads those types for every release and writes `table.txt`; here it becomes sorted slices. One
//! union serves all releases, because no field number ever changed its meaning.

mod parse;

use std::collections::HashMap;
use std::sync::LazyLock;

const TABLE: &str = include_str!("table.txt");

static BUILT_IN: LazyLock<Schema> = LazyLock::new(|| parse::table(TABLE).expect("the table is tested"));

/// The messages of all kinds Kubernetes and OpenShift store as protobuf.
#[derive(Debug, Default)]
pub struct Schema {
    messages: Vec<MessageSchema>,
    /// Kinds by API version, then by name.
    kinds: HashMap<&'static str, HashMap<&'static str, MessageId>>,
    /// The kinds any API group knows: options of requests, and lists of nothing in particular.
    shared_kinds: HashMap<&'static str, MessageId>,
    object_meta: MessageId,
}

/// Where a message stands in its [`Schema`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MessageId(u16);

/// One protobuf message.
#[derive(Debug)]
pub struct MessageSchema {
    /// Its name without the package, such as `PodSpec`.
    pub name: &'static str,
    /// Whether it can be stored by itself, having `apiVersion` and `kind`.
    pub object: bool,
    /// How it is rendered.
    pub form: JsonForm,
    /// Its fields by number.
    pub fields: Vec<FieldSchema>,
    /// The positions, as bits, of the fields that may show in JSON when they are absent on the wire.
    pub(crate) shown_when_absent: u128,
}

/// How a message becomes JSON: as an object of its fields, or by a rule of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonForm {
    /// An object of its fields.
    Object,
    /// Seconds and nanoseconds since 1970, shown as RFC 3339 in whole seconds.
    Time,
    /// The same with six decimals.
    MicroTime,
    /// Nanoseconds, shown as Go shows durations.
    Duration,
    /// An amount with its unit, as text.
    Quantity,
    /// A number or a text.
    IntOrString,
    /// JSON inside of protobuf.
    Raw,
    /// A list or map that is a message so that absent and empty differ.
    Items,
    /// A schema or a list of schemas.
    SchemaOrArray,
    /// A schema or a truth value.
    SchemaOrBool,
    /// A schema or a list of names.
    SchemaOrStrings,
}

/// One field of a message.
#[derive(Debug)]
pub struct FieldSchema {
    /// Its number on the wire.
    pub number: u32,
    /// Its name in JSON.
    pub name: &'static str,
    /// What one value of it is.
    pub kind: FieldKind,
    /// How many values it has.
    pub shape: Cardinality,
    /// Whether the Go field is a pointer: absent on the wire and zero then differ.
    pub pointer: bool,
    /// When it is left out of JSON.
    pub omission: Omission,
    /// Whether its message's fields lie directly in the parent.
    pub inline: bool,
    /// First minor release that had it, where the message is older than the field.
    pub since: Option<u8>,
    /// First minor release that no longer had it, though it still had the message.
    pub gone: Option<u8>,
    /// The minor release that changed when it is left out, and the rule before.
    pub before: Option<(u8, Omission)>,
}

/// What one value of a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// UTF-8, or near it.
    Text,
    /// Shown as base64.
    Bytes,
    /// A truth value.
    Bool,
    /// A signed number of up to 64 bits.
    Int,
    /// An unsigned number of up to 64 bits.
    Uint,
    /// A double.
    Double,
    /// Another message.
    Message(MessageId),
}

/// How many values a field has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cardinality {
    /// One.
    One,
    /// A list.
    List,
    /// A map from text.
    Map,
}

/// When a field is left out of JSON: Go's `omitempty` and `omitzero`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Omission {
    /// Zero scalars, absent pointers, empty lists and maps are left out.
    pub empty: bool,
    /// Zero structs are left out too.
    pub zero: bool,
}

impl Schema {
    /// The table this build carries.
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// The message of an object, from the `apiVersion` and `kind` of its envelope.
    pub fn kind(&self, api_version: &str, kind: &str) -> Option<MessageId> {
        let own = self.kinds.get(api_version).and_then(|kinds| kinds.get(kind));
        own.or_else(|| self.shared_kinds.get(kind)).copied()
    }

    /// All kinds by API version, in no order.
    pub fn kinds(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.kinds.iter().flat_map(|(version, kinds)| kinds.keys().map(|kind| (*version, *kind)))
    }

    /// Whether a field is a Go struct, which `omitempty` never leaves out.
    pub(crate) fn is_struct(&self, field: &FieldSchema) -> bool {
        let FieldKind::Message(id) = field.kind else { return false };
        field.shape == Cardinality::One && !field.pointer && self.message(id).form != JsonForm::Items
    }

    /// Whether any kind of an API group is known.
    pub fn has_group(&self, group: &str) -> bool {
        self.kinds.keys().any(|version| version.rsplit_once('/').map_or("", |(group, _)| group) == group)
    }

    /// The message an id stands for.
    pub fn message(&self, id: MessageId) -> &MessageSchema {
        &self.messages[usize::from(id.0)]
    }

    /// `ObjectMeta`, which is field 1 of nearly every object.
    pub fn object_meta(&self) -> MessageId {
        self.object_meta
    }
}

impl MessageSchema {
    /// The field of a number. Writers keep fields in ascending order, so the position after the previous one is tried first.
    pub fn field(&self, number: u32, expected: usize) -> Option<(usize, &FieldSchema)> {
        let near = self.fields.get(expected).filter(|field| field.number == number);
        if let Some(field) = near {
            return Some((expected, field));
        }
        let index = self.fields.binary_search_by_key(&number, |field| field.number).ok()?;
        Some((index, &self.fields[index]))
    }
}

impl FieldSchema {
    /// When the field is left out in the release given, or in the newest.
    pub fn omission_in(&self, release: Option<u8>) -> Omission {
        match (self.before, release) {
            (Some((changed, before)), Some(release)) if release < changed => before,
            _ => self.omission,
        }
    }

    /// Whether the release given had this field; without one, whether the newest has.
    pub fn known_in(&self, release: Option<u8>) -> bool {
        let Some(release) = release else { return self.gone.is_none() };
        self.since.is_none_or(|since| since <= release) && self.gone.is_none_or(|gone| release < gone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_found_by_group_and_version() {
        let schema = Schema::built_in();
        for (version, kind) in [
            ("v1", "Pod"),
            ("apps/v1", "Deployment"),
            ("internal.apiserver.k8s.io/v1alpha1", "StorageVersion"),
            ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
            ("apiregistration.k8s.io/v1", "APIService"),
            ("route.openshift.io/v1", "Route"),
            ("apps.openshift.io/v1", "DeploymentConfig"),
        ] {
            let id = schema.kind(version, kind).unwrap_or_else(|| panic!("{version} {kind}"));
            assert_eq!(schema.message(id).name, kind);
        }
        assert_eq!(schema.kind("v1", "Route"), None);
        assert!(schema.kind("apps/v1", "DeleteOptions").is_some());
    }

    #[test]
    fn a_field_has_the_omission_of_its_release() {
        let schema = Schema::built_in();
        let created = schema.message(schema.object_meta()).field(8, 7).expect("creationTimestamp").1;
        assert!(created.omission_in(None).zero && created.omission_in(Some(34)).zero);
        assert!(!created.omission_in(Some(33)).zero);
    }
}
