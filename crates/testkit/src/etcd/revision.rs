//! Revisions, and the keys of records in the bucket `key`.

/// The revision of a record: the number of its transaction, and of the change inside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision {
    /// Number of the transaction; the first that writes is 2.
    pub main: i64,
    /// Number of the change inside the transaction, from 0.
    pub sub: i64,
}

/// The key of a record in the bucket `key`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordKey {
    /// The record's revision.
    pub revision: Revision,
    /// Is it a deletion?
    pub tombstone: bool,
}

impl RecordKey {
    /// The key of a put.
    pub fn put(main: i64, sub: i64) -> Self {
        RecordKey { revision: Revision { main, sub }, tombstone: false }
    }

    /// The key of a deletion.
    pub fn tombstone(main: i64, sub: i64) -> Self {
        RecordKey { revision: Revision { main, sub }, tombstone: true }
    }

    /// 17 bytes: main, `_`, sub, both big-endian; a deletion has a final `t` (docs/format/mvcc.md#revision-keys).
    pub fn encode(self) -> Vec<u8> {
        let mut key = Vec::with_capacity(18);
        key.extend_from_slice(&self.revision.main.to_be_bytes());
        key.push(b'_');
        key.extend_from_slice(&self.revision.sub.to_be_bytes());
        if self.tombstone {
            key.push(b't');
        }
        key
    }

    /// Parses the bytes of [`RecordKey::encode`]; `None` for other bytes.
    pub fn decode(key: &[u8]) -> Option<Self> {
        let tombstone = match key.get(17..)? {
            [] => false,
            [b't'] => true,
            _ => return None,
        };
        if key[8] != b'_' {
            return None;
        }
        let main = i64::from_be_bytes(key[..8].try_into().ok()?);
        let sub = i64::from_be_bytes(key[9..17].try_into().ok()?);
        Some(RecordKey { revision: Revision { main, sub }, tombstone })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tombstone_sorts_after_the_put_of_its_revision() {
        let (put, deletion) = (RecordKey::put(5, 1), RecordKey::tombstone(5, 1));
        assert!(put.encode() < deletion.encode());
        assert_eq!(deletion.encode(), b"\0\0\0\0\0\0\0\x05_\0\0\0\0\0\0\0\x01t");
        assert_eq!(RecordKey::decode(&deletion.encode()), Some(deletion));
        assert_eq!(RecordKey::decode(&put.encode()), Some(put));
        assert_eq!(RecordKey::decode(b"\0\0\0\0\0\0\0\x05_\0\0\0\0\0\0\0\x01x"), None);
    }
}
