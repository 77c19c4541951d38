//! The fields of requests about keys, leases and alarms, and of the message that contains all requests.

use etcdsnap_proto::etcdserverpb::compare::TargetUnion;
use etcdsnap_proto::etcdserverpb::request_op::Request as Operation;
use etcdsnap_proto::etcdserverpb::{
    AlarmRequest, CompactionRequest, Compare, DeleteRangeRequest, InternalRaftRequest, LeaseCheckpoint,
    LeaseCheckpointRequest, LeaseGrantRequest, LeaseRevokeRequest, PutRequest, RangeRequest, Request, RequestHeader,
    RequestOp, TxnRequest,
};

use super::fields::{FieldWriter, VisitFields};

/// Implements [`VisitFields`] for the message that contains one of these requests, and lists their names.
macro_rules! requests {
    ($($name:ident)*) => {
        impl VisitFields for InternalRaftRequest {
            fn write(&self, to: &mut FieldWriter<'_>) {
                to.message("header", self.header.as_ref()).id("ID", self.id);
                $(to.message(stringify!($name), self.$name.as_ref());)*
            }
        }

        /// Names of all requests.
        pub(super) const REQUESTS: &[&str] = &[$(stringify!($name),)*];

        /// Name and fields of the request in an envelope.
        pub(super) fn request_in(envelope: &InternalRaftRequest) -> Option<(&'static str, &dyn VisitFields)> {
            $(if let Some(request) = &envelope.$name {
                return Some((stringify!($name), request));
            })*
            None
        }
    };
}

requests! {
    v2 range put delete_range txn compaction lease_grant lease_revoke alarm lease_checkpoint auth_enable
    auth_disable auth_status authenticate auth_user_add auth_user_delete auth_user_get auth_user_change_password
    auth_user_grant_role auth_user_revoke_role auth_user_list auth_role_list auth_role_add auth_role_delete
    auth_role_get auth_role_grant_permission auth_role_revoke_permission cluster_version_set cluster_member_attr_set
    downgrade_info_set downgrade_version_test
}

impl VisitFields for RequestHeader {
    fn write(&self, to: &mut FieldWriter<'_>) {
        to.id("ID", self.id).string("username", &self.username).number("auth_revision", self.auth_revision);
    }
}

impl VisitFields for Request {
    fn write(&self, to: &mut FieldWriter<'_>) {
        to.id("ID", self.id()).string("Method", self.method()).string("Path", self.path());
        // Values below /0 describe the cluster and are not secret.
        if self.path().starts_with("/0/") { to.string("Val", self.val()) } else { to.secret("Val", self.val()) }
            .flag("Dir", self.dir())
            .secret("PrevValue", self.prev_value())
            .number("PrevIndex", self.prev_index());
        if let Some(exists) = self.prev_exist {
            to.always("PrevExist", exists);
        }
        to.number("Expiration", self.expiration())
            .flag("Wait", self.wait())
            .number("Since", self.since())
            .flag("Recursive", self.recursive())
            .flag("Sorted", self.sorted())
            .flag("Quorum", self.quorum())
            .number("Time", self.time())
            .flag("Stream", self.stream());
        if let Some(refresh) = self.refresh {
            to.always("Refresh", refresh);
        }
    }
}

impl VisitFields for RangeRequest {
    fn write(&self, to: &mut FieldWriter<'_>) {
        to.bytes("key", &self.key)
            .bytes("range_end", &self.range_end)
            .number("limit", self.limit)
            .number("revision", self.revision)
            .symbol("sort_order", self.sort_order, &["NONE", "ASCEND", "DESCEND"])
            .symbol("sort_target", self.sort_target, &["KEY", "VERSION", "CREATE", "MOD", "VALUE"])
            .flag("serializable", self.serializable)
            .flag("keys_only", self.keys_only)
            .flag("count_only", self.count_only)
            .number("min_mod_revision", self.min_mod_revision)
            .number("max_mod_revision", self.max_mod_revision)
            .number("min_create_revision", self.min_create_revision)
            .number("max_create_revision", self.max_create_revision);
    }
}

impl VisitFields for PutRequest {
    fn write(&self, to: &mut FieldWriter<'_>) {
        to.bytes("key", &self.key)
            .secret("value", &self.value)
            .id("lease", self.lease)
            .flag("prev_kv", self.prev_kv)
            .flag("ignore_value", self.ignore_value)
            .flag("ignore_lease", self.ignore_lease);
    }
}

impl VisitFields for DeleteRangeRequest {
    fn write(&self, to: &mut FieldWriter<'_>) {
        to.bytes("key", &self.key).bytes("range_end", &self.range_end).flag("prev_kv", self.prev_kv);
    }
}

impl VisitFields for TxnRequest {
    fn write(&self, to: &mut FieldWriter<'_>) {
        to.messages("compare", &self.compare).messages("success", &self.success).messages("failure", &self.failure);
    }
}

impl VisitFields for RequestOp {
    fn write(&self, to: &mut FieldWriter<'_>) {
        match &self.request {
            Some(Operation::RequestRange(request)) => to.message("request_range", Some(request)),
            Some(Operation::RequestPut(request)) => to.message("request_put", Some(request)),
            Some(Operation::RequestDeleteRange(request)) => to.message("request_delete_range", Some(request)),
            Some(Operation::RequestTxn(request)) => to.message("request_txn", Some(request)),
            None => to,
        };
    }
}

impl VisitFields for Compare {
    fn write(&self, to: &mut FieldWriter<'_>) {
        to.symbol("result", self.result, &["EQUAL", "GREATER", "LESS", "NOT_EQUAL"])
            .symbol("target", self.target, &["VERSION", "CREATE", "MOD", "VALUE", "LEASE"])
            .bytes("key", &self.key);
        match &self.target_union {
            Some(TargetUnion::Version(version)) => to.always("version", *version),
            Some(TargetUnion::CreateRevision(revision)) => to.always("create_revision", *revision),
            Some(TargetUnion::ModRevision(revision)) => to.always("mod_revision", *revision),
            Some(TargetUnion::Value(value)) => to.always_secret("value", value),
            Some(TargetUnion::Lease(lease)) => to.always_id("lease", *lease),
            None => to,
        }
        .bytes("range_end", &self.range_end);
    }
}

impl VisitFields for CompactionRequest {
    fn write(&self, to: &mut FieldWriter<'_>) {
        to.number("revision", self.revision).flag("physical", self.physical);
    }
}

impl VisitFields for LeaseGrantRequest {
    fn write(&self, to: &mut FieldWriter<'_>) {
        to.number("TTL", self.ttl).id("ID", self.id);
    }
}

impl VisitFields for LeaseRevokeRequest {
    fn write(&self, to: &mut FieldWriter<'_>) {
        to.id("ID", self.id);
    }
}

impl VisitFields for LeaseCheckpointRequest {
    fn write(&self, to: &mut FieldWriter<'_>) {
        to.messages("checkpoints", &self.checkpoints);
    }
}

impl VisitFields for LeaseCheckpoint {
    fn write(&self, to: &mut FieldWriter<'_>) {
        to.id("ID", self.id).number("remaining_TTL", self.remaining_ttl);
    }
}

impl VisitFields for AlarmRequest {
    fn write(&self, to: &mut FieldWriter<'_>) {
        to.symbol("action", self.action, &["GET", "ACTIVATE", "DEACTIVATE"]).id("memberID", self.member_id).symbol(
            "alarm",
            self.alarm,
            &["NONE", "NOSPACE", "CORRUPT"],
        );
    }
}
