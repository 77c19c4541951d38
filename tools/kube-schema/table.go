package main

import (
	"fmt"
	"sort"
	"strings"
)

// table writes the union as text: see README.md for the form.
func (u *union) table() (string, error) {
	packages := map[string][]*message{}
	aliases := map[string]string{}
	for _, m := range u.messages {
		alias := aliasOf(m)
		packageName := m.name[:strings.LastIndexByte(m.name, '.')]
		if other, ok := aliases[alias]; ok && other != packageName {
			return "", fmt.Errorf("%s and %s would both be called %s", other, packageName, alias)
		}
		aliases[alias] = packageName
		packages[alias] = append(packages[alias], m)
	}
	var out strings.Builder
	fmt.Fprintf(&out, "# Written by tools/kube-schema from %s. Not for editing.\n", strings.Join(u.labels, " "))
	names := keys(packages)
	for _, alias := range names {
		messages := packages[alias]
		sort.Slice(messages, func(i, j int) bool { return messages[i].name < messages[j].name })
		fmt.Fprintf(&out, "package %s %s/%s\n", alias, messages[0].group, messages[0].version)
		for _, m := range messages {
			if err := u.writeMessage(&out, m, alias); err != nil {
				return "", err
			}
		}
	}
	return out.String(), nil
}

func (u *union) writeMessage(out *strings.Builder, m *message, alias string) error {
	out.WriteString(m.short())
	if m.object {
		out.WriteString(" object")
	}
	if m.special != "" {
		out.WriteString(" " + m.special)
	}
	out.WriteString("\n")
	var missing error
	name := func(full string) string {
		target, ok := u.messages[full]
		if !ok {
			missing = fmt.Errorf("%s refers to %s, which is in no release", m.name, full)
			return full
		}
		if other := aliasOf(target); other != alias {
			return other + "." + target.short()
		}
		return target.short()
	}
	numbers := make([]int, 0, len(m.fields))
	for number := range m.fields {
		numbers = append(numbers, number)
	}
	sort.Ints(numbers)
	for _, number := range numbers {
		f := m.fields[number]
		out.WriteString(" " + f.text(name))
		if f.since != 0 {
			fmt.Fprintf(out, " %d", f.since)
		}
		if f.gone != 0 {
			fmt.Fprintf(out, " -%d", f.gone)
		}
		if f.changed != 0 && f.leavesOutOtherwise() {
			fmt.Fprintf(out, " <%d%s", f.changed, f.before)
		}
		out.WriteString("\n")
	}
	return missing
}

// text is a field as one line of the table.
func (f field) text(name func(string) string) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%d %s ", f.number, f.name)
	out.WriteString([]string{"", "[]", "{}"}[f.shape])
	if f.pointer {
		out.WriteByte('*')
	}
	if len(f.of) == 1 {
		out.WriteString(f.of)
	} else {
		out.WriteString(name(f.of))
	}
	out.WriteString(f.omits())
	if f.inline {
		out.WriteByte('^')
	}
	return out.String()
}

// omits gives the marks that say when the field is left out.
func (f field) omits() string {
	marks := ""
	if f.omitEmpty {
		marks = "?"
	}
	if f.omitZero {
		marks += "!"
	}
	return marks
}

// leavesOutOtherwise says whether a change of omitempty shows: Go ignores it on structs, which only omitzero leaves out.
func (f field) leavesOutOtherwise() bool {
	structure := len(f.of) != 1 && f.shape == one && !f.pointer
	return !structure || strings.Contains(f.before, "!") != f.omitZero
}

func (m *message) short() string { return m.name[strings.LastIndexByte(m.name, '.')+1:] }

// aliasOf shortens a protobuf package to its last two labels, and keeps OpenShift's apart.
func aliasOf(m *message) string {
	labels := strings.Split(m.name, ".")
	alias := strings.Join(labels[len(labels)-3:len(labels)-1], ".")
	if strings.HasPrefix(m.name, "github.com.openshift.") {
		alias = "openshift." + alias
	}
	return alias
}

func keys[V any](of map[string]V) []string {
	names := make([]string, 0, len(of))
	for name := range of {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
