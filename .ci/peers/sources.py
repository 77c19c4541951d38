"""Snapshots to be restored, with what is known of their content: the recorded ones, and those taken from live members."""

import gzip
import json
import os
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cluster import Cluster
from content import content
from load import ROOT
from maker import RealTool, founders
from specimens import Specimen
from tools import MINORS

TESTDATA = Path(__file__).resolve().parents[2] / "testdata"
SPECIAL = TESTDATA / "etcd-special"


@dataclass(frozen=True)
class Source:
    """A snapshot and the truth about it."""

    name: str
    file: Path
    minor: str
    revision: int
    hash_kv: dict  # revision -> HashKV, compacted revision
    content: dict  # what a member must serve: see `content.py`
    root: tuple | None = None  # the administrator's name and password, if authentication is on

    def __str__(self):
        return self.name

    @property
    def compacted(self):
        return next((compacted for _, compacted in self.hash_kv.values()), None)

    def may_start_on(self, minor):
        """As it is: 3.4 and 3.5 do not know the storage version, and later servers refuse one newer than themselves."""
        return minor in ("3.4", "3.5") or MINORS.index(self.minor) <= MINORS.index(minor)


@cache
def all_of(field):
    """Those in the repository, or in the folder that `ETCDSNAP_FIXTURES` names, and the specimens of this run."""
    folder = Path(os.environ.get("ETCDSNAP_FIXTURES", TESTDATA / "etcd"))
    recorded = [_recorded(field, file) for file in sorted(folder.glob("etcd-*.json"))]
    if not recorded:
        raise RuntimeError(f"no snapshots in {folder}")
    return [*recorded, *map(_of_specimen, field.specimens)]


def _recorded(field, file):
    known = json.loads(file.read_text())
    keyspaces = {each["rev"]: (each["count"], each["digest"]) for each in known["keyspace"]}
    minor = ".".join(known["server"].split(".")[:2])
    served = _served(field, minor, file.with_suffix(".db"), keyspaces)
    if served["keyspaces"] != keyspaces:
        raise AssertionError(f"etcd {minor} does not serve what is recorded of {file}")
    return Source(
        name=known["file"],
        file=file.with_suffix(".db"),
        minor=minor,
        revision=known["revision"],
        hash_kv={each["rev"]: (each["hash"], each["compact"]) for each in known["hashkv"] if "hash" in each},
        content=served,
    )


@cache
def special(field):
    """The snapshots of single states: alarms, learners, leases, bumped revisions, downgrades."""
    found = [_special(field, file) for file in sorted(SPECIAL.glob("*.json"))]
    if not found:
        raise RuntimeError(f"no snapshots in {SPECIAL}")
    return found


def _special(field, file):
    known = json.loads(file.read_text())
    snapshot = field.folder / "special" / f"{file.stem}.db"
    snapshot.parent.mkdir(exist_ok=True)
    snapshot.write_bytes(gzip.decompress(file.with_suffix(".db.gz").read_bytes()))
    minor = ".".join(known["server"].split(".")[:2])
    root = ROOT if "root" in known["users"] else None
    hash_kv = known["hashkv"]
    return Source(
        name=file.stem,
        file=snapshot,
        minor=minor,
        revision=known["revision"],
        hash_kv={known["revision"]: (hash_kv["hash"], hash_kv["compact"])} if hash_kv else {},
        content=_served(field, minor, snapshot, [known["revision"]], root),
        root=root,
    )


def _served(field, minor, file, revisions, root=None):
    """What a server on the real tool's restore of a snapshot says of its content: not all of it is recorded."""
    releases = {release.minor: release for release in field.releases}
    folder = Path(tempfile.mkdtemp(dir=field.folder, prefix="truth-"))
    members = founders(1)
    dirs = RealTool(releases["3.7"]).make(file, folder, members)
    with Cluster(releases[minor], releases["3.8"], dirs, members, root=root) as cluster:
        cluster.wait_until_agreed()
        return content(cluster.first, revisions)


def _of_specimen(specimen: Specimen):
    return Source(
        name=str(specimen),
        file=specimen.file,
        minor=specimen.minor,
        revision=specimen.revision,
        hash_kv={revision: (known, specimen.compacted) for revision, known in specimen.hash_kv.items()},
        content=specimen.content,
        root=specimen.root,
    )
