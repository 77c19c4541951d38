"""Restored directories and the servers that run on them: what the tests named `test_restore_…` have in common."""

import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import sources
from cluster import Cluster
from content import content, keyspace
from field import Comparison
from load import Load
from maker import Native, OneByOne, RealTool
from tools import Release

VERIFY = {"ETCD_VERIFY": "all"}  # the server checks its files as it starts; 3.4 does not know it
REQUESTS = 60  # of a small load
AT_ONCE = 3 * os.cpu_count()  # members mostly wait: for files to be synced, and for each other
FAILURES = Path(os.environ.get("CARGO_TARGET_DIR", Path(__file__).resolve().parents[2] / "target")) / "peers-failures"


class Restored(Comparison):
    """Cases are tried several at once, each in a folder of its own; the logs of those that fail are kept."""

    @classmethod
    def setUpClass(cls):
        cls.releases = {release.minor: release for release in cls.field.releases}
        cls.client = cls.releases["3.8"]
        cls.sources = sources.all_of(cls.field)

        cls.together = Native(cls.field.etcdsnap)
        cls.one_by_one = OneByOne(cls.field.etcdsnap)

    def makers(self, members):
        """For so many members. `ETCDSNAP_MAKER=real` puts the real tool in our place: then it is the tests that are tested."""
        native = self.one_by_one if members == 1 else self.together
        makers = [native, RealTool(self.releases["3.7"])]
        wanted = os.environ.get("ETCDSNAP_MAKER", "etcdsnap")
        return [maker for maker in makers if maker.name.startswith(wanted)]

    def startable(self, minor, number):
        """One of the snapshots that a release starts from as they are: another one for every number."""
        fitting = [source for source in self.sources if source.may_start_on(minor)]
        return fitting[number % len(fitting)]

    def every(self, cases, check):
        """`check(case, folder)` for all cases. A case's text is its name in reports."""
        cases = list(cases)
        self.assertTrue(cases, "nothing to try")
        pool = ThreadPoolExecutor(AT_ONCE)
        try:
            for case, failure in zip(cases, pool.map(lambda case: self._failure(case, check), cases)):
                with self.subTest(case=" ".join(map(str, case))):
                    if failure:
                        raise failure
        finally:
            pool.shutdown(cancel_futures=True)

    def _failure(self, case, check):
        folder = Path(tempfile.mkdtemp(dir=self.field.folder, prefix="restore-"))
        try:
            check(*case, folder)
        except Exception as error:
            error.add_note(f"logs: {_keep_logs(folder)}")
            return error
        finally:
            shutil.rmtree(folder)

    @contextmanager
    def running(self, release: Release, data_dirs, members, source=None, **options):
        """A cluster on these directories that serves."""
        for data_dir in data_dirs.values():
            self.assert_sound_to_the_library(data_dir)
        root = source.root if source else None
        with Cluster(release, self.client, data_dirs, members, root=root, **options) as cluster:
            cluster.wait_until_agreed()
            yield cluster
            data_dirs = [server.data_dir for server in cluster]
        for data_dir in data_dirs:
            self.assert_sound_to_the_library(data_dir)

    def assert_sound_to_the_library(self, data_dir):
        db = data_dir / "member" / "snap" / "db"
        verdicts = {library.minor: library.verdict(db) for library in self.field.libraries}
        self.assertEqual(set(verdicts.values()), {"sound"}, f"{db}: {verdicts}")

    def assert_serves(self, cluster, source):
        """Every member serves what the snapshot holds; of learners only the keys can be asked."""
        revisions = source.content["keyspaces"]
        for name, server in cluster.servers.items():
            if name in cluster.learners:
                self.assertEqual({each: keyspace(server, each) for each in revisions}, revisions, name)
            else:
                self.assertEqual(content(server, revisions), source.content, name)
        for revision, expected in source.hash_kv.items():
            if revision != source.compacted or all(server.release.hashes_compacted for server in cluster):
                self.assertEqual(cluster.hash_kv(revision), expected, f"HashKV at {revision}")

    def assert_versions(self, cluster, minor):
        """The cluster has come to the layout of a release, and so has the database where that is recorded."""
        for server in cluster:
            server.wait_for_version(f"{minor}.0")

    def assert_works(self, cluster):
        """Writes, deletes, compacts and defragments, and the members stay the same to the last byte of their keys."""
        load = Load(cluster.first, self.field.seed + cluster.revision())
        load.run(REQUESTS)
        cluster.etcdctl("compaction", str(cluster.revision() - REQUESTS // 4))
        for server in cluster.voters.values():
            server.etcdctl("defrag")
        load.run(REQUESTS)
        cluster.wait_until_agreed()
        newest = cluster.revision()
        for revision in (newest, newest - REQUESTS // 4):
            cluster.hash_kv(revision)
        self.assertEqual(cluster.first.call("maintenance/alarm", action="GET").get("alarms", []), [])


def _keep_logs(folder: Path):
    """Copies what servers said out of a case's folder, and returns where to."""
    kept = FAILURES / folder.name
    kept.mkdir(parents=True, exist_ok=True)
    for log in folder.rglob("*.log"):
        shutil.copyfile(log, kept / log.name)
    return kept
