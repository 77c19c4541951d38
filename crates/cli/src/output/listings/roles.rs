//! `roles`.

use std::collections::{BTreeSet, HashMap};

use etcdsnap_quote::quote;
use etcdsnap_snapshot::buckets::{Access, Auth, Buckets, Extent, Permission, Role};
use serde::Serialize;

use super::{name, perhaps_more, rows, unread};
use crate::output::Sheet;
use crate::output::sheet::{FAINT, PLAIN};
use crate::output::words::TextOrBase64;

/// The document of `-o json`.
#[derive(Debug, Serialize)]
pub struct Document<'a> {
    /// Null where none could be read of what may be there.
    roles: Option<Vec<Row<'a>>>,
    /// Buckets that could not be read to their ends: there may be more roles, or more users of a role.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unread: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
struct Row<'a> {
    #[serde(flatten)]
    name: TextOrBase64<'a>,
    users: Vec<TextOrBase64<'a>>,
    permissions: Vec<Granted<'a>>,
}

#[derive(Debug, Serialize)]
struct Granted<'a> {
    access: &'static str,
    extent: &'static str,
    #[serde(flatten)]
    key: TextOrBase64<'a>,
    #[serde(flatten)]
    range_end: Option<TextOrBase64<'a>>,
    #[serde(skip)]
    permission: &'a Permission,
}

impl<'a> Document<'a> {
    /// The roles of one database.
    pub fn new(buckets: &'a Buckets) -> Self {
        let auth = &buckets.auth;
        let mut users = users(auth);
        let row = |role: &'a Role| Row {
            name: name(&role.name),
            users: users.remove(&*role.name).unwrap_or_default().into_iter().map(name).collect(),
            permissions: role.permissions.iter().map(Granted::from).collect(),
        };
        Self { roles: rows(&auth.roles, row), unread: unread(buckets, &["authRoles", "authUsers"]) }
    }

    /// Lays them out.
    pub fn text(&self, sheet: &mut Sheet) {
        let roles = match &self.roles {
            None => return sheet.line(&[(FAINT, "roles  ")], "unknown"),
            Some(roles) if roles.is_empty() => return sheet.line(&[(FAINT, "roles  ")], "none"),
            Some(roles) => roles,
        };
        let nobody = if self.unread.contains(&"authUsers") { "unknown" } else { "nobody" };
        for role in roles {
            sheet.heading(&quote(role.name.bytes));
            let users: Vec<_> = role.users.iter().map(|user| quote(user.bytes)).collect();
            let users = if users.is_empty() { nobody.to_owned() } else { users.join(" ") };
            sheet.line(&[(FAINT, "  users      ")], &users);
            if role.name.bytes == b"root" {
                sheet.line(&[(PLAIN, "  everything")], "");
            }
            for granted in &role.permissions {
                sheet.line(&[(FAINT, &format!("  {:<9}  ", granted.access))], &range(granted.permission));
            }
        }
        perhaps_more(&self.unread, "authRoles", sheet);
    }
}

/// By the name of a role, the names of the users that have it.
fn users(auth: &Auth) -> HashMap<&[u8], BTreeSet<&[u8]>> {
    let mut users: HashMap<&[u8], BTreeSet<&[u8]>> = HashMap::new();
    for user in auth.users.part() {
        for role in &user.roles {
            users.entry(role.as_bytes()).or_default().insert(&user.name);
        }
    }
    users
}

impl<'a> From<&'a Permission> for Granted<'a> {
    fn from(permission: &'a Permission) -> Self {
        let range_end = TextOrBase64 { key: "rangeEnd", base64_key: "rangeEndBase64", bytes: &permission.range_end };
        Self {
            access: match permission.access {
                Access::Read => "read",
                Access::Write => "write",
                Access::ReadWrite => "readwrite",
                Access::Unknown(_) => "unknown",
            },
            extent: match permission.extent() {
                Extent::Key => "key",
                Extent::Prefix => "prefix",
                Extent::FromKey => "fromKey",
                Extent::Range => "range",
            },
            key: TextOrBase64 { key: "key", base64_key: "keyBase64", bytes: &permission.key },
            range_end: (!permission.range_end.is_empty()).then_some(range_end),
            permission,
        }
    }
}

/// The keys, as etcdctl writes them: `foo`, `[foo, foz)`, `[foo, fop) (prefix foo)`, `[foo, <open ended>`.
fn range(permission: &Permission) -> String {
    let (key, end) = (quote(&permission.key), quote(&permission.range_end));
    match permission.extent() {
        Extent::Key => key,
        Extent::Range => format!("[{key}, {end})"),
        Extent::Prefix => format!("[{key}, {end}) (prefix {key})"),
        Extent::FromKey => format!("[{key}, <open ended>"),
    }
}
