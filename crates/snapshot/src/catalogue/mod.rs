//! Every rule that verification knows: what a finding of it means and what to do then.
//!
//! One file a [layer](crate::finding::Layer). The ids are stable; `docs/findings.md` is made from these texts.

use crate::finding::Kind;

/// Declares the rules of one layer as statics named like their ids, and `ALL` of them.
///
/// ```text
/// Layer: NAME: Severity, title, explanation, remedy; …
/// ```
macro_rules! kinds {
    ($layer:ident: $($name:ident: $severity:ident, $title:literal, $explanation:expr, $remedy:expr;)*) => {
        use crate::finding::{Kind, Layer, Severity};

        $(
            #[doc = concat!("`", stringify!($name), "`: ", $title, ".")]
            pub static $name: Kind = Kind {
                id: stringify!($name),
                severity: Severity::$severity,
                layer: Layer::$layer,
                title: $title,
                explanation: $explanation,
                remedy: $remedy,
            };
        )*

        /// Every rule of this layer, in the order of this file.
        pub static ALL: &[&Kind] = &[$(&$name),*];
    };
}

pub mod cluster;
pub mod container;
pub mod directory;
pub mod kubernetes;
pub mod mvcc;
pub mod structure;
pub mod wal;

/// Every rule, layer by layer.
pub fn all() -> impl Iterator<Item = &'static Kind> {
    [container::ALL, structure::ALL, mvcc::ALL, cluster::ALL, kubernetes::ALL, wal::ALL, directory::ALL]
        .into_iter()
        .flatten()
        .copied()
}
