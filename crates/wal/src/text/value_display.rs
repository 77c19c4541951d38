//! [`ValueDisplay`]: whether the text of an entry shows values.

/// Whether bytes that may be secret are shown: values, passwords and tokens. Keys and names are always shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueDisplay {
    /// They are shown.
    Shown,
    /// Only their length is shown.
    Hidden,
}
