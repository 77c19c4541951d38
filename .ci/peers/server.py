"""A real etcd server on a data directory: starting it, asking it, and hearing how it ends."""

import base64
import itertools
import json
import random
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from tools import Release

START_SECONDS = 60  # for a server that must come up
LEADER_SECONDS = 10  # for a server that may wait for a leader for ever; hundreds of election timeouts
ELECTION = 100  # milliseconds without a heartbeat until an election begins; ten heartbeats
ALARMS = "exclude=NOSPACE&exclude=CORRUPT"  # a member with an alarm serves, too


@dataclass(frozen=True)
class Outcome:
    """What became of a start: `serves`; `no leader` in good time; or `exits` with a code and its last words."""

    kind: str
    code: int | None = None
    words: str = ""


def outcome(release: Release, data_dir: Path, **options) -> Outcome:
    """Starts a release on a member's data directory, waits until it serves or gives up, and stops it again. The server
    writes to the directory: give it a copy. `options` are those of `Server`."""
    server = Server(release, data_dir, **options)
    try:
        return server.outcome()
    finally:
        server.kill()


class Server:
    """One etcd process, on loopback, and what it says. `client` is the release whose etcdctl asks it; `user` the number of the
    user and the group it runs as; `identity` the flags that say who it is and where its files are."""

    def __init__(
        self,
        release: Release,
        data_dir: Path,
        *,
        name="default",
        peer_url=None,
        election=ELECTION,
        identity=(),
        flags=(),
        environment=None,
        user=None,
        client: Release | None = None,
        log: Path | None = None,
    ):
        self.release = release
        self.client = client or release
        self.name = name
        self.data_dir = data_dir
        self.log = log or data_dir.with_name(f"{data_dir.name}.log")
        self.login = self.token = None
        self.endpoint = loopback()
        self.peer_url = peer_url or loopback()
        self.identity = identity or [
            f"--name={self.name}",
            f"--data-dir={self.data_dir}",
            f"--initial-advertise-peer-urls={self.peer_url}",
            f"--initial-cluster={self.name}={self.peer_url}",
        ]
        self.flags = [f"--heartbeat-interval={election // 10}", f"--election-timeout={election}", *flags]
        self.environment = environment or {}
        self.user = user
        self.process = None
        self.start()

    @property
    def db(self):
        return self.data_dir / "member" / "snap" / "db"

    def start(self, release=None):
        """Starts it, or starts it again: of another release if one is given. The log goes on."""
        self.release = release or self.release
        command = [
            self.release.etcd,
            *self.identity,
            f"--listen-client-urls={self.endpoint}",
            f"--advertise-client-urls={self.endpoint}",
            f"--listen-peer-urls={self.peer_url}",
            "--logger=zap",
            "--log-level=warn",
            *self.flags,
        ]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
                user=self.user,
                group=self.user,
                extra_groups=None if self.user is None else [],
            )

    def outcome(self) -> Outcome:
        """Waits until it serves, ends, or had time enough to elect a leader."""
        if self._serves_within(LEADER_SECONDS):
            return Outcome("serves")
        if self.process.poll() is None:
            return Outcome("no leader")
        return Outcome("exits", self.process.returncode, last_words(self.log.read_text(errors="replace")))

    def comes_up_within(self, seconds):
        """Waits until it serves; whether it does."""
        return self._serves_within(seconds)

    def ends_within(self, seconds):
        """Waits until it ends by itself; whether it does."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def wait_until_healthy(self):
        """Waits for a leader. Raises with the server's own words when it does not come up."""
        if not self._serves_within(START_SECONDS):
            code, words = self.process.poll(), last_words(self.log.read_text(errors="replace"))
            raise RuntimeError(f"etcd {self.release.minor} on {self.data_dir} does not serve (exit code {code}): {words}")

    def _serves_within(self, seconds):
        """It has a leader, answers clients, and the cluster has agreed on its version."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if self._get(f"health?{ALARMS}")["health"] == "true" and self._get("version")["etcdcluster"] != "not_decided":
                    return True
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                pass
            time.sleep(0.05)
        return False

    def wait_for_version(self, version):
        """Waits until cluster and database are of this version. 3.4 and 3.5 say nothing of the database."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            said = self._get("version")
            if (said["etcdcluster"], said.get("storage", version)) == (version, version):
                return
            time.sleep(0.05)
        raise RuntimeError(f"{self.name} has come to {said}, not to {version}")

    def _get(self, path):
        with urllib.request.urlopen(f"{self.endpoint}/{path}", timeout=5) as answer:
            return json.load(answer)

    def stop(self):
        """As an administrator does: SIGTERM, after which etcd says goodbye and closes its files."""
        self._end(signal.SIGTERM)

    def kill(self):
        self._end(signal.SIGKILL)

    def _end(self, how):
        self.process.send_signal(how)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def call(self, method, **message):
        """One request through the JSON gateway, e.g. `call("kv/put", key=b"a", value=b"b")`."""
        try:
            return self._call(method, message)
        except RuntimeError as error:
            if not self.login or "invalid auth token" not in str(error):
                raise
        self.authenticate(*self.login)  # tokens last for five minutes
        return self._call(method, message)

    def _call(self, method, message):
        request = urllib.request.Request(
            f"{self.endpoint}/v3/{method}",
            data=json.dumps(_encoded(message)).encode(),
            headers={"Authorization": self.token} if self.token else {},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"etcd {self.release.minor}: {method}: {error.read().decode()}") from error

    def authenticate(self, name, password):
        """From here on, every request is made as this user."""
        self.login, self.token = (name, password), None
        self.token = self._call("auth/authenticate", {"name": name, "password": password})["token"]

    @property
    def credentials(self):
        """The same for etcdctl."""
        return [f"--user={':'.join(self.login)}"] if self.login else []

    def revision(self):
        return int(self.call("maintenance/status")["header"]["revision"])

    def etcdctl(self, *arguments):
        """Runs etcdctl against this server and returns what it printed."""
        answer = self.client.tool("etcdctl", f"--endpoints={self.endpoint}", *self.credentials, *arguments)
        if answer.code != 0:
            raise RuntimeError(f"etcdctl {self.client.minor} {arguments}: {answer.stderr}")
        return answer.stdout

    def save_snapshot(self, file):
        self.etcdctl("snapshot", "save", file)

    def hash_kv(self, revision):
        """HashKV at a revision, and the compacted revision it was made with (-1: never compacted)."""
        answer = self.etcdctl("endpoint", "hashkv", f"--rev={revision}", "--write-out=json")
        reply = json.loads(answer)[0]["HashKV"]
        return reply["hash"], reply.get("compact_revision", 0)


