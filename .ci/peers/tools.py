"""The programs that are compared: the real etcd releases, the bbolt library, and etcdsnap."""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

MINORS = ["3.4", "3.5", "3.6", "3.7", "3.8"]
BBOLT = ["1.3", "1.4", "1.5"]
PATIENCE = 60  # seconds for one run of one tool


@dataclass(frozen=True)
class Answer:
    """What a program printed, and how it ended."""

    stdout: str
    stderr: str
    code: int

    def json(self):
        return json.loads(self.stdout)


def run(command, folder=None, **environment):
    """Runs a program, in a folder if one is given, with none of the caller's etcd settings."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("ETCD", "NO_COLOR"))}
    done = subprocess.run(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        cwd=folder,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
        env=clean | environment,
    )
    return Answer(done.stdout.decode(), done.stderr.decode(), done.returncode)


class Release:
    """The tools of one minor version of etcd."""

    def __init__(self, peers: Path, minor: str):
        self.minor = minor
        self.folder = peers / f"etcd-{minor}"
        self.etcd = self.folder / "etcd"
        self.etcdctl = self.folder / "etcdctl"
        self.etcdutl = self.folder / "etcdutl"

    @cached_property
    def version(self):
        """Its full version, such as 3.5.35."""
        return run([self.etcd, "--version"]).stdout.split()[2]

    @property
    def status_tools(self):
        """Names of the tools that have `snapshot status`: it moved from etcdctl to etcdutl in 3.5 and left etcdctl in 3.6."""
        return {"3.4": ["etcdctl"], "3.5": ["etcdctl", "etcdutl"]}.get(self.minor, ["etcdutl"])

    @property
    def has_hashkv(self):
        return self.minor not in ("3.4", "3.5")

    @property
    def hashes_compacted(self):
        """Whether a server answers for HashKV at the compacted revision itself: 3.4.23 and 3.5.1 refuse."""
        return self.version not in ("3.4.23", "3.5.1")

    def tool(self, name, *arguments):
        """Runs one of them, on copies of the files it is given: `hashkv` writes to its input."""
        with tempfile.TemporaryDirectory(prefix="etcdsnap-tool-") as folder:
            files = {word for word in arguments if isinstance(word, Path) and word.exists()}
            copies = {file: shutil.copyfile(file, Path(folder, str(number))) for number, file in enumerate(files)}
            return run([self.folder / name, *(copies.get(word, word) for word in arguments)], ETCDCTL_API="3")


class BboltLibrary:
    """One version of the bbolt library: `Tx.Check`, and its own writing."""

    def __init__(self, peers: Path, minor: str):
        self.minor = minor
        self.folder = peers / f"bbolt-{minor}"

    def verdict(self, file):
        """`sound`, `damaged`, `unreadable`, `panic` or `timeout`."""
        return self._answers("bbolt-check", "20s", file)[-1]["verdict"]

    def written(self, file):
        """The same, or `different`, and why, after the library has put and deleted keys all over copies of the file, for
        each way to keep a freelist."""
        return self._answers("bbolt-write", "40s", file)

    def _answers(self, program, limit, file):
        answer = run([self.folder / program, "-timeout", limit, file])
        if answer.code != 0:
            raise RuntimeError(f"{program} {file}: {answer.stderr}")
        return [json.loads(line) for line in answer.stdout.splitlines()]


class Etcdsnap:
    """The binary under test. Every run proves that the file asked about, and the folder it is in, stayed as they were."""

    def __init__(self, program: Path):
        self.program = program

    def native(self, command, file, *arguments):
        return self._run([command, file, *arguments], file)

    def check_directory(self, directory, *arguments):
        return self._run(["datadir", "check", directory, *arguments], directory)

    def check_live_directory(self, directory, *arguments):
        """As `check_directory`, on a directory that its member may write to meanwhile."""
        return self._until_unchanged("datadir", "check", directory, *arguments)

    def _until_unchanged(self, *arguments):
        """When a member writes to a file while it is read, that is said; then it is read again."""
        for _ in range(20):
            answer = run([self.program, *arguments])
            if answer.code != 1 or "while it was read" not in answer.stderr:
                break
        return answer

    def personality(self, minor, tool, *arguments):
        file = next((word for word in arguments if isinstance(word, Path)), None)
        return self._run([tool, *arguments], file, ETCDSNAP_COMPAT=minor, ETCDCTL_API="3")

    def of_live_file(self, command, file, *arguments):
        """As `native`, on a file that its member may write to meanwhile."""
        return self._until_unchanged(command, file, *arguments)

    def _run(self, arguments, file, **environment):
        before = _state(file)
        answer = run([self.program, *arguments], **environment)
        if _state(file) != before:
            raise AssertionError(f"{arguments} changed its input, or the folder it is in")
        if "panicked at" in answer.stderr or answer.code < 0:
            raise AssertionError(f"{arguments} crashed with {answer.code}: {answer.stderr}")
        return answer


def _state(path):
    """What a file and its folder look like, or all files of a folder."""
    if path is None or not path.exists():
        return None
    if path.is_dir():
        return [(inside, _state(inside)) for inside in sorted(path.rglob("*")) if inside.is_file()]
    stat = path.stat()
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return digest, stat.st_mtime_ns, stat.st_mode, sorted(os.listdir(path.parent))
