package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A protoFile is a generated.proto: its package and the field numbers and names of its messages.
type protoFile struct {
	name     string
	messages map[string]map[int]string
}

var (
	packageLine = regexp.MustCompile(`^package ([\w.]+);`)
	messageLine = regexp.MustCompile(`^message (\w+) \{`)
	fieldLine   = regexp.MustCompile(`^  (?:optional |repeated )?(?:map<[\w., ]+>|[\w.]+) (\w+) = (\d+)`)
)

func parseProto(text string) (*protoFile, error) {
	file := &protoFile{messages: map[string]map[int]string{}}
	var fields map[int]string
	for _, line := range strings.Split(text, "\n") {
		if found := packageLine.FindStringSubmatch(line); found != nil {
			file.name = found[1]
		} else if found := messageLine.FindStringSubmatch(line); found != nil {
			fields = map[int]string{}
			file.messages[found[1]] = fields
		} else if found := fieldLine.FindStringSubmatch(line); found != nil && fields != nil {
			number, err := strconv.Atoi(found[2])
			if err != nil {
				return nil, err
			}
			fields[number] = found[1]
		} else if strings.HasPrefix(line, "}") {
			fields = nil
		}
	}
	if file.name == "" {
		return nil, fmt.Errorf("a generated.proto without a package")
	}
	return file, nil
}
