//! Rules about the write-ahead log of a member (`docs/format/wal.md`): one for every [`WalCode`], in its order.

use etcdsnap_wal::WalCode;

/// A part of the log is lost for good.
const LOST: &str = "Do not start the member on it. If the other members have a quorum, remove this member and add it \
     again with an empty data directory; it gets all data from the leader. If not, restore the cluster from a snapshot, \
     or from this member's db with --skip-hash-check: `etcdsnap datadir check` tells what of the log is newer than the db.";

/// What to do where the next start would cut off or erase entries.
const CUT_OFF: &str = "Copy the directory before etcd touches it, and keep the copy and every `.broken` file: they are the only ones that \
     hold these entries. `etcdsnap wal dump` shows what can be read before the damage. Then, if the other members have a quorum, remove \
     this member and add it again with an empty data directory. If not, restore the cluster from a snapshot, or from this member's db \
     with --skip-hash-check, whichever has the higher revision; or start a second copy on a version that is listed as throwing data away, and take \
     a snapshot from it: it has the entries up to the damage, which the db alone may lack.";

/// Another copy of one file may do.
const COPY_AGAIN: &str = "If the directory was copied, copy it again from the stopped member. If it is the member's own: \
     if the other members have a quorum, remove this member and add it again with an empty data directory; if not, restore \
     the cluster from a snapshot, or from this member's db with --skip-hash-check.";

kinds! { Wal:
    // The segments.

    WAL_SEGMENT_GAP: Error, "segment of the log is missing",
        "The segments of a log are numbered without gaps. One between two others is not there: it was deleted, or the \
         directory was not copied whole. Every server that has to read across the gap stops with \"wal: file sequence numbers \
         do not increase continuously\" (3.6 and later) or \"wal: file not found\"; one that starts from a snapshot behind it \
         does not notice.",
        COPY_AGAIN;
    WAL_SEGMENT_HEAD: Warning, "segment does not begin as etcd begins one",
        "A segment begins with the checksum of the log before it and with the ids of member and cluster. This one does not, \
         although its records are sound: another program wrote or cut it. Servers read it as it is.",
        "Find out what wrote it. `etcdsnap wal dump --records` shows its records.";
    WAL_TORN_TAIL: Warning, "last write was not finished",
        "The end of the log is a record that was being written when the member, its machine or the copy of the directory \
         stopped: the file ends within it, or a whole sector of it is still empty, and nothing follows. If the member stopped, nothing \
         was promised to a client about it. \
         A server that starts copies the segment to a file that ends in `.broken`, cuts the record off, and goes on; the \
         versions that do not are named by the verdicts.",
        "Nothing needs to be done after a crash. If the directory was copied, copy it from the stopped member.";
    WAL_BROKEN_BEFORE_END: Error, "log is broken before its end",
        "Servers end the log here: they take what is damaged for a last write that was not finished, copy the segment to a file that ends \
         in `.broken`, and cut off all that follows, without an error. But more follows than zeros, so the log was damaged after it was \
         written, or its member stopped in the middle of writing several records at once. Entries that clients were told are safe are \
         thrown away by the next start, and the database loses those that it has not applied yet. Which versions do so is said by the \
         verdicts.",
        CUT_OFF;
    WAL_TRUNCATED: Error, "segment in the middle of the log ends too early",
        "The file ends within a record, and more segments follow. Only the last segment can have an unfinished end, so the \
         rest of this one is lost. Servers stop with \"unexpected EOF\" and repair nothing.",
        LOST;
    WAL_RECORD: Error, "record cannot be decoded",
        "The bytes of a record are no record, so they were changed after they were written, or were never written. Servers \
         stop. Those up to 3.6 can take it for an unfinished last write, if it is in the last segment, and cut off everything \
         from there on, entries that clients were told are safe included; the verdicts say which do.",
        LOST;
    WAL_CHECKSUM: Error, "checksum of a record is wrong",
        "Each record carries a checksum of its data and of all data before it. Here it is another, so bytes of this record \
         were changed after they were written: by a disk, a copy, or an editor. Servers stop with \"crc mismatch\".",
        LOST;
    WAL_CHAIN: Error, "segment does not continue the one before it",
        "A segment begins with the checksum of the whole log before it. This one begins with another: segments of two members, \
         or of two times, are mixed in one directory. Servers stop with \"crc mismatch\".",
        COPY_AGAIN;

    // The frames.

    WAL_PADDING: Warning, "padding of a record is not what etcd writes",
        "Since May 2016 records are filled up with zeros to a multiple of 8 bytes, and the length before them says by how many. Here the \
         filling is another, or of the top byte of the length, which says how much is filled up, a bit is set that has no meaning. No \
         checksum covers them and servers of 3.4 to 3.8 do not look at them, but etcd did not write them like this.",
        "The data is not affected. Check the disk, because something changed bytes of this file.";
    WAL_LONG_RECORD: Warning, "record of 10 MiB or more",
        "etcd 3.4 and 3.5.0 to 3.5.4 write such a record when a request is large enough, and then refuse to read it: \"wal: max entry size \
         limit exceeded\". Later versions read it.",
        "Start the member with etcd 3.5.5 or later. Lower --max-request-bytes if it was raised.";
    WAL_BYTES_AFTER_END: Error, "bytes after the end of the log",
        "After the last record a segment has zeros, as space that was allocated ahead. Here other bytes follow: a length was \
         overwritten with zeros, as by a sector that was lost, and the records after it are lost with it. Servers of every version take \
         the zeros for the end, report nothing, and erase what follows in the last segment.",
        CUT_OFF;

    // The records.

    WAL_RECORD_TYPE: Error, "record of a type that does not exist",
        "A sound record has a type that no version of etcd writes. Servers stop with \"unexpected block type\".",
        LOST;
    WAL_PAYLOAD: Error, "content of a sound record cannot be decoded",
        "The checksum of the record is right, and what is in it is not what its type promises. So it was written like this, by \
         something else than etcd. Servers panic on it.",
        LOST;
    WAL_METADATA_MISSING: Error, "log does not say whose it is",
        "No record names the member and its cluster. The first segment has lost its beginning, or there is no readable segment \
         at all.",
        LOST;
    WAL_METADATA_CONFLICT: Error, "log of two members",
        "Two segments name different members or clusters: files of two data directories are mixed. Servers stop with \"wal: \
         conflicting metadata found\".",
        COPY_AGAIN;
    WAL_ENTRY_GAP: Error, "entries are missing",
        "The entries of a log are numbered without gaps; only a snapshot from the leader jumps. Here a number is left out and no \
         snapshot covers it. Servers stop with \"wal: slice bounds out of range\", unless they start from a snapshot behind \
         the gap.",
        LOST;
    WAL_STATE_BACKWARDS: Warning, "hard state goes backwards",
        "The hard state says which term the member has seen and up to which entry the log is committed. Both only grow, and here \
         one of them shrinks. Servers believe the last one.",
        "Find out whether the directory was assembled from parts or edited. Compare with another member before you start it.";
    WAL_COMMIT: Error, "committed entries are missing",
        "The hard state says that entries are committed which the log does not have. The member has promised them, and they are \
         lost: the end of the log was cut off by more than its last write, or an old segment was put in the place of a newer \
         one. Servers panic with \"state.commit is out of range\" (\"tocommit is out of range\").",
        LOST;
}

