"""Restored members find each other, serve the snapshot, and live on as any cluster does."""

from itertools import count, pairwise, product

from maker import founders
from restored import Restored
from tools import MINORS


class Clusters(Restored):
    def test_one_three_and_five_members_serve_the_snapshot_and_live_on(self):
        number = count(self.field.seed)
        cases = [
            (maker, self.startable(minor, next(number)), size, minor)
            for size, minor in product((1, 3, 5), MINORS)
            for maker in self.makers(size)
        ]
        self.every(cases, self.serves_and_lives_on)

    def serves_and_lives_on(self, maker, source, size, minor, folder):
        members = founders(size)
        dirs = maker.make(source.file, folder, members)
        with self.running(self.releases[minor], dirs, members, source) as cluster:
            self.assert_serves(cluster, source)
            self.assert_works(cluster)
            self.assert_members_come_and_go(cluster, folder)
            cluster.restart()
            self.assert_works(cluster)
            cluster.stop()
            for server in cluster:
                answer = self.field.etcdsnap.native("verify", server.db)
                self.assertEqual(answer.code, 0, answer.stdout)

    def assert_members_come_and_go(self, cluster, folder):
        release = cluster.first.release
        cluster.join("late", release, folder / "late")
        cluster.wait_until_agreed()
        cluster.join("pupil", release, folder / "pupil", learner=True)
        cluster.wait_until_agreed()
        self.assertTrue(cluster.members()["pupil"].get("isLearner"))
        cluster.promote("pupil")
        cluster.leave("m1")
        cluster.wait_until_agreed()
        names = {*cluster.servers}
        members = cluster.members()
        self.assertEqual({name: members[name].get("isLearner", False) for name in members}, dict.fromkeys(names, False))


class RollingUpgrade(Restored):
    def test_restored_members_move_to_the_next_release_one_by_one(self):
        source = next(source for source in self.sources if source.minor == "3.4" and source.root)
        self.every([(maker, source, *step) for maker in self.makers(3) for step in pairwise(MINORS)], self.moves_up)

    def moves_up(self, maker, source, minor, next_minor, folder):
        members = founders(3)
        dirs = maker.make(source.file, folder, members)
        with self.running(self.releases[minor], dirs, members, source) as cluster:
            cluster.upgrade(self.releases[next_minor])
            self.assert_serves(cluster, source)
            self.assert_versions(cluster, next_minor)
