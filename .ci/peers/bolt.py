"""A bbolt database as nested dictionaries, for changes that no bbolt library would make: read from a file, changed, written anew.

Only what sound files of real servers need is read, and nothing of etcdsnap is used: what judges must not make what is judged.
"""

import hashlib
import struct

MAGIC, FORMAT, PAGE = 0xED0CDAED, 2, 4096
BRANCH, LEAF, META = 1, 2, 4
BUCKET, NO_FREELIST = 1, (1 << 64) - 1
HEADER, ELEMENT = "QHHI", 16  # a page's header (id, kind, count, overflow); both have 16 bytes
LITTLE, BIG = "<", ">"
FILL = 0.9  # of a page
INLINE = PAGE // 4  # bytes of a bucket that is kept within its parent's leaf


class Bucket(dict):
    """What stands in a bucket by key: bytes, or another bucket."""

    sequence = 0


def read(image):
    """The root bucket of a little-endian database; what follows the database is not looked at."""
    metas = [struct.unpack_from("<IIIIQQQQQ", image, slot * PAGE + 16) for slot in (0, 1)]
    magic, _, page_size, _, root, *_ = max(metas, key=lambda meta: meta[-1])
    if (magic, page_size) != (MAGIC, PAGE):
        raise ValueError("no database with pages of 4096 bytes")
    return _bucket(image, root * PAGE, 0)


def _bucket(image, page, sequence):
    bucket = Bucket(_pairs(image, page))
    bucket.sequence = sequence
    return bucket


def _pairs(image, page):
    _, kind, count, _ = struct.unpack_from(f"<{HEADER}", image, page)
    for element in range(page + 16, page + 16 + count * ELEMENT, ELEMENT):
        if kind == BRANCH:
            yield from _pairs(image, struct.unpack_from("<8xQ", image, element)[0] * PAGE)
            continue
        flags, place, key_size, size = struct.unpack_from("<IIII", image, element)
        key = image[element + place :][:key_size]
        place = element + place + key_size
        if not flags & BUCKET:
            yield key, image[place : place + size]
            continue
        root, sequence = struct.unpack_from("<QQ", image, place)
        yield key, _bucket(image, root * PAGE if root else place + 16, sequence)


def save(root: Bucket, file, order=LITTLE, size=0):
    """Writes a snapshot with this root bucket, SHA-256 and all, in this order of bytes. With `size` the database has at least so
    many bytes, and what it does not need is free pages, which take no room on the disk."""
    pages = -(-size // PAGE)
    with file.open("w+b") as out:
        out.write(_Image(order).finish(root, pages))
        out.truncate(max(out.tell(), pages * PAGE))
        out.seek(0)
        digest = hashlib.file_digest(out, "sha256").digest()
        out.write(digest)


class _Image:
    def __init__(self, order):
        self.order = order
        self.pages = bytearray(2 * PAGE)

    def finish(self, root, pages):
        """The database. It says that it has so many pages, if those are more than it needs; the caller has to add them."""
        page = self._tree(root)
        used = max(len(self.pages) // PAGE, pages)
        for slot in (0, 1):
            meta = struct.pack(f"{self.order}IIIIQQQQQ", MAGIC, FORMAT, PAGE, 0, page, 0, NO_FREELIST, used, 8 + slot)
            header = struct.pack(self.order + HEADER, slot, META, 0, 0)
            content = header + meta + struct.pack(f"{self.order}Q", _fnv(meta))
            self.pages[slot * PAGE : slot * PAGE + len(content)] = content
        return bytes(self.pages)

    def _tree(self, bucket):
        """Writes a bucket's pages from the leaves up; the number of its root page."""
        items = [(key, *self._value(bucket[key])) for key in sorted(bucket)]
        level = [(self._page(LEAF, group), group[0][0] if group else b"") for group in _groups(items, 1)]
        while len(level) > 1:
            level = [(self._page(BRANCH, group), group[0][1]) for group in _groups(level, 2)]
        return level[0][0]

    def _value(self, value):
        """Flags and bytes of a leaf's element."""
        if not isinstance(value, Bucket):
            return 0, value
        leaf = self._content(LEAF, [(key, *self._value(value[key])) for key in sorted(value)], 0, 0)
        if len(leaf) <= INLINE and not any(isinstance(each, Bucket) for each in value.values()):
            return BUCKET, struct.pack(f"{self.order}QQ", 0, value.sequence) + leaf
        return BUCKET, struct.pack(f"{self.order}QQ", self._tree(value), value.sequence)

    def _page(self, kind, items):
        number = len(self.pages) // PAGE
        overflow = max(-(-len(self._content(kind, items, 0, 0)) // PAGE), 1) - 1
        content = self._content(kind, items, number, overflow)
        self.pages += content.ljust((overflow + 1) * PAGE, b"\0")
        return number

    def _content(self, kind, items, number, overflow):
        elements, data = b"", b""
        for position, item in enumerate(items):
            place = (len(items) - position) * ELEMENT + len(data)
            if kind == BRANCH:
                child, key = item
                elements += struct.pack(f"{self.order}IIQ", place, len(key), child)
                data += key
            else:
                key, flags, value = item
                elements += struct.pack(f"{self.order}IIII", flags, place, len(key), len(value))
                data += key + value
        return struct.pack(self.order + HEADER, number, kind, len(items), overflow) + elements + data


def _groups(items, least):
    """Items that share a page: as many as fill it, `least` at the fewest."""
    groups = [[]]
    room = PAGE * FILL
    for position, item in enumerate(items):
        size = ELEMENT + sum(len(part) for part in item if isinstance(part, bytes))
        if size > room and len(groups[-1]) >= least and len(items) - position >= least:
            groups.append([])
            room = PAGE * FILL
        groups[-1].append(item)
        room -= size
    return groups


def _fnv(content):
    """FNV-1a of 64 bits."""
    digest = 0xCBF29CE484222325
    for byte in content:
        digest = (digest ^ byte) * 0x100000001B3 & (1 << 64) - 1
    return digest
