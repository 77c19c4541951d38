"""`--target-version`: a snapshot of any release starts on every release, older or newer."""

from itertools import product

import sources
from maker import founders
from restored import VERIFY, Restored
from server import outcome
from tools import MINORS


class TargetVersion(Restored):
    def test_every_snapshot_starts_on_every_release_and_on_the_next(self):
        self.every(product([*self.sources, *sources.special(self.field)], MINORS), self.starts)

    def starts(self, source, minor, folder):
        members = founders(1)
        dirs = self.one_by_one.make(source.file, folder, members, f"--target-version={minor}")
        with self.running(self.releases[minor], dirs, members, source, environment=VERIFY) as cluster:
            self.assert_serves(cluster, source)
            self.assert_versions(cluster, minor)
            if minor != MINORS[-1]:
                next_minor = MINORS[MINORS.index(minor) + 1]
                cluster.upgrade(self.releases[next_minor])
                self.assert_serves(cluster, source)
                self.assert_versions(cluster, next_minor)

    def test_it_is_needed(self):
        """Without it, or the tests above would prove nothing, a newer layout is refused by 3.6 and later."""
        cases = [(source, minor) for source, minor in product(self.sources, MINORS) if not source.may_start_on(minor)]
        self.every(cases, self.does_not_start)

    def does_not_start(self, source, minor, folder):
        (me,) = members = founders(1)
        dirs = self.one_by_one.make(source.file, folder, members)
        answer = outcome(self.releases[minor], dirs[me.name], name=me.name, peer_url=me.peer_url)
        self.assertEqual(answer.kind, "exits")
        self.assertRegex(answer.words, "is not supported|invalid downgrade")
