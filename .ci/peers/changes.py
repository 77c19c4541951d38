"""Ways to change the content of a database: each is a function of its root bucket, as `bolt` reads it.

A way that finds nothing to change raises LookupError.
"""

import struct

import wire
from bolt import Bucket

WATCHED = 10  # seconds for which a server is watched
NEWEST = (1 << 63) - 1  # the highest revision that a record can have


def put(bucket, key, value):
    def way(root):
        root[bucket][key] = value

    return way


def drop(bucket, key):
    def way(root):
        del root[bucket][key]

    return way


def drop_bucket(bucket):
    def way(root):
        del root[bucket]

    return way


def clear(bucket):
    def way(root):
        root[bucket].clear()

    return way


def nest(bucket, key):
    """A bucket where etcd keeps values only."""
    return put(bucket, key, Bucket({b"inner": b"value"}))


def nest_first(bucket):
    """The first of a bucket's keys becomes a bucket."""

    def way(root):
        root[bucket][_first(root[bucket])] = Bucket({b"inner": b"value"})

    return way


def plain(bucket):
    """A value at the root, under the name of a bucket."""

    def way(root):
        root[bucket] = b"value"

    return way


def together(*ways):
    """Several ways as one, in this order; for directories as well as for databases."""

    def way(subject):
        for each in ways:
            each(subject)

    return way


def every(bucket, change):
    """Every value of a bucket becomes `change(value)`."""

    def way(root):
        if not root[bucket]:
            raise LookupError(bucket)
        for key, value in root[bucket].items():
            root[bucket][key] = change(value)

    return way


def first(bucket, change):
    """The first value of a bucket becomes `change(value)`."""

    def way(root):
        key = _first(root[bucket])
        root[bucket][key] = change(root[bucket][key])

    return way


def rename_first(bucket, change):
    """The first key of a bucket becomes `change(key)`; what stands there stays."""

    def way(root):
        key = _first(root[bucket])
        root[bucket][change(key)] = root[bucket].pop(key)

    return way


def _first(bucket):
    if not bucket:
        raise LookupError("the bucket is empty")
    return min(bucket)


def revision(main, sub=0, mark=b""):
    """A record's key."""
    return struct.pack(">qcq", main, b"_", sub) + mark


def record(key=b"added", created=1, modified=1, version=1, value=b"value", lease=0):
    return wire.message([(1, key), (2, created), (3, modified), (4, version), (5, value)] + ([(6, lease)] if lease else []))


def last_record(change):
    """The newest record becomes `change(key, value)`: another key, another value."""

    def way(root):
        key = max(key for key in root[b"key"] if len(key) == 17)
        key, value = change(key, root[b"key"].pop(key))
        root[b"key"][key] = value

    return way


def set_field(number, value):
    """A message with a field set to this value, or without it for None."""

    def change(message):
        found = [(each, old) for each, old in wire.fields(message) if each != number]
        return wire.message(sorted(found + ([(number, value)] if value is not None else []), key=lambda each: each[0]))

    return change


def retype(number, kind, value):
    """A message whose field has another wire type, with these bytes."""
    return lambda message: set_field(number, None)(message) + wire.field(number, value, kind)


def lengthen(number, length):
    """A message whose numeric field is written in so many bytes."""

    def change(message):
        value = dict(wire.fields(message)).get(number, 0)
        return set_field(number, None)(message) + wire.field(number, wire.varint(value, length), wire.VARINT)

    return change


def append(more):
    return lambda message: message + more


def lasting_keys(root):
    """The keys that should be there after the seconds for which a server is watched: those that records leave alive, without those
    of leases that end by then. It is the most lenient of readers: what it cannot read it passes over."""
    leases, records = {}, root.get(b"key")
    for key, value in sorted(records.items()) if isinstance(records, Bucket) else ():
        message = _message(value)
        if name := message.get(1):
            leases.pop(name, None)
            if key[17:] != b"t":
                leases[name] = message.get(6)
    short = _short_leases(root)
    return {name for name, lease in leases.items() if lease not in short}


def _short_leases(root):
    """Ids of leases that a server may let end while it is watched."""
    found, leases = set(), root.get(b"lease")
    for value in leases.values() if isinstance(leases, Bucket) else ():
        lease = _message(value)
        ttl = lease.get(2), lease.get(3, 0)
        if any(isinstance(each, int) and 0 < each <= WATCHED for each in ttl):
            found.add(lease.get(1))
    return found


def _message(value):
    """Value by field, as far as they can be read."""
    try:
        return dict(wire.fields(value))
    except (LookupError, TypeError, ValueError):
        return {}
