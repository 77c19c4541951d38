"""What is damaged is never called whole."""

import random
from collections import Counter

from field import Comparison

FLIPS = 20  # per snapshot
TRUNCATIONS = 10
PAGES = 10
PAGE = 4096
SECTOR = 512
TRAILER = 32
DAMAGED = 3


class Damage(Comparison):
    def setUp(self):
        self.random = random.Random(self.field.seed)
        self.file = self.field.folder / "damaged" / "damaged.db"
        self.file.parent.mkdir(exist_ok=True)
        self.addCleanup(self.file.unlink, missing_ok=True)

    def test_a_flipped_bit_breaks_the_trailer(self):
        for specimen in self.field.specimens:
            image = specimen.file.read_bytes()
            for _ in range(FLIPS):
                place, bit = self.random.randrange(len(image)), self.random.randrange(8)
                damaged = bytearray(image)
                damaged[place] ^= 1 << bit
                self.assert_damaged(damaged, specimen, f"bit {bit} of byte {place} flipped")

    def test_a_truncated_snapshot(self):
        for specimen in self.field.specimens:
            image = specimen.file.read_bytes()
            for _ in range(TRUNCATIONS):
                length = self.random.randrange(SECTOR, len(image))
                self.assert_damaged(image[:length], specimen, f"cut to {length} bytes")

    def test_whatever_the_bbolt_library_sees_without_a_trailer(self):
        """A page lost from a raw database: where the library complains or crashes, we must name the damage too."""
        seen = Counter()
        for specimen in self.field.specimens:
            image = specimen.file.read_bytes()[:-TRAILER]
            for _ in range(PAGES):
                page = self.random.randrange(2, len(image) // PAGE)
                damaged = image[: page * PAGE] + bytes(PAGE) + image[(page + 1) * PAGE :]
                self.file.write_bytes(damaged)
                theirs = [library.verdict(self.file) for library in self.field.libraries]
                seen.update(theirs)
                if set(theirs) == {"sound"}:
                    answer = self.field.etcdsnap.native("verify", self.file)
                    self.assertIn(answer.code, (0, DAMAGED), answer)
                else:
                    self.assert_damaged(damaged, specimen, f"page {page} zeroed; the library: {theirs}")
        print(f"pages zeroed, verdicts of the bbolt library: {dict(seen)}")

    def assert_damaged(self, content, specimen, how):
        with self.subTest(snapshot=str(specimen), damage=how):
            self.file.write_bytes(content)
            answer = self.field.etcdsnap.native("verify", self.file)
            self.assertEqual(answer.code, DAMAGED, answer)
