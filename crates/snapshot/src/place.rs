//! Where in a backup something was found: as much of file offset, page, element, bucket, key and revision as is known.

use std::fmt;

use etcdsnap_quote::{excerpt, quote};
use serde::Serialize;

/// A place inside a backup. Every part is optional; [`Display`](fmt::Display) joins the known ones.
///
/// Keys are shown, values never are.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// Name of the file, where a directory of several was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Bucket path from the root, names quoted where they are not printable, joined by `/`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
    /// Page id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<u64>,
    /// Index of the element on its page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub element: Option<u32>,
    /// Byte offset in the (decompressed) file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// MVCC revision as `main.sub`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// The user's key, or the key inside the bucket, Go-quoted where it is not printable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

impl Place {
    /// The file as a whole.
    pub fn file() -> Self {
        Self::default()
    }

    /// A file of a directory as a whole.
    pub fn in_file(name: &str) -> Self {
        Self { file: Some(quote(name.as_bytes())), ..Self::default() }
    }

    /// A byte offset.
    pub fn offset(offset: u64) -> Self {
        Self { offset: Some(offset), ..Self::default() }
    }

    /// A bucket below the root.
    pub fn bucket(name: &str) -> Self {
        Self { bucket: Some(name.to_owned()), ..Self::default() }
    }

    /// One key of a bucket below the root.
    pub fn entry(bucket: &str, key: &[u8]) -> Self {
        Self { bucket: Some(bucket.to_owned()), key: Some(excerpt(key)), ..Self::default() }
    }

    /// Is nothing known but the file?
    pub fn is_file(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        let mut part = |f: &mut fmt::Formatter<'_>, name: &str, value: Option<&dyn fmt::Display>| {
            let Some(value) = value else { return Ok(()) };
            write!(f, "{separator}{name} {value}")?;
            separator = ", ";
            Ok(())
        };
        part(f, "file", self.file.as_ref().map(|v| v as _))?;
        part(f, "bucket", self.bucket.as_ref().map(|v| v as _))?;
        part(f, "page", self.page.as_ref().map(|v| v as _))?;
        part(f, "element", self.element.as_ref().map(|v| v as _))?;
        part(f, "offset", self.offset.as_ref().map(|v| v as _))?;
        part(f, "revision", self.revision.as_ref().map(|v| v as _))?;
        part(f, "key", self.key.as_ref().map(|v| v as _))?;
        if self.is_file() { f.write_str("file") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_from_large_to_small() {
        let place =
            Place { page: Some(7), bucket: Some("key".into()), revision: Some("4.0".into()), ..Place::default() };
        assert_eq!(place.to_string(), "bucket key, page 7, revision 4.0");
        assert_eq!(Place::file().to_string(), "file");
    }
}
