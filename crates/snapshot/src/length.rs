//! Compares the length of a file with the database in it: complete, cut off, without its hash, or followed by other
//! bytes.
//!
//! A server sends the pages of its database up to the high-water mark and then 32 bytes of SHA-256, so a snapshot of
//! known high-water mark has one length, and its hash has one place. Verification asks here before it judges anything
//! else, because most of what is found in a file of another length follows from that alone.

use std::ops::ControlFlow;

use etcdsnap_bbolt::{Db, Displacement};
use etcdsnap_checksum::{is_zero, sha256};

use crate::container::{Container, LineEnd};

/// Length of a SHA-256, in bytes.
const HASH: usize = 32;

/// The result of comparing the length of a file with its database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// A snapshot with 32 bytes where its hash belongs, and nothing after them; or the database of a member.
    Fits,
    /// The file ends before its pages do.
    Cut {
        /// Bytes of the file.
        has: u64,
        /// Bytes it would have if it were whole.
        needs: u64,
    },
    /// The pages are all there, and of the 32 bytes of the hash only the first so many.
    HashCut {
        /// Bytes of the hash.
        has: u64,
    },
    /// The pages are all there, and nothing follows, although the metas are those of a snapshot.
    HashLost,
    /// Zero bytes stand where the hash belongs.
    HashZero {
        /// Zero bytes.
        zeros: u64,
    },
    /// More bytes follow than a snapshot has.
    Followed {
        /// Where a whole snapshot ends: the 32 bytes before it are the SHA-256 of all before them. `None` if there is
        /// no right hash.
        snapshot: Option<u64>,
        /// Bytes after that end, or after the pages.
        bytes: u64,
        /// What they are.
        tail: Tail,
    },
    /// Pages stand beside their places: bytes were lost or added before the end.
    Displaced {
        /// Where, and how many.
        by: Displacement,
        /// The ends of lines that were removed, as it seems.
        removed: Option<LineEnd>,
        /// Bytes that the file has beyond the end that it has to have after that, or lacks when negative; `None` when that
        /// is not known.
        rest: Option<i64>,
    },
}

/// What follows a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    /// Zero bytes.
    Zeros,
    /// The beginning of the same file once more, or all of it.
    Copy,
    /// Anything else.
    Other,
}

impl Length {
    /// Compares a whole `file` with the database `db` that it begins with. [`is_snapshot`] tells whether a hash belongs
    /// after it.
    pub fn of(file: &[u8], db: &Db<'_>, is_snapshot: bool) -> Self {
        let (length, pages) = (file.len() as u64, db.size());
        let Some(behind) = usize::try_from(pages).ok().and_then(|pages| file.get(pages..)) else {
            let hash = if is_snapshot { HASH as u64 } else { 0 };
            return Self::Cut { has: length, needs: pages.saturating_add(hash) };
        };
        let has = behind.len() as u64;
        match behind.split_at_checked(HASH) {
            None if has > 0 && !is_zero(behind) => Self::HashCut { has },
            None if has > 0 => Self::HashZero { zeros: has },
            None if is_snapshot => Self::HashLost,
            Some((hash, [])) if is_zero(hash) && is_snapshot => Self::HashZero { zeros: has },
            None | Some((_, [])) => Self::Fits,
            Some((hash, tail)) => Self::longer(file, db, is_snapshot, hash, tail),
        }
    }

    /// The result for a file with something after the place of the hash.
    fn longer(file: &[u8], db: &Db<'_>, is_snapshot: bool, hash: &[u8], tail: &[u8]) -> Self {
        let pages = file.len() - tail.len() - hash.len();
        let computed = || sha256::digest(&file[..pages], &mut |_| ControlFlow::Continue(()));
        let is_right = !is_zero(hash) && computed().is_some_and(|computed| computed[..] == *hash);
        if is_right {
            let end = pages + hash.len();
            let tail_kind = Tail::of(tail, &file[..end]);
            return Self::Followed { snapshot: Some(end as u64), bytes: tail.len() as u64, tail: tail_kind };
        }
        let behind = &file[pages..];
        let whole_pages = (file.len() as u64).is_multiple_of(db.page_size().into());
        match Tail::of(behind, &file[..pages]) {
            Tail::Zeros if is_snapshot => Self::HashZero { zeros: behind.len() as u64 },
            // A member's database grows ahead of its pages.
            Tail::Zeros | Tail::Other if whole_pages => Self::Fits,
            tail => Self::Followed { snapshot: None, bytes: behind.len() as u64, tail },
        }
    }

    /// The same, or where bytes were lost or added before the end of the file, if its pages tell that: then the length
    /// follows from it. For files that are not known to be whole; `file`, `db` and `is_snapshot` are those of [`of`](Self::of).
    #[must_use]
    pub fn or_displaced(self, file: &[u8], db: &Db<'_>, is_snapshot: bool) -> Self {
        let hash = if is_snapshot { HASH as u64 } else { 0 };
        let (has, needs) = (file.len() as u64, db.size().saturating_add(hash));
        match self {
            Self::Followed { snapshot: Some(_), .. } | Self::Followed { tail: Tail::Copy, .. } => return self,
            _ if is_snapshot && has == needs => return self,
            _ => {}
        }
        let Some(by) = Displacement::find(db) else { return self };
        let rest = by.at_end.and_then(|shift| {
            let rest = i128::from(has) - i128::from(needs) - i128::from(shift);
            i64::try_from(rest).ok().filter(|rest| is_snapshot || *rest < 0)
        });
        Self::displaced(by, rest, file)
    }

