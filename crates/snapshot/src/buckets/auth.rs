//! The `auth`, `authUsers` and `authRoles` buckets: whether authentication is on, who may log in, and what roles allow
//! (`docs/format/snapshot.md#auth`).
//!
//! Users and roles are known by their keys, as servers look them up; where the file is damaged, the name in the value may be any
//! bytes, a password among them. Password hashes are looked at once, for their kind, and never kept; only [`password_hashes`] gives them out.

use std::collections::{BTreeMap, HashSet};

use etcdsnap_bbolt::{Corruption, Db};
use etcdsnap_mvcc::KeyRange;
use etcdsnap_proto::authpb::{self, permission::PermissionType};
use etcdsnap_proto::prost::Message;
use etcdsnap_quantity::quantity;

use super::{Sink, big_endian, unknown_entry};
use crate::catalogue::cluster::{
    AUTH_FLAG_INVALID, AUTH_NAME_UNLISTED, AUTH_REVISION_INVALID, ROLE_NAME_MISMATCH, ROLE_PERMISSION_UNKNOWN,
    ROLE_UNDECODABLE, USER_NAME_MISMATCH, USER_PASSWORD_UNUSABLE, USER_ROLES_UNSORTED, USER_UNDECODABLE,
};
use crate::finding::{Finding, Kind};
use crate::known::Known;
use crate::place::Place;

/// The name of the user and of the role that may do everything.
pub(super) const ROOT: &str = "root";

/// Authentication as a whole.
#[derive(Clone, Debug, Default)]
pub struct Auth {
    /// Is it on? Off until it was switched on once.
    pub enabled: Known<bool>,
    /// Number of changes to users, roles and the switch; `None` when there is no such entry, or one too short to read.
    pub revision: Known<Option<u64>>,
    /// Users, in file order.
    pub users: Known<Vec<User>>,
    /// Roles, in file order.
    pub roles: Known<Vec<Role>>,
    /// Names of roles whose entries cannot be read.
    pub unreadable_roles: Vec<Vec<u8>>,
    /// Is the entry of the user `root` one that cannot be read?
    pub unreadable_root: bool,
}

/// A user, without its password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Name.
    pub name: Vec<u8>,
    /// How it can log in.
    pub password: PasswordKind,
    /// Names of its roles.
    pub roles: Vec<String>,
}

/// What kind of password a user has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordKind {
    /// A bcrypt hash.
    Bcrypt,
    /// None: the user logs in by the common name of its TLS certificate.
    None,
    /// Something that no password matches.
    Unusable,
}

/// A role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Name.
    pub name: Vec<u8>,
    /// The key ranges it gives access to, ascending by their first keys.
    pub permissions: Vec<Permission>,
}

/// Access to a range of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    /// What may be done.
    pub access: Access,
    /// The first key.
    pub key: Vec<u8>,
    /// The first key behind the range; empty for the single key, one zero byte for no end.
    pub range_end: Vec<u8>,
}

/// What a permission allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reading.
    Read,
    /// Writing.
    Write,
    /// Both.
    ReadWrite,
    /// A number that no known version gives a meaning.
    Unknown(i32),
}

/// The keys that a permission is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// One key.
    Key,
    /// All keys that begin with the first key.
    Prefix,
    /// The first key and all above it.
    FromKey,
    /// From the first key up to another one.
    Range,
}

impl Permission {
    /// The keys it is about.
    pub fn extent(&self) -> Extent {
        match &*self.range_end {
            [] => Extent::Key,
            [0] => Extent::FromKey,
            end if !self.key.is_empty() && KeyRange::prefix(&self.key).end.as_deref() == Some(end) => Extent::Prefix,
            _ => Extent::Range,
        }
    }
}

/// The password hashes of all users that have one, by name.
///
/// # Errors
/// The bucket `authUsers` cannot be read.
pub fn password_hashes(db: &Db<'_>) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, Corruption> {
    let mut hashes = BTreeMap::new();
    let Some(users) = db.root().bucket(b"authUsers")? else { return Ok(hashes) };
    for entry in users.elements() {
        let entry = entry?;
        if let Ok(user) = authpb::User::decode(entry.value) {
            hashes.insert(entry.key.to_vec(), user.password);
        }
    }
    hashes.retain(|_, password| !password.is_empty());
    Ok(hashes)
}

impl User {
    /// Does it have the role `root`, as a server that halves the sorted list finds it?
    pub fn is_root(&self) -> bool {
        self.roles.binary_search_by(|role| role.as_str().cmp(ROOT)).is_ok()
    }
}

impl Auth {
    /// The user `root`, if it is among those that were read.
    pub fn root(&self) -> Option<&User> {
        self.users.part().iter().find(|user| user.name == ROOT.as_bytes())
    }

    /// Is authentication certainly on, and certainly no user able to change users or to switch it off?
    pub fn lacks_root(&self) -> bool {
        let is_root = self.users.entry(|_| self.root().map(User::is_root));
        self.enabled.all() == Some(&true)
            && !self.unreadable_root
            && is_root.all().is_some_and(|is_root| *is_root != Some(true))
    }

