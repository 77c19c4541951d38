package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A source is the modules of one release, parsed package by package as they are needed.
type source struct {
	modules  map[string]string // module path to folder
	packages map[string]*pkg   // import path to package
}

// A pkg is what one folder declares.
type pkg struct {
	path  string
	types map[string]declared
	group string // the constant GroupName
	proto *protoFile
}

// A declared type, with the imports of the file it stands in.
type declared struct {
	spec    *ast.TypeSpec
	imports map[string]string // local name to import path
}

func (s *source) open(path string) (*pkg, error) {
	if p, ok := s.packages[path]; ok {
		return p, nil
	}
	dir, err := s.folder(path)
	if err != nil {
		return nil, err
	}
	p := &pkg{path: path, types: map[string]declared{}}
	s.packages[path] = p
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || strings.HasSuffix(file, ".pb.go") {
			continue
		}
		if err := p.readFile(file); err != nil {
			return nil, err
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "generated.proto"))
	if err == nil {
		p.proto, err = parseProto(string(text))
	} else if os.IsNotExist(err) {
		err = nil
	}
	return p, err
}

// folder finds the module that holds an import path: the longest that is its prefix.
func (s *source) folder(path string) (string, error) {
	best := ""
	for module := range s.modules {
		if (path == module || strings.HasPrefix(path, module+"/")) && len(module) > len(best) {
			best = module
		}
	}
	if best == "" {
		return "", fmt.Errorf("no module of this release holds %s", path)
	}
	return filepath.Join(s.modules[best], strings.TrimPrefix(path, best)), nil
}

func (p *pkg) readFile(path string) error {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	imports := map[string]string{}
	for _, spec := range file.Imports {
		target, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		name := filepath.Base(target)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		imports[name] = target
	}
	for _, decl := range file.Decls {
		general, ok := decl.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range general.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				p.types[spec.Name.Name] = declared{spec, imports}
			case *ast.ValueSpec:
				p.noteGroup(spec)
			}
		}
	}
	return nil
}

func (p *pkg) noteGroup(spec *ast.ValueSpec) {
	for i, name := range spec.Names {
		if name.Name != "GroupName" || i >= len(spec.Values) {
			continue
		}
		if literal, ok := spec.Values[i].(*ast.BasicLit); ok {
			if value, err := strconv.Unquote(literal.Value); err == nil {
				p.group = value
			}
		}
	}
}

// definition finds what a type name stands for, through types that are declared as another named type.
func (s *source) definition(p *pkg, name string) (*pkg, declared, error) {
	decl, ok := p.types[name]
	if !ok {
		return nil, declared{}, fmt.Errorf("%s has no type %s", p.path, name)
	}
	switch expr := decl.spec.Type.(type) {
	case *ast.Ident:
		if _, ok := scalars[expr.Name]; !ok {
			return s.definition(p, expr.Name)
		}
	case *ast.SelectorExpr:
		other, err := s.open(decl.imports[expr.X.(*ast.Ident).Name])
		if err != nil {
			return nil, declared{}, err
		}
		return s.definition(other, expr.Sel.Name)
	}
	return p, decl, nil
}

// resolved is where a Go type expression leads: a scalar, a message, or a list or map of one.
type resolved struct {
	shape   shape
	of      string // a scalar letter, or the full name of a message
	pointer bool
}

// resolve follows names and aliases until it meets a scalar or a message of a generated.proto.
func (s *source) resolve(p *pkg, imports map[string]string, expr ast.Expr) (resolved, error) {
	switch expr := expr.(type) {
	case *ast.StarExpr:
		inner, err := s.resolve(p, imports, expr.X)
		inner.pointer = true
		return inner, err
	case *ast.ArrayType:
		if name, ok := expr.Elt.(*ast.Ident); ok && name.Name == "byte" {
			return resolved{of: "y"}, nil
		}
		inner, err := s.resolve(p, imports, expr.Elt)
		if err == nil && inner.shape != one {
			err = fmt.Errorf("a list of lists")
		}
		inner.shape = list
		return inner, err
	case *ast.MapType:
		key, err := s.resolve(p, imports, expr.Key)
		if err != nil || key.of != "s" {
			return resolved{}, fmt.Errorf("a map whose key is no string: %v", err)
		}
		inner, err := s.resolve(p, imports, expr.Value)
		if err == nil && inner.shape != one {
			err = fmt.Errorf("a map of lists")
		}
		inner.shape = mapped
		return inner, err
	case *ast.Ident:
		if letter, ok := scalars[expr.Name]; ok {
			return resolved{of: letter}, nil
		}
		return s.resolveName(p, expr.Name)
	case *ast.SelectorExpr:
		target, ok := imports[expr.X.(*ast.Ident).Name]
		if !ok {
			return resolved{}, fmt.Errorf("unknown import %v", expr.X)
		}
		if target == "time" && expr.Sel.Name == "Duration" {
			return resolved{of: "i"}, nil
		}
		other, err := s.open(target)
		if err != nil {
			return resolved{}, err
		}
		return s.resolveName(other, expr.Sel.Name)
	}
	return resolved{}, fmt.Errorf("unexpected type expression %T", expr)
}

func (s *source) resolveName(p *pkg, name string) (resolved, error) {
	if p.proto != nil && p.proto.messages[name] != nil {
		return resolved{of: p.proto.name + "." + name}, nil
	}
	decl, ok := p.types[name]
	if !ok {
		return resolved{}, fmt.Errorf("%s has no type %s", p.path, name)
	}
	if _, ok := decl.spec.Type.(*ast.StructType); ok {
		return resolved{}, fmt.Errorf("%s.%s is no message of its generated.proto", p.path, name)
	}
	return s.resolve(p, decl.imports, decl.spec.Type)
}

// Go scalars by the letter the table uses for them.
var scalars = map[string]string{
	"string": "s", "bool": "b", "float64": "d",
	"int": "i", "int8": "i", "int16": "i", "int32": "i", "int64": "i", "uint": "u", "uint8": "u", "uint16": "u", "uint32": "u", "uint64": "u",
}
