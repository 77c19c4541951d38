//! [`Code`]: the name of a rule, and [`codes!`](crate::codes), which declares the codes of a check.

use std::fmt::Debug;

use crate::severity::Severity;

/// The code of a rule that has a severity; implemented by [`codes!`](crate::codes).
pub trait Code: Copy + Ord + Debug + 'static {
    /// How serious a violation of the rule is.
    fn severity(self) -> Severity;
}

/// Declares the codes of a check as an enum that implements [`Code`]: for each rule a variant, its stable name and its
/// severity. The enum has the constant `ALL` and the methods `as_str` and `severity`. It can be matched exhaustively, so that
/// no rule is forgotten when one is added.
#[macro_export]
macro_rules! codes {
    (
        $(#[$attribute:meta])*
        $visibility:vis enum $codes:ident {
            $($(#[$variant_attribute:meta])* $variant:ident $name:literal $severity:ident,)*
        }
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $visibility enum $codes { $($(#[$variant_attribute])* $variant,)* }

        impl $codes {
            /// All codes, in the order in which they are declared.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stable name of the rule.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// How serious a violation of the rule is.
            pub fn severity(self) -> $crate::Severity {
                match self { $(Self::$variant => $crate::Severity::$severity,)* }
            }
        }

        impl $crate::Code for $codes {
            fn severity(self) -> $crate::Severity {
                Self::severity(self)
            }
        }
    };
}
