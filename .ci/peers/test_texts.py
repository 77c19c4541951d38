"""What the tools say when they are not used as meant, and about their version."""

from field import Comparison

REFUSALS = [
    ["nonsense"],
    ["snapshot", "status", "--nonsense", "FILE"],
    ["snapshot", "status", "FILE", "-w=nonsense"],
    ["version", "surplus"],
    ["hashkv"],
    ["hashkv", "missing.db"],
    ["hashkv", "FILE", "FILE"],
    ["hashkv", "FILE", "--rev=many"],
    ["hashkv", "FILE", "--rev=1000000"],
    ["hashkv", "FILE", "--rev=2"],
    ["hashkv", "FILE", "-w=protobuf"],
    ["hashkv", "FILE", "-w=nonsense"],
]


class Texts(Comparison):
    def test_version(self):
        for release, tool in self.tools():
            with self.subTest(tool=f"{tool} {release.minor}"):
                ours = self.field.etcdsnap.personality(release.minor, tool, "version")
                self.assertEqual(ours, release.tool(tool, "version"))

    def test_refusals(self):
        """The exit code, and the line that says why; the usage that may follow it is in our own words."""
        specimen = next(each for each in self.field.specimens if each.compacted > 2)
        for refusal in REFUSALS:
            for release, tool in self.tools():
                with self.subTest(tool=f"{tool} {release.minor}", arguments=refusal):
                    arguments = [specimen.file if word == "FILE" else word for word in refusal]
                    theirs = release.tool(tool, *arguments)
                    ours = self.field.etcdsnap.personality(release.minor, tool, *arguments)
                    if "panic" not in theirs.stderr:
                        self.assertEqual((ours.code, reason(ours)), (theirs.code, reason(theirs)))

    def tools(self):
        return [(release, tool) for release in self.field.releases for tool in release.status_tools]


def reason(answer):
    return [line for line in answer.stderr.splitlines() if line.startswith("Error: ")]
