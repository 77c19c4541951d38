"""A restored member by itself serves what the snapshot holds, on every release that may start from it."""

from itertools import product

from maker import founders
from restored import VERIFY, Restored
from tools import MINORS


class SingleMember(Restored):
    def test_it_serves_the_snapshot_on_every_release_that_may_start(self):
        cases = [(maker, source, minor) for maker, source, minor in product(self.makers(1), self.sources, MINORS)]
        self.every([case for case in cases if case[1].may_start_on(case[2])], self.serves)

    def serves(self, maker, source, minor, folder):
        members = founders(1)
        dirs = maker.make(source.file, folder, members)
        with self.running(self.releases[minor], dirs, members, source, environment=VERIFY) as cluster:
            self.assert_serves(cluster, source)
