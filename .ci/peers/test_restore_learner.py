"""`--learner`: a member that begins as a learner is one in every server's eyes, and can be promoted."""

from itertools import count, product

from content import keyspace
from maker import founders
from restored import Restored
from tools import MINORS


class Learners(Restored):
    def test_a_learner_follows_and_is_promoted(self):
        number = count(self.field.seed)
        cases = [
            (maker, self.startable(minor, next(number)), voters, minor)
            for maker, voters, minor in product((self.together, self.one_by_one), (1, 3), MINORS)
        ]
        self.every(cases, self.follows_and_is_promoted)

    def follows_and_is_promoted(self, maker, source, voters, minor, folder):
        members = founders(voters, learners=1)
        learner = members[-1].name
        dirs = maker.make(source.file, folder, members)
        with self.running(self.releases[minor], dirs, members, source) as cluster:
            self.assert_learners(cluster, {learner})
            self.assert_serves(cluster, source)
            self.assert_works(cluster)
            self.assert_follows(cluster)
            cluster.restart()
            self.assert_learners(cluster, {learner})
            self.assert_follows(cluster)
            cluster.promote(learner)
            cluster.wait_until_agreed()
            self.assert_learners(cluster, set())
            self.assert_works(cluster)

    def assert_learners(self, cluster, expected):
        members = cluster.members()
        self.assertEqual({name for name, member in members.items() if member.get("isLearner")}, expected)
        self.assertEqual({*members}, {*cluster.servers})

    def assert_follows(self, cluster):
        """What is written now reaches the learner."""
        cluster.etcdctl("put", "/to/the/learner", str(cluster.revision()))
        cluster.wait_until_agreed()
        newest = cluster.revision()
        self.assertEqual(len({keyspace(server, newest) for server in cluster}), 1)
