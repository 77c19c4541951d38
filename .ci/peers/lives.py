"""What becomes of a backup in reality: the real restore tool, the real server, a read, a write, and the keys after ten seconds."""

import base64
import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from changes import WATCHED
from load import ROOT
from server import Server, last_words
from tools import PATIENCE, Release

START_SECONDS = 20  # for a server that comes up, among many that start at once
PROBE = b"/probe"  # the key that is written
EVERYTHING = {"key": b"\0", "range_end": b"\0", "keys_only": True}


@dataclass(frozen=True)
class Life:
    """How far it came, and the server's own words, or the tool's, for what stopped it.

    | end | |
    |---|---|
    | `no restore` | the restore tool refused, or panicked |
    | `dies` | the server ended: at its start, or after a read or a write |
    | `mute` | it runs, and answers no read |
    | `loses` | keys of the backup were missing, at once or ten seconds later |
    | `reads` | it serves and refuses writes |
    | `lives` | it serves every key, and writes |
    """

    end: str
    words: str = ""

    def __str__(self):
        return f"{self.end}: {self.words}" if self.words else self.end


class Died(Exception):
    """The server has ended."""


def life_of(release: Release, backup: Path, keys, folder: Path, auth=False) -> Life:
    """Restores a backup by the real tool of a release and starts that release on it. `keys` are those that it should serve; with
    `auth` they are asked for as root."""
    data_dir = folder / f"{release.minor}.etcd"
    tool = "etcdctl" if release.minor == "3.4" else "etcdutl"
    answer = release.tool(tool, "snapshot", "restore", backup, f"--data-dir={data_dir}")
    if answer.code != 0:
        return Life("no restore", f"{answer.code}: {_shortened(_reason(answer.stderr))}")
    return served(release, data_dir, keys, auth=auth)


def served(release: Release, data_dir: Path, keys, auth=False, **options) -> Life:
    """Starts a release on a member's data directory and lives with it for ten seconds. The directory is gone afterwards."""
    server = Server(release, data_dir, **options)
    try:
        server.comes_up_within(START_SECONDS)
        return watched(server, keys, auth)
    finally:
        server.kill()
        shutil.rmtree(data_dir, ignore_errors=True)


def watched(server: Server, keys, auth=False) -> Life:
    """Reads, writes, and reads again ten seconds later."""
    try:
        return _watched(server, keys, auth)
    except Died:
        code = server.process.wait(PATIENCE)
        return Life("dies", f"{code}: {_shortened(last_words(server.log.read_text(errors='replace')))}")


def _watched(server, keys, auth):
    begun = time.monotonic()
    try:
        if auth:
            _ask(server, lambda: server.authenticate(*ROOT))
        missing = keys - _ask(server, lambda: keys_of(server))
    except RuntimeError as refusal:
        return Life("mute", str(refusal))
    if missing:
        return Life("loses", f"{len(missing)} of {len(keys)} keys at once")
    refused = None
    try:
        _ask(server, lambda: server.call("kv/put", key=PROBE, value=b"written"))
    except RuntimeError as refusal:
        refused = Life("reads", str(refusal))
    time.sleep(max(begun + WATCHED - time.monotonic(), 0))
    try:
        missing = keys - _ask(server, lambda: keys_of(server))
    except RuntimeError as refusal:
        return Life("mute", f"{refusal}, after {WATCHED} s")
    if missing:
        return Life("loses", f"{len(missing)} of {len(keys)} keys within {WATCHED} s")
    return refused or Life("lives")


def _ask(server, request):
    """The answer to a request; RuntimeError with the server's words when it refuses."""
    try:
        return request()
    except RuntimeError as error:
        failure = RuntimeError(_refusal(str(error)))
    except OSError as error:  # no connection, or no answer in time
        failure = RuntimeError(f"no answer ({error})")
    if server.ends_within(2):
        raise Died
    raise failure


def _reason(stderr):
    """Why a restore tool gave up: the last line of its log with an error, without the time and the place; else its last words,
    unless they are of its progress: 3.5 ends without saying why. The line's columns are the time, the level, perhaps a name, the
    place, the message and more as JSON."""
    for line in reversed(stderr.splitlines()):
        _, level, *columns = *line.split("\t"), ""
        if level in ("error", "fatal", "panic"):
            more = json.loads(columns[-2]) if columns[-2].startswith("{") else {}
            message = columns[-3] if more else columns[-2]
            return ": ".join([message, *(str(more[name]) for name in ("error", "panic") if name in more)])
    words = last_words(stderr)
    return "" if "\tinfo\t" in words else words


def _refusal(text):
    """The message in the gateway's answer."""
    try:
        answer = json.loads(text[text.index("{") :])
    except ValueError:
        return _shortened(text)
    return answer.get("message") or answer.get("error")


def keys_of(server):
    """The names of all keys that a server has."""
    answer = server.call("kv/range", **EVERYTHING)
    return {base64.b64decode(pair["key"]) for pair in answer.get("kvs", [])}


def _shortened(words):
    return words if len(words) <= 200 else f"{words[:200]}…"
