// Command kube-schema writes the schema table that crates/kube reads stored Kubernetes objects with.
//
// It reads the Go types of Kubernetes and OpenShift as source text, release after release, and prints their union. See
// README.md beside this file.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	releases := flag.String("releases", "releases.txt", "the list of releases to read, oldest first")
	out := flag.String("out", "../../crates/kube/src/schema/table.txt", "the table to write")
	report := flag.String("conflicts", "conflicts.txt", "where to list the fields that changed between releases")
	flag.Parse()
	if err := run(*releases, *out, *report); err != nil {
		fmt.Fprintln(os.Stderr, "kube-schema:", err)
		os.Exit(1)
	}
}

func run(releasesFile, out, report string) error {
	releases, err := readReleases(releasesFile)
	if err != nil {
		return err
	}
	union := newUnion()
	for _, release := range releases {
		messages, err := release.messages()
		if err != nil {
			return fmt.Errorf("release %s: %w", release.label, err)
		}
		union.add(release, messages)
		fmt.Fprintf(os.Stderr, "%s: %d messages\n", release.label, len(messages))
	}
	union.inherit()
	if err := os.WriteFile(report, []byte(union.conflictReport()), 0o644); err != nil {
		return err
	}
	table, err := union.table()
	if err != nil {
		return err
	}
	return os.WriteFile(out, []byte(table), 0o644)
}
