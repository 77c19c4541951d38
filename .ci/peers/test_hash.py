"""Hashes equal the live member's, and those of `etcdutl hashkv`."""

from field import Comparison

FORMS = ["simple", "json", "fields", "table"]


class Hash(Comparison):
    def test_hash_kv_equals_the_live_members_at_every_revision(self):
        for specimen in self.field.specimens:
            for revision, expected in specimen.hash_kv.items():
                with self.subTest(snapshot=str(specimen), revision=revision):
                    answer = self.field.etcdsnap.native("hash", specimen.file, f"--rev={revision}", "-o=json")
                    self.assertEqual(answer.code, 0, answer)
                    kv = {"hash": expected, "revision": revision, "compactRevision": specimen.compacted}
                    self.assertEqual(answer.json()["kv"], kv)

    def test_status_hash_and_trailer(self):
        for specimen in self.field.specimens:
            for release in self.field.releases:
                with self.subTest(snapshot=str(specimen), tool=release.minor):
                    tool = release.status_tools[-1]
                    theirs = release.tool(tool, "snapshot", "status", specimen.file, "-w=json").json()
                    ours = self.field.etcdsnap.native("hash", specimen.file, "-o=json").json()
                    self.assertEqual((ours["status"], ours["sha256Trailer"]), (theirs["hash"], "match"))

    def test_hashkv_of_every_release_that_has_it(self):
        for specimen in self.field.specimens:
            for release in self.field.releases:
                if release.has_hashkv:
                    for form in FORMS:
                        self.compare(specimen, release, f"--write-out={form}")
                    for revision in [specimen.compacted, *specimen.hash_kv]:
                        self.compare(specimen, release, "--write-out=json", f"--rev={revision}")

    def compare(self, specimen, release, *options):
        """3.6 panics where a key has a lease (etcd issue 21105): ours must answer there too, and the tests above hold
        that answer against the live member."""
        with self.subTest(snapshot=str(specimen), tool=release.minor, options=options):
            theirs = release.tool("etcdutl", "hashkv", specimen.file, *options)
            ours = self.field.etcdsnap.personality(release.minor, "etcdutl", "hashkv", specimen.file, *options)
            if release.minor == "3.6" and "no lessor to attach lease" in theirs.stderr:
                self.assertEqual(ours.code, 0, ours)
            else:
                self.assertEqual((ours.stdout, ours.code), (theirs.stdout, theirs.code))
