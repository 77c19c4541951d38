//! YAML text as kubectl prints it, byte for byte.
//!
//! kubectl uses go-yaml v2, whose choices of quotes, folds and order are its own; `style` and `resolve` have the rules for
//! texts, `order` the order of keys, `write` the layout. Two of its faults are not copied: it refuses U+007F and turns
//! U+0085 into a space; here both are escaped.

mod order;
mod plain_text;
mod style;
mod write;

pub(crate) use write::write_item;
pub use write::{to_string, write, write_manifest};
