"""Data directories of real members, and ways to harm them. Each way changes a copy; one that does not apply raises LookupError."""

import re
import shutil
import struct

from changes import together

AHEAD = 8192  # bytes
SECTOR = 512
EARLIER = "earlier.db"  # in the directory: its database of half-way through
BEYOND = 50  # entries that a database is put ahead of its log


def last_segment(directory):
    return sorted((directory / "member" / "wal").glob("*.wal"))[-1]


def newest_snap(directory):
    snaps = sorted((directory / "member" / "snap").glob("*.snap"))
    if not snaps:
        raise LookupError("no .snap file")
    return snaps[-1]


def database(directory):
    return directory / "member" / "snap" / "db"


def frames(segment):
    """Start and length of every frame (`docs/format/wal.md#frames`), and where the last one ends."""
    found, at = [], 0
    while at + 8 <= len(segment):
        (word,) = struct.unpack_from("<Q", segment, at)
        if word == 0:
            break
        length = 8 + (word & (1 << 56) - 1) + (word >> 56 & 7 if word >> 63 else 0)
        found.append((at, length))
        at += length
    return found, at


def shorten(directory):
    """Leaves less of the space that was allocated ahead, so that copies are quick to make and to read."""
    path = last_segment(directory)
    segment = path.read_bytes()
    path.write_bytes(segment[: frames(segment)[1] + AHEAD])


def _change_log(change):
    """A way that changes the bytes of the last segment, given its frames and where they end."""

    def way(directory):
        path = last_segment(directory)
        segment = bytearray(path.read_bytes())
        found, end = frames(segment)
        path.write_bytes(change(segment, found, end))

    return way


def cut(count):
    """The file ends so many bytes before the end of the log."""
    return _change_log(lambda segment, _, end: segment[: end - count])


def drop(count):
    """The last records are gone."""
    return _change_log(lambda segment, found, _: segment[: found[-count][0]])


def zero(count):
    """The last bytes of the log were never written."""

    def change(segment, _, end):
        segment[end - count : end] = bytes(count)
        return segment

    return _change_log(change)


def flip(share):
    """A bit of one record's data is changed, at this share of the log."""

    def change(segment, found, _):
        start, length = found[int((len(found) - 1) * share)]
        segment[start + length // 2 + 4] ^= 0x10
        return segment

    return _change_log(change)


def change_length(share):
    """A bit of one record's length is changed, so that it reaches far beyond the file."""

    def change(segment, found, _):
        start, _ = found[int((len(found) - 1) * share)]
        segment[start + 4] ^= 0x40
        return segment

    return _change_log(change)


def zero_sector(share):
    """The sector in which one record begins was never written, or lost; what follows was."""

    def change(segment, found, _):
        start, _ = found[int((len(found) - 1) * share)]
        sector = start // SECTOR * SECTOR
        segment[sector : sector + SECTOR] = bytes(SECTOR)
        return segment

    return _change_log(change)


def set_value(key, pattern, new):
    """Every value of a key of the database, also on pages not in use, becomes another of the same length."""

    def way(directory):
        content = database(directory).read_bytes()
        changed, count = re.subn(key + pattern, lambda match: key + new(match[0][len(key) :]), content, flags=re.DOTALL)
        if count == 0:
            raise LookupError(key)
        database(directory).write_bytes(changed)

    return way


def index(change):
    """The consistent index, as a function of what it was."""
    return set_value(b"consistent_index", b"\0{4}.{4}", lambda old: struct.pack(">Q", change(struct.unpack(">Q", old)[0])))


def version(key, new):
    return set_value(key, rb"3\.\d\.0", lambda _: new)


def no_log(directory):
    shutil.rmtree(directory / "member" / "wal")


def no_database(directory):
    database(directory).unlink()


def no_newest_snap(directory):
    newest_snap(directory).unlink()


def damaged_snap(directory):
    path = newest_snap(directory)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def only_received_database(directory):
    number = int(newest_snap(directory).name[17:33], 16)
    database(directory).rename(database(directory).with_name(f"{number:016x}.snap.db"))


def earlier_database(directory):
    """The database of half-way through is put back, and has to be brought up from the log."""
    (directory / EARLIER).replace(database(directory))


def harm(directory, way):
    """Harms a copy of a directory in one of the `WAYS`."""
    WAYS[way](directory)
    (directory / EARLIER).unlink(missing_ok=True)


WAYS = {
    "as it was left": lambda directory: None,
    "log cut by 1 byte": cut(1),
    "log cut by 12 bytes": cut(12),
    "log cut by 100 bytes": cut(100),
    "last record gone": drop(1),
    "last 30 records gone": drop(30),
    "last 100 bytes zeroed": zero(100),
    "last 600 bytes zeroed": zero(600),
    "last record changed": flip(1),
    "record in the middle changed": flip(0.5),
    "length in the middle changed": change_length(0.5),
    "length at the end changed": change_length(1),
    "sector in the middle zeroed": zero_sector(0.5),
    "sector near the end zeroed": zero_sector(0.9),
    "earlier database": earlier_database,
    "earlier database, length changed": together(earlier_database, change_length(0.75)),
    "earlier database, sector zeroed": together(earlier_database, zero_sector(0.75)),
    "earlier database, record changed": together(earlier_database, flip(0.75)),
    "earlier database, newest .snap gone": together(earlier_database, no_newest_snap),
    "no log": no_log,
    "no database": no_database,
    "newest .snap gone": no_newest_snap,
    "newest .snap damaged": damaged_snap,
    "only a received database": only_received_database,
    "index one up": index(lambda old: old + 1),
    "index far up": index(lambda old: old + BEYOND),
    "index down": index(lambda old: max(old - 70, 1)),
    "index zero": index(lambda old: 0),
    "storage version 3.6": version(b"storageVersion", b"3.6.0"),
    "storage version 3.9": version(b"storageVersion", b"3.9.0"),
    "cluster version 3.4": version(b"clusterVersion", b"3.4.0"),
    "cluster version 3.9": version(b"clusterVersion", b"3.9.0"),
}

# Ways whose loss no reader can see: they leave what a server leaves that was killed while it wrote, or a later index.
UNSEEN = {
    "log cut by 1 byte",
    "log cut by 12 bytes",
    "log cut by 100 bytes",
    "last record gone",
    "last 30 records gone",
    "last 100 bytes zeroed",
    "last 600 bytes zeroed",
    "length at the end changed",
    "last record changed",
    "index one up",
    "index far up",
}
