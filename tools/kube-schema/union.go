package main

import (
	"fmt"
	"sort"
	"strings"
)

// A union gathers messages over releases. The newest release that knows a field decides how it reads; whatever an older
// one said differently is listed as a conflict.
type union struct {
	messages  map[string]*message
	labels    []string
	conflicts []string
	heirs     []heir
}

// An heir is a message that took another's place in some field: what was stored before has the other's fields in it.
type heir struct {
	name, before string
	release      int
	born         bool // the heir is new in that release
}

func newUnion() *union {
	return &union{messages: map[string]*message{}}
}

func (u *union) add(r release, found map[string]*message) {
	u.labels = append(u.labels, r.label)
	known := map[string]*message{}
	for name, m := range u.messages {
		known[name] = m
	}
	for name, m := range found {
		if before, ok := known[name]; ok {
			u.follow(r, before, m, known)
		} else {
			u.messages[name] = m
		}
	}
}

// follow brings a message to what a newer release says of it.
func (u *union) follow(r release, m, newer *message, known map[string]*message) {
	for number, f := range newer.fields {
		old, ok := m.fields[number]
		if !ok {
			f.since = r.minor
		} else {
			f.since, f.changed, f.before = old.since, old.changed, old.before
			u.compare(r, m, old, &f, known)
		}
		m.fields[number] = f
	}
	for number, old := range m.fields {
		if _, ok := newer.fields[number]; !ok && old.gone == 0 {
			old.gone = goneIn(r)
			m.fields[number] = old
		}
	}
	m.object, m.special = newer.object, newer.special
	if newer.group != "" {
		m.group = newer.group
	}
}

// goneIn is the release that no longer has a field; releases without a number count as older than all.
func goneIn(r release) int { return max(r.minor, 1) }

func (u *union) compare(r release, m *message, old field, f *field, known map[string]*message) {
	if old.shape == f.shape && old.of == f.of && old.pointer == f.pointer && old.omits() != f.omits() {
		f.changed, f.before = r.minor, old.omits()
	}
	if old.of != f.of && len(old.of) > 1 && len(f.of) > 1 {
		_, existed := known[f.of]
		u.heirs = append(u.heirs, heir{f.of, old.of, goneIn(r), !existed})
	}
	if was, is := old.text(full), f.text(full); was != is {
		u.conflicts = append(u.conflicts, fmt.Sprintf("%s %s: %s, before: %s", r.label, m.name, is, was))
	}
}

// full leaves message names as they are.
func full(name string) string { return name }

// inherit gives every heir the fields of the message before it that it does not have itself, as fields that are gone.
func (u *union) inherit() {
	for _, h := range u.heirs {
		m, before := u.messages[h.name], u.messages[h.before]
		if h.born {
			for number, f := range m.fields {
				if _, ok := before.fields[number]; !ok && f.since == 0 {
					f.since = h.release
					m.fields[number] = f
				}
			}
		}
		for number, f := range before.fields {
			if _, ok := m.fields[number]; !ok {
				f.gone = h.release
				m.fields[number] = f
			}
		}
	}
}

func (u *union) conflictReport() string {
	sort.Strings(u.conflicts)
	return "# Fields whose spelling, type or flags changed in a release; the table holds the newer one. Written by kube-schema.\n" +
		strings.Join(u.conflicts, "\n") + "\n"
}
