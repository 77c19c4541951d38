"""Who makes the data directories that servers are started on: the real tool, or etcdsnap in one of its languages.

All answer to the same call, so that a test says what it wants and not whom it asks. With the real tool as maker the tests
prove themselves: what fails then is a mistake in the test.
"""

from dataclasses import dataclass
from pathlib import Path

from server import loopback
from tools import Answer, Etcdsnap, Release

TOKEN = "restored"


@dataclass(frozen=True)
class Founder:
    """A member that the restored cluster begins with."""

    name: str
    peer_url: str
    learner: bool = False


def founders(voters, learners=0):
    """So many members, on loopback: m1, m2, … and then the learners."""
    total = voters + learners
    return [Founder(f"m{number + 1}", loopback(), learner=number >= voters) for number in range(total)]


def initial_cluster(members):
    return ",".join(f"{member.name}={member.peer_url}" for member in members)


def identity(me: Founder, members):
    """The flags that say who a member is, and among whom."""
    return [
        f"--name={me.name}",
        f"--initial-cluster={initial_cluster(members)}",
        f"--initial-cluster-token={TOKEN}",
        f"--initial-advertise-peer-urls={me.peer_url}",
    ]


class Refused(Exception):
    """The maker said no."""


class Maker:
    def __str__(self):
        return self.name


class RealTool(Maker):
    """`etcdutl snapshot restore`, once for each member."""

    def __init__(self, release: Release):
        self.release = release
        self.name = f"the real etcdutl {release.minor}"

    def make(self, source: Path, folder: Path, members, *options):
        """The members' data directories, by name."""
        return {member.name: self.make_one(source, folder / member.name, member, members, *options) for member in members}

    def make_one(self, source: Path, data_dir: Path, me: Founder, members, *options):
        if any(member.learner for member in members):
            raise Refused(f"{self.name} makes no learners")
        answer = self._restore(source, f"--data-dir={data_dir}", *identity(me, members), *options)
        if answer.code != 0:
            raise Refused(f"{self.name}: {answer.stderr}")
        return data_dir

    def _restore(self, source, *arguments) -> Answer:
        return self.release.tool("etcdutl", "snapshot", "restore", source, *arguments)


class Imitation(RealTool):
    """`etcdsnap etcdutl snapshot restore`, as the releases of one minor version do it."""

    def __init__(self, etcdsnap: Etcdsnap, minor: str):
        self.etcdsnap = etcdsnap
        self.minor = minor
        self.name = f"etcdsnap as etcdutl {minor}"

    def _restore(self, source, *arguments):
        tool = "etcdctl" if self.minor == "3.4" else "etcdutl"
        return self.etcdsnap.personality(self.minor, tool, "snapshot", "restore", source, *arguments)


class Native(Maker):
    """`etcdsnap restore`: a single member by itself, several by `--all-members`."""

    name = "etcdsnap restore"

    def __init__(self, etcdsnap: Etcdsnap):
        self.etcdsnap = etcdsnap

    def make(self, source: Path, folder: Path, members, *options):
        """The members' data directories, by name."""
        if len(members) == 1:
            (me,) = members
            return {me.name: self.make_one(source, folder / me.name, me, members, *options)}
        learners = [f"--learner={member.name}" for member in members if member.learner]
        cluster = [f"--initial-cluster={initial_cluster(members)}", f"--initial-cluster-token={TOKEN}"]
        self._restore(source, "--all-members", f"--output-dir={folder}", *cluster, *learners, *options)
        return {member.name: folder / member.name for member in members}

    def make_one(self, source: Path, data_dir: Path, me: Founder, members, *options):
        self._restore(source, f"--data-dir={data_dir}", *identity(me, members), *options)
        return data_dir

    def _restore(self, source, *arguments):
        answer = self.etcdsnap.native("restore", source, *arguments)
        if answer.code != 0:
            raise Refused(f"{self.name}: {answer.stderr}")
