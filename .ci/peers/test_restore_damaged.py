"""`--allow-damaged`: a server starts from what is left of a damaged backup and lives on, and what is not as it was is told."""

import base64
import struct
from itertools import product

from maker import RealTool, Refused, founders
from restored import VERIFY, Restored
from tools import MINORS

PAGE = 4096
HEADER, ELEMENT = 16, 16
BRANCH, LEAF = 1, 2
NOWHERE = 1 << 40  # a page that no file has
REVISION = 17  # bytes of a record's key, `_` in the middle


class Damaged(Restored):
    def test_servers_start_from_what_is_left(self):
        pairs = enumerate(product(DAMAGES, MINORS))
        self.every([(damage, minor, number) for number, (damage, minor) in pairs], self.serves_the_rest)

    def serves_the_rest(self, damage, minor, number, folder):
        members = founders(1)
        source, dirs, losses = self.lossy(damage, minor, number, folder, members)
        whole = RealTool(self.releases["3.7"]).make(source.file, folder / "whole", members)
        with self.running(self.releases[minor], whole, members, source) as cluster:
            were = records(cluster.first)
        with self.running(self.releases[minor], dirs, members, source, environment=VERIFY) as cluster:
            self.assert_told(were, records(cluster.first), losses)
            self.assert_works(cluster)
            cluster.restart()

    def lossy(self, damage, minor, number, folder, members):
        """The first snapshot from this number on that loses a part by this damage: of some it takes nothing, or all."""
        for each in range(number, number + len(self.sources)):
            source = self.startable(minor, each)
            if found := self.restored(source, DAMAGES[damage], folder / str(each), members):
                return source, *found
        raise AssertionError("no damage of this kind loses a part")

    def restored(self, source, damage, folder, members):
        """The first damage of its kind that loses a part, and not all: the member's directory, and what is said of the loss."""
        file = folder / "damaged" / "backup.db"
        file.parent.mkdir(parents=True)
        for number, bytes_ in enumerate(damage(source.file.read_bytes()[:-32])):
            file.write_bytes(bytes_)
            try:
                dirs, told = self.make(file, folder / str(number), members)
            except Refused as refusal:
                self.assertIn("no record of it can be reached", str(refusal))
                continue
            if told["losses"] and told["losses"]["ranges"]:  # else the page was not in use
                return dirs, told["losses"]
        return None

    def make(self, file, folder, members):
        (me,) = members
        cluster = [f"--name={me.name}", f"--initial-cluster={me.name}={me.peer_url}", "--initial-cluster-token=restored"]
        arguments = [file, f"--data-dir={folder}", "--allow-damaged", *cluster]
        planned = self.one_by_one.restore(*arguments, "--dry-run")
        self.assertFalse(folder.exists())
        done = self.one_by_one.restore(*arguments)
        self.assertEqual(done["losses"], planned["losses"])
        self.assertTrue(any(boot["starts"] for boot in done["boot"]))
        return {me.name: folder}, done

    def assert_told(self, were, are, losses):
        """A key that is older than it was, or had been deleted, is among those that may be; one that is missing was last written
        in a lost revision."""
        old = losses["maybeOld"]
        older = {key for key, revision in are.items() if were.get(key) != revision}
        self.assertLessEqual(len(older), old["count"])
        if old["count"] == len(old["first"]):
            printable = {key.decode() for key in older if key.isascii()}
            self.assertLessEqual({key for key in printable if key.isprintable()}, {*old["first"]})
        spans = [(main(span["after"], 0), main(span["before"], NOWHERE)) for span in losses["ranges"] if span["bucket"] == "key"]
        for key in were.keys() - are.keys():
            inside = [low for low, high in spans if low <= were[key] <= high]
            self.assertTrue(inside, f"{key} of revision {were[key]} is missing; lost are {spans}")


def main(revision, otherwise):
    return int(revision.split(".")[0]) if revision else otherwise


def records(server):
    """The revision at which each live key was written."""
    answer = server.call("kv/range", key=b"\0", range_end=b"\0", keys_only=True)
    return {base64.b64decode(pair["key"]): int(pair["mod_revision"]) for pair in answer.get("kvs", [])}


def page_lost(database):
    """Each page of records in turn as zeros, as after a power cut; from the last one on."""
    for page in reversed([*pages(database, LEAF)]):
        yield database[: page * PAGE] + bytes(PAGE) + database[(page + 1) * PAGE :]


def branch_element_astray(database):
    """Each branch above records in turn, with an element in its middle that leads nowhere."""
    for page in pages(database, BRANCH):
        (count,) = struct.unpack_from("<H", database, page * PAGE + 10)
        damaged = bytearray(database)
        struct.pack_into("<Q", damaged, page * PAGE + HEADER + count // 2 * ELEMENT + 8, NOWHERE)
        yield bytes(damaged)


def tail_lost(database):
    """As a copy that broke off, ever sooner."""
    for end in range(len(database) // PAGE - 1, 4, -1):
        yield database[: end * PAGE]


def pages(database, kind):
    """The pages of this kind with records' keys; some may not be in use any more."""
    for page in range(2, len(database) // PAGE):
        start = page * PAGE
        flags, count = struct.unpack_from("<8xHH", database, start)
        if flags != kind or not count:
            continue
        place, size = struct.unpack_from("<II", database, start + HEADER + (0 if kind == BRANCH else 4))
        key = database[start + HEADER + place :][:size]
        if size in (REVISION, REVISION + 1) and key[8:9] == b"_":
            yield page


DAMAGES = {"a page": page_lost, "a branch element": branch_element_astray, "the tail": tail_lost}
