"""`defrag` and `migrate`: the same content to the real tools, sound to the library, and fit to live on."""

import shutil
from itertools import product

from maker import founders
from restored import VERIFY, Restored
from tools import MINORS, run


class Rewriting(Restored):
    def test_a_defragmented_snapshot_is_the_same_to_the_real_tools(self):
        self.every([(specimen,) for specimen in self.field.specimens], self.defragmented)

    def defragmented(self, specimen, folder):
        small = folder / "small.db"
        answer = self.field.etcdsnap.native("defrag", specimen.file, small)
        self.assertEqual((answer.code, answer.stderr), (0, ""))
        before, after = self.status(specimen.file), self.status(small)
        self.assertLess(after["totalSize"], before["totalSize"])
        self.assertEqual(after | {"totalSize": 0}, before | {"totalSize": 0})
        self.assert_library(small)
        again = self.client.tool("etcdutl", "snapshot", "restore", small, f"--data-dir={folder / 'again'}")
        self.assertEqual(again.code, 0, again.stderr)

    def test_a_migrated_snapshot_is_sound_and_differs_in_one_entry(self):
        self.every(product(self.field.specimens[::3], MINORS[1:]), self.migrated)

    def migrated(self, specimen, minor, folder):
        other = folder / "other.db"
        answer = self.field.etcdsnap.native("migrate", specimen.file, other, f"--target-version={minor}")
        if specimen.minor == "3.4":
            self.assertEqual(answer.code, 1)  # without a raft term nobody knows where to begin
            return
        self.assertEqual((answer.code, answer.stderr), (0, ""))
        theirs, ours = self.status(specimen.file), self.status(other)
        self.assertEqual(ours["version"], "" if minor == "3.5" else f"{minor}.0")
        same = ours["version"] == theirs["version"]
        self.assertEqual(theirs["hash"] == ours["hash"], same)
        self.assertEqual([ours[each] for each in ("revision", "totalKey")], [theirs[each] for each in ("revision", "totalKey")])
        self.assert_library(other)

    def test_a_member_is_migrated_as_the_real_tool_migrates_it(self):
        self.every(product(self.field.specimens[1::3], ["3.6", "3.7", "3.8"], MINORS[1:]), self.migrated_member)

    def migrated_member(self, specimen, tool, minor, folder):
        (me,) = members = founders(1)
        data_dir = self.one_by_one.make(specimen.file, folder, members)[me.name]
        theirs = shutil.copytree(data_dir, folder / "theirs")
        arguments = [f"--target-version={minor}", "--data-dir"]
        code = run([self.releases[tool].etcdutl, "migrate", *arguments, theirs]).code
        answer = self.field.etcdsnap.personality(tool, "etcdutl", "migrate", *arguments, str(data_dir))
        self.assertEqual(answer.code, code, answer.stderr)
        ours, theirs = data_dir / "member" / "snap" / "db", theirs / "member" / "snap" / "db"
        self.assertEqual(self.status(ours), self.status(theirs) | {"totalSize": self.status(ours)["totalSize"]})

    def test_members_live_on_after_both_in_place(self):
        self.every([(minor,) for minor in MINORS], self.lives_on)

    def lives_on(self, minor, folder):
        source = self.startable(minor, self.field.seed + 1)
        (me,) = members = founders(1)
        dirs = self.one_by_one.make(source.file, folder, members)
        if minor != "3.4":
            self.in_place("migrate", dirs[me.name], f"--target-version={minor}")
        self.in_place("defrag", dirs[me.name])
        with self.running(self.releases[minor], dirs, members, source, environment=VERIFY) as cluster:
            self.assert_serves(cluster, source)
            self.assert_works(cluster)

    def in_place(self, command, data_dir, *arguments):
        answer = run([self.field.etcdsnap.program, command, "--in-place", *arguments, data_dir])
        self.assertEqual((answer.code, answer.stderr), (0, ""))

    def status(self, file):
        return self.client.tool("etcdutl", "snapshot", "status", file, "-w=json").json()

    def assert_library(self, file):
        """The file as bbolt knows it, without a hash behind."""
        database = file.with_suffix(".bare")
        bytes_ = file.read_bytes()
        database.write_bytes(bytes_[:-32] if len(bytes_) % 512 == 32 else bytes_)
        for library in self.field.libraries:
            self.assertEqual(library.verdict(database), "sound", library.minor)
            wrong = [answer for answer in library.written(database) if answer["verdict"] != "sound"]
            self.assertEqual(wrong, [], library.minor)
