"""bbolt files for the checks: single pages of any content, and a database as nested dictionaries, read from a file, changed as no
bbolt library would change it, and written again.

Only sound files of real servers are read, and nothing of etcdsnap is used: what judges must not make what is judged.
"""

import hashlib
import struct

MAGIC, FORMAT, PAGE = 0xED0CDAED, 2, 4096
BRANCH, LEAF, META, FREELIST = 1, 2, 4, 16
BUCKET, NO_FREELIST = 1, (1 << 64) - 1
HEADER, ELEMENT = "QHHI", 16  # a page's header (id, kind, count, overflow); both have 16 bytes
LITTLE, BIG = "<", ">"
FILL = 0.9  # of a page
INLINE = PAGE // 4  # bytes of a bucket that is kept within its parent's leaf


def header(page, kind, count, overflow=0, order=LITTLE):
    """The header of a page."""
    return struct.pack(order + HEADER, page, kind, count, overflow)


def meta(page, root, high_water, txid, freelist=NO_FREELIST, order=LITTLE):
    """A meta page, with the right checksum whatever its fields are."""
    body = struct.pack(f"{order}IIIIQQQQQ", MAGIC, FORMAT, PAGE, 0, root, 0, freelist, high_water, txid)
    return header(page, META, 0, order=order) + body + struct.pack(f"{order}Q", _fnv(body))


def leaf(page, elements, overflow=0, order=LITTLE):
    """A leaf page of elements (flags, key, value)."""
    table, data = bytearray(), bytearray()
    for index, (flags, key, value) in enumerate(elements):
        at = ELEMENT * (len(elements) - index) + len(data)
        table += struct.pack(f"{order}IIII", flags, at, len(key), len(value))
        data += key + value
    return header(page, LEAF, len(elements), overflow, order) + bytes(table + data)


def branch(page, children, overflow=0, order=LITTLE):
    """A branch page of children (key, page)."""
    table, data = bytearray(), bytearray()
    for index, (key, child) in enumerate(children):
        table += struct.pack(f"{order}IIQ", ELEMENT * (len(children) - index) + len(data), len(key), child)
        data += key
    return header(page, BRANCH, len(children), overflow, order) + bytes(table + data)


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
            content = meta(slot, page, used, 8 + slot, order=self.order)
            self.pages[slot * PAGE : slot * PAGE + len(content)] = content
        return bytes(self.pages)

    def _tree(self, bucket):
        """Writes a bucket's pages from the leaves up; the number of its root page."""
        items = [self._element(key, bucket[key]) for key in sorted(bucket)]
        level = [(group[0][1] if group else b"", self._page(leaf, group)) for group in _groups(items, 1)]
        while len(level) > 1:
            level = [(group[0][0], self._page(branch, group)) for group in _groups(level, 2)]
        return level[0][1]

    def _element(self, key, value):
        """Flags, key and bytes of a leaf's element."""
        if not isinstance(value, Bucket):
            return 0, key, value
        content = leaf(0, [self._element(each, value[each]) for each in sorted(value)], order=self.order)
        if len(content) <= INLINE and not any(isinstance(each, Bucket) for each in value.values()):
            return BUCKET, key, struct.pack(f"{self.order}QQ", 0, value.sequence) + content
        return BUCKET, key, struct.pack(f"{self.order}QQ", self._tree(value), value.sequence)

    def _page(self, build, items):
        """Adds the page that `leaf` or `branch` builds; its number."""
        number = len(self.pages) // PAGE
        overflow = max(-(-len(build(0, items)) // PAGE), 1) - 1
        content = build(number, items, overflow, self.order)
        self.pages += content.ljust((overflow + 1) * PAGE, b"\0")
        return number


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
