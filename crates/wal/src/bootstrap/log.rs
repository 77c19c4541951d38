//! The records of a new log (`docs/format/wal.md#first-log-of-a-member`).

use etcdsnap_proto::etcdserverpb::Metadata;
use etcdsnap_proto::prost::Message;
use etcdsnap_proto::raftpb::{ConfChange, ConfChangeType, Entry, EntryType, HardState};
use etcdsnap_proto::walpb::Snapshot;

use super::{Bootstrap, BootstrapMember, Release};
use crate::record::WalRecordKind;
use crate::segment_writer::SegmentWriter;

/// Encodes the segment up to the end of its last record.
pub(super) fn write(bootstrap: &Bootstrap, release: Release) -> Vec<u8> {
    let mut writer = SegmentWriter::new(0);
    let metadata = Metadata { node_id: Some(bootstrap.node_id), cluster_id: Some(bootstrap.cluster_id) };
    writer.record(WalRecordKind::Metadata, &metadata.encode_to_vec());
    let nothing = Snapshot { index: Some(0), term: Some(0), conf_state: None };
    writer.record(WalRecordKind::Snapshot, &nothing.encode_to_vec());
    for (index, member) in (1..).zip(&bootstrap.members) {
        writer.record(WalRecordKind::Entry, &entry(index, member, release).encode_to_vec());
    }
    let start = bootstrap.start();
    let (index, term) = (Some(start.index), Some(start.term));
    let state = HardState { term, vote: bootstrap.vote(), commit: index };
    writer.record(WalRecordKind::HardState, &state.encode_to_vec());
    let conf_state = (release > Release::V3_4).then(|| bootstrap.conf_state(release));
    writer.record(WalRecordKind::Snapshot, &Snapshot { index, term, conf_state }.encode_to_vec());
    writer.into_bytes()
}

/// The entry that adds a member.
fn entry(index: u64, member: &BootstrapMember, release: Release) -> Entry {
    let change = if member.learner { ConfChangeType::AddLearnerNode } else { ConfChangeType::AddNode };
    let change = ConfChange {
        id: release.writes_unset().then_some(0),
        change_type: Some(change.into()),
        node_id: Some(member.id),
        context: Some(member.context().to_json().into_bytes()),
    };
    Entry {
        entry_type: Some(EntryType::ConfChange.into()),
        term: Some(1),
        index: Some(index),
        data: Some(change.encode_to_vec()),
    }
}
