"""`datadir check` foretells what real servers do with a directory: starts, repairs, is never ready, ends with an error or a panic;
and what it calls sound serves every key."""

import os
import random
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import directories
from field import Comparison
from lives import keys_of, watched
from load import Load
from server import Server

REQUESTS = 120
SNAPSHOT_COUNT = 50  # entries between two snapshots
HARMED = 150  # starts on harmed directories, unless all are wanted; those on unharmed ones are all made
DAMAGED = 3
SERVERS = 12  # at a time for each core: they mostly wait
CODES = {"exits": 1, "panics": 2}


class Directories(Comparison):
    @classmethod
    def setUpClass(cls):
        cls.folder = cls.field.folder / "datadir"
        cls.folder.mkdir()
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.random = random.Random(cls.field.seed)
        cls.left, cls.keys = {}, {}
        for release, how in product(cls.field.releases, ["stopped", "killed"]):
            name = f"{release.minor} {how}"
            cls.left[name], cls.keys[name] = cls.leave(release, how)

    @classmethod
    def leave(cls, release, how):
        """A directory that a member of this release left, and the keys that it served: with snapshots when it was stopped, from the
        beginning when killed."""
        directory = cls.folder / f"{release.minor}-{how}"
        flags = [f"--snapshot-count={SNAPSHOT_COUNT}"] if how == "stopped" else []
        server = Server(release, directory, name="m1", flags=flags)
        load = Load(server, cls.field.seed)
        try:
            server.wait_until_healthy()
            load.run(REQUESTS // 2)
            server.stop()
            shutil.copyfile(server.db, directory / directories.EARLIER)
            server.start()
            server.wait_until_healthy()
            load.run(REQUESTS // 2)
            keys = keys_of(server)
        finally:
            server.stop() if how == "stopped" else server.kill()
        for prepared in (directory / "member" / "wal").glob("*.tmp"):
            prepared.unlink()
        directories.shorten(directory)
        return directory, keys

    def test_starts_are_foretold(self):
        every = list(product(self.left, directories.WAYS, self.field.releases))
        whole = [case for case in every if case[1] == "as it was left"]
        harmed = [case for case in every if case not in whole]
        if not self.field.everything:
            harmed = self.random.sample(harmed, HARMED)
        with ThreadPoolExecutor(SERVERS * (os.cpu_count() or 1)) as pool:
            results = list(pool.map(lambda numbered: self.compare(*numbered), enumerate(whole + harmed)))
        cases = zip(whole + harmed, results)
        wrong = [f"{left}, {way}, on {release.minor}: {said}" for (left, way, release), said in cases if said]
        print(f"{len(results)} starts foretold")
        self.assertEqual(wrong, [], "\n" + "\n".join(wrong))

    def test_a_running_member_is_noticed(self):
        server = Server(self.field.releases[-1], self.folder / "running", name="m1")
        self.addCleanup(server.kill)
        server.wait_until_healthy()
        answer = self.field.etcdsnap.check_live_directory(server.data_dir, "--output=json")
        document = answer.json()
        self.assertTrue(document["inUse"], answer)
        self.assertIn("DIRECTORY_IN_USE", [finding["id"] for finding in document["findings"]])
        self.assertEqual(document["inUseBy"], server.process.pid)

    def compare(self, number, case):
        """Says how the forecast and the server disagree; nothing if they do not, or if the harm does not apply. A directory that
        is called sound must serve every key."""
        left, way, release = case
        directory = self.folder / f"case-{number}"
        subprocess.run(["cp", "-a", "--sparse=always", self.left[left], directory], check=True)
        try:
            directories.harm(directory, way)
            forecast = self.forecast(directory, release)
            real, life = self.real(directory, release, self.keys[left])
        except LookupError:
            return None
        finally:
            shutil.rmtree(directory)
        if not agree(forecast, real):
            return f"foretold {forecast}, but it {real}"
        trusted = forecast["code"] == 0 and way not in directories.UNSEEN
        return f"foretold {forecast}, but it {life}" if trusted and life and life.end != "lives" else None

    def real(self, directory, release, keys):
        """What became of a server that was started alone, and how it lived if it served."""
        server = Server(release, directory, name="m1")
        try:
            real = server.outcome()
            return real, watched(server, keys) if real.kind == "serves" else None
        finally:
            server.kill()

    def forecast(self, directory, release):
        answer = self.field.etcdsnap.check_directory(directory, "--output=json", f"--server-version={release.version}")
        self.assertIn(answer.code, (0, DAMAGED), answer)
        document = answer.json()
        (start,) = document["starts"]
        index = document["indexes"]["consistentIndex"] or 0
        return start | {"code": answer.code, "memberId": document["memberId"], "consistentIndex": index}


def agree(forecast, real):
    """`real` is what became of a server that was started alone."""
    match forecast["outcome"]:
        case "starts" | "repairs":
            alone = forecast["voters"] == [forecast["memberId"]]
            return real.kind == ("serves" if alone else "no leader")
        case "notReady":
            return real.kind == "no leader"
        case "beginsAnew":
            stuck = forecast["consistentIndex"] > 0 and forecast["version"] >= "3.6"
            return real.kind == ("no leader" if stuck else "serves")
        case "exits" | "panics" as end:
            return real.kind == "exits" and real.code == CODES[end] and (forecast["said"] or "") in real.words
    return True  # pages of the database are damaged: anything may happen
