"""Compares etcdsnap with the real etcd releases: `python3 .ci/peers --etcdsnap target/release/etcdsnap`.

The real tools are those that `.ci/install-peers` installed. One member of every release runs on loopback under a small random
load while the comparisons run; nothing of it is left afterwards. `--seed` repeats a run.
"""

import argparse
import os
import random
import signal
import sys
import time
import unittest
from collections import Counter
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from field import Comparison, Field


def arguments():
    target = Path(os.environ.get("CARGO_TARGET_DIR", HERE.parent.parent / "target"))
    parser = argparse.ArgumentParser(prog="peers", description=__doc__)
    parser.add_argument("--etcdsnap", type=Path, default=target / "release" / "etcdsnap", help="the binary under test")
    synth = target / "release" / "examples" / "synth"
    parser.add_argument("--synth", type=Path, default=synth, help="the program that makes large databases")
    parser.add_argument("--peers", type=Path, default=Path(os.environ.get("ETCDSNAP_PEERS", target / "peers")))
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--all", action="store_true", help="try every case, where a selection is tried otherwise")
    parser.add_argument("--trust", type=Path, metavar="FILE", help="write into it how verdicts and servers agree; with --all")
    parser.add_argument("--only", metavar="NAME", help="run only the tests whose name contains this")
    return parser.parse_args()


class FirstFailures(unittest.TextTestResult):
    """Shows a few failures of each test and counts the others: one mistake often shows in hundreds of comparisons."""

    SHOWN = 3

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.failed = Counter()

    def addSubTest(self, test, subtest, error):
        self.failed[test.id()] += error is not None
        if error is None or self.failed[test.id()] <= self.SHOWN:
            super().addSubTest(test, subtest, error)

    def printErrors(self):
        super().printErrors()
        for test, count in self.failed.items():
            if count > self.SHOWN:
                self.stream.writeln(f"{test}: {count} comparisons failed, of which {self.SHOWN} are shown")


def main():
    chosen = arguments()
    if not os.access(chosen.etcdsnap, os.X_OK):
        sys.exit(f"peers: {chosen.etcdsnap} is not there; build it first: cargo build --release")
    if not os.access(chosen.synth, os.X_OK):
        sys.exit(f"peers: {chosen.synth} is not there; build it first: cargo build --release -p etcdsnap-testkit --example synth")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print(f"seed {chosen.seed}", flush=True)
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{chosen.only}*"] if chosen.only else None
    tests = loader.discover(str(HERE))
    if loader.errors or tests.countTestCases() == 0:
        sys.exit("no tests: " + "\n".join(loader.errors))
    begun = time.monotonic()
    field = Field(chosen.peers.resolve(), chosen.etcdsnap.resolve(), chosen.synth.resolve(), chosen.seed, chosen.all, chosen.trust)
    with field as Comparison.field:
        print(f"{len(Comparison.field.specimens)} snapshots taken in {time.monotonic() - begun:.1f} s", flush=True)
        result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2, resultclass=FirstFailures).run(tests)
    sys.exit(0 if result.wasSuccessful() else f"peers: failed with seed {chosen.seed}")


main()
