"""`snapshot status` prints, fails and ends exactly as every release's own tool does."""

from field import Comparison

FORMS = ["simple", "json", "fields", "table", "protobuf", "nonsense"]


class Status(Comparison):
    def test_every_form_of_every_release_on_every_snapshot(self):
        for specimen in self.field.specimens:
            for form in FORMS:
                self.compare(specimen, "snapshot", "status", specimen.file, "-w", form)

    def test_wrong_use_and_missing_files(self):
        one = self.field.specimens[0].file
        self.compare("missing file", "snapshot", "status", one.with_name("missing.db"))
        self.compare("no file", "snapshot", "status")
        self.compare("two files", "snapshot", "status", one, one)

    def compare(self, what, *arguments):
        for release in self.field.releases:
            for tool in release.status_tools:
                with self.subTest(snapshot=str(what), tool=f"{tool} {release.minor}", arguments=arguments[2:]):
                    theirs = release.tool(tool, *arguments)
                    ours = self.field.etcdsnap.personality(release.minor, tool, *arguments)
                    self.assertEqual(ours, theirs)
