// Command manifests reads manifests as kubectl and an API server with strict field validation read them, and says in one
// JSON line a document what it is and whether it could be applied:
//
//	{"document":1,"apiVersion":"v1","kind":"ConfigMap","namespace":"demo","name":"a","verdict":"valid"}
//	{"document":2,"apiVersion":"apps/v1","kind":"Deployment","name":"b","verdict":"invalid","detail":"unknown field \"spec.foo\""}
//
// The readers are Kubernetes' own: its YAML library with duplicate keys refused, its typed decoder with unknown fields
// refused, over every kind of the client library, of definitions and of API services. A custom resource counts as valid
// when a definition before it serves its version, agrees on whether it is namespaced, and its schema admits it.
//
// Beyond that, a document is invalid when it holds what only the old cluster could know (uid, resource version, times),
// when its Namespace comes after it, when it stands there twice, or when it has no name.
//
// Reads the files named, or standard input. The exit code is 0 whatever the verdicts are; anything else means that the
// question could not be put.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
	apiregistrationv1 "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	"sigs.k8s.io/yaml"
)

// answer is one line of output.
type answer struct {
	Document   int    `json:"document"`
	APIVersion string `json:"apiVersion,omitempty"`
	Kind       string `json:"kind,omitempty"`
	Namespace  string `json:"namespace,omitempty"`
	Name       string `json:"name,omitempty"`
	Verdict    string `json:"verdict"`
	Detail     string `json:"detail,omitempty"`
}

// custom is a kind that a definition among the documents defines, in one version.
type custom struct {
	namespaced bool
	structural *structuralschema.Structural
	validator  validation.SchemaValidator
}

// reader knows what stood before the document it reads.
type reader struct {
	codecs     serializer.CodecFactory
	custom     map[string]custom
	seen       map[string]bool
	namespaces map[string]bool
	waiting    map[string]bool // namespaces something was in before they were there
}

func main() {
	reader, err := newReader()
	if err == nil {
		err = reader.run(os.Args[1:])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "manifests:", err)
		os.Exit(1)
	}
}

func newReader() (*reader, error) {
	for _, add := range []func(*runtime.Scheme) error{apiextensionsv1.AddToScheme, apiregistrationv1.AddToScheme} {
		if err := add(scheme.Scheme); err != nil {
			return nil, err
		}
	}
	return &reader{
		codecs:     serializer.NewCodecFactory(scheme.Scheme, serializer.EnableStrict),
		custom:     map[string]custom{},
		seen:       map[string]bool{},
		namespaces: map[string]bool{},
		waiting:    map[string]bool{},
	}, nil
}

