"""Keys that were written through the v2 API are in no snapshot: a restore loses them, and `verify` says so before."""

import json
import urllib.error
import urllib.parse
import urllib.request

from field import Comparison
from maker import RealTool, founders
from server import Server

KEYS = 200
SERVERS = ["3.4", "3.5"]  # those that still have the v2 API


class V2Only(Comparison):
    def test_what_is_lost_is_told(self):
        for release in self.field.releases:
            if release.minor in SERVERS:
                with self.subTest(server=release.minor):
                    self.compare(release)

    def compare(self, release):
        folder = self.field.folder / f"lost-{release.minor}"
        folder.mkdir()
        snapshot = folder / "backup.db"
        (me,) = members = founders(1)
        server = Server(release, folder / "first", name=me.name, peer_url=me.peer_url, flags=["--enable-v2"])
        self.addCleanup(server.kill)
        server.wait_until_healthy()
        for number in range(KEYS):
            put_v2(server, f"/config/{number}")
        self.assertTrue(has_v2(server, "/config/0"))
        server.save_snapshot(snapshot)
        server.kill()
        dirs = RealTool(self.field.releases[-2]).make(snapshot, folder, members)
        restored = Server(release, dirs[me.name], name=me.name, peer_url=me.peer_url, flags=["--enable-v2"])
        self.addCleanup(restored.kill)
        restored.wait_until_healthy()
        self.assertFalse(has_v2(restored, "/config/0"), "the restore brought v2 keys back")
        (report,) = self.field.etcdsnap.native("verify", snapshot, "-o=json").json()["reports"]
        self.assertIn("V2_KEYS_POSSIBLE", [finding["id"] for finding in report["findings"]])


def put_v2(server, key):
    body = urllib.parse.urlencode({"value": "value"}).encode()
    request = urllib.request.Request(f"{server.endpoint}/v2/keys{key}", data=body, method="PUT")
    with urllib.request.urlopen(request, timeout=30) as answer:
        json.load(answer)


def has_v2(server, key):
    try:
        with urllib.request.urlopen(f"{server.endpoint}/v2/keys{key}", timeout=30):
            return True
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return False
        raise
