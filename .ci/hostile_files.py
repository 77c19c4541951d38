#!/usr/bin/env python3
"""Makes the files of `peak-memory` in a folder: what is meant to cost a reader memory.

    .ci/hostile_files.py FOLDER

Trees that are too deep, pages and elements that claim the same bytes, counts and marks that promise everything, objects of a million
parts, sparse databases, logs and `.snap` files of gigabytes, and compressed files that expand to a thousand times their size.
"""

import os
import shutil
import struct
import sys
import zipfile
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "peers"))
from bolt import FREELIST, LEAF, NO_FREELIST, PAGE, branch, header, leaf, meta
from wire import varint

MIB = 1 << 20
SPARSE = 1 << 30
EXPANDED = SPARSE // 2


def record(main, key, value):
    """A record of the bucket of keys, as (flags, key, value)."""
    fields = b"\x0a" + bytes([len(key)]) + key + b"\x10" + varint(main) + b"\x18" + varint(main) + b"\x20\x01"
    return 0, struct.pack(">QcQ", main, b"_", 0), fields + b"\x2a" + varint(len(value)) + value


def database(pages, high_water=None, freelist=NO_FREELIST, key_root=3):
    """A file whose root bucket is page 2 and whose bucket of keys begins at page 3."""
    top = high_water or max(pages) + 1
    names = [b"alarm", b"auth", b"authRoles", b"authUsers", b"cluster", b"key", b"lease", b"members", b"members_removed", b"meta"]
    empty = struct.pack("<QQ", 0, 0) + header(0, LEAF, 0)
    root = [(1, name, struct.pack("<QQ", key_root, 0) if name == b"key" else empty) for name in names]
    pages = {0: meta(0, 2, top, 9, freelist), 1: meta(1, 2, top, 8, freelist), 2: leaf(2, root), **pages}
    file = bytearray((max(pages) + 1) * PAGE)
    for page, content in pages.items():
        file[page * PAGE : page * PAGE + len(content)] = content
    return bytes(file)


def chain(levels):
    first = record(2, b"a", b"x")
    pages = {page: branch(page, [(first[1], page + 1)]) for page in range(3, 3 + levels)}
    return database({**pages, 3 + levels: leaf(3 + levels, [first])})


def fan(levels, width):
    """A chain that ends in a branch with many children, all of which are branches."""
    records = [record(number, b"a", b"x") for number in range(2, 2 + width)]
    last = 3 + levels
    pages = {page: branch(page, [(records[0][1], page + 1)]) for page in range(3, last)}
    pages[last] = branch(last, [(item[1], last + 1 + index) for index, item in enumerate(records)])
    for index, item in enumerate(records):
        pages[last + 1 + index] = branch(last + 1 + index, [(item[1], 3)])
    return database(pages)


def shared_bytes():
    """Elements that all have the rest of their page and of ten thousand more for their value."""
    count, pages = 200, 10_000
    table = b""
    for index in range(count):
        at = 16 * (count - index)
        value = pages * PAGE - 16 - 16 * count - 17
        table += struct.pack("<IIII", 0, at, 17, value)
    return database({3: header(3, LEAF, count, pages - 1) + table, 3 + pages: b"\0"})


def overlapping():
    """Every page says that all that follow are its own."""
    pages = {page: leaf(page, [record(page, b"k%d" % page, b"v" * 100)], 2**32 - 1) for page in range(4, 5000)}
    root = branch(3, [(record(page, b"", b"")[1], page) for page in range(4, 100)])
    return database({3: root, **pages})


def nested():
    """Buckets in buckets, a page each."""
    pages = {page: leaf(page, [(1, b"b", struct.pack("<QQ", page + 1, 0))]) for page in range(3, 3000)}
    return database({**pages, 3000: leaf(3000, [(0, b"k", b"v")])})


def freelist_in_a_hole():
    """A list of 2^40 free pages that begins with the last page that is written."""
    pages = {3: leaf(3, [record(2, b"a", b"x")]), 4: header(4, FREELIST, 0xFFFF, 2**32 - 1) + struct.pack("<Q", 2**40)}
    return database(pages, high_water=2**60, freelist=4)


