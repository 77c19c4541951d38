//! Users, roles, and whether authentication is enabled.

use std::collections::BTreeMap;

use etcdsnap_proto::authpb::{Permission, Role, User, UserAddOptions};

/// The contents of the buckets `auth`, `authUsers` and `authRoles`. Every method raises the auth revision.
#[derive(Debug, Clone, PartialEq)]
pub struct Auth {
    /// `authEnabled`; `None` until authentication was enabled once.
    pub enabled: Option<bool>,
    /// `authRevision`; 1 after the first start.
    pub revision: u64,
    /// Users by name.
    pub users: BTreeMap<Vec<u8>, User>,
    /// Roles by name.
    pub roles: BTreeMap<Vec<u8>, Role>,
}

impl Default for Auth {
    fn default() -> Self {
        Auth { enabled: None, revision: 1, users: BTreeMap::new(), roles: BTreeMap::new() }
    }
}

impl Auth {
    /// Turns authentication on or off.
    pub fn enable(&mut self, enabled: bool) {
        self.enabled = Some(enabled);
        self.revision += 1;
    }

    /// Adds a user with those roles. `password` is the bcrypt text; `None` makes a user without a password.
    pub fn add_user(&mut self, name: &str, password: Option<&str>, roles: &[&str]) {
        let mut roles: Vec<String> = roles.iter().map(ToString::to_string).collect();
        roles.sort();
        let user = User {
            name: name.into(),
            password: password.unwrap_or_default().into(),
            roles,
            options: Some(UserAddOptions { no_password: password.is_none() }),
        };
        self.users.insert(name.into(), user);
        self.revision += 1;
    }

    /// Adds a role with those permissions, sorted by key as etcd keeps them.
    pub fn add_role(&mut self, name: &str, mut permissions: Vec<Permission>) {
        permissions.sort_by(|a, b| a.key.cmp(&b.key));
        self.roles.insert(name.into(), Role { name: name.into(), key_permission: permissions });
        self.revision += 1;
    }
}

#[cfg(test)]
mod tests {
    use etcdsnap_proto::prost::Message;

    use super::*;

    /// The user without a password of docs/format/snapshot.md#auth.
    #[test]
    fn user_bytes() {
        let mut auth = Auth::default();
        auth.add_user("np", None, &[]);
        assert_eq!(auth.users[b"np".as_slice()].encode_to_vec(), b"\x0a\x02np\x22\x02\x08\x01");
        auth.add_user("u", Some("$2a$"), &["b", "a"]);
        assert_eq!(auth.users[b"u".as_slice()].encode_to_vec(), b"\x0a\x01u\x12\x04$2a$\x1a\x01a\x1a\x01b\x22\x00");
        assert_eq!(auth.revision, 3);
    }
}
