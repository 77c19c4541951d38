"""No false alarm on healthy files: fresh snapshots, and the database of a member that is running."""

import fcntl

from field import Comparison


class HealthySnapshots(Comparison):
    def test_verify_finds_nothing_and_the_bbolt_library_agrees(self):
        for specimen in self.field.specimens:
            with self.subTest(snapshot=str(specimen)):
                self.assert_sound(self.field.etcdsnap.native("verify", specimen.file, "-o=json"), specimen.minor)
                verdicts = {library.minor: library.verdict(specimen.file) for library in self.field.libraries}
                self.assertEqual(set(verdicts.values()), {"sound"}, verdicts)

    def test_status_knows_the_revisions(self):
        for specimen in self.field.specimens:
            with self.subTest(snapshot=str(specimen)):
                answer = self.field.etcdsnap.native("status", specimen.file, "-o=json")
                self.assertEqual(answer.code, 0, answer)
                store = answer.json()["store"]
                self.assertEqual(store["currentRevision"], specimen.revision)
                self.assertEqual(store["compactedRevision"], specimen.compacted)


class RunningMembers(Comparison):
    """etcd holds an exclusive lock on its database; reading must not wait for it, and must not disturb the member."""

    def test_a_locked_database_is_read(self):
        for member in self.field.members:
            with self.subTest(member=member.release.minor):
                self.assert_locked(member.db)
                for file in [member.db, member.data_dir]:
                    self.assert_sound(self.field.etcdsnap.of_live_file("verify", file, "-o=json"), member.release.minor)
                    answer = self.field.etcdsnap.of_live_file("status", file, "-o=json")
                    self.assertEqual(answer.json()["store"]["currentRevision"], member.revision())
                self.assert_locked(member.db)
                member.wait_until_healthy()

    def assert_locked(self, file):
        with file.open("rb") as db, self.assertRaises(BlockingIOError):
            fcntl.flock(db, fcntl.LOCK_SH | fcntl.LOCK_NB)
