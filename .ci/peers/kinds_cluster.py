"""Kinds of changed backups: versions, the downgrade information, members and alarms."""

import json

import wire
from changes import drop, every, put, rename_first, together
from kinds_records import misencoded


def cluster_version(text):
    return put(b"cluster", b"clusterVersion", text)


def storage_version(text):
    return put(b"meta", b"storageVersion", text)


def downgrade(text):
    return put(b"cluster", b"downgrade", text)


def conf_state(text):
    return put(b"meta", b"confState", text)


def member(**changes):
    """Every member's JSON with these fields changed; without those that are None."""

    def change(value):
        fields = json.loads(value) | changes
        return json.dumps({name: each for name, each in fields.items() if each is not None}, separators=(",", ":")).encode()

    return every(b"members", change)


def members(value):
    return every(b"members", lambda _: value)


def alarm(key, value=b""):
    return put(b"alarm", key, value)


def shown(text):
    return repr(text.decode("latin-1"))[1:-1]


VERSIONS = [
    b"0.0.0", b"2.9.0", b"3.0.0", b"3.3.0", b"3.4.0", b"3.5.0", b"3.6.0", b"3.7.0", b"3.8.0", b"3.9.0", b"4.0.0", b"3.6.3",
    b"3.5", b"3", b"v3.5.0", b"3.5.0-rc.1", b"3.6.0-rc.1", b"3.7.0-rc.1", b"3.8.0-rc.1", b"3.5.0+meta", b"3.6.0+meta",
    b" 3.5.0", b"3.5.0\n", b"3.5.0\0", b"3.05.0", b"03.5.0", b"-3.5.0", b"3.5.0.0", b"99999999999999999999.0.0",
    b"3.99999999999999999999.0", b"garbage", b"\xff\xfe", b"not_decided",
]  # fmt: skip

DOWNGRADES = [
    b"[]", b'["3.5.0",true]', b"null", b"{}", b"true", b"1", b'"3.5.0"', b"garbage", b"{", b"{}x", b" {} ", b"\xef\xbb\xbf{}",
    b'{"enabled":false}', b'{"enabled":true}', b'{"enabled":null}', b'{"enabled":"true"}', b'{"enabled":1}',
    b'{"enabled":[]}', b'{"target-version":null,"enabled":false}', b'{"target-version":5,"enabled":false}',
    b'{"target-version":[],"enabled":false}', b'{"target-version":"","enabled":true}',
    b'{"target-version":"abc","enabled":true}', b'{"target-version":"3.4.0","enabled":true}',
    b'{"target-version":"3.5.0","enabled":true}', b'{"target-version":"3.6.0","enabled":true}',
    b'{"target-version":"4.0.0","enabled":true}', b'{"target-version":"3.5","enabled":true}',
    b'{"target-version":"3.4.0","enabled":false}', b'{"enabled":true,"enabled":false}',
    b'{"target-version":"3.4.0","target-version":"3.5.0","enabled":true}', b'{"ENABLED":true,"Target-Version":"3.5.0"}',
    b'{"target_version":"3.4.0","enabled":true}', b'{"enabled":false,"unknown":{"a":[1]}}',
    b'{"target-version":"\xff","enabled":false}', b'{"\\u0065nabled":false}', b"{'enabled':false}", b'{"enabled":false,}',
    b'{"enabled":false,"unknown":1e999}', b'{"enabled":false,"unknown":' + b"[" * 10_001 + b"]" * 10_001 + b"}",
    b'{"enabled":false,"unknown":' + b"[" * 9_000 + b"]" * 9_000 + b"}",
]  # fmt: skip

