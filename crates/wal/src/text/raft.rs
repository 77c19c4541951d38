//! What the records of a log carry.

use etcdsnap_proto::raftpb::ConfState;

use super::fields::{Fields, Line};
use crate::entry::Entry;
use crate::log::{HardState, Marker, Metadata};

impl Fields for Metadata {
    fn write(&self, to: &mut Line<'_, '_>) {
        to.number("NodeID", self.node_id).number("ClusterID", self.cluster_id);
    }
}

impl Fields for HardState {
    fn write(&self, to: &mut Line<'_, '_>) {
        to.number("term", self.term).number("vote", self.vote).number("commit", self.commit);
    }
}

impl Fields for Entry<'_> {
    fn write(&self, to: &mut Line<'_, '_>) {
        to.number("Term", self.term).number("Index", self.index);
        to.symbol("Type", self.kind.number(), &["EntryNormal", "EntryConfChange", "EntryConfChangeV2"]);
        if let Some(data) = self.data {
            to.always_bytes("Data", data);
        }
    }
}

impl Fields for Marker {
    fn write(&self, to: &mut Line<'_, '_>) {
        to.number("index", self.start.index).number("term", self.start.term).messages("conf_state", &self.conf_state);
    }
}

impl Fields for ConfState {
    fn write(&self, to: &mut Line<'_, '_>) {
        to.numbers("voters", &self.voters)
            .numbers("learners", &self.learners)
            .numbers("voters_outgoing", &self.voters_outgoing)
            .numbers("learners_next", &self.learners_next)
            .flag("auto_leave", self.auto_leave());
    }
}
