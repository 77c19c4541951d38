//! [`KeyRange`]: a range of user keys, as in etcd's requests.

/// A range of user keys with an exclusive end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyRange {
    /// The first key.
    pub start: Vec<u8>,
    /// The first key after the range; `None` for a range without an end.
    pub end: Option<Vec<u8>>,
}

impl KeyRange {
    /// The keys that begin with `prefix`; all keys when it is empty.
    pub fn prefix(prefix: &[u8]) -> Self {
        // The first key after them is the prefix with its last byte incremented; bytes 0xff at its end are cut off.
        let end = prefix.iter().rposition(|byte| *byte < 0xff).and_then(|at| {
            let (last, rest) = prefix.get(..=at)?.split_last()?;
            Some([rest, &[last + 1]].concat())
        });
        Self { start: prefix.to_vec(), end }
    }

    /// The keys from `start` to before `end`.
    pub fn between(start: &[u8], end: &[u8]) -> Self {
        Self { start: start.to_vec(), end: Some(end.to_vec()) }
    }

    /// The range of one key.
    pub fn one(key: &[u8]) -> Self {
        Self::between(key, &[key, &[0]].concat())
    }

    /// Does it contain all keys?
    pub fn is_all(&self) -> bool {
        self.start.is_empty() && self.end.is_none()
    }

    /// Does it contain the key?
    #[inline]
    pub fn contains(&self, key: &[u8]) -> bool {
        key >= &*self.start && self.end.as_deref().is_none_or(|end| key < end)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ends_of_prefixes() {
        assert_eq!(KeyRange::prefix(b"/a").end.as_deref(), Some(&b"/b"[..]));
        assert_eq!(KeyRange::prefix(b"a\xff\xff").end.as_deref(), Some(&b"b"[..]));
        assert_eq!(KeyRange::prefix(b"\xff").end, None);
        assert!(KeyRange::prefix(b"").is_all() && !KeyRange::prefix(b"\xff").is_all());
    }

    proptest! {
        #[test]
        fn a_range_has_what_it_says(start in "[a\u{fe}\u{ff}]{0,3}", key in "[a\u{fe}\u{ff}]{0,5}") {
            let latin = |text: &str| -> Vec<u8> { text.chars().filter_map(|c| u8::try_from(u32::from(c)).ok()).collect() };
            let (start, key) = (latin(&start), latin(&key));
            prop_assert_eq!(KeyRange::prefix(&start).contains(&key), key.starts_with(&start));
            prop_assert_eq!(KeyRange::one(&start).contains(&key), key == start);
        }
    }
}