KINDS = {f"cluster version {shown(version)}": cluster_version(version) for version in VERSIONS}
KINDS |= {f"storage version {shown(version)}": storage_version(version) for version in VERSIONS}
KINDS |= {f"downgrade {shown(text)[:60]}": downgrade(text) for text in DOWNGRADES}
KINDS |= {
    "cluster and storage version 3.6.0": together(cluster_version(b"3.6.0"), storage_version(b"3.6.0")),
    "cluster and storage version 3.9.0": together(cluster_version(b"3.9.0"), storage_version(b"3.9.0")),
    "cluster version 3.7.0, storage version 3.6.0": together(cluster_version(b"3.7.0"), storage_version(b"3.6.0")),
    "storage version 3.6.0, no term": together(storage_version(b"3.6.0"), drop(b"meta", b"term")),
}
KINDS |= {
    f"members: {text.decode()}": members(text)
    for text in (b"null", b"[]", b"{}", b'"x"', b"1", b"", b"garbage", b"{", b'{"id":1,"id":2}', b'{"id":1}x')
}
KINDS |= {
    "members: id as text": member(id="1"),
    "members: id 1.5": member(id=1.5),
    "members: id -1": member(id=-1),
    "members: id beyond 64 bits": member(id=1 << 64),
    "members: id 0": member(id=0),
    "members: id of another": member(id=77),
    "members: no id": member(id=None),
    "members: no peerURLs": member(peerURLs=None),
    "members: peerURLs a text": member(peerURLs="http://localhost:2380"),
    "members: peerURLs of numbers": member(peerURLs=[1]),
    "members: peerURLs empty": member(peerURLs=[]),
    "members: peerURLs no URL": member(peerURLs=["::"]),
    "members: isLearner a text": member(isLearner="true"),
    "members: isLearner": member(isLearner=True),
    "members: name a number": member(name=1),
    "members: clientURLs a text": member(clientURLs="x"),
    "members: unknown field": member(unknown=[{}]),
    "members: key not hexadecimal": rename_first(b"members", lambda _: b"member"),
    "members: key in capitals": rename_first(b"members", lambda key: key.upper()),
    "members: key padded with zeros": rename_first(b"members", lambda key: key.rjust(17, b"0")),
    "members: key of 17 digits": rename_first(b"members", lambda key: b"1" + key.rjust(16, b"0")),
    "members: key with 0x": rename_first(b"members", lambda key: b"0x" + key),
    "members: key with +": rename_first(b"members", lambda key: b"+" + key[1:]),
    "members_removed: key not hexadecimal": put(b"members_removed", b"member", b"removed"),
    "members_removed: key of 17 digits": put(b"members_removed", b"1" * 17, b"removed"),
    "members_removed: other value": put(b"members_removed", b"77", b"x"),
    "members_removed: a present member": lambda root: root[b"members_removed"].update(dict.fromkeys(root[b"members"], b"removed")),
}
KINDS |= {
    f"confState {text.decode()}": conf_state(text)
    for text in (
        b"null", b"[]", b"{}", b"garbage", b'"x"', b'{"voters":"1"}', b'{"voters":["1"]}', b'{"voters":[-1]}',
        b'{"voters":[1.5]}',
        b'{"voters":[18446744073709551616]}', b'{"voters":null}', b'{"voters":[1],"voters":[2]}', b'{"VOTERS":[1]}',
        b'{"auto_leave":1}',
        b'{"unknown":1}', b'{"voters":[1]}x', b'{"voters":[1,2,3],"learners":[4]}', b'{"voters":[]}',
    )
}  # fmt: skip
KINDS |= {
    f"alarm: {name}": alarm(change(wire.message([(1, 77), (2, 1)])))
    for name, change in misencoded(1, None).items()
    if change and name != "empty"
}
KINDS |= {
    "alarm: NOSPACE": alarm(wire.message([(1, 77), (2, 1)])),
    "alarm: CORRUPT": alarm(wire.message([(1, 77), (2, 2)])),
    "alarm: NONE": alarm(wire.message([(1, 77)])),
    "alarm: kind 3": alarm(wire.message([(1, 77), (2, 3)])),
    "alarm: kind -1": alarm(wire.message([(1, 77), (2, -1)])),
    "alarm: kind 2^32+1": alarm(wire.message([(1, 77), (2, (1 << 32) + 1)])),
    "alarm: NOSPACE of member 0": alarm(wire.message([(2, 1)])),
    "alarm: NOSPACE with a value": alarm(wire.message([(1, 77), (2, 1)]), b"value"),
}