/// The rule that stands for a code of the inspection of a log.
pub fn of(code: WalCode) -> &'static Kind {
    match code {
        WalCode::SegmentGap => &WAL_SEGMENT_GAP,
        WalCode::SegmentHead => &WAL_SEGMENT_HEAD,
        WalCode::TornTail => &WAL_TORN_TAIL,
        WalCode::BrokenBeforeEnd => &WAL_BROKEN_BEFORE_END,
        WalCode::Truncated => &WAL_TRUNCATED,
        WalCode::Record => &WAL_RECORD,
        WalCode::Checksum => &WAL_CHECKSUM,
        WalCode::Chain => &WAL_CHAIN,
        WalCode::Padding => &WAL_PADDING,
        WalCode::LongRecord => &WAL_LONG_RECORD,
        WalCode::BytesAfterEnd => &WAL_BYTES_AFTER_END,
        WalCode::RecordType => &WAL_RECORD_TYPE,
        WalCode::Payload => &WAL_PAYLOAD,
        WalCode::MetadataMissing => &WAL_METADATA_MISSING,
        WalCode::MetadataConflict => &WAL_METADATA_CONFLICT,
        WalCode::EntryGap => &WAL_ENTRY_GAP,
        WalCode::StateBackwards => &WAL_STATE_BACKWARDS,
        WalCode::Commit => &WAL_COMMIT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_kind_of_its_name_and_severity() {
        assert_eq!(ALL.len(), WalCode::ALL.len());
        for (kind, code) in ALL.iter().zip(WalCode::ALL) {
            assert_eq!((of(*code).id, of(*code).severity), (code.as_str(), code.severity()));
            assert_eq!(kind.id, code.as_str(), "the catalogue is in the order of the codes");
        }
    }
}
