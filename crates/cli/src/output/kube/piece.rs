//! What is printed of one object, and what could not be: made on any thread, written in order.

use etcdsnap_kube::decode::{Object, UnknownField};
use etcdsnap_objects::{Entry, Unreadable};

/// The text of one object.
#[derive(Debug, Default)]
pub struct Piece {
    /// What is printed; empty where there is nothing.
    pub text: Vec<u8>,
    /// Why it is not the object.
    pub unreadable: Option<Unreadable>,
    /// Fields of the object that have no name and are not in the text, by the path of the message they are in.
    pub unknown: Vec<String>,
}

impl Piece {
    /// A text that says all.
    pub fn of_text(text: impl Into<Vec<u8>>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// The text that `write` makes of the decoded object.
    pub fn of_object(
        entry: &Entry<'_, '_>,
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
                Self { text, unreadable: None, unknown: object.unknown.iter().map(describe).collect() }
            }
            Err(reason) => Self { unreadable: Some(reason), ..Self::default() },
        }
    }
}

/// An unknown field by its place and number: `spec.containers[0].99`.
pub fn describe(field: &UnknownField<'_>) -> String {
    let dot = if field.path.is_empty() { "" } else { "." };
    format!("{}{dot}{}", field.path, field.number)
}
