"""What else a restore can be told: each option is held against the server that lives with it."""

import copy
import shutil
from contextlib import contextmanager
from itertools import product

from load import ROOT
from maker import Refused, founders
from restored import Restored
from server import Server
from sources import SPECIAL
from tools import MINORS

OWNER = 23_456  # a user and a group that nobody is


class Options(Restored):
    def test_disarm_alarms(self):
        """A full cluster's snapshot refuses writes as it is, and takes them when its alarm was disarmed."""
        self.every(product(sorted(SPECIAL.glob("nospace-3.[45].*.gz")), MINORS, (False, True)), self.alarms)

    def alarms(self, file, minor, disarmed, folder):
        options = ["--disarm-alarms"] if disarmed else []
        with self.one(file, folder, minor, *options) as server:
            alarms = server.call("maintenance/alarm", action="GET").get("alarms", [])
            self.assertEqual([alarm["alarm"] for alarm in alarms], [] if disarmed else ["NOSPACE"])
            if disarmed:
                server.etcdctl("put", "key", "value")
            else:
                with self.assertRaisesRegex(RuntimeError, "database space exceeded"):
                    server.etcdctl("put", "key", "value")

    def test_auth(self):
        """`disable` lets everybody in and keeps users, so that it can be enabled again."""
        self.every(product([SPECIAL / "auth-3.4.23.db.gz"], MINORS, ("keep", "disable")), self.auth)

    def auth(self, file, minor, auth, folder):
        with self.one(file, folder, minor, f"--auth={auth}") as server:
            if auth == "keep":
                with self.assertRaisesRegex(RuntimeError, "user name is empty"):
                    server.etcdctl("put", "/k/key", "value")
            else:
                server.etcdctl("put", "/k/key", "value")
                server.etcdctl("auth", "enable")
            server.authenticate(*ROOT)
            server.etcdctl("put", "/k/key", "value")
            self.assertEqual({*server.etcdctl("user", "list").split()}, {"root", "reader"})

    def test_owner_and_modes(self):
        """etcd as a user of its own finds files that are its own and nobody else's."""
        self.field.folder.chmod(0o711)
        self.every([(minor,) for minor in MINORS], self.owned)

    def owned(self, minor, folder):
        folder.chmod(0o711)
        release = copy.copy(self.releases[minor])
        release.etcd = shutil.copy(release.etcd, folder)  # where everybody may run it
        (me,) = members = founders(1)
        source = self.startable(minor, self.field.seed)
        data_dir = self.one_by_one.make(source.file, folder, members, f"--chown={OWNER}:{OWNER}")[me.name]
        for path in [data_dir, *data_dir.rglob("*")]:
            stat = path.stat()
            expected = 0o700 if path.is_dir() else 0o600
            self.assertEqual((stat.st_mode & 0o777, stat.st_uid, stat.st_gid), (expected, OWNER, OWNER), path)
        with self.serving(release, data_dir, me, user=OWNER) as server:
            server.stop()
            server.start()
            server.wait_until_healthy()
        self.assertEqual({path.stat().st_uid for path in data_dir.rglob("*")}, {OWNER})

    def test_wal_dir(self):
        self.every(product(self.makers(1), MINORS), self.log_elsewhere)

    def log_elsewhere(self, maker, minor, folder):
        (me,) = members = founders(1)
        source = self.startable(minor, self.field.seed)
        log = folder / "log"
        data_dir = maker.make(source.file, folder / "data", members, f"--wal-dir={log}")[me.name]
        self.assertTrue(any(log.glob("*.wal")))
        self.assertFalse((data_dir / "member" / "wal").exists())
        with self.serving(self.releases[minor], data_dir, me, flags=[f"--wal-dir={log}"]) as server:
            if source.root:
                server.authenticate(*source.root)
            self.assertEqual(server.revision(), source.revision)

    def test_replace(self):
        """A live member's directory is left alone; a stopped one's is moved aside, whole, and only when asked."""
        self.every([(minor,) for minor in MINORS], self.replaced)

    def replaced(self, minor, folder):
        release, file = self.releases[minor], SPECIAL / "leases-3.4.23.db.gz"
        (me,) = members = founders(1)
        data_dir = self.one_by_one.make(file, folder, members)[me.name]
        with self.serving(release, data_dir, me) as server:
            server.etcdctl("put", "written", "since")
            with self.assertRaises(Refused):
                self.one_by_one.make(file, folder, members, "--replace")
            self.assertIn("since", server.etcdctl("get", "written"))
            server.stop()
        with self.assertRaises(Refused):
            self.one_by_one.make(file, folder, members)
        self.one_by_one.make(file, folder, members, "--replace")
        with self.serving(release, data_dir, me) as server:
            self.assertEqual(server.etcdctl("get", "written"), "")
        (aside,) = [each for each in folder.iterdir() if each.is_dir() and each != data_dir]
        with self.serving(release, aside, me) as server:
            self.assertIn("since", server.etcdctl("get", "written"))

    @contextmanager
    def one(self, file, folder, minor, *options):
        """A server on a restore of this file as a single member."""
        (me,) = members = founders(1)
        data_dir = self.one_by_one.make(file, folder, members, *options)[me.name]
        with self.serving(self.releases[minor], data_dir, me) as server:
            yield server

    @contextmanager
    def serving(self, release, data_dir, me, **options):
        server = Server(release, data_dir, name=me.name, peer_url=me.peer_url, client=self.client, **options)
        try:
            server.wait_until_healthy()
            yield server
        finally:
            server.kill()
