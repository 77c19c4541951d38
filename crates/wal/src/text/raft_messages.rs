//! The fields of the messages in records: metadata, hard state, entry, snapshot.

use etcdsnap_proto::raftpb::ConfState;

use super::fields::{FieldWriter, VisitFields};
use crate::entry::RaftEntry;
use crate::raft_log::{HardState, SnapshotRecord, WalMetadata};

impl VisitFields for WalMetadata {
    fn write(&self, to: &mut FieldWriter<'_>) {
        to.id("NodeID", self.node_id).id("ClusterID", self.cluster_id);
    }
}

impl VisitFields for HardState {
    fn write(&self, to: &mut FieldWriter<'_>) {
        to.number("term", self.term).id("vote", self.vote).number("commit", self.commit);
    }
}

impl VisitFields for RaftEntry<'_> {
    fn write(&self, to: &mut FieldWriter<'_>) {
        to.number("Term", self.term).number("Index", self.index);
        to.symbol("Type", self.kind.number(), &["EntryNormal", "EntryConfChange", "EntryConfChangeV2"]);
        if let Some(data) = self.data {
            to.always_secret("Data", data);
        }
    }
}

impl VisitFields for SnapshotRecord {
    fn write(&self, to: &mut FieldWriter<'_>) {
        to.number("index", self.start.index)
            .number("term", self.start.term)
            .message("conf_state", self.conf_state.as_ref());
    }
}

impl VisitFields for ConfState {
    fn write(&self, to: &mut FieldWriter<'_>) {
        to.ids("voters", &self.voters)
            .ids("learners", &self.learners)
            .ids("voters_outgoing", &self.voters_outgoing)
            .ids("learners_next", &self.learners_next)
            .flag("auto_leave", self.auto_leave());
    }
}
