//! Requests about users, roles and the cluster.

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

use super::fields::{Fields, Line};

/// Messages without fields.
macro_rules! empty {
    ($($message:ident)*) => { $(impl Fields for $message { fn write(&self, _: &mut Line<'_>) {} })* };
}

empty! { AuthEnableRequest AuthDisableRequest AuthStatusRequest AuthUserListRequest AuthRoleListRequest }

impl Fields for InternalAuthenticateRequest {
    fn write(&self, to: &mut Line<'_>) {
        to.string("name", &self.name).secret("password", &self.password).secret("simple_token", &self.simple_token);
    }
}

impl Fields for AuthUserAddRequest {
    fn write(&self, to: &mut Line<'_>) {
        to.string("name", &self.name)
            .secret("password", &self.password)
            .message("options", self.options.as_ref())
            .secret("hashedPassword", &self.hashed_password);
    }
}

impl Fields for UserAddOptions {
    fn write(&self, to: &mut Line<'_>) {
        to.flag("no_password", self.no_password);
    }
}

impl Fields for AuthUserDeleteRequest {
    fn write(&self, to: &mut Line<'_>) {
        to.string("name", &self.name);
    }
}

impl Fields for AuthUserGetRequest {
    fn write(&self, to: &mut Line<'_>) {
        to.string("name", &self.name);
    }
}

impl Fields for AuthUserChangePasswordRequest {
    fn write(&self, to: &mut Line<'_>) {
        let password = if self.password.is_empty() { "" } else { "<value removed>" };
        to.string("name", &self.name).string("password", password).secret("hashedPassword", &self.hashed_password);
    }
}

impl Fields for AuthUserGrantRoleRequest {
    fn write(&self, to: &mut Line<'_>) {
        to.string("user", &self.user).string("role", &self.role);
    }
}

impl Fields for AuthUserRevokeRoleRequest {
    fn write(&self, to: &mut Line<'_>) {
        to.string("name", &self.name).string("role", &self.role);
    }
}

impl Fields for AuthRoleAddRequest {
    fn write(&self, to: &mut Line<'_>) {
        to.string("name", &self.name);
    }
}

impl Fields for AuthRoleDeleteRequest {
    fn write(&self, to: &mut Line<'_>) {
        to.string("role", &self.role);
    }
}

impl Fields for AuthRoleGetRequest {
    fn write(&self, to: &mut Line<'_>) {
        to.string("role", &self.role);
    }
}

impl Fields for AuthRoleGrantPermissionRequest {
    fn write(&self, to: &mut Line<'_>) {
        to.string("name", &self.name).message("perm", self.perm.as_ref());
    }
}

impl Fields for Permission {
    fn write(&self, to: &mut Line<'_>) {
        to.symbol("permType", self.permission_type, &["READ", "WRITE", "READWRITE"])
            .bytes("key", &self.key)
            .bytes("range_end", &self.range_end);
    }
}

impl Fields for AuthRoleRevokePermissionRequest {
    fn write(&self, to: &mut Line<'_>) {
        to.string("role", &self.role).bytes("key", &self.key).bytes("range_end", &self.range_end);
    }
}

impl Fields for ClusterVersionSetRequest {
    fn write(&self, to: &mut Line<'_>) {
        to.string("ver", &self.ver);
    }
}

impl Fields for ClusterMemberAttrSetRequest {
    fn write(&self, to: &mut Line<'_>) {
        to.id("member_ID", self.member_id).message("member_attributes", self.member_attributes.as_ref());
    }
}

impl Fields for Attributes {
    fn write(&self, to: &mut Line<'_>) {
        to.string("name", &self.name).strings("client_urls", &self.client_urls);
    }
}

impl Fields for DowngradeInfoSetRequest {
    fn write(&self, to: &mut Line<'_>) {
        to.flag("enabled", self.enabled).string("ver", &self.ver);
    }
}

impl Fields for DowngradeVersionTestRequest {
    fn write(&self, to: &mut Line<'_>) {
        to.string("ver", &self.ver);
    }
}
