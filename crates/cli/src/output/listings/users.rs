//! `users`.

use std::collections::{BTreeMap, HashSet};

use etcdsnap_quote::quote;
use etcdsnap_snapshot::buckets::{Buckets, PasswordKind, User};
use etcdsnap_snapshot::known::Known;
use serde::Serialize;

use super::{name, perhaps_more, rows, table, unread};
use crate::output::Sheet;
use crate::output::sheet::FAINT;
use crate::output::words::TextOrBase64;

/// The document of `-o json`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Document<'a> {
    /// Null where it could not be read.
    auth_enabled: Known<bool>,
    /// Null where there is none, or it could not be read.
    auth_revision: Known<Option<u64>>,
    /// Null where none could be read of what may be there.
    users: Option<Vec<Row<'a>>>,
    /// Buckets that could not be read to their ends: there may be more users.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unread: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
struct Row<'a> {
    #[serde(flatten)]
    name: TextOrBase64<'a>,
    password: &'static str,
    #[serde(flatten)]
    hash: Option<TextOrBase64<'a>>,
    roles: Vec<&'a str>,
}

impl<'a> Document<'a> {
    /// The users of one database, with the password hashes that are to be shown.
    pub fn new(buckets: &'a Buckets, hashes: &'a BTreeMap<Vec<u8>, Vec<u8>>) -> Self {
        let auth = &buckets.auth;
        let hash = |bytes| TextOrBase64 { key: "passwordHash", base64_key: "passwordHashBase64", bytes };
        let known: HashSet<&[u8]> = auth.role_names().collect();
        let row = |user: &'a User| Row {
            name: name(&user.name),
            password: match user.password {
                PasswordKind::Bcrypt => "bcrypt",
                PasswordKind::None => "none",
                PasswordKind::Unusable => "unusable",
            },
            hash: hashes.get(&user.name).map(|bytes| hash(bytes)),
            roles: roles(&known, user),
        };
        Self {
            auth_enabled: auth.enabled,
            auth_revision: auth.revision,
            users: rows(&auth.users, row),
            unread: unread(buckets, &["auth", "authUsers"]),
        }
    }

    /// Lays them out.
    pub fn text(&self, sheet: &mut Sheet) {
        let state = self.auth_enabled.map(|enabled| if *enabled { "on" } else { "off" });
        let number =
            |revision: &Option<u64>| revision.map_or_else(|| "none".to_owned(), |revision| revision.to_string());
        let revision = self.auth_revision.map(number);
        sheet.line(&[(FAINT, "authentication  ")], &format!("{state}, revision {revision}"));
        let users = match &self.users {
            None => return sheet.line(&[(FAINT, "users           ")], "unknown"),
            Some(users) if users.is_empty() => return sheet.line(&[(FAINT, "users           ")], "none"),
            Some(users) => users,
        };
        let with_hashes = users.iter().any(|user| user.hash.is_some());
        let row = |user: &Row<'_>| {
            let roles = user.roles.iter().map(|role| quote(role.as_bytes())).collect::<Vec<_>>().join(" ");
            let roles = if roles.is_empty() { "-".to_owned() } else { roles };
            let mut row = vec![quote(user.name.bytes), user.password.to_owned()];
            row.extend(with_hashes.then(|| user.hash.map_or_else(|| "-".to_owned(), |hash| quote(hash.bytes))));
            row.push(roles);
            row
        };
        let rows: Vec<_> = users.iter().map(row).collect();
        let header: &[&str] =
            if with_hashes { &["NAME", "PASSWORD", "HASH", "ROLES"] } else { &["NAME", "PASSWORD", "ROLES"] };
        table(header, &rows, sheet);
        perhaps_more(&self.unread, "authUsers", sheet);
    }
}

/// The roles of a user. Where its password is not where it should be, damage may have made a role of it: then only names of roles
/// that are `known` count.
fn roles<'a>(known: &HashSet<&[u8]>, user: &'a User) -> Vec<&'a str> {
    let certain = |role: &&str| user.password != PasswordKind::Unusable || known.contains(role.as_bytes());
    user.roles.iter().map(String::as_str).filter(certain).collect()
}
