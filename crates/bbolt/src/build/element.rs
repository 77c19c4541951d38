//! [`Element`]: an element that may be written, with a key and a value of sizes that bbolt accepts.

use super::bytes::ELEMENT_SIZE;
use crate::format::{BUCKET_FLAG, MAX_KEY, MAX_VALUE};
use etcdsnap_quantity::quantity;

/// Why a key or a value cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ElementError {
    /// The key has no bytes.
    #[error("the key has no bytes")]
    KeyEmpty,
    /// The key is longer than [`MAX_KEY`].
    #[error("the key has {}, bbolt accepts {MAX_KEY}", quantity(*.size as u64, "byte"))]
    KeySize {
        /// Its length in bytes.
        size: usize,
    },
    /// The value is longer than [`MAX_VALUE`].
    #[error("the value has {}, bbolt accepts {MAX_VALUE}", quantity(*.size as u64, "byte"))]
    ValueSize {
        /// Its length in bytes.
        size: usize,
    },
}

/// A key and its value, which is a plain value or that of a bucket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element<'e> {
    pub flags: u32,
    pub key: &'e [u8],
    pub value: &'e [u8],
    pub key_size: u32,
    pub value_size: u32,
}

impl<'e> Element<'e> {
    #[inline]
    pub fn new(flags: u32, key: &'e [u8], value: &'e [u8]) -> Result<Self, ElementError> {
        if key.is_empty() {
            return Err(ElementError::KeyEmpty);
        }
        let fits = |bytes: &[u8], most| u32::try_from(bytes.len()).ok().filter(|size| *size <= most);
        let key_size = fits(key, MAX_KEY).ok_or(ElementError::KeySize { size: key.len() })?;
        let value_size = fits(value, MAX_VALUE).ok_or(ElementError::ValueSize { size: value.len() })?;
        Ok(Self { flags, key, value, key_size, value_size })
    }

    #[inline]
    pub fn is_bucket(&self) -> bool {
        self.flags & BUCKET_FLAG != 0
    }

    /// Bytes that it takes of a leaf: its entry in the element table, key and value. Always below 2^31 + 2^16.
    #[inline]
    pub fn bytes(&self) -> u32 {
        ELEMENT_SIZE + self.key_size + self.value_size
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_of_keys() {
        let longest = vec![b'k'; MAX_KEY as usize + 1];
        assert!(Element::new(0, &longest[1..], b"").is_ok());
        assert_eq!(Element::new(0, &longest, b"").unwrap_err(), ElementError::KeySize { size: 32_769 });
        assert_eq!(Element::new(0, b"", b"v").unwrap_err(), ElementError::KeyEmpty);
    }
}