def last_words(log):
    """Why it ended, from its log: the error of the last panic or fatal line; else Go's own panic; else the last line."""
    lines = log.splitlines()
    for line in reversed(lines):
        entry = _parsed(line)
        if entry.get("level") in ("panic", "fatal", "dpanic"):
            return ": ".join(entry[part] for part in ("msg", "error", "panic") if entry.get(part))
    panics = [line for line in lines if line.startswith(("panic: ", "fatal error: "))]
    return (panics or lines or [""])[-1]


def _parsed(line):
    try:
        entry = json.loads(line)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}


CLAIM = 9_999  # the port that says whose an address is


def _claimed():
    """A socket on an address of 127.0.0.0/8 that no other run has: it stays this run's as long as it is open."""
    while True:
        claim = socket.socket()
        try:
            claim.bind((f"127.{random.randrange(1, 255)}.{random.randrange(256)}.{random.randrange(1, 255)}", CLAIM))
            return claim
        except OSError:
            claim.close()


_claim = _claimed()
_ports = itertools.count(CLAIM + 1)


def loopback():
    """A URL on loopback that nobody listens on. Other runs have other addresses, what this system connects from is another one,
    and a port is given only once; so it stays free until it is used."""
    host, _ = _claim.getsockname()
    for port in _ports:
        with socket.socket() as probe:
            try:
                probe.bind((host, port))
            except OSError:  # of a server that listens on all addresses
                continue
        return f"http://{host}:{port}"
    raise RuntimeError("no port is free")


def _encoded(value):
    """The gateway's JSON: bytes as base64, 64-bit numbers as strings."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {name: _encoded(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_encoded(each) for each in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value
