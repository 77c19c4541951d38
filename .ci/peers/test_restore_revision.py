"""`--bump-revision`: no revision comes twice, and whoever watches an old one is told to list anew."""

import json
from itertools import count, product

from content import content
from maker import founders
from restored import Restored
from tools import MINORS

BUMP = 1_000_000


class RaisedRevision(Restored):
    def test_watchers_are_told_and_writes_go_on_above(self):
        number = count(self.field.seed)
        cases = [
            (maker, self.startable(minor, next(number)), size, minor)
            for size, minor in product((1, 3), MINORS)
            for maker in self.makers(size)
        ]
        self.every(cases, self.goes_on_above)

    def goes_on_above(self, maker, source, size, minor, folder):
        members = founders(size)
        dirs = maker.make(source.file, folder, members, f"--bump-revision={BUMP}", "--mark-compacted")
        with self.running(self.releases[minor], dirs, members, source) as cluster:
            self.assertEqual(cluster.revision(), source.revision + BUMP)
            self.assert_raised(cluster, source)

    def test_as_much_as_is_needed(self):
        number = count(self.field.seed)
        self.every([(self.startable(minor, next(number)), minor) for minor in MINORS], self.automatically)

    def automatically(self, source, minor, folder):
        members = founders(1)
        dirs = self.one_by_one.make(source.file, folder, members, "--bump-revision=auto")
        with self.running(self.releases[minor], dirs, members, source) as cluster:
            self.assertGreaterEqual(cluster.revision(), source.revision + BUMP)
            self.assert_raised(cluster, source)

    def assert_raised(self, cluster, source):
        raised = cluster.revision()
        newest = {**source.content, "keyspaces": {raised: source.content["keyspaces"][source.revision]}}
        for server in cluster:
            self.assertEqual(content(server, [raised]), newest)
            for revision in (2, source.revision, raised - 1):
                self.assert_compacted(server, revision, raised)
        cluster.etcdctl("put", "after", "the restore")
        self.assertEqual(cluster.revision(), raised + 1)
        self.assert_works(cluster)
        cluster.restart()
        self.assertGreater(cluster.revision(), raised)
        self.assert_works(cluster)

    def assert_compacted(self, server, revision, raised):
        """A watcher that saw this revision last is cancelled; it is not left waiting, and not given half a history."""
        watch = ["watch", "", "--prefix", f"--rev={revision}", "--write-out=json"]
        answer = self.client.tool("etcdctl", f"--endpoints={server.endpoint}", *server.credentials, *watch)
        self.assertIn("required revision has been compacted", answer.stderr)
        said = json.loads(answer.stdout)
        self.assertEqual((said["Canceled"], said["CompactRevision"], said["Events"]), (True, raised, None))
