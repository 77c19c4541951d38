"""Kinds of changed backups: buckets and keys that are missing, nested, of another length or in another order of bytes."""

from changes import clear, drop, drop_bucket, nest, nest_first, plain, put, rename_first, together

BUCKETS = [b"alarm", b"auth", b"authRoles", b"authUsers", b"cluster", b"key", b"lease", b"members", b"members_removed", b"meta"]
MARKS = [b"finishedCompactRev", b"scheduledCompactRev"]
READ_AT_BOOT = {
    b"auth": [b"authEnabled", b"authRevision"],
    b"cluster": [b"clusterVersion", b"downgrade"],
    b"meta": [b"consistent_index", b"term", b"confState", b"storageVersion", *MARKS],
}
FIRST = ["authRoles", "authUsers", "key", "lease", "members"]  # buckets with entries in every recorded snapshot
ONE = b"\0" * 7 + b"\1"

KINDS = {"as it was": lambda root: None}
KINDS |= {f"{name.decode()}: no bucket": drop_bucket(name) for name in BUCKETS}
KINDS |= {f"{name.decode()}: empty": clear(name) for name in BUCKETS}
KINDS |= {f"{name.decode()}: a value, no bucket": plain(name) for name in BUCKETS}
KINDS |= {f"{name.decode()}: bucket x inside": nest(name, b"x") for name in BUCKETS}
KINDS |= {f"{name}: first entry is a bucket": nest_first(name.encode()) for name in FIRST}
KINDS |= {
    f"{bucket.decode()}/{key.decode()}: a bucket": nest(bucket, key) for bucket, keys in READ_AT_BOOT.items() for key in keys
}
KINDS |= {
    f"{bucket.decode()}/{key.decode()}: {len(value)} bytes": put(bucket, key, value)
    for bucket, key, values in [
        (b"auth", b"authEnabled", [b"", b"\1\0"]),
        (b"auth", b"authRevision", [b"", ONE[1:], ONE + b"\0"]),
        (b"cluster", b"clusterVersion", [b""]),
        (b"cluster", b"downgrade", [b""]),
        (b"meta", b"consistent_index", [b"", ONE[1:], ONE + b"\0"]),
        (b"meta", b"term", [b"", ONE[1:], ONE + b"\0"]),
        (b"meta", b"confState", [b""]),
        (b"meta", b"storageVersion", [b""]),
        *[(b"meta", mark, [b"", (ONE + b"_" + bytes(8))[:16], ONE + b"_" + bytes(8) + b"t"]) for mark in MARKS],
    ]
    for value in values
}
KINDS |= {
    "auth/authRevision: missing": drop(b"auth", b"authRevision"),
    "cluster/clusterVersion: missing": drop(b"cluster", b"clusterVersion"),
    "meta/consistent_index: missing": drop(b"meta", b"consistent_index"),
    "meta/term: missing": drop(b"meta", b"term"),
    "meta/confState: missing": drop(b"meta", b"confState"),
    "meta/term and confState: missing": together(drop(b"meta", b"term"), drop(b"meta", b"confState")),
    "meta/finishedCompactRev: missing": drop(b"meta", b"finishedCompactRev"),
    "meta/scheduledCompactRev: missing": drop(b"meta", b"scheduledCompactRev"),
    "meta/consistent_index: 0": put(b"meta", b"consistent_index", bytes(8)),
    "meta/consistent_index: 2^64-1": put(b"meta", b"consistent_index", b"\xff" * 8),
    "meta/term: 0": put(b"meta", b"term", bytes(8)),
    "meta/term: 2^64-1": put(b"meta", b"term", b"\xff" * 8),
    "auth/authEnabled: 2": put(b"auth", b"authEnabled", b"\2"),
    "auth/authRevision: 0": put(b"auth", b"authRevision", bytes(8)),
    "auth/authRevision: 2^64-1": put(b"auth", b"authRevision", b"\xff" * 8),
    "meta: unknown key": put(b"meta", b"unknown", b"value"),
    "auth: unknown key": put(b"auth", b"unknown", b"value"),
    "cluster: unknown key": put(b"cluster", b"unknown", b"value"),
    "root: unknown bucket": lambda root: root.update({b"unknown": type(root)({b"a": b"b"})}),
    "root: unknown value": lambda root: root.update({b"unknown": b"value"}),
    "lease: key of 7 bytes": rename_first(b"lease", lambda key: key[1:]),
    "lease: key of 9 bytes": rename_first(b"lease", lambda key: key + b"\0"),
    "key: entry with a key of 1 byte": put(b"key", b"\1", b"value"),
    "key: entry with a key of 1 byte, last": put(b"key", b"x", b"value"),
}
