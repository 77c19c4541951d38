"""`boot`: what etcdsnap foretells of a changed backup is what real servers make of it, each kind on each release; and what
`restore` makes of it lives as it says."""

import os
import random
import tempfile
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import agreements
import bolt
import kinds
from changes import lasting_keys
from field import Comparison
from forecast import DAMAGED, agree, forecasts, verify
from lives import life_of, served
from sources import TESTDATA
from tools import MINORS

BASE = "etcd-3.5.1-seed1.db"  # every release starts from it
CHOSEN = 200  # of the kinds on the releases, unless all are wanted
RESTORED = 60  # of them as `etcdsnap restore` makes them
AT_ONCE = 12 * os.cpu_count()  # servers mostly wait


class Verdicts(Comparison):
    @classmethod
    def setUpClass(cls):
        cls.releases = {release.minor: release for release in cls.field.releases}
        cls.base = (TESTDATA / "etcd" / BASE).read_bytes()
        chosen = list(product(kinds.KINDS, MINORS))
        if not cls.field.everything:
            chosen = random.Random(cls.field.seed).sample(chosen, CHOSEN)
        cls.chosen = chosen

    def test_servers_on_what_the_real_tools_restore(self):
        found = self.each(self.chosen, self.by_the_real_tool)
        if self.field.everything and self.field.trust:
            agreements.publish(self.field.trust, found, self.releases, BASE)
        self.assert_foretold(found)

    def by_the_real_tool(self, kind, minor, folder):
        """The forecast of `verify`, and the life."""
        backup, keys, auth = self.backup(kind, folder)
        _, told, _ = verify(self.field.etcdsnap, backup, self.releases)
        life = life_of(self.releases[minor], backup, keys, folder, auth=auth)
        return told[minor], life

    def test_servers_on_what_etcdsnap_restores(self):
        chosen = self.chosen if self.field.everything else self.chosen[:RESTORED]
        self.assert_foretold(self.each(chosen, self.by_etcdsnap))

    def by_etcdsnap(self, kind, minor, folder):
        """The forecast of `restore`, and the life; a backup that `verify` finds damaged is restored in part, if at all."""
        backup, keys, auth = self.backup(kind, folder)
        code, _, _ = verify(self.field.etcdsnap, backup, self.releases)
        arguments = [f"--data-dir={folder / 'default.etcd'}", "--output=json"]
        answer = self.field.etcdsnap.native("restore", backup, *arguments)
        if code == DAMAGED and kinds.byte_order(kind) == bolt.BIG:
            code = 0  # no server here takes the file, but all take what restore writes of it: it is little-endian
        self.assertEqual(answer.code, code, f"{kind}: verify exits with {code}, restore otherwise: {answer.stderr}")
        if answer.code == DAMAGED:
            answer = self.field.etcdsnap.native("restore", backup, "--allow-damaged", *arguments)
            if answer.code == DAMAGED:
                return None
        told = forecasts(answer.json()["boot"], code == DAMAGED, self.releases)
        return told[minor], served(self.releases[minor], folder / "default.etcd", keys, auth=auth)

    def backup(self, kind, folder):
        """The base changed in this way, the keys that it should serve, and whether root has to ask for them."""
        root, before = bolt.read(self.base), lasting_keys(bolt.read(self.base))
        kinds.KINDS[kind](root)
        backup = folder / "backup" / "backup.db"
        backup.parent.mkdir()
        bolt.save(root, backup, kinds.byte_order(kind))
        return backup, before & lasting_keys(root), kinds.asks_as_root(root)

    def each(self, cases, compare):
        """What `compare(kind, minor, folder)` found of every case, by kind and release."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            found = pool.map(lambda case: self.in_a_folder(compare, *case), cases)
            return dict(zip(cases, found))

    def in_a_folder(self, compare, kind, minor):
        with tempfile.TemporaryDirectory(dir=self.field.folder, prefix="verdict-") as folder:
            return compare(kind, minor, Path(folder))

    def assert_foretold(self, found):
        """All disagreements are one failure."""
        wrong = [f"{kind}, {minor}: {said}" for (kind, minor), pair in found.items() if (said := disagreement(kind, pair))]
        print(f"{len(found)} lives foretold")
        self.assertEqual(wrong, [], "\n" + "\n".join(wrong))


def disagreement(kind, pair):
    """How a forecast and a life disagree; nothing if they agree or there was nothing to start."""
    if pair is None:
        return None
    told, life = pair
    return None if agree(kind, told, life) else f"foretold {told}; real: {life}"
