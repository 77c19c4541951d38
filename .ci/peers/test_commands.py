"""`snapshot restore`, `defrag` and `migrate` of the personalities, line by line as the real tools: exit code, what is said on
standard error, and the files that are there afterwards."""

import gzip
import hashlib
import re
import shutil
from pathlib import Path

from restored import Restored
from tools import run

CLUSTER = "m1=http://10.0.0.1:2380,m2=http://10.0.0.2:2380,m3=http://10.0.0.3:2380"
MINE = ["--name", "m2", "--initial-cluster", CLUSTER, "--initial-advertise-peer-urls", "http://10.0.0.2:2380"]
DATA = ["--data-dir", "a.etcd"]
BUMP = ["--bump-revision", "--mark-compacted", "--initial-memory-map-size"]  # younger than 3.4.23

RESTORES = [
    [],
    ["a", "b", *DATA],
    ["whole.db"],
    ["whole.db", *DATA],
    ["whole.db", *DATA, *MINE],
    ["whole.db", *DATA, *MINE, "--initial-cluster-token", "tk"],
    ["missing", *DATA],
    ["folder", *DATA],
    ["empty", *DATA],
    ["short", *DATA],
    ["text", *DATA],
    ["text544", *DATA],
    ["packed.gz", *DATA],
    ["damaged.db", *DATA],
    ["bare.db", *DATA],
    ["bare.db", *DATA, "--skip-hash-check"],
    ["empty", *DATA, "--skip-hash-check"],
    ["whole.db", "--data-dir", "full"],
    ["whole.db", "--data-dir", "folder"],
    ["whole.db", "--data-dir", "short"],
    ["whole.db", "--data-dir", "./x/../b.etcd/"],
    ["whole.db", *DATA, "--wal-dir", "wal"],
    ["whole.db", *DATA, "--wal-dir", "folder"],
    ["whole.db", *DATA, "--name", "m9"],
    ["whole.db", *DATA, "--initial-cluster", ""],
    ["whole.db", *DATA, "--initial-cluster", "default=ftp://localhost:2380"],
    ["whole.db", *DATA, "--initial-cluster", "default=http://localhost"],
    ["whole.db", *DATA, "--initial-cluster", "default=http://localhost:2380/path"],
    ["whole.db", *DATA, "--initial-cluster", "default=http://localhost:2380,b=http://localhost:2380"],
    ["whole.db", *DATA, "--initial-cluster", "default=http://10.0.0.9:2380"],
    ["whole.db", *DATA, "--initial-advertise-peer-urls", "http://localhost:2380,http://localhost:2381"],
    ["whole.db", *DATA, "--initial-advertise-peer-urls", "localhost:2380"],
    ["whole.db", *DATA, "--initial-cluster-state", "new"],
    ["whole.db", *DATA, "--name"],
    ["whole.db", *DATA, "--bump-revision", "1000", "--mark-compacted"],
    ["whole.db", *DATA, "--bump-revision", "1000"],
    ["whole.db", *DATA, "--mark-compacted"],
    ["whole.db", *DATA, "--bump-revision", "-5"],
]

CLIENT = [
    ["--endpoints=https://10.0.0.9:2379", "--cacert=x", "--cert=y", "--key=z", "snapshot", "restore", "whole.db", *DATA],
    ["snapshot", "restore", "whole.db", *DATA, "--command-timeout=60s", "--user=root:secret"],
]

MEMBER = ["--data-dir", "member.etcd"]
MEMBERS = [
    ["defrag"],
    ["defrag", *MEMBER],
    ["defrag", "--data-dir", "missing"],
    ["migrate"],
    ["migrate", *MEMBER],
    ["migrate", "--target-version", "3.6"],
    ["migrate", "--data-dir", "missing", "--target-version", "3.6"],
    *(["migrate", *MEMBER, f"--target-version={version}"] for version in "3.5 3.6 3.7 3.8 3.9 4.0 3.4 3 3.6.1 3.x . 3.6-rc".split()),
    ["migrate", *MEMBER, "--target-version=3.9", "--force"],
    ["migrate", *MEMBER, "--target-version=4.0", "--force"],
    ["migrate", "--data-dir", "logless.etcd", "--target-version=3.5"],
    ["migrate", "--data-dir", "logless.etcd", "--target-version=3.6"],
]


