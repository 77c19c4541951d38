"""What a member serves, in a form that can be compared with what another one serves."""

import base64
import hashlib
import struct


def content(server, revisions):
    """Everything clients can ask for, from this member alone: no request is passed on to the leader."""
    return {
        "keyspaces": {revision: keyspace(server, revision) for revision in revisions},
        "leases": leases(server),
        "users": users(server),
        "roles": roles(server),
    }


def keyspace(server, revision):
    """How many keys are live at a revision, and the digest that the recorded answers beside the snapshots have of them."""
    answer = server.call("kv/range", key=b"\0", range_end=b"\0", revision=revision, serializable=True)
    digest = hashlib.sha256()
    for pair in answer.get("kvs", []):
        key, value = (base64.b64decode(pair.get(part, "")) for part in ("key", "value"))
        numbers = [int(pair.get(part, 0)) for part in ("create_revision", "mod_revision", "version", "lease")]
        digest.update(struct.pack(">I", len(key)) + key)
        digest.update(struct.pack(">qqqq", *numbers))
        digest.update(struct.pack(">I", len(value)) + value)
    return int(answer.get("count", 0)), digest.hexdigest()


def leases(server):
    """By id: the seconds granted, and the keys attached."""
    found = {}
    for lease in server.call("lease/leases").get("leases", []):
        answer = server.call("lease/timetolive", ID=int(lease["ID"]), keys=True)
        found[int(lease["ID"])] = int(answer["grantedTTL"]), sorted(answer.get("keys", []))
    return found


def users(server):
    names = server.call("auth/user/list").get("users", [])
    return {name: server.call("auth/user/get", name=name).get("roles", []) for name in names}


def roles(server):
    """Each role's permissions. That `root` may do everything is said by some releases only."""
    names = server.call("auth/role/list").get("roles", [])
    return {name: name == "root" or server.call("auth/role/get", role=name).get("perm", []) for name in names}
