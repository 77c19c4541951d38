"""What etcdsnap foretells of a backup, in words that can be held against what becomes of it (`lives.Life`)."""

import re
from dataclasses import dataclass

from kinds import is_strict

DAMAGED = 3


@dataclass(frozen=True)
class Forecast:
    """`word` is `yes` (it serves every key, and writes), `reads` (it refuses writes), `locked` (root cannot log in), `damaged` (it
    starts, with less or other than was backed up) or `no`; `reasons` are those that `boot` gives."""

    word: str
    reasons: tuple

    def __str__(self):
        return f"{self.word} ({' '.join(self.reasons)})"


AGREEING = {  # the ends of lives
    "yes": {"lives"},
    "reads": {"reads"},
    "locked": {"mute"},
    "damaged": {"lives", "reads", "loses"},
    "no": {"no restore", "dies", "mute", "loses"},
}


def agree(kind, told, life):
    """Whether a forecast came true; or was more cautious than it had to be, where that is intended."""
    return life.end in AGREEING[told.word] or (told.word == "no" and is_strict(kind))


def forecasts(boot, damaged, releases):
    """By minor version. `damaged`: what they are about has errors. `boot` speaks of the newest patch releases; where it says which
    older ones start all the same, it is believed."""
    return {each["version"]: Forecast(_word(each, damaged, releases), tuple(each["reasons"])) for each in boot}


def _word(verdict, damaged, releases):
    reasons = verdict["reasons"]
    if not verdict["starts"]:
        release = releases[verdict["version"]].version
        if not all(_starts_all_the_same(reason, release) for reason in reasons):
            return "no"
    if damaged:
        return "damaged"
    for word, sign in SIGNS.items():
        if any(sign in reason for reason in reasons):
            return word
    return "yes"


SIGNS = {"locked": "can administer it", "reads": "refuses"}


def _starts_all_the_same(reason, release):
    """A reason says so in the words "etcd 3.4.0 to 3.4.30 start"."""
    first, patch = release.rsplit(".", 1)
    return any(
        minor == first and int(oldest) <= int(patch) <= int(newest)
        for minor, oldest, newest in re.findall(r"etcd (3\.\d+)\.(\d+) to \1\.(\d+) [^.]*\bstart\b", reason)
    )


def verify(etcdsnap, backup, releases):
    """The exit code of `verify`, its forecasts, and the ids of the errors that it found."""
    answer = etcdsnap.native("verify", backup, "-o=json")
    (report,) = answer.json()["reports"]
    errors = sorted({finding["id"] for finding in report["findings"] if finding["severity"] == "error"})
    return answer.code, forecasts(report["boot"], bool(errors), releases), errors
