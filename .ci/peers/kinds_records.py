"""Kinds of changed backups: records, compaction marks and leases."""

import wire
from changes import (
    NEWEST,
    append,
    drop_bucket,
    every,
    first,
    last_record,
    lengthen,
    put,
    record,
    retype,
    revision,
    set_field,
    together,
)

MAX_TTL = 9_000_000_000  # seconds
TEXT = wire.varint(1) + b"x"


def added(key, value=None):
    return put(b"key", key, value or record())


def added_at(main):
    """One more sound record, at this revision."""
    return added(revision(main), record(created=main, modified=main))


def marks(*names, main):
    return together(*[put(b"meta", name, revision(main)) for name in names])


def leases(change):
    return every(b"lease", change)


def newest(change):
    """The newest record's value becomes `change(value)`."""
    return last_record(lambda key, value: (key, change(value)))


def newest_key(change):
    return last_record(lambda key, value: (change(key), value))


FINISHED, SCHEDULED = b"finishedCompactRev", b"scheduledCompactRev"

# What protocol buffers can get wrong, for a message with a number in field `number` and bytes in field `text`.
def misencoded(number, text):
    return {
        "empty": lambda _: b"",
        "cut": lambda message: message[:-1],
        "garbage": lambda _: b"\xff\xff\xff",
        "unknown field 15": append(wire.field(15, 1)),
        "unknown field 15 of 32 bits": append(wire.field(15, b"abcd", wire.FIXED32)),
        "unknown group": append(wire.field(15, b"", wire.START_GROUP) + wire.field(15, b"", wire.END_GROUP)),
        "group that does not end": append(wire.field(15, b"", wire.START_GROUP)),
        "group that ends only": append(wire.field(15, b"", wire.END_GROUP)),
        "field 0": append(wire.field(0, 1)),
        "wire type 6": append(wire.field(15, b"", 6)),
        "wire type 7": append(wire.field(15, b"", 7)),
        "number as bytes": retype(number, wire.BYTES, TEXT),
        "number as 64 bits": retype(number, wire.FIXED64, bytes(8)),
        "bytes as a number": retype(text, wire.VARINT, b"\1") if text else None,
        "number in 10 bytes": lengthen(number, 10),
        "number in 11 bytes": lengthen(number, 11),
        "number of 70 bits": retype(number, wire.VARINT, b"\xff" * 9 + b"\x7f"),
        "field number 2^29": append(wire.varint(1 << 32) + b"\1"),
        "tag in 10 bytes": append(wire.varint(15 << 3, 10) + b"\1"),
        "field twice": lambda message: message + message,
        "length beyond the end": append(wire.varint(15 << 3 | wire.BYTES) + wire.varint(1 << 20)),
        "length of 2^63": append(wire.varint(15 << 3 | wire.BYTES) + wire.varint(1 << 63)),
    }


KINDS = {f"record: {name}": newest(change) for name, change in misencoded(3, 5).items()}
KINDS |= {f"all leases: {name}": leases(change) for name, change in misencoded(2, None).items() if change}
KINDS |= {
    "record's key: 16 bytes": newest_key(lambda key: key[:16]),
    "record's key: 18 bytes, no t": newest_key(lambda key: key + b"u"),
    "record's key: 19 bytes": newest_key(lambda key: key + b"tt"),
    "record's key: separator -": newest_key(lambda key: key[:8] + b"-" + key[9:]),
    "record's key: main 0": added(revision(0)),
    "record's key: main -1": added(revision(-1)),
    "record's key: main -2^63": added(revision(-NEWEST - 1)),
    "record's key: sub -1": newest_key(lambda key: key[:9] + b"\xff" * 8),
    "record's key: sub 2^63-1": newest_key(lambda key: key[:9] + b"\x7f" + b"\xff" * 7),
    "record: no key": newest(set_field(1, None)),
    "record: empty key": newest(set_field(1, b"")),
    "record: modified 1": newest(set_field(3, 1)),
    "record: modified 2^63-1": newest(set_field(3, NEWEST)),
    "record: created 2^63-1": newest(set_field(2, NEWEST)),
    "record: created -1": newest(set_field(2, -1)),
    "record: version 0": newest(set_field(4, None)),
    "record: version -1": newest(set_field(4, -1)),
    "record: version 2^63-1": newest(set_field(4, NEWEST)),
    "record: lease that does not exist": newest(set_field(6, 77)),
    "record: lease -1": newest(set_field(6, -1)),
    "tombstone of a key that never was": added(revision(10_000, mark=b"t"), wire.message([(1, b"never")])),
    "tombstone without a value": added(revision(10_000, mark=b"t"), b" "[:0]),
    "tombstone and put at one revision": together(
        added(revision(10_000)), added(revision(10_000, mark=b"t"), wire.message([(1, b"added")]))
    ),
}
KINDS |= {
    f"record at {name}": added_at(main)
    for name, main in {"2^31": 1 << 31, "2^62": 1 << 62, "2^63-1001": NEWEST - 1000, "2^63-2": NEWEST - 1, "2^63-1": NEWEST}.items()
}
for name, main in {"0": 0, "-1": -1, "1000": 1000, "2^62": 1 << 62, "2^63-2": NEWEST - 1, "2^63-1": NEWEST}.items():
    KINDS |= {
        f"compaction finished at {name}": marks(FINISHED, main=main),
        f"compaction scheduled at {name}": marks(SCHEDULED, main=main),
        f"compaction scheduled and finished at {name}": marks(FINISHED, SCHEDULED, main=main),
    }
KINDS |= {
    "compaction marks: sub 1": together(*[put(b"meta", name, revision(31, 1)) for name in (FINISHED, SCHEDULED)]),
    "compaction mark: separator -": put(b"meta", FINISHED, revision(31).replace(b"_", b"-")),
}
KINDS |= {
    f"all leases: TTL {name}": leases(set_field(2, ttl))
    for name, ttl in {
        "missing": None, "0": 0, "-1": -1, "-2^63": -NEWEST - 1, "1": 1, "5": 5, "60": 60, "9e9": MAX_TTL, "9e9+1": MAX_TTL + 1,
        "1e10": 10**10, "2^63-1": NEWEST,
    }.items()
}  # fmt: skip
KINDS |= {
    f"all leases: remaining TTL {name}": leases(set_field(3, ttl))
    for name, ttl in {"-1": -1, "1": 1, "60": 60, "9e9+1": MAX_TTL + 1, "1e10": 10**10, "2^63-1": NEWEST}.items()
}
KINDS |= {
    "one lease: TTL 1e10": first(b"lease", set_field(2, 10**10)),
    "all leases: id 0": leases(set_field(1, None)),
    "all leases: id -1": leases(set_field(1, -1)),
    "one lease: id 77": first(b"lease", set_field(1, 77)),
    "lease with id 0 added": put(b"lease", bytes(8), wire.message([(2, 3600)])),
    "leases gone, keys left": lambda root: root[b"lease"].clear(),
    "lease bucket gone, marks at 2^62": together(drop_bucket(b"lease"), marks(FINISHED, SCHEDULED, main=1 << 62)),
}
