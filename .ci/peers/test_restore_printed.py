"""What `restore` prints is carried out: the command that starts etcd, and what else it advises until a key can be written."""

import random
import re
import shlex

import bolt
from load import ROOT
from maker import founders, identity
from restored import Restored
from server import Server
from sources import SPECIAL, TESTDATA
from tools import MINORS

STARTS = 40  # of recorded snapshots, unless all are wanted
BEYOND_QUOTA = 2_200_000_000  # bytes; etcd's default quota is 2 GiB
FRAGMENTED = 64_000_000


class Printed(Restored):
    def test_recorded_snapshots(self):
        recorded = [*TESTDATA.glob("etcd/*.db"), *SPECIAL.glob("*.db.gz")]
        cases = [(file, minor) for file in sorted(recorded) for minor in MINORS]
        if not self.field.everything:
            cases = random.Random(self.field.seed).sample(cases, STARTS)
        self.every(cases, self.starts_as_told)

    def test_a_large_and_a_fragmented_one(self):
        """As they are, and one after the other: each is copied twice."""
        minor = MINORS[self.field.seed % len(MINORS)]
        source = self.field.folder / "printed.db"
        self.addCleanup(source.unlink, missing_ok=True)
        for size in (FRAGMENTED, BEYOND_QUOTA):
            bolt.save(bolt.read((TESTDATA / "etcd" / "etcd-3.4.23-seed0.db").read_bytes()), source, size=size)
            self.every([(source, minor)], self.starts_as_told)

    def starts_as_told(self, file, minor, folder):
        """A snapshot that a release cannot start from is restored for it, as the text advises."""
        (me,) = members = founders(1)
        arguments = [file, f"--data-dir={folder / 'm1'}", *identity(me, members)]
        if not self.foretold(minor, *arguments)["starts"]:
            arguments.append(f"--target-version={minor}")
        told = self.foretold(minor, *arguments)
        self.assertTrue(told["starts"], told)
        answer = self.field.etcdsnap.native("restore", *arguments)
        self.assertEqual(answer.code, 0, answer)
        options = {"identity": command(answer.stdout), "peer_url": me.peer_url, "client": self.client}
        server = Server(self.releases[minor], folder / "m1", **options)
        try:
            server.wait_until_healthy()
            self.assert_writes(server, answer.stdout)
        finally:
            server.kill()

    def foretold(self, minor, *arguments):
        boot = self.one_by_one.restore(*arguments, "--dry-run")["boot"]
        return next(each for each in boot if each["version"] == minor)

    def assert_writes(self, server, text):
        """At once; or the text had said why not, and then after what it advises."""
        if "Authentication is on" in text:
            server.authenticate(*ROOT)
        try:
            server.etcdctl("put", "key", "value")
            return
        except RuntimeError as refusal:
            words = str(refusal)
        self.assertRegex(words, "database space exceeded|corrupt cluster")
        self.assertIn(words.split("etcdserver: ")[-1].split('"')[0].strip(), text)
        self.assertIn("etcdctl alarm disarm", text)
        server.etcdctl("alarm", "disarm")
        server.etcdctl("put", "key", "value")


def command(text):
    """The flags of the printed command that starts etcd."""
    printed = re.search(r"^Start it with\n((?:.*\\\n)*.*\n)", text, re.MULTILINE)[1]
    program, *flags = shlex.split(printed.replace("\\\n", " "))
    if program != "etcd":
        raise AssertionError(f"not a command that starts etcd: {printed}")
    return flags