func (r *reader) run(files []string) error {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	number := 0
	each := func(document []byte) error {
		number++
		answer := r.judge(document)
		answer.Document = number
		line, err := json.Marshal(answer)
		if err == nil {
			_, err = out.Write(append(line, '\n'))
		}
		return err
	}
	if len(files) == 0 {
		return documents(os.Stdin, each)
	}
	for _, path := range files {
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		err = documents(file, each)
		file.Close()
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

// documents cuts a stream as kubectl does: YAML documents, or JSON values one after the other.
func documents(in io.Reader, each func([]byte) error) error {
	buffered := bufio.NewReaderSize(in, 1<<16)
	if start, _ := buffered.Peek(1); bytes.Equal(start, []byte("{")) {
		decoder := json.NewDecoder(buffered)
		for {
			var document json.RawMessage
			if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return err
			}
			if err := eachOf(document, each); err != nil {
				return err
			}
		}
	}
	lines := utilyaml.NewYAMLReader(buffered)
	for {
		document, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if len(bytes.TrimSpace(document)) == 0 {
			continue
		}
		if err := each(document); err != nil {
			return err
		}
	}
}

// eachOf takes a List apart, as kubectl does, or hands on a single object.
func eachOf(document json.RawMessage, each func([]byte) error) error {
	var list struct {
		Kind  string            `json:"kind"`
		Items []json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(document, &list); err != nil || list.Kind != "List" {
		return each(document)
	}
	for _, item := range list.Items {
		if err := each(item); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) judge(document []byte) answer {
	var answer answer
	if err := r.read(document, &answer); err != nil {
		answer.Verdict, answer.Detail = "invalid", err.Error()
	} else {
		answer.Verdict = "valid"
	}
	return answer
}

func (r *reader) read(document []byte, answer *answer) error {
	text, err := yaml.YAMLToJSONStrict(document)
	if err != nil {
		return err
	}
	plain := &unstructured.Unstructured{}
	if err := plain.UnmarshalJSON(text); err != nil {
		return err
	}
	answer.APIVersion, answer.Kind = plain.GetAPIVersion(), plain.GetKind()
	answer.Namespace, answer.Name = plain.GetNamespace(), plain.GetName()
	if err := r.place(plain); err != nil {
		return err
	}
	if err := fresh(plain); err != nil {
		return err
	}
	if !scheme.Scheme.Recognizes(plain.GroupVersionKind()) {
		return r.readCustom(plain)
	}
	object, _, err := r.codecs.UniversalDeserializer().Decode(text, nil, nil)
	if err != nil {
		return err
	}
	if _, err := meta.Accessor(object); err != nil {
		return err
	}
	if definition, ok := object.(*apiextensionsv1.CustomResourceDefinition); ok {
		return r.define(definition)
	}
	return nil
}

// place checks name, namespace and order.
func (r *reader) place(plain *unstructured.Unstructured) error {
	kind, namespace, name := plain.GroupVersionKind(), plain.GetNamespace(), plain.GetName()
	if name == "" {
		return errors.New("it has no name")
	}
	id := strings.Join([]string{kind.Group, kind.Kind, namespace, name}, "/")
	if r.seen[id] {
		return errors.New("it stands there twice")
	}
	r.seen[id] = true
	if kind.Group == "" && kind.Kind == "Namespace" {
		r.namespaces[name] = true
		if r.waiting[name] {
			return errors.New("objects in this namespace stand before it")
		}
	} else if namespace != "" && !r.namespaces[namespace] {
		r.waiting[namespace] = true
	}
	return nil
}

// fresh checks that nothing is left of the old cluster.
func fresh(plain *unstructured.Unstructured) error {
	metadata, _, err := unstructured.NestedMap(plain.Object, "metadata")
	if err != nil {
		return err
	}
	left := []string{"uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
		"deletionGracePeriodSeconds", "selfLink", "managedFields", "ownerReferences"}
	for _, field := range left {
		if _, there := metadata[field]; there {
			return fmt.Errorf("metadata.%s is of the old cluster", field)
		}
	}
	if _, there := plain.Object["status"]; there {
		return errors.New("status is of the old cluster")
	}
	return nil
}

// define takes in the kind of a definition.
func (r *reader) define(definition *apiextensionsv1.CustomResourceDefinition) error {
	internal := &apiextensions.CustomResourceDefinition{}
	if err := apiextensionsv1.Convert_v1_CustomResourceDefinition_To_apiextensions_CustomResourceDefinition(definition, internal, nil); err != nil {
		return err
	}
	spec := definition.Spec
	for _, version := range spec.Versions {
		if !version.Served {
			continue
		}
		schema, err := apiextensions.GetSchemaForVersion(internal, version.Name)
		if err != nil {
			return err
		}
		if schema == nil || schema.OpenAPIV3Schema == nil {
			return fmt.Errorf("version %s has no schema", version.Name)
		}
		structural, err := structuralschema.NewStructural(schema.OpenAPIV3Schema)
		if err != nil {
			return fmt.Errorf("version %s: %w", version.Name, err)
		}
		validator, _, err := validation.NewSchemaValidator(schema.OpenAPIV3Schema)
		if err != nil {
			return fmt.Errorf("version %s: %w", version.Name, err)
		}
		id := strings.Join([]string{spec.Group, version.Name, spec.Names.Kind}, "/")
		r.custom[id] = custom{spec.Scope == apiextensionsv1.NamespaceScoped, structural, validator}
	}
	return nil
}

// readCustom holds a custom resource against its definition.
func (r *reader) readCustom(plain *unstructured.Unstructured) error {
	kind := plain.GroupVersionKind()
	custom, known := r.custom[strings.Join([]string{kind.Group, kind.Version, kind.Kind}, "/")]
	if !known {
		return errors.New("no definition before it serves this kind in this version")
	}
	if custom.namespaced != (plain.GetNamespace() != "") {
		return fmt.Errorf("its definition says namespaced: %t", custom.namespaced)
	}
	if problems := validation.ValidateCustomResource(nil, plain.Object, custom.validator); len(problems) > 0 {
		return problems.ToAggregate()
	}
	options := structuralschema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true}
	if unknown := pruning.PruneWithOptions(plain.DeepCopy().Object, custom.structural, true, options); len(unknown) > 0 {
		return fmt.Errorf("unknown field %q", unknown[0])
	}
	return nil
}
