//! Requests that read and write keys, leases and alarms, and the envelope of all requests.

use etcdsnap_proto::etcdserverpb::compare::TargetUnion;
use etcdsnap_proto::etcdserverpb::request_op::Request as Operation;
use etcdsnap_proto::etcdserverpb::{
    AlarmRequest, CompactionRequest, Compare, DeleteRangeRequest, InternalRaftRequest, LeaseCheckpoint,
    LeaseCheckpointRequest, LeaseGrantRequest, LeaseRevokeRequest, PutRequest, RangeRequest, Request, RequestHeader,
    RequestOp, TxnRequest,
};

use super::fields::{Fields, Line};

impl Fields for InternalRaftRequest {
    fn write(&self, to: &mut Line<'_, '_>) {
        to.messages("header", &self.header)
            .number("ID", self.id)
            .messages("v2", &self.v2)
            .messages("range", &self.range)
            .messages("put", &self.put)
            .messages("delete_range", &self.delete_range)
            .messages("txn", &self.txn)
            .messages("compaction", &self.compaction)
            .messages("lease_grant", &self.lease_grant)
            .messages("lease_revoke", &self.lease_revoke)
            .messages("alarm", &self.alarm)
            .messages("lease_checkpoint", &self.lease_checkpoint)
            .messages("auth_enable", &self.auth_enable)
            .messages("auth_disable", &self.auth_disable)
            .messages("auth_status", &self.auth_status)
            .messages("authenticate", &self.authenticate)
            .messages("auth_user_add", &self.auth_user_add)
            .messages("auth_user_delete", &self.auth_user_delete)
            .messages("auth_user_get", &self.auth_user_get)
            .messages("auth_user_change_password", &self.auth_user_change_password)
            .messages("auth_user_grant_role", &self.auth_user_grant_role)
            .messages("auth_user_revoke_role", &self.auth_user_revoke_role)
            .messages("auth_user_list", &self.auth_user_list)
            .messages("auth_role_list", &self.auth_role_list)
            .messages("auth_role_add", &self.auth_role_add)
            .messages("auth_role_delete", &self.auth_role_delete)
            .messages("auth_role_get", &self.auth_role_get)
            .messages("auth_role_grant_permission", &self.auth_role_grant_permission)
            .messages("auth_role_revoke_permission", &self.auth_role_revoke_permission)
            .messages("cluster_version_set", &self.cluster_version_set)
            .messages("cluster_member_attr_set", &self.cluster_member_attr_set)
            .messages("downgrade_info_set", &self.downgrade_info_set)
            .messages("downgrade_version_test", &self.downgrade_version_test);
    }
}

impl Fields for RequestHeader {
    fn write(&self, to: &mut Line<'_, '_>) {
        to.number("ID", self.id).string("username", &self.username).number("auth_revision", self.auth_revision);
    }
}

impl Fields for Request {
    fn write(&self, to: &mut Line<'_, '_>) {
        to.number("ID", self.id())
            .string("Method", self.method())
            .string("Path", self.path())
            .string("Val", self.val())
            .flag("Dir", self.dir())
            .string("PrevValue", self.prev_value())
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

impl Fields for RangeRequest {
    fn write(&self, to: &mut Line<'_, '_>) {
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

impl Fields for PutRequest {
    fn write(&self, to: &mut Line<'_, '_>) {
        to.bytes("key", &self.key)
            .bytes("value", &self.value)
            .number("lease", self.lease)
            .flag("prev_kv", self.prev_kv)
            .flag("ignore_value", self.ignore_value)
            .flag("ignore_lease", self.ignore_lease);
    }
}

impl Fields for DeleteRangeRequest {
    fn write(&self, to: &mut Line<'_, '_>) {
        to.bytes("key", &self.key).bytes("range_end", &self.range_end).flag("prev_kv", self.prev_kv);
    }
}

impl Fields for TxnRequest {
    fn write(&self, to: &mut Line<'_, '_>) {
        to.messages("compare", &self.compare).messages("success", &self.success).messages("failure", &self.failure);
    }
}

impl Fields for RequestOp {
    fn write(&self, to: &mut Line<'_, '_>) {
        match &self.request {
            Some(Operation::RequestRange(request)) => to.messages("request_range", [request]),
            Some(Operation::RequestPut(request)) => to.messages("request_put", [request]),
            Some(Operation::RequestDeleteRange(request)) => to.messages("request_delete_range", [request]),
            Some(Operation::RequestTxn(request)) => to.messages("request_txn", [request]),
            None => to,
        };
    }
}

impl Fields for Compare {
    fn write(&self, to: &mut Line<'_, '_>) {
        to.symbol("result", self.result, &["EQUAL", "GREATER", "LESS", "NOT_EQUAL"])
            .symbol("target", self.target, &["VERSION", "CREATE", "MOD", "VALUE", "LEASE"])
            .bytes("key", &self.key);
        match &self.target_union {
            Some(TargetUnion::Version(version)) => to.always("version", version),
            Some(TargetUnion::CreateRevision(revision)) => to.always("create_revision", revision),
            Some(TargetUnion::ModRevision(revision)) => to.always("mod_revision", revision),
            Some(TargetUnion::Value(value)) => to.always_bytes("value", value),
            Some(TargetUnion::Lease(lease)) => to.always("lease", lease),
            None => to,
        }
        .bytes("range_end", &self.range_end);
    }
}

impl Fields for CompactionRequest {
    fn write(&self, to: &mut Line<'_, '_>) {
        to.number("revision", self.revision).flag("physical", self.physical);
    }
}

impl Fields for LeaseGrantRequest {
    fn write(&self, to: &mut Line<'_, '_>) {
        to.number("TTL", self.ttl).number("ID", self.id);
    }
}

impl Fields for LeaseRevokeRequest {
    fn write(&self, to: &mut Line<'_, '_>) {
        to.number("ID", self.id);
    }
}

impl Fields for LeaseCheckpointRequest {
    fn write(&self, to: &mut Line<'_, '_>) {
        to.messages("checkpoints", &self.checkpoints);
    }
}

impl Fields for LeaseCheckpoint {
    fn write(&self, to: &mut Line<'_, '_>) {
        to.number("ID", self.id).number("remaining_TTL", self.remaining_ttl);
    }
}

impl Fields for AlarmRequest {
    fn write(&self, to: &mut Line<'_, '_>) {
        to.symbol("action", self.action, &["GET", "ACTIVATE", "DEACTIVATE"]).number("memberID", self.member_id).symbol(
            "alarm",
            self.alarm,
            &["NONE", "NOSPACE", "CORRUPT"],
        );
    }
}
