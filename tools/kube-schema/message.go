package main

import (
	"fmt"
	"go/ast"
	"path"
	"reflect"
	"strconv"
	"strings"
)

// A shape says how often a field may stand in its message.
type shape int

const (
	one shape = iota
	list
	mapped
)

// A message is one protobuf message with what its Go struct adds: how each field is named and when it is left out.
type message struct {
	name    string // full: package and message
	goPath  string
	group   string
	version string
	object  bool   // embeds TypeMeta: something that can lie in etcd by itself
	special string // rendered by a rule of its own instead of as an object
	fields  map[int]field
}

// A field as the wire and JSON know it.
type field struct {
	number    int
	name      string
	shape     shape
	of        string // a scalar letter or the full name of a message
	pointer   bool
	omitEmpty bool
	omitZero  bool
	inline    bool
	since     int    // first minor release of Kubernetes that had it; 0 when the message was born with it
	changed   int    // minor release that changed when it is left out; 0 if none did
	before    string // the marks for leaving out before that release
	gone      int    // first release that no longer had it; 0 while it is there
}

// Messages whose Go type renders itself. The words are what crates/kube calls the rule.
var specials = map[string]string{
	"k8s.io.apimachinery.pkg.apis.meta.v1.Time":       "time",
	"k8s.io.apimachinery.pkg.apis.meta.v1.MicroTime":  "microtime",
	"k8s.io.apimachinery.pkg.apis.meta.v1.Duration":   "duration",
	"k8s.io.apimachinery.pkg.apis.meta.v1.FieldsV1":   "raw",
	"k8s.io.apimachinery.pkg.api.resource.Quantity":   "quantity",
	"k8s.io.apimachinery.pkg.util.intstr.IntOrString": "intorstring",
	"k8s.io.apimachinery.pkg.runtime.RawExtension":    "raw",
}

var schemaSpecials = map[string]string{
	"JSON": "raw", "JSONSchemaPropsOrArray": "schemaorarray", "JSONSchemaPropsOrBool": "schemaorbool", "JSONSchemaPropsOrStringArray": "schemaorstrings",
}

// Messages that exist for the wire format's sake and are never fields of a stored object.
var unused = map[string]bool{
	"k8s.io.apimachinery.pkg.apis.meta.v1.Timestamp":     true,
	"k8s.io.apimachinery.pkg.api.resource.QuantityValue": true,
	"k8s.io.apimachinery.pkg.runtime.Unknown":            true,
	"k8s.io.apimachinery.pkg.runtime.TypeMeta":           true,
}

func (s *source) readMessages(importPath string, into map[string]*message) error {
	p, err := s.open(importPath)
	if err != nil {
		return err
	}
	for name, numbers := range p.proto.messages {
		full := p.proto.name + "." + name
		if unused[full] {
			continue
		}
		m, err := s.readMessage(p, name, full)
		if err != nil {
			return fmt.Errorf("message %s: %w", name, err)
		}
		if err := m.agreesWith(numbers); err != nil {
			return fmt.Errorf("message %s: %w", name, err)
		}
		into[full] = m
	}
	return nil
}

func (s *source) readMessage(p *pkg, name, full string) (*message, error) {
	in, decl, err := s.definition(p, name)
	if err != nil {
		return nil, err
	}
	m := &message{name: full, goPath: p.path, group: p.group, version: path.Base(p.path), special: specialOf(full), fields: map[int]field{}}
	switch body := decl.spec.Type.(type) {
	case *ast.StructType:
		if m.special != "" && m.special[0] != 's' {
			return m, nil // their Go fields do not mirror the wire
		}
		return m, s.readStruct(in, decl, body, m)
	default: // a named list or map, wrapped into a message so that nil and empty differ
		items, err := s.resolve(in, decl.imports, body)
		if err != nil {
			return nil, err
		}
		m.special = "items"
		m.fields[1] = field{number: 1, name: "items", shape: items.shape, of: items.of, omitEmpty: true}
		return m, nil
	}
}

func specialOf(full string) string {
	if strings.HasPrefix(full, "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.") {
		return schemaSpecials[full[strings.LastIndexByte(full, '.')+1:]]
	}
	return specials[full]
}

func (s *source) readStruct(p *pkg, decl declared, body *ast.StructType, m *message) error {
	for _, f := range body.Fields.List {
		if f.Tag == nil {
			continue
		}
		text, err := strconv.Unquote(f.Tag.Value)
		if err != nil {
			return err
		}
		tag := reflect.StructTag(text)
		if len(f.Names) == 0 && isTypeMeta(f.Type) {
			m.object = true
			continue
		}
		proto, ok := tag.Lookup("protobuf")
		if !ok || proto == "-" {
			continue
		}
		read, err := s.readField(p, decl, f, proto, tag.Get("json"))
		if err != nil {
			return fmt.Errorf("field %v: %w", f.Names, err)
		}
		if _, twice := m.fields[read.number]; twice {
			return fmt.Errorf("two fields numbered %d", read.number)
		}
		m.fields[read.number] = read
	}
	return nil
}

func isTypeMeta(expr ast.Expr) bool {
	switch expr := expr.(type) {
	case *ast.Ident:
		return expr.Name == "TypeMeta"
	case *ast.SelectorExpr:
		return expr.Sel.Name == "TypeMeta"
	}
	return false
}

func (s *source) readField(p *pkg, decl declared, f *ast.Field, proto, json string) (field, error) {
	parts := strings.Split(proto, ",")
	if len(parts) < 2 {
		return field{}, fmt.Errorf("protobuf tag %q", proto)
	}
	number, err := strconv.Atoi(parts[1])
	if err != nil {
		return field{}, err
	}
	where, err := s.resolve(p, decl.imports, f.Type)
	if err != nil {
		return field{}, err
	}
	words := strings.Split(json, ",")
	read := field{number: number, name: words[0], shape: where.shape, of: where.of, pointer: where.pointer}
	for _, word := range words[1:] {
		switch word {
		case "omitempty":
			read.omitEmpty = true
		case "omitzero":
			read.omitZero = true
		}
	}
	if read.name == "" {
		if len(f.Names) != 0 {
			read.name = f.Names[0].Name // Go's default: the field's own name
		} else {
			read.inline = true
			read.name = "-"
		}
	}
	return read, nil
}

// agreesWith compares the numbers read from the Go struct with the generated.proto.
func (m *message) agreesWith(numbers map[int]string) error {
	if m.special != "" && m.special[0] != 's' {
		return nil
	}
	for number, name := range numbers {
		if _, ok := m.fields[number]; !ok {
			return fmt.Errorf("field %d (%s) of the .proto is not in the Go struct", number, name)
		}
	}
	for number, f := range m.fields {
		if _, ok := numbers[number]; !ok {
			return fmt.Errorf("field %d (%s) of the Go struct is not in the .proto", number, f.name)
		}
	}
	return nil
}
