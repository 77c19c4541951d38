//! Decodes JSON into a struct as Go's `encoding/json` does, because servers read members, downgrades and raft
//! configurations by it.
//!
//! It differs from strict readers: names match in any case, the last of several equal names counts, `null` leaves a
//! single value as it was, unknown fields are passed over, invalid UTF-8 is replaced; and an array is never a struct.
//! The structs that etcd stores have single values and lists of single values only, so nothing is kept of anything
//! else.

mod syntax;
#[cfg(test)]
mod tests;
mod value;

use std::borrow::Cow;

pub(crate) use value::{GoList, Value};

use syntax::Scanner;

/// Why Go refuses some JSON, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} (byte {offset})")]
pub(crate) struct Refused {
    what: &'static str,
    /// Offset of what is refused.
    offset: usize,
}

/// A struct that JSON is decoded into.
pub(crate) trait GoStruct {
    /// Names of its fields in JSON.
    const FIELDS: &'static [&'static str];

    /// Takes the value of the field with this index in [`FIELDS`](Self::FIELDS).
    fn set(&mut self, field: usize, value: Value<'_>) -> Result<(), Refused>;
}

/// Decodes a whole text into a struct, as `json.Unmarshal` does; `None` for the text `null`, which sets no field.
pub(crate) fn decode<T: GoStruct>(text: &[u8], mut into: T) -> Result<Option<T>, Refused> {
    // Go looks at the syntax of the whole before it takes anything from it.
    let whole = Scanner::whole(text)?;
    if whole.is_null() {
        return Ok(None);
    }
    for (name, value) in whole.members()? {
        if let Some(field) = field_of(T::FIELDS, &name) {
            into.set(field, value)?;
        }
    }
    Ok(Some(into))
}

/// The field of this name: exactly, or else in any case.
fn field_of(fields: &[&str], name: &str) -> Option<usize> {
    let exact = fields.iter().position(|field| *field == name);
    exact.or_else(|| fields.iter().position(|field| field.eq_ignore_ascii_case(&folded(name))))
}

/// The name with the two letters beyond ASCII replaced that Go takes for the other case of an ASCII one.
fn folded(name: &str) -> Cow<'_, str> {
    if name.contains(['\u{212a}', '\u{17f}']) {
        name.replace('\u{212a}', "k").replace('\u{17f}', "s").into()
    } else {
        name.into()
    }
}
