"""Fresh snapshots from real members, with what the members said when they were taken."""

import random
from dataclasses import dataclass
from pathlib import Path

from content import content
from load import Load
from member import Member

REQUESTS = 150  # between two snapshots


@dataclass(frozen=True)
class Specimen:
    """A snapshot file and the truth about it."""

    minor: str
    what: str
    file: Path
    revision: int
    compacted: int
    hash_kv: dict  # revision -> HashKV of the live member
    content: dict  # what else the live member served, at these revisions
    root: tuple | None  # the administrator's name and password, if authentication is on

    def __str__(self):
        return f"{self.minor} {self.what}"


def take(member: Member, seed: int):
    """Takes three snapshots of the life of a member that has just been started."""
    member.wait_until_healthy()
    load = Load(member, seed)
    return [_never_compacted(member, load), _compacted(member, load), _defragmented_with_users(member, load)]


def _never_compacted(member, load):
    load.run(REQUESTS)
    return _snapshot(member, load, "never compacted", compacted=-1)


def _compacted(member, load):
    compacted = load.random.randrange(3, member.revision())
    member.call("kv/compaction", revision=compacted, physical=True)
    load.run(REQUESTS)
    return _snapshot(member, load, "compacted", compacted)


def _defragmented_with_users(member, load):
    compacted = member.revision()
    member.call("kv/compaction", revision=compacted, physical=True)
    member.call("maintenance/defragment")
    load.run(REQUESTS)
    load.add_users()
    return _snapshot(member, load, "defragmented, with users", compacted)


def _snapshot(member, load, what, compacted):
    file = member.folder / f"{what.replace(', ', '-').replace(' ', '-')}.db"
    member.save_snapshot(file)
    revision = member.revision()
    hashes = {}
    for each in _revisions(load.random, compacted, revision):
        hashes[each], at = member.hash_kv(each)
        if at != compacted:
            raise AssertionError(f"the member is compacted at {at}, asked for {compacted}")
    return Specimen(member.release.minor, what, file, revision, compacted, hashes, content(member, hashes), member.login)


def _revisions(chance: random.Random, compacted, revision):
    """The newest revision and a few older ones. Not the compacted one itself: old servers refuse it, and new ones may
    answer with a hash remembered from before the deletion, which no reader of the file can know."""
    older = range(max(compacted + 1, 2), revision)
    return sorted({revision, *chance.sample(older, min(5, len(older)))})