def many_records():
    """What is neither damaged nor large: the measure of the others."""
    pages, per_page = {}, 20
    for index in range(2000):
        first = 2 + index * per_page
        pages[4 + index] = leaf(4 + index, [record(main, b"/registry/%d" % (main % 999), b"v" * 90) for main in range(first, first + per_page)])
    # The table of a branch of so many children takes several pages, which come last.
    keys = [(struct.pack(">QcQ", 2 + index * per_page, b"_", 0), 4 + index) for index in range(2000)]
    root = 4 + 2000
    length = -(-len(branch(root, keys)) // PAGE)
    pages |= {3: leaf(3, []), root: branch(root, keys, length - 1)}
    pages.setdefault(root + length - 1, b"\0")
    return database(pages, high_water=root + length, key_root=root)


def unknown_fields():
    """Kubernetes objects of fields that no version knows, three bytes each."""
    message = b"\xf8\x7f\x01" * 333_333
    value = b"k8s\0\x0a\x0d\x0a\x02v1\x12\x07Unknown\x12" + varint(len(message)) + message
    return long_leaf([record(2 + index, b"/registry/widgets/default/w%d" % index, value) for index in range(16)])


def small_items():
    """Kubernetes objects in CBOR that are lists of a million empty items, a byte each."""
    value = b"\xd9\xd9\xf7\xa3\x4aapiVersion\x42v1\x44kind\x46Widget\x44spec\x9a\x00\x0f\x42\x40" + b"\xf6" * 1_000_000
    return long_leaf([record(2 + index, b"/registry/widgets/default/w%d" % index, value) for index in range(16)])


def long_leaf(elements):
    """A bucket of keys that is one leaf with overflow."""
    overflow = -(-len(leaf(3, elements)) // PAGE) - 1
    file = bytearray(database({3: b"", 3 + overflow: b"\0"}))
    content = leaf(3, elements, overflow)
    file[3 * PAGE : 3 * PAGE + len(content)] = content
    return bytes(file)


def write(path, content, length=None):
    with open(path, "wb") as file:
        file.write(content)
        if length is not None:
            file.truncate(length)


def files(folder):
    """All hostile files, by what they are."""
    sound = many_records()
    made = {
        "sound.db": (sound, None),
        "chain-64.db": (chain(64), None),
        "chain-5000.db": (chain(5000), None),
        "fan-63-200.db": (fan(60, 100), None),
        "shared-bytes.db": (shared_bytes(), None),
        "overlapping-runs.db": (overlapping(), None),
        "nested-buckets.db": (nested(), None),
        "unknown-fields.db": (unknown_fields(), None),
        "small-items.db": (small_items(), None),
        "sparse-tail.db": (sound, SPARSE),
        "sparse-high-water-mark.db": (database({3: leaf(3, [record(2, b"a", b"x")])}, high_water=SPARSE // PAGE), SPARSE),
        "sparse-freelist.db": (freelist_in_a_hole(), SPARSE // 8),
        "high-water-mark-2^60.db": (database({3: leaf(3, [record(2, b"a", b"x")])}, high_water=2**60), None),
        "noise.db": (os.urandom(20 * MIB), None),
    }
    for name, (content, length) in made.items():
        write(os.path.join(folder, name), content, length)


def frame(record_bytes):
    padding = -len(record_bytes) % 8
    word = len(record_bytes) | ((0x80 | padding) << 56 if padding else 0)
    return struct.pack("<Q", word) + record_bytes + bytes(padding)


def crc32c(data, crc=0):
    crc ^= 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def log(last=b""):
    """The log of a member that has written nothing, followed by `last`."""
    crc, out = 0, frame(b"\x08\x04\x10\x00")
    for kind, data in ((1, b"\x08\x01\x10\x02"), (5, b"\x08\x00\x10\x00"), (3, b"\x08\x01\x10\x01\x18\x00")):
        crc = crc32c(data, crc)
        out += frame(b"\x08" + bytes([kind]) + b"\x10" + varint(crc) + b"\x1a" + bytes([len(data)]) + data)
    return out + last


def directories(folder, sound):
    """Members whose log or `.snap` files are sparse."""
    long_record = struct.pack("<Q", SPARSE - 4096) + b"\x08\x02\x10\x01\x1a" + varint(SPARSE - 5000)
    members = {
        "sparse-log.etcd": (log(), SPARSE, None),
        "record-in-a-hole.etcd": (log(long_record), SPARSE, None),
        "sparse-snap.etcd": (log(), 64 * MIB, SPARSE),
    }
    for name, (content, length, snap) in members.items():
        member = os.path.join(folder, name, "member")
        os.makedirs(os.path.join(member, "snap"))
        os.makedirs(os.path.join(member, "wal"))
        shutil.copyfile(sound, os.path.join(member, "snap", "db"))
        write(os.path.join(member, "wal", "0000000000000000-0000000000000000.wal"), content, length)
        if snap:
            write(os.path.join(member, "snap", "0000000000000001-0000000000000003.snap"), b"\x08\x01", snap)


def compressed(folder, sound):
    """Small files that expand to EXPANDED bytes: of zeros, and of a sound database with zeros after it."""
    for name, content in {"zeros": b"", "sparse": Path(sound).read_bytes()}.items():
        at = Path(folder) / f"{name}.db"
        at.with_suffix(".db.gz").write_bytes(b"".join(gzip(content)))
        at.with_suffix(".db.zst").write_bytes(b"".join(zstd(content)))
        with zipfile.ZipFile(at.with_suffix(".db.zip"), "w", zipfile.ZIP_DEFLATED) as archive, archive.open("backup.db", "w") as out:
            for piece in expanded(content):
                out.write(piece)


def expanded(content):
    """These bytes, and zeros up to EXPANDED, in pieces of 1 MiB."""
    content += bytes(-len(content) % MIB)
    for at in range(0, len(content), MIB):
        yield content[at : at + MIB]
    zeros = bytes(MIB)
    for _ in range((EXPANDED - len(content)) // MIB):
        yield zeros


def gzip(content):
    stream = zlib.compressobj(wbits=31)
    for piece in expanded(content):
        yield stream.compress(piece)
    yield stream.flush()


def zstd(content):
    """A frame whose zeros are blocks of one repeated byte, four bytes each."""
    block = 128 << 10
    raw, run = 0, 1
    yield b"\x28\xb5\x2f\xfd\0\x38"
    for piece in expanded(content):
        for at in range(0, len(piece), block):
            part = piece[at : at + block]
            kind = raw if any(part) else run
            yield struct.pack("<I", kind << 1 | block << 3)[:3] + (part if kind == raw else b"\0")
    yield b"\1\0\0"


if __name__ == "__main__":
    files(sys.argv[1])
    sound = f"{sys.argv[1]}/sound.db"
    directories(sys.argv[1], sound)
    compressed(sys.argv[1], sound)
