"""The large databases that benches and comparisons run on are made by a program of the project: real servers must take a small one
for what it claims to be."""

import subprocess

from maker import RealTool, founders
from restored import VERIFY, Restored
from tools import MINORS

ORDERS = ["scattered", "sequential", "root-first"]
SIZE = "8MiB"


class Synthetic(Restored):
    def test_servers_live_on_synthetic_databases(self):
        # They are those of a 3.6 server, which 3.4 does not know.
        cases = [(minor, ORDERS[number % len(ORDERS)]) for number, minor in enumerate(MINORS[1:])]
        self.every(cases, self.serves)

    def serves(self, minor, order, folder):
        file = folder / "synthetic.db"
        seed = str(self.field.seed % 1000)
        made = [self.field.synth, "--size", SIZE, "--order", order, "--seed", seed, file]
        subprocess.run(made, check=True, stdout=subprocess.DEVNULL)
        self.assert_sound(self.field.etcdsnap.native("verify", file, "--output=json"), minor)
        members = founders(1)
        dirs = RealTool(self.releases["3.7"]).make(file, folder, members)
        with self.running(self.releases[minor], dirs, members, environment=VERIFY) as cluster:
            for revision, known in self.hash_kv(file).items():
                self.assertEqual(cluster.hash_kv(revision), known, f"HashKV at {revision}")
            self.assert_works(cluster)

    def hash_kv(self, file):
        """What etcdsnap makes of the file at its current revision, and at two before it: HashKV, compacted revision."""
        known = {}
        newest = self.field.etcdsnap.native("status", file, "--output=json").json()["store"]["currentRevision"]
        for revision in (newest, newest - 1, newest - 500):
            kv = self.field.etcdsnap.native("hash", file, f"--rev={revision}", "--output=json").json()["kv"]
            known[revision] = (kv["hash"], kv["compactRevision"])
        return known
