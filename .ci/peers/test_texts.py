"""What the tools say about themselves: `version`, and `completion` where a release has it."""

from field import Comparison

SHELLS = ["bash", "fish", "powershell", "zsh"]


class Texts(Comparison):
    def test_version(self):
        for release in self.field.releases:
            for tool in release.status_tools:
                self.compare(release, tool, "version")

    def test_completion(self):
        for release in self.field.releases:
            if release.has_hashkv:
                for shell in SHELLS:
                    self.compare(release, "etcdutl", "completion", shell)

    def compare(self, release, tool, *arguments):
        with self.subTest(tool=f"{tool} {release.minor}", arguments=arguments):
            theirs = release.tool(tool, *arguments)
            self.assertEqual(self.field.etcdsnap.personality(release.minor, tool, *arguments), theirs)
