//! [`RaftEntryKind`]: the kind of an entry of the raft log.

/// The kind of an entry, which tells what its data is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RaftEntryKind {
    /// The data is a request to the store, or empty.
    #[default]
    Normal,
    /// The data is a change of one member.
    ConfChange,
    /// The data is a change of several members; etcd itself never proposes one.
    ConfChangeV2,
    /// An undefined kind.
    Unknown(i32),
}

impl RaftEntryKind {
    /// The kind with this number in the encoded entry.
    pub(crate) fn from_number(number: u32) -> Self {
        match number.cast_signed() {
            0 => Self::Normal,
            1 => Self::ConfChange,
            2 => Self::ConfChangeV2,
            number => Self::Unknown(number),
        }
    }

    /// Its number in the encoded entry.
    pub fn number(self) -> i32 {
        match self {
            Self::Normal => 0,
            Self::ConfChange => 1,
            Self::ConfChangeV2 => 2,
            Self::Unknown(number) => number,
        }
    }
}
