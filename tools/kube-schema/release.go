package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

// A release is one line of the list: modules whose types are read, and modules that only resolve imports.
type release struct {
	label   string
	minor   int // of Kubernetes; 0 for anything else
	modules []string
	using   []string
}

func readReleases(path string) ([]release, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var releases []release
	for _, line := range strings.Split(string(text), "\n") {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		r := release{label: words[0]}
		if minor, found := strings.CutPrefix(r.label, "1."); found {
			if r.minor, err = strconv.Atoi(minor); err != nil {
				return nil, fmt.Errorf("%s: label %q: %w", path, r.label, err)
			}
		}
		target := &r.modules
		for _, word := range words[1:] {
			if word == "using" {
				target = &r.using
				continue
			}
			*target = append(*target, word)
		}
		releases = append(releases, r)
	}
	return releases, nil
}

// messages reads every message of the release that has a generated.proto, by full protobuf name.
func (r release) messages() (map[string]*message, error) {
	src := &source{modules: map[string]string{}, packages: map[string]*pkg{}}
	var own []string
	for _, set := range [][]string{r.modules, r.using} {
		for _, module := range set {
			dir, err := download(module)
			if err != nil {
				return nil, err
			}
			path, _, _ := strings.Cut(module, "@")
			src.modules[path] = dir
		}
	}
	for _, module := range r.modules {
		path, _, _ := strings.Cut(module, "@")
		own = append(own, path)
	}
	found := map[string]*message{}
	for _, module := range own {
		paths, err := protoPackages(module, src.modules[module])
		if err != nil {
			return nil, err
		}
		for _, path := range paths {
			if err := src.readMessages(path, found); err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
		}
	}
	return found, nil
}

// download brings a module into the module cache and returns its folder.
func download(module string) (string, error) {
	cmd := exec.Command("go", "mod", "download", "-json", module)
	cmd.Dir = os.TempDir()
	text, err := cmd.Output()
	var answer struct{ Dir, Error string }
	if jsonErr := json.Unmarshal(text, &answer); jsonErr != nil {
		return "", fmt.Errorf("go mod download %s: %v, %v", module, err, jsonErr)
	}
	if answer.Error != "" {
		return "", fmt.Errorf("go mod download %s: %s", module, answer.Error)
	}
	return answer.Dir, nil
}

// protoPackages lists the import paths below a module that have a generated.proto.
func protoPackages(module, dir string) ([]string, error) {
	var paths []string
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && skipped[entry.Name()]:
			return filepath.SkipDir
		case entry.Name() == "generated.proto":
			below, err := filepath.Rel(dir, filepath.Dir(path))
			if err != nil {
				return err
			}
			paths = append(paths, module+"/"+filepath.ToSlash(below))
		}
		return nil
	})
	sort.Strings(paths)
	return paths, err
}

// Folders whose messages never lie in etcd: copies of other modules, and types of tests and examples.
var skipped = map[string]bool{"vendor": true, "_vendor": true, "testapigroup": true, "testing": true, "example": true, "example2": true, "third_party": true}