class Commands(Restored):
    def test_restores(self):
        lines = [["snapshot", "restore", *line] for line in RESTORES]
        tools = [("3.4", "etcdctl"), ("3.5", "etcdctl"), *((minor, "etcdutl") for minor in ("3.5", "3.6", "3.7", "3.8"))]
        cases = [(minor, tool, line) for minor, tool in tools for line in lines + (CLIENT if tool == "etcdctl" else [])]
        known = [case for case in cases if case[0] > "3.4" or not set(BUMP) & set(case[2])]
        self.every(known, self.compare)

    def test_members(self):
        cases = [(minor, "etcdutl", line) for minor in ("3.5", "3.6", "3.7", "3.8") for line in MEMBERS]
        # 3.5 has no `migrate`; 3.8 reads versions in another way since its first alpha release.
        alpha = {f"--target-version={version}" for version in ("3.x", ".", "3.6-rc")}
        known = [case for case in cases if case[0] > "3.5" or case[2][0] == "defrag"]
        known = [case for case in known if case[0] < "3.8" or not alpha & set(case[2])]
        self.every(known, self.compare)

    def compare(self, minor, tool, line, folder):
        theirs = self.ran(folder / "theirs", [self.releases[minor].folder / tool, *line])
        ours = self.ran(folder / "ours", [self.field.etcdsnap.program, tool, *line], ETCDSNAP_COMPAT=minor)
        self.assertEqual(ours[:2], theirs[:2])
        if theirs[0] == 0:
            self.assertEqual(comparable(minor, ours[2]), comparable(minor, theirs[2]))
        else:
            self.assertEqual(ours[2], self.before(), "something was left behind")

    def ran(self, folder, command, **environment):
        """Exit code, standard error and files of one run in a folder with all kinds of inputs."""
        shutil.copytree(self.inputs(), folder)
        answer = run(command, folder=folder, ETCDCTL_API="3", **environment)
        return answer.code, said(answer.stderr), files(folder)

    def before(self):
        return files(self.inputs())

    def inputs(self):
        made = self.field.folder / "inputs"
        if not made.exists():
            making = self.field.folder / "inputs.making"
            self.make_inputs(making)
            making.rename(made)
        return made

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.specimen = next(each for each in cls.field.specimens if each.minor == "3.6" and each.compacted < 0)

    def setUp(self):
        self.inputs()

    def make_inputs(self, folder):
        whole = self.specimen.file.read_bytes()
        (folder / "full" / "x").mkdir(parents=True)
        (folder / "folder").mkdir()
        contents = {
            "whole.db": whole,
            "bare.db": whole[:-32],
            "damaged.db": whole[:9000] + bytes([whole[9000] ^ 1]) + whole[9001:],
            "packed.gz": gzip.compress(whole, mtime=0),
            "empty": b"",
            "short": b"0123456789",
            "text": b"text\n" * 20,
            "text544": b"text\n" * 108 + b"text",
        }
        for name, content in contents.items():
            (folder / name).write_bytes(content)
        for name in ("member.etcd", "logless.etcd"):
            made = self.releases["3.6"].tool("etcdutl", "snapshot", "restore", folder / "whole.db", "--data-dir", str(folder / name))
            self.assertEqual(made.code, 0, made.stderr)
        shutil.rmtree(folder / "logless.etcd" / "member" / "wal")


def said(stderr):
    """The lines of a command itself: without times, stacks, the opening of databases, resolved names, and usage."""
    lines = []
    for line in stderr.splitlines():
        line = re.sub(r"^\d{4}-\d\d-\d\dT[\d:]+Z", "TIME", line)
        line = re.sub(r'"ts":[\d.]+', '"ts":TIME', line)
        line = re.sub(r', "stack": "[^"]*"', "", line)
        line = re.sub(r'"took": .*}', '"took": SPAN}', line)
        line = re.sub(r'("current-db-size[a-z-]*"): (-?\d+|"[^"]*")', r"\1: SIZE", line)
        foreign = "\tbbolt\t" in line or "netutil" in line or "restored last compact revision" in line
        if not foreign and line.startswith(("Error: ", "TIME\t", '{"level"', "Deprecated", "Use `")):
            lines.append(line)
    return lines


def files(folder: Path):
    """Every file: its rights, and the hash of its bytes. Of a database only that it is there: it is compared elsewhere."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest = "" if path.name == "db" else hashlib.sha256(path.read_bytes()).hexdigest()
            found[str(path.relative_to(folder))] = (oct(path.stat().st_mode & 0o777), digest)
        else:
            found[str(path.relative_to(folder))] = "folder"
    return found


def comparable(minor, found):
    """Without what differs on purpose, or from run to run of the real tool: `.snap` is 0600 and not 0644; 3.6 and later put the
    members into it in a random order; 3.8 on its main branch writes none."""
    result = {}
    for name, what in found.items():
        if not name.endswith(".snap"):
            result[name] = what
        elif minor < "3.6":
            result[name] = what[1]
        elif minor < "3.8":
            result[name] = ""
    return result
