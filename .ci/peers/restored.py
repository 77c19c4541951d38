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
from maker import Imitation, Native, RealTool
from tools import Release

AT_ONCE = 3 * os.cpu_count()  # members mostly wait: for files to be synced, and for each other
FAILURES = Path(os.environ.get("CARGO_TARGET_DIR", Path(__file__).resolve().parents[2] / "target")) / "peers-failures"


class Restored(Comparison):
    """Cases are tried several at once, each in a folder of its own; the logs of those that fail are kept."""

    @classmethod
    def setUpClass(cls):
        cls.releases = {release.minor: release for release in cls.field.releases}
        cls.client = cls.releases["3.8"]
        cls.sources = sources.all_of(cls.field)

    @property
    def native(self):
        return Native(self.field.etcdsnap)

    @property
    def makers(self):
        """`ETCDSNAP_MAKER=etcdutl` puts the real tool in our place: then it is the tests that are tested."""
        if os.environ.get("ETCDSNAP_MAKER") == "etcdutl":
            return [RealTool(self.releases["3.7"])]
        return [self.native, Imitation(self.field.etcdsnap, "3.7")]

    def startable(self, minor, number):
        """One of the snapshots that a release starts from as they are: another one for every number."""
        fitting = [source for source in self.sources if source.may_start_on(minor)]
        return fitting[number % len(fitting)]

    def every(self, cases, check):
        """`check(case, folder)` for all cases. A case's text is its name in reports."""
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


def _keep_logs(folder: Path):
    """Copies what servers said out of a case's folder, and returns where to."""
    kept = FAILURES / folder.name
    kept.mkdir(parents=True, exist_ok=True)
    for log in folder.rglob("*.log"):
        shutil.copyfile(log, kept / log.name)
    return kept
