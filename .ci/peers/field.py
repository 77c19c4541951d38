"""Everything a comparison needs: real members running, their snapshots, the real tools and the binary under test."""

import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import specimens
from member import Member
from tools import BBOLT, MINORS, BboltLibrary, Etcdsnap, Release


class Field:
    """One running member per release; leaving the context stops them and removes every file."""

    def __init__(self, peers: Path, program: Path, synth: Path, seed: int, everything=False, trust=None):
        self.seed = seed
        self.everything = everything  # try every case, where there are too many for each change
        self.trust = trust  # where the agreements of the verdicts are published
        self.releases = [Release(peers, minor) for minor in MINORS]
        self.libraries = [BboltLibrary(peers, minor) for minor in BBOLT]
        self.etcdsnap = Etcdsnap(program)
        self.synth = synth
        self.members, self.specimens = [], []
        self._temporary = tempfile.TemporaryDirectory(prefix="etcdsnap-peers-")
        self.folder = Path(self._temporary.name)

    def __enter__(self):
        try:
            for release in self.releases:
                self.members.append(Member(release, self.folder / release.minor))
            with ThreadPoolExecutor() as pool:
                for taken in pool.map(lambda member: specimens.take(member, self.seed), self.members):
                    self.specimens += taken
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for member in self.members:
            member.stop()
        self._temporary.cleanup()


class Comparison(unittest.TestCase):
    """A test case with the field at hand."""

    field: Field = None
    maxDiff = None

    def assert_sound(self, answer, minor):
        """The answer of `verify -o json` on a healthy file: exit code 0, nothing worse than a note, and the release that
        wrote it would start from it."""
        self.assertEqual(answer.code, 0, answer)
        (report,) = answer.json()["reports"]
        self.assertEqual([finding for finding in report["findings"] if finding["severity"] != "note"], [])
        self.assertIn((minor, True), [(boot["version"], boot["starts"]) for boot in report["boot"]])