    pub(super) fn set_whole(&mut self, auth: bool, users: bool, roles: bool) {
        self.enabled.set_whole(auth);
        self.revision.set_whole(auth);
        self.users.set_whole(users);
        self.roles.set_whole(roles);
    }

    /// Names of the roles that users can have: those that are stored, as far as they were read, and `root`, which works
    /// by its name alone.
    pub fn role_names(&self) -> impl Iterator<Item = &[u8]> {
        let stored = self.roles.part().iter().map(|role| &role.name).chain(&self.unreadable_roles);
        stored.map(|name| &**name).chain([ROOT.as_bytes()])
    }

    /// Has some user a role whose entry cannot be read? Servers look up the roles of all users when they start.
    pub fn needs_unreadable_role(&self) -> bool {
        let unreadable: HashSet<&[u8]> = self.unreadable_roles.iter().map(|name| &**name).collect();
        self.users.part().iter().flat_map(|user| &user.roles).any(|role| unreadable.contains(role.as_bytes()))
    }

    pub(super) fn read_state(&mut self, key: &[u8], value: &[u8], report: &mut Sink<'_>) {
        let place = Place::entry("auth", key);
        match (key, value) {
            (b"authEnabled", [1]) => *self.enabled.part_mut() = true,
            (b"authEnabled", [0]) => *self.enabled.part_mut() = false,
            (b"authEnabled", _) => {
                let message =
                    format!("neither 00 nor 01, but {} of something else", quantity(value.len() as u64, "byte"));
                report(Finding::new(&AUTH_FLAG_INVALID, place, message));
            }
            (b"authRevision", _) => {
                // Like a server, which takes the first 8 bytes of a longer value.
                *self.revision.part_mut() = value.first_chunk().copied().map(u64::from_be_bytes);
                if big_endian(value).is_none() {
                    let message = format!("{} instead of 8", quantity(value.len() as u64, "byte"));
                    report(Finding::new(&AUTH_REVISION_INVALID, place, message));
                }
            }
            _ => report(unknown_entry("auth", key)),
        }
    }

    pub(super) fn read_user(&mut self, key: &[u8], value: &[u8], report: &mut Sink<'_>) {
        let place = Place::entry("authUsers", key);
        let user = match authpb::User::decode(value) {
            Ok(user) => user,
            Err(error) => {
                self.unreadable_root |= key == ROOT.as_bytes();
                return report(Finding::new(&USER_UNDECODABLE, place, format!("not a user: {error}")));
            }
        };
        check_name(key, &user.name, &USER_NAME_MISMATCH, &place, report);
        let password = password_kind(&user);
        if password == PasswordKind::Unusable {
            report(Finding::new(&USER_PASSWORD_UNUSABLE, place.clone(), "the password of this user is no bcrypt hash"));
        }
        if !user.roles.is_sorted() {
            let message = format!("the {} roles of this user are not in ascending order", user.roles.len());
            report(Finding::new(&USER_ROLES_UNSORTED, place, message));
        }
        self.users.part_mut().push(User { name: key.to_vec(), password, roles: user.roles });
    }

    pub(super) fn read_role(&mut self, key: &[u8], value: &[u8], report: &mut Sink<'_>) {
        let place = Place::entry("authRoles", key);
        let role = match authpb::Role::decode(value) {
            Ok(role) => role,
            Err(error) => {
                self.unreadable_roles.push(key.to_vec());
                return report(Finding::new(&ROLE_UNDECODABLE, place, format!("not a role: {error}")));
            }
        };
        check_name(key, &role.name, &ROLE_NAME_MISMATCH, &place, report);
        let permission = |permission: authpb::Permission| Permission {
            access: access(permission.permission_type),
            key: permission.key,
            range_end: permission.range_end,
        };
        let permissions: Vec<_> = role.key_permission.into_iter().map(permission).collect();
        let unknown = permissions.iter().filter(|permission| matches!(permission.access, Access::Unknown(_))).count();
        if unknown > 0 {
            let message = format!("{unknown} of {} permissions are of an unknown type", permissions.len());
            report(Finding::new(&ROLE_PERMISSION_UNKNOWN, place, message));
        }
        self.roles.part_mut().push(Role { name: key.to_vec(), permissions });
    }
}

fn check_name(key: &[u8], name: &[u8], mismatch: &'static Kind, place: &Place, report: &mut Sink<'_>) {
    if name != key {
        report(Finding::new(mismatch, place.clone(), "the name in the entry is another one"));
    }
    if key.first() == Some(&0xff) {
        report(Finding::new(&AUTH_NAME_UNLISTED, place.clone(), "the name begins with the byte ff"));
    }
}

fn password_kind(user: &authpb::User) -> PasswordKind {
    match user.options {
        Some(authpb::UserAddOptions { no_password: true }) => PasswordKind::None,
        _ if user.password.starts_with(b"$2") => PasswordKind::Bcrypt,
        _ => PasswordKind::Unusable,
    }
}

