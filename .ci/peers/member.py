"""A real etcd member on loopback, and what it says about itself."""

import base64
import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from tools import Release

START_SECONDS = 60


class Member:
    """One running etcd: a cluster of its own, with its files in a new folder."""

    def __init__(self, release: Release, folder: Path):
        self.release = release
        self.folder = folder
        self.data_dir = folder / "m1.etcd"
        self.log = folder / "etcd.log"
        self.token = None
        self.user = []
        folder.mkdir()
        client, peer = free_ports(2)
        self.endpoint = f"http://127.0.0.1:{client}"
        self.process = self._start(f"http://127.0.0.1:{peer}")

    @property
    def db(self):
        return self.data_dir / "member" / "snap" / "db"

    def _start(self, peer_url):
        command = [
            self.release.etcd,
            "--name=m1",
            f"--data-dir={self.data_dir}",
            f"--listen-client-urls={self.endpoint}",
            f"--advertise-client-urls={self.endpoint}",
            f"--listen-peer-urls={peer_url}",
            f"--initial-advertise-peer-urls={peer_url}",
            f"--initial-cluster=m1={peer_url}",
            "--logger=zap",
            "--log-level=warn",
        ]
        with self.log.open("wb") as log:
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={})

    def wait_until_healthy(self):
        """Waits for a leader. Raises with the member's own words when it does not come up."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.endpoint}/health", timeout=5) as answer:
                    if json.load(answer)["health"] == "true":
                        return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                pass
            time.sleep(0.1)
        raise RuntimeError(f"etcd {self.release.minor} did not start:\n{self.log.read_text()}")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def call(self, method, **message):
        """One request through the member's JSON gateway, e.g. `call("kv/put", key=b"a", value=b"b")`."""
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
        self.token = self.call("auth/authenticate", name=name, password=password)["token"]
        self.user = [f"--user={name}:{password}"]

    def revision(self):
        return int(self.call("maintenance/status")["header"]["revision"])

    def etcdctl(self, *arguments):
        """Runs the release's own etcdctl against this member and returns what it printed."""
        answer = self.release.tool("etcdctl", f"--endpoints={self.endpoint}", *self.user, *arguments)
        if answer.code != 0:
            raise RuntimeError(f"etcdctl {self.release.minor} {arguments}: {answer.stderr}")
        return answer.stdout

    def save_snapshot(self, file):
        self.etcdctl("snapshot", "save", file)

    def hash_kv(self, revision):
        """The member's HashKV at a revision, and the compacted revision it was made with (-1: never compacted)."""
        answer = self.etcdctl("endpoint", "hashkv", f"--rev={revision}", "--write-out=json")
        reply = json.loads(answer)[0]["HashKV"]
        return reply["hash"], reply.get("compact_revision", 0)


def free_ports(count):
    """Ports that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


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
