//! The fields of requests about users, roles and the cluster.

use etcdsnap_proto::authpb::{Permission, UserAddOptions};
use etcdsnap_proto::etcdserverpb::{
    AuthDisableRequest, AuthEnableRequest, AuthRoleAddRequest, AuthRoleDeleteRequest, AuthRoleGetRequest,
    AuthRoleGrantPermissionRequest, AuthRoleListRequest, AuthRoleRevokePermissionRequest, AuthStatusRequest,
    AuthUserAddRequest, AuthUserChangePasswordRequest, AuthUserDeleteRequest, AuthUserGetRequest,
    AuthUserGrantRoleRequest, AuthUserListRequest, AuthUserRevokeRoleRequest, DowngradeVersionTestRequest,
    InternalAuthenticateRequest,
};
use etcdsnap_proto::membershippb::{
    Attributes, ClusterMemberAttrSetRequest, ClusterVersionSetRequest, DowngradeInfoSetRequest,
};

use super::fields::{FieldWriter, VisitFields};

/// Messages without fields.
macro_rules! empty {
    ($($message:ident)*) => { $(impl VisitFields for $message { fn write(&self, _: &mut FieldWriter<'_>) {} })* };
}

empty! { AuthEnableRequest AuthDisableRequest AuthStatusRequest AuthUserListRequest AuthRoleListRequest }

impl VisitFields for InternalAuthenticateRequest {
    fn write(&self, to: &mut FieldWriter<'_>) {
        to.string("name", &self.name).secret("password", &self.password).secret("simple_token", &self.simple_token);
    }
}

impl VisitFields for AuthUserAddRequest {
    fn write(&self, to: &mut FieldWriter<'_>) {
        to.string("name", &self.name)
            .secret("password", &self.password)
            .message("options", self.options.as_ref())
            .secret("hashedPassword", &self.hashed_password);
    }
}

impl VisitFields for UserAddOptions {
    fn write(&self, to: &mut FieldWriter<'_>) {
        to.flag("no_password", self.no_password);
    }
}

impl VisitFields for AuthUserDeleteRequest {
    fn write(&self, to: &mut FieldWriter<'_>) {
        to.string("name", &self.name);
    }
}

impl VisitFields for AuthUserGetRequest {
    fn write(&self, to: &mut FieldWriter<'_>) {
        to.string("name", &self.name);
    }
}

impl VisitFields for AuthUserChangePasswordRequest {
    fn write(&self, to: &mut FieldWriter<'_>) {
        let password = if self.password.is_empty() { "" } else { "<value removed>" };
        to.string("name", &self.name).string("password", password).secret("hashedPassword", &self.hashed_password);
    }
}

impl VisitFields for AuthUserGrantRoleRequest {
    fn write(&self, to: &mut FieldWriter<'_>) {
        to.string("user", &self.user).string("role", &self.role);
    }
}

impl VisitFields for AuthUserRevokeRoleRequest {
    fn write(&self, to: &mut FieldWriter<'_>) {
        to.string("name", &self.name).string("role", &self.role);
    }
}

impl VisitFields for AuthRoleAddRequest {
    fn write(&self, to: &mut FieldWriter<'_>) {
        to.string("name", &self.name);
    }
}

impl VisitFields for AuthRoleDeleteRequest {
    fn write(&self, to: &mut FieldWriter<'_>) {
        to.string("role", &self.role);
    }
}

impl VisitFields for AuthRoleGetRequest {
    fn write(&self, to: &mut FieldWriter<'_>) {
        to.string("role", &self.role);
    }
}

impl VisitFields for AuthRoleGrantPermissionRequest {
    fn write(&self, to: &mut FieldWriter<'_>) {
        to.string("name", &self.name).message("perm", self.perm.as_ref());
    }
}

impl VisitFields for Permission {
    fn write(&self, to: &mut FieldWriter<'_>) {
        to.symbol("permType", self.permission_type, &["READ", "WRITE", "READWRITE"])
            .bytes("key", &self.key)
            .bytes("range_end", &self.range_end);
    }
}

impl VisitFields for AuthRoleRevokePermissionRequest {
    fn write(&self, to: &mut FieldWriter<'_>) {
        to.string("role", &self.role).bytes("key", &self.key).bytes("range_end", &self.range_end);
    }
}

impl VisitFields for ClusterVersionSetRequest {
    fn write(&self, to: &mut FieldWriter<'_>) {
        to.string("ver", &self.ver);
    }
}

impl VisitFields for ClusterMemberAttrSetRequest {
    fn write(&self, to: &mut FieldWriter<'_>) {
        to.id("member_ID", self.member_id).message("member_attributes", self.member_attributes.as_ref());
    }
}

impl VisitFields for Attributes {
    fn write(&self, to: &mut FieldWriter<'_>) {
        to.string("name", &self.name).strings("client_urls", &self.client_urls);
    }
}

impl VisitFields for DowngradeInfoSetRequest {
    fn write(&self, to: &mut FieldWriter<'_>) {
        to.flag("enabled", self.enabled).string("ver", &self.ver);
    }
}

impl VisitFields for DowngradeVersionTestRequest {
    fn write(&self, to: &mut FieldWriter<'_>) {
        to.string("ver", &self.ver);
    }
}