    /// The same as [`or_displaced`](Self::or_displaced) for a file without a usable meta, which has a database of unknown
    /// length.
    pub fn displaced_without_meta(file: &[u8], page_size: u32) -> Option<Self> {
        let displaced = Displacement::find_without_meta(file, page_size).map(|by| Self::displaced(by, None, file));
        // The page size is a guess, and one page alone may stand beside its place for another one.
        displaced.filter(|length| match length {
            Self::Displaced { by, removed, .. } => removed.is_some() || !by.alone,
            _ => false,
        })
    }

    fn displaced(by: Displacement, rest: Option<i64>, file: &[u8]) -> Self {
        // One place may be an accident, and a change that also adds bytes removes no ends of lines.
        let removed = if by.lost > 1 && by.added == 0 { LineEnd::absent(file) } else { None };
        Self::Displaced { by, removed, rest }
    }

    /// Are pages missing, or not where they belong? Then it must not be advised to restore the file as it is.
    pub fn lacks_pages(self) -> bool {
        matches!(self, Self::Cut { .. } | Self::Displaced { .. })
    }
}

impl Tail {
    fn of(tail: &[u8], before: &[u8]) -> Self {
        let compared = tail.len().min(before.len());
        if is_zero(tail) {
            Self::Zeros
        } else if compared >= HASH && tail[..compared] == before[..compared] {
            Self::Copy
        } else {
            Self::Other
        }
    }
}

/// Do zeros stand where the SHA-256 of a snapshot belongs? Looks at these bytes and the metas alone, for commands that do
/// not compute the hash; so it says nothing about one that is wrong.
pub fn has_zero_hash(container: &Container) -> bool {
    let Ok(db) = Db::open(container.database()) else { return false };
    let image = container.image();
    // A file that cannot be read is told by the command itself, when it reads the pages.
    if image.prefetch(db.size()..db.size().saturating_add(HASH as u64)).is_err() {
        return false;
    }
    let behind = usize::try_from(db.size()).ok().and_then(|pages| image.bytes().get(pages..)).unwrap_or_default();
    let hash = behind.get(..HASH).unwrap_or(behind);
    !hash.is_empty() && is_zero(hash) && is_snapshot(container, &db)
}

/// Is this a snapshot, and not the database of a member? Where it was found tells, and otherwise its metas: after a
/// restore, or in a new member, those of a member's database can be the same as a snapshot's.
pub fn is_snapshot(container: &Container, db: &Db<'_>) -> bool {
    !container.is_member_database() && has_snapshot_metas(db)
}

/// Are the metas those of a snapshot, as a server sends it, and not those of a database in use? In a snapshot both have
/// the same content, and the first the higher transaction; in a database in use a transaction that changes anything has
/// another root (`docs/format/bbolt.md#twin-metas`).
fn has_snapshot_metas(db: &Db<'_>) -> bool {
    let [Ok(first), Ok(second)] = db.metas() else { return false };
    let content = |meta: &etcdsnap_bbolt::Meta| (meta.root, meta.freelist, meta.high_water_mark, meta.sequence);
    content(first) == content(second) && first.txid.checked_sub(1) == Some(second.txid)
}

#[cfg(test)]
mod tests {
    use etcdsnap_testkit::bbolt::{Bucket, Layout, MetaStyle};
    use etcdsnap_testkit::{append_trailer, example};

    use super::*;

    fn snapshot() -> Vec<u8> {
        let mut file = example();
        append_trailer(&mut file);
        file
    }

    fn of(file: &[u8]) -> Length {
        let db = Db::open(file).expect("a database");
        Length::of(file, &db, has_snapshot_metas(&db))
    }

    #[test]
    fn a_snapshot_has_one_length() {
        let whole = snapshot();
        let pages = whole.len() - 32;
        let needs = whole.len() as u64;
        assert_eq!(of(&whole), Length::Fits);
        assert_eq!(of(&whole[..pages - 1]), Length::Cut { has: needs - 33, needs });
        assert_eq!(of(&whole[..pages]), Length::HashLost);
        assert_eq!(of(&whole[..pages + 31]), Length::HashCut { has: 31 });
        let mut zeroed = whole.clone();
        zeroed[pages..].fill(0);
        assert_eq!(of(&zeroed), Length::HashZero { zeros: 32 });
        let followed = |tail: &[u8]| of(&[&whole, tail].concat());
        let expected = |bytes, tail| Length::Followed { snapshot: Some(needs), bytes, tail };
        assert_eq!(followed(b"\n"), expected(1, Tail::Other));
        assert_eq!(followed(&[0; 480]), expected(480, Tail::Zeros));
        assert_eq!(followed(&whole), expected(needs, Tail::Copy));
    }

    #[test]
    fn a_database_that_grew_ahead_fits() {
        let mut layout = Layout { metas: MetaStyle::Live, txid: 9, ..Layout::default() };
        assert_eq!(of(&layout.build(&Bucket::default())), Length::Fits);
        layout.preallocated = 2 * layout.page_size as usize;
        let mut grown = layout.build(&Bucket::default());
        assert_eq!(of(&grown), Length::Fits);
        grown.pop();
        assert_eq!(of(&grown), Length::Followed { snapshot: None, bytes: 8191, tail: Tail::Zeros });
    }
}
