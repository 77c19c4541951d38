//! What is printed of one object, and what could not be: made on any thread, written in order.

use etcdsnap_kube::decode::{Object, UnknownField};
use etcdsnap_objects::{ObjectRecord, UnreadableObject};

/// The text of one object.
#[derive(Debug, Default)]
pub struct Piece {
    /// What is printed; empty where there is nothing.
    pub text: Vec<u8>,
    /// Why it is not the object.
    pub unreadable: Option<UnreadableObject>,
    /// Fields of the object that have no name and are not in the text, if there are any.
    pub unknown: Option<Unknown>,
}

/// Fields an object has and its text has not.
#[derive(Debug)]
pub struct Unknown {
    /// How many.
    pub count: usize,
    /// The first by its place and number: `spec.containers[0].99`.
    pub first: String,
}

impl Unknown {
    /// Of the fields of an object, in their order.
    pub fn of(fields: &[UnknownField<'_>]) -> Option<Self> {
        let field = fields.first()?;
        let dot = if field.path.is_empty() { "" } else { "." };
        Some(Self { count: fields.len(), first: format!("{}{dot}{}", field.path, field.number) })
    }
}

impl Piece {
    /// A text that says all.
    pub fn of_text(text: impl Into<Vec<u8>>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// The text that `write` makes of the decoded object.
    pub fn of_object(
        entry: &ObjectRecord<'_, '_>,
        managed_fields: bool,
        write: impl FnOnce(&mut Object<'_>, &mut Vec<u8>),
    ) -> Self {
        let clear = match entry.open() {
            Ok(clear) => clear,
            Err(reason) => return Self { unreadable: Some(reason), ..Self::default() },
        };
        match entry.object(&clear, managed_fields) {
            Ok(mut object) => {
                let mut text = Vec::with_capacity(2 * clear.bytes().len());
                write(&mut object, &mut text);
                Self { text, unreadable: None, unknown: Unknown::of(&object.unknown) }
            }
            Err(reason) => Self { unreadable: Some(reason), ..Self::default() },
        }
    }
}
