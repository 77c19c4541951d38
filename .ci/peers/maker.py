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


class Upstream(Maker):
    """`snapshot restore` as upstream has it, once for each member."""

    def make(self, source: Path, folder: Path, members, *options):
        """The members' data directories, by name."""
        dirs = {member.name: folder / member.name for member in members}
        for me in members:
            answer = self._restore(source, f"--data-dir={dirs[me.name]}", *identity(me, members), *options)
            if answer.code != 0:
                raise Refused(f"{self.name}: {answer.stderr}")
        return dirs

    def _restore(self, source, *arguments) -> Answer:
        raise NotImplementedError


class RealTool(Upstream):
    """The real etcdutl."""

    def __init__(self, release: Release):
        self.release = release
        self.name = f"real etcdutl {release.minor}"

    def _restore(self, source, *arguments):
        return self.release.tool("etcdutl", "snapshot", "restore", source, *arguments)


class Imitation(Upstream):
    """etcdsnap as the tool of a release, which was etcdctl until 3.4."""

    def __init__(self, etcdsnap: Etcdsnap, minor):
        self.etcdsnap = etcdsnap
        self.minor = minor
        self.tool = "etcdctl" if minor == "3.4" else "etcdutl"
        self.name = f"etcdsnap as {self.tool} {minor}"

    def _restore(self, source, *arguments):
        return self.etcdsnap.personality(self.minor, self.tool, "snapshot", "restore", source, *arguments)


class Native(Maker):
    """`etcdsnap restore`, all members at once."""

    name = "etcdsnap restore"

    def __init__(self, etcdsnap: Etcdsnap):
        self.etcdsnap = etcdsnap

    def make(self, source: Path, folder: Path, members, *options):
        """The members' data directories, by name."""
        cluster = [f"--initial-cluster={initial_cluster(members)}", f"--initial-cluster-token={TOKEN}"]
        self.restore(source, "--all-members", f"--output-dir={folder}", *cluster, *learners(members), *options)
        return {member.name: folder / f"{member.name}.etcd" for member in members}

    def restore(self, source, *arguments):
        """Any restore; what it reports."""
        answer = self.etcdsnap.native("restore", source, "--output=json", *arguments)
        if answer.code != 0:
            raise Refused(f"{self.name}: {answer.stderr}")
        return answer.json()


class OneByOne(Native):
    """`etcdsnap restore`, once for each member, as on hosts that know nothing of each other."""

    name = "etcdsnap restore, one by one,"

    def make(self, source: Path, folder: Path, members, *options):
        dirs = {member.name: folder / member.name for member in members}
        for me in members:
            self.restore(source, f"--data-dir={dirs[me.name]}", *identity(me, members), *learners(members), *options)
        return dirs


def learners(members):
    return [f"--learner={member.name}" for member in members if member.learner]
