//! The small buckets as tables, decoded. Passwords are left out.

use serde_json::{Value, json};

use super::{Cell, Column, Kind, Table};
use crate::buckets::{Access, Buckets, ConfState, Member, PasswordKind, Permission, Role, User};

/// A bucket that can be exported, besides `key`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucket {
    /// Raised alarms.
    Alarm,
    /// Whether authentication is on: one row.
    Auth,
    /// Roles and what they may do.
    AuthRoles,
    /// Users and their roles.
    AuthUsers,
    /// The cluster version and a downgrade: one row.
    Cluster,
    /// Leases.
    Lease,
    /// Members.
    Members,
    /// Ids of members that were removed.
    MembersRemoved,
    /// Where the database stands: one row.
    Meta,
}

const fn text(name: &'static str) -> Column {
    Column::new(name, Kind::Text)
}

const fn number(name: &'static str) -> Column {
    Column::new(name, Kind::Integer)
}

const fn count(name: &'static str) -> Column {
    Column::new(name, Kind::Unsigned)
}

const fn list(name: &'static str) -> Column {
    Column::new(name, Kind::Json)
}

const fn flag(name: &'static str) -> Column {
    Column::new(name, Kind::Bool)
}

const NAME: Column = Column::new("name", Kind::Bytes);

impl Bucket {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Alarm,
        Self::Auth,
        Self::AuthRoles,
        Self::AuthUsers,
        Self::Cluster,
        Self::Lease,
        Self::Members,
        Self::MembersRemoved,
        Self::Meta,
    ];

    /// Its name in the file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Alarm => "alarm",
            Self::Auth => "auth",
            Self::AuthRoles => "authRoles",
            Self::AuthUsers => "authUsers",
            Self::Cluster => "cluster",
            Self::Lease => "lease",
            Self::Members => "members",
            Self::MembersRemoved => "members_removed",
            Self::Meta => "meta",
        }
    }

    /// Its table.
    pub fn table(self) -> Table {
        let columns: &[Column] = match self {
            Self::Alarm => &[text("member"), text("alarm")],
            Self::Auth => &[flag("enabled"), count("revision")],
            Self::AuthRoles => &[NAME, list("permissions")],
            Self::AuthUsers => &[NAME, list("roles"), text("password")],
            Self::Cluster => &[text("version"), text("downgradeTo")],
            Self::Lease => &[text("id"), number("ttl"), number("remainingTtl")],
            Self::Members => &[text("id"), text("name"), list("peerUrls"), list("clientUrls"), flag("learner")],
            Self::MembersRemoved => &[text("id")],
            Self::Meta => &[
                count("consistentIndex"),
                count("term"),
                list("confState"),
                text("storageVersion"),
                number("scheduledCompactRevision"),
                number("finishedCompactRevision"),
            ],
        };
        Table { name: self.name(), columns: columns.to_vec() }
    }

    /// Its rows, as far as they could be read.
    pub fn rows(self, buckets: &Buckets) -> Vec<Cell<'_>> {
        let auth = &buckets.auth;
        match self {
            Self::Alarm => {
                let alarms = buckets.alarms.part().iter();
                alarms.flat_map(|alarm| [id(alarm.member), Cell::Text(alarm.kind.to_string().into())]).collect()
            }
            Self::Auth => vec![Cell::Bool(*auth.enabled.part()), unsigned(*auth.revision.part())],
            Self::AuthRoles => auth.roles.part().iter().flat_map(role).collect(),
            Self::AuthUsers => auth.users.part().iter().flat_map(user).collect(),
            Self::Cluster => {
                let cluster = buckets.cluster.part();
                vec![version(cluster.version.as_ref()), version(cluster.downgrade.target())]
            }
            Self::Lease => {
                let leases = buckets.leases.part().iter();
                leases
                    .flat_map(|lease| {
                        [id(lease.id.cast_unsigned()), Cell::Integer(lease.ttl), Cell::Integer(lease.remaining)]
                    })
                    .collect()
            }
            Self::Members => buckets.members.listed.part().iter().flat_map(member).collect(),
            Self::MembersRemoved => buckets.members.removed.part().iter().map(|member| id(*member)).collect(),
            Self::Meta => {
                let meta = buckets.meta.part();
                let marks = [meta.compaction.scheduled, meta.compaction.finished];
                let mut row = vec![unsigned(meta.consistent_index), unsigned(meta.term)];
                row.push(meta.conf_state.as_ref().map_or(Cell::Null, conf_state));
                row.push(version(meta.storage_version.as_ref()));
                row.extend(marks.map(|mark| mark.map_or(Cell::Null, Cell::Integer)));
                row
            }
        }
    }
}

/// Ids are 16 hex digits, as in etcd's logs.
fn id<'a>(id: u64) -> Cell<'a> {
    Cell::Text(format!("{id:016x}").into())
}

fn unsigned<'a>(number: Option<u64>) -> Cell<'a> {
    number.map_or(Cell::Null, Cell::Unsigned)
}

fn version<'a>(version: Option<&semver::Version>) -> Cell<'a> {
    version.map_or(Cell::Null, |version| Cell::Text(version.to_string().into()))
}

fn json<'a>(value: &Value) -> Cell<'a> {
    Cell::Json(value.to_string())
}

fn role(role: &Role) -> [Cell<'_>; 2] {
    [Cell::Bytes(&role.name), json(&role.permissions.iter().map(permission).collect::<Value>())]
}

fn user(user: &User) -> [Cell<'_>; 3] {
    [Cell::Bytes(&user.name), json(&json!(user.roles)), Cell::Text(password_kind(user.password).into())]
}

fn member(member: &Member) -> [Cell<'_>; 5] {
    [
        id(member.id),
        Cell::Text(member.name.as_str().into()),
        json(&json!(member.peer_urls)),
        json(&json!(member.client_urls)),
        Cell::Bool(member.learner),
    ]
}

fn password_kind(password: PasswordKind) -> &'static str {
    match password {
        PasswordKind::Bcrypt => "bcrypt",
        PasswordKind::None => "none",
        PasswordKind::Unusable => "unusable",
    }
}

fn permission(permission: &Permission) -> Value {
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;

    let mut object = serde_json::Map::new();
    let kind = match permission.access {
        Access::Read => "READ".into(),
        Access::Write => "WRITE".into(),
        Access::ReadWrite => "READWRITE".into(),
        Access::Unknown(number) => Value::from(number),
    };
    object.insert("type".to_owned(), kind);
    for (name, bytes) in [("key", &permission.key), ("rangeEnd", &permission.range_end)] {
        match std::str::from_utf8(bytes) {
            Ok(text) => object.insert(name.to_owned(), text.into()),
            Err(_) => object.insert(format!("{name}Base64"), BASE64_STANDARD.encode(bytes).into()),
        };
    }
    object.into()
}

fn conf_state<'a>(state: &ConfState) -> Cell<'a> {
    let ids = |ids: &[u64]| ids.iter().map(|id| Value::from(format!("{id:016x}"))).collect::<Value>();
    json(&json!({
        "voters": ids(&state.voters),
        "learners": ids(&state.learners),
        "votersOutgoing": ids(&state.voters_outgoing),
        "learnersNext": ids(&state.learners_next),
    }))
}
