"""All kinds of changed backups, by name."""

import kinds_auth
import kinds_cluster
import kinds_layout
import kinds_records
from bolt import BIG, LITTLE, Bucket

GROUPS = {
    "Buckets and keys": kinds_layout.KINDS,
    "Records, compaction and leases": kinds_records.KINDS,
    "Versions, members and alarms": kinds_cluster.KINDS,
    "Authentication": kinds_auth.KINDS,
    "The file": {"big-endian": lambda root: None},
}
ORDERS = {"big-endian": BIG}

# Kinds of which etcdsnap says no to every release on purpose, although some take them: no server writes such a thing, so it is
# damage, and what stands beside it cannot be trusted.
STRICT = {"root: unknown value", "record's key: sub -1", "compaction scheduled at 2^63-1"}

KINDS = {name: way for group in GROUPS.values() for name, way in group.items()}


def byte_order(kind):
    return ORDERS.get(kind, LITTLE)


def asks_as_root(root):
    """Whether authentication is on, so that only root may read everything."""
    auth = root.get(b"auth")
    return isinstance(auth, Bucket) and auth.get(b"authEnabled") == b"\1"


def is_strict(kind):
    """Whether etcdsnap is stricter than servers by intent."""
    return kind in STRICT