/// Is this a user root with its role, who can log in?
pub(super) fn administers(user: authpb::User) -> bool {
    let password = password_kind(&user);
    let user = User { name: user.name, password, roles: user.roles };
    user.name == ROOT.as_bytes() && user.is_root() && password != PasswordKind::Unusable
}

fn access(permission_type: i32) -> Access {
    match PermissionType::try_from(permission_type) {
        Ok(PermissionType::Read) => Access::Read,
        Ok(PermissionType::Write) => Access::Write,
        Ok(PermissionType::ReadWrite) => Access::ReadWrite,
        Err(_) => Access::Unknown(permission_type),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::read;
    use super::*;

    const BCRYPT: &[u8] = b"$2a$10$qlANN/XRdxOyYJzAxRZIU.";

    fn user(name: &[u8], password: &[u8], roles: &[&str]) -> Vec<u8> {
        let roles = roles.iter().map(ToString::to_string).collect();
        authpb::User { name: name.into(), password: password.into(), roles, options: None }.encode_to_vec()
    }

    #[test]
    fn passwords_are_judged_and_not_kept() {
        let no_password = b"\x0a\x02np\x22\x02\x08\x01"; // the example of docs/format/snapshot.md#auth
        let entries: [(&str, &[u8], &[u8]); 3] = [
            ("authUsers", b"a", &user(b"a", BCRYPT, &["r1", "root"])),
            ("authUsers", b"b", &user(b"b", b"hunter2", &[])),
            ("authUsers", b"np", no_password),
        ];
        let (buckets, ids) = read(&entries);
        let kinds: Vec<_> = buckets.auth.users.part().iter().map(|user| user.password).collect();
        assert_eq!(kinds, [PasswordKind::Bcrypt, PasswordKind::Unusable, PasswordKind::None]);
        assert_eq!(ids, ["USER_PASSWORD_UNUSABLE"]);
        let users = buckets.auth.users.part();
        assert!(users[0].is_root() && !users[1].is_root());
        let shown = format!("{buckets:?}");
        assert!(!shown.contains("hunter2") && !shown.contains("qlANN"));
    }

    #[test]
    fn names_and_roles_follow_rules() {
        let entries: [(&str, &[u8], &[u8]); 5] = [
            ("authRoles", b"\xffr", b"\x0a\x02?r\x12\x05\x08\x09\x12\x01k"),
            ("authRoles", b"x", b"\x0a"),
            ("authUsers", b"a", &user(b"b", BCRYPT, &["root", "r1"])),
            ("authUsers", b"c", b"\xff"),
            ("authUsers", b"d", &user(b"d", BCRYPT, &["x"])),
        ];
        let (unneeded, _) = read(&entries[..4]);
        assert!(!unneeded.auth.needs_unreadable_role());
        let (buckets, ids) = read(&entries);
        assert!(buckets.auth.needs_unreadable_role());
        let roles = ["ROLE_NAME_MISMATCH", "AUTH_NAME_UNLISTED", "ROLE_PERMISSION_UNKNOWN", "ROLE_UNDECODABLE"];
        assert_eq!(ids, [&roles[..], &["USER_NAME_MISMATCH", "USER_ROLES_UNSORTED", "USER_UNDECODABLE"]].concat());
        assert_eq!(
            *buckets.auth.roles.part(),
            [Role {
                name: b"\xffr".into(),
                permissions: vec![Permission { access: Access::Unknown(9), key: b"k".into(), range_end: Vec::new() }]
            }]
        );
    }

    #[test]
    fn permissions_are_about_keys_in_four_ways() {
        let extent = |key: &[u8], range_end: &[u8]| {
            Permission { access: Access::Read, key: key.into(), range_end: range_end.into() }.extent()
        };
        assert_eq!(extent(b"foo", b""), Extent::Key);
        assert_eq!(extent(b"foo", b"fop"), Extent::Prefix);
        assert_eq!(extent(b"foo", b"foz"), Extent::Range);
        assert_eq!(extent(b"foo", b"\0"), Extent::FromKey);
        assert_eq!(extent(b"\0", b"\0"), Extent::FromKey);
        assert_eq!(extent(b"a\xff", b"b"), Extent::Prefix);
        assert_eq!(extent(b"\xff", b"\xff\xff"), Extent::Range);
    }

    #[test]
    fn the_switch_and_the_revision() {
        let (buckets, ids) = read(&[("auth", b"authEnabled", &[1]), ("auth", b"authRevision", &7_u64.to_be_bytes())]);
        assert_eq!((*buckets.auth.enabled.part(), *buckets.auth.revision.part(), ids.len()), (true, Some(7), 0));
        let (buckets, ids) =
            read(&[("auth", b"authEnabled", b""), ("auth", b"authRevision", b"1"), ("auth", b"?", b"")]);
        assert_eq!((*buckets.auth.enabled.part(), *buckets.auth.revision.part()), (false, None));
        assert_eq!(ids, ["AUTH_FLAG_INVALID", "AUTH_REVISION_INVALID", "ENTRY_UNKNOWN"]);
    }
}
