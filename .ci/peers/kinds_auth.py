"""Kinds of changed backups: authentication, its users and its roles."""

import wire
from changes import clear, drop, drop_bucket, put, set_field, together
from kinds_records import misencoded

# What bcrypt makes of the password in `load.ROOT`.
PASSWORD = b"$2a$10$YjfeA4R5H1URLavFLFS76.vo7kAP0XohVvD2qlMfiHTpfgPn5x.Dq"


def user(name, roles=(), password=PASSWORD, options=b""):
    fields = [(1, name), (2, password), *[(3, role) for role in roles], (4, options)]
    return put(b"authUsers", name, wire.message([(number, value) for number, value in fields if value is not None]))


def role(name, *permissions):
    """Permissions: kind, key, end of the range."""
    perms = [(2, wire.message([(1, kind), (2, key), (3, end)])) for kind, key, end in permissions]
    return put(b"authRoles", name, wire.message([(1, name), *perms]))


def changed(bucket, name, change):
    """One entry's message becomes `change(message)`."""

    def way(root):
        root[bucket][name] = change(root[bucket][name])

    return way


ROOT = together(user(b"root", [b"root"]), role(b"root"))
ENABLED = put(b"auth", b"authEnabled", b"\1")
ON = together(ROOT, ENABLED)

KINDS = {
    "auth on": ON,
    "auth on, no user root": ENABLED,
    "auth on, no role root": together(user(b"root", [b"root"]), ENABLED),
    "auth on, root has no role": together(user(b"root"), role(b"root"), ENABLED),
    "auth on, no users": together(ON, clear(b"authUsers")),
    "auth on, no roles": together(ON, clear(b"authRoles")),
    "auth on, no bucket of users": together(ON, drop_bucket(b"authUsers")),
    "auth on, no bucket of roles": together(ON, drop_bucket(b"authRoles")),
    "auth on, no revision": together(ON, drop(b"auth", b"authRevision")),
    "auth on, revision 0": together(ON, put(b"auth", b"authRevision", bytes(8))),
    "auth on, root without a password": together(ON, user(b"root", [b"root"], password=None)),
    "auth on, root's password is not bcrypt": together(ON, user(b"root", [b"root"], password=b"secret")),
    "auth on, root without options": together(ON, user(b"root", [b"root"], options=None)),
    "auth on, user of a role that is not there": together(ON, user(b"other", [b"nobody"])),
    "auth on, user of a role twice": together(ON, user(b"other", [b"r1", b"r1"])),
    "auth on, user with another name inside": together(ON, changed(b"authUsers", b"alice", set_field(1, b"eve"))),
    "auth on, role with another name inside": together(ON, changed(b"authRoles", b"r1", set_field(1, b"r2"))),
    "auth on, user with an empty name": together(ON, put(b"authUsers", b" ", wire.message([(2, PASSWORD)]))),
    "auth on, permission of kind 7": together(ON, role(b"r1", (7, b"a", b"b"))),
    "auth on, range that ends before it begins": together(ON, role(b"r1", (2, b"b", b"a"))),
    "auth on, ranges that overlap": together(ON, role(b"r1", (2, b"a", b"c"), (0, b"b", b"d"))),
    "auth on, permission without a key": together(ON, role(b"r1", (2, b"", b""))),
}
for state, before in {"auth on": ON, "auth off": lambda root: None}.items():
    KINDS |= {
        f"{state}, alice: {name}": together(before, changed(b"authUsers", b"alice", change))
        for name, change in misencoded(4, 2).items()
        if name not in ("number as bytes", "number in 10 bytes", "number in 11 bytes")
    }
    KINDS |= {
        f"{state}, role of alice: {name}": together(before, changed(b"authRoles", b"r1", change))
        for name, change in misencoded(2, 1).items()
        if name not in ("number as bytes", "number in 10 bytes", "number in 11 bytes")
    }
