//! [`PayloadText`] and [`payload_json`]: the payload of one entry as text and as JSON.

use std::fmt::{self, Display};

use etcdsnap_proto::raftpb::{ConfChange, ConfChangeSingle, ConfChangeV2};
use serde_json::{Value, json};

use super::fields::{FieldWriter, VisitFields};
use super::json_object::json_object;
use super::kv_requests::{REQUESTS, request_in};
use super::proto_text::{ProtoText, TextStyle};
use super::value_display::ValueDisplay;
use crate::member_context::MemberContext;
use crate::payload::EntryPayload;

/// The names of the types of a membership change, by number.
pub(super) const CHANGES: [&str; 4] =
    ["ConfChangeAddNode", "ConfChangeRemoveNode", "ConfChangeUpdateNode", "ConfChangeAddLearnerNode"];

/// Displays the fields of an entry's payload on one line, without its [name](EntryPayload::name) and the request header.
#[derive(Clone, Copy, Debug)]
pub struct PayloadText<'p> {
    /// The decoded data of the entry.
    pub payload: &'p EntryPayload,
    /// Whether values are shown.
    pub values: ValueDisplay,
}

impl EntryPayload {
    /// All values that [`name`](Self::name) can return.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let others = ["conf_change", "conf_change_v2", "empty", "unknown", "undecodable"];
        others.into_iter().chain(REQUESTS.iter().copied())
    }

    /// The type of the request: its field name in the protobuf definition, such as `put` or `lease_grant`; otherwise
    /// `empty`, `conf_change`, `conf_change_v2`, `v2` for requests to the v2 store, `undecodable`, or `unknown` for a
    /// request of a newer version.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Request(envelope) => request_in(envelope).map_or("unknown", |(name, _)| name),
            Self::LegacyRequest(_) => "v2",
            Self::ConfChange(_) => "conf_change",
            Self::ConfChangeV2(_) => "conf_change_v2",
            Self::Undecodable => "undecodable",
        }
    }
}

impl Display for PayloadText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message: &dyn VisitFields = match self.payload {
            EntryPayload::Empty | EntryPayload::Undecodable => return Ok(()),
            EntryPayload::Request(envelope) => match request_in(envelope) {
                Some((_, request)) => request,
                None => return Ok(()),
            },
            EntryPayload::LegacyRequest(request) => &**request,
            EntryPayload::ConfChange(change) => change,
            EntryPayload::ConfChangeV2(change) => change,
        };
        let style = TextStyle { values: self.values, hex_ids: true };
        f.write_str(ProtoText(message, style).to_string().trim_end())
    }
}

/// Encodes the payload of an entry as a JSON object, including the request header; `null` when it is empty or undecodable.
pub fn payload_json(payload: &EntryPayload, values: ValueDisplay) -> Value {
    match payload {
        EntryPayload::Empty | EntryPayload::Undecodable => Value::Null,
        EntryPayload::Request(envelope) => json_object(&**envelope, values),
        EntryPayload::LegacyRequest(request) => json!({ "v2": json_object(&**request, values) }),
        EntryPayload::ConfChange(change) => json!({ "confChange": json_object(change, values) }),
        EntryPayload::ConfChangeV2(change) => json!({ "confChangeV2": json_object(change, values) }),
    }
}

/// Visits the context of a membership change. Members are not secret, so it is shown when it is a member as JSON;
/// otherwise it is treated as secret.
fn context(context: Option<&[u8]>, to: &mut FieldWriter<'_>) {
    match context {
        Some(context) if MemberContext::parse(context).is_ok() => to.bytes("context", context),
        Some(context) => to.secret("context", context),
        None => to,
    };
}

impl VisitFields for ConfChange {
    fn write(&self, to: &mut FieldWriter<'_>) {
        to.id("id", self.id()).always_symbol("type", self.change_type.unwrap_or_default(), &CHANGES);
        to.id("node_id", self.node_id());
        context(self.context.as_deref(), to);
    }
}

impl VisitFields for ConfChangeSingle {
    fn write(&self, to: &mut FieldWriter<'_>) {
        to.always_symbol("type", self.change_type.unwrap_or_default(), &CHANGES).id("node_id", self.node_id());
    }
}

impl VisitFields for ConfChangeV2 {
    fn write(&self, to: &mut FieldWriter<'_>) {
        let transitions =
            ["ConfChangeTransitionAuto", "ConfChangeTransitionJointImplicit", "ConfChangeTransitionJointExplicit"];
        to.symbol("transition", self.transition.unwrap_or_default(), &transitions).messages("changes", &self.changes);
        context(self.context.as_deref(), to);
    }
}
