"""What `snapshot restore` makes where the binary stands in for the real tools: by the flags of each release, and called by their
names in scripts that know nothing of etcdsnap."""

import os
import subprocess
from itertools import product
from pathlib import Path

from maker import TOKEN, Imitation, founders, initial_cluster
from restored import VERIFY, Restored
from tools import MINORS

SCRIPTS = Path(__file__).with_name("scripts")


class Imitations(Restored):
    def test_every_release_starts_from_what_every_imitation_made(self):
        """That of 3.4 as well: what the real one left behind made later servers panic or hang."""
        makers = [Imitation(self.field.etcdsnap, minor) for minor in MINORS]
        cases = [
            (maker, self.startable(minor, number), size, minor)
            for number, (maker, minor) in enumerate(product(makers, MINORS))
            for size in ((1, 3) if maker.minor == minor else (1,))
        ]
        self.every(cases, self.serves)

    def serves(self, maker, source, size, minor, folder):
        members = founders(size)
        dirs = maker.make(source.file, folder, members)
        with self.running(self.releases[minor], dirs, members, source, environment=VERIFY) as cluster:
            self.assert_serves(cluster, source)
            self.assert_works(cluster)
            cluster.restart()


class Scripts(Restored):
    def test_scripts_find_the_tools_they_know(self):
        """The first `etcdctl` and `etcdutl` in PATH are links to etcdsnap; the scripts are as people have them."""
        self.every(product(sorted(SCRIPTS.glob("*.sh")), MINORS), self.restored)

    def restored(self, script, minor, folder):
        source = self.startable(minor, self.field.seed)
        members = founders(3)
        (folder / "bin").mkdir()
        for tool in ("etcdctl", "etcdutl"):
            (folder / "bin" / tool).symlink_to(self.field.etcdsnap.program)
        done = subprocess.run(
            [script],
            cwd=folder,
            env={
                "PATH": f"{folder / 'bin'}:{os.defpath}",
                "BACKUP": str(source.file),
                "MEMBERS": " ".join(f"{member.name}={member.peer_url}" for member in members),
                "INITIAL_CLUSTER": initial_cluster(members),
                "TOKEN": TOKEN,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        dirs = {member.name: folder / f"{member.name}.etcd" for member in members}
        with self.running(self.releases[minor], dirs, members, source) as cluster:
            self.assert_serves(cluster, source)
            self.assert_works(cluster)
