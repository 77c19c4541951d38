//! What the records of a log carry.

use etcdsnap_proto::raftpb::ConfState;

use super::fields::{Fields, Line};
use crate::entry::Entry;
use crate::log::{HardState, Marker, Metadata};

impl Fields for Metadata {
    fn write(&self, to: &mut Line<'_>) {
        to.id("NodeID", self.node_id).id("ClusterID", self.cluster_id);
    }
}

impl Fields for HardState {
    fn write(&self, to: &mut Line<'_>) {
        to.number("term", self.term).id("vote", self.vote).number("commit", self.commit);
    }
}

impl Fields for Entry<'_> {
    fn write(&self, to: &mut Line<'_>) {
        to.number("Term", self.term).number("Index", self.index);
        to.symbol("Type", self.kind.number(), &["EntryNormal", "EntryConfChange", "EntryConfChangeV2"]);
        if let Some(data) = self.data {
            to.always_secret("Data", data);
        }
    }
}

impl Fields for Marker {
    fn write(&self, to: &mut Line<'_>) {
        to.number("index", self.start.index)
            .number("term", self.start.term)
            .message("conf_state", self.conf_state.as_ref());
    }
}

impl Fields for ConfState {
    fn write(&self, to: &mut Line<'_>) {
        to.ids("voters", &self.voters)
            .ids("learners", &self.learners)
            .ids("voters_outgoing", &self.voters_outgoing)
            .ids("learners_next", &self.learners_next)
            .flag("auto_leave", self.auto_leave());
    }
}
