// Command bbolt-write lets the bbolt library write to copies of a file, and answers in JSON lines whether that went well:
//
//	{"freelist":"array","synced":true,"verdict":"sound","keys":4120}
//	{"freelist":"hashmap","synced":false,"verdict":"damaged","detail":"after the puts: page 7: multiple references"}
//
// A file can pass every check and still have what makes the library's next write destroy it: a parent's key that is not
// the first key of its child, an empty leaf, a branch with one child, leaves at different depths. So each copy is opened
// (with and without a persisted freelist, with both kinds of freelist), keys are put and deleted all over its buckets,
// first a few and then most of them, and after each commit, and after opening the file again, Tx.Check must be silent and
// the content must be that of a plain map to which the same was done.
//
// The verdict is "sound", "damaged", "different" (keys were lost or came back), "panic" or "timeout". The exit code is 0
// whatever the verdict is; anything else means that the question could not be put.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"
)

// answer is one line of output.
type answer struct {
	Freelist string `json:"freelist"`
	Synced   bool   `json:"synced"`
	Verdict  string `json:"verdict"`
	Keys     int    `json:"keys,omitempty"`
	Detail   string `json:"detail,omitempty"`
}

// content is what a file holds: values by key by bucket. Buckets inside buckets stay untouched and are left out.
type content map[string]map[string]string

// fault is a verdict other than "sound".
type fault struct{ verdict, detail string }

func (f fault) Error() string { return f.detail }

func main() {
	child := flag.Bool("child", false, "write to this very file, in this process")
	freelist := flag.String("freelist", "array", "kind of freelist, in a child")
	synced := flag.Bool("synced", false, "persist the freelist, in a child")
	limit := flag.Duration("timeout", 2*time.Minute, "how long each copy may take")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: bbolt-write [-timeout DURATION] FILE")
		os.Exit(2)
	}
	var err error
	if *child {
		err = write(flag.Arg(0), answer{Freelist: *freelist, Synced: *synced})
	} else {
		err = supervise(flag.Arg(0), *limit)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bbolt-write:", err)
		os.Exit(1)
	}
}

// write puts and deletes in the file and prints the verdict.
func write(path string, a answer) error {
	keys, err := rounds(path, &bolt.Options{
		Timeout:        time.Second,
		NoFreelistSync: !a.Synced,
		FreelistType:   bolt.FreelistType(a.Freelist),
		NoSync:         true,
	})
	a.Keys, a.Verdict = keys, "sound"
	var found fault
	if errors.As(err, &found) {
		a.Verdict, a.Detail = found.verdict, found.detail
	} else if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(a)
}

// rounds opens the file twice and writes to it twice each time. Returns the number of keys at the end.
func rounds(path string, options *bolt.Options) (int, error) {
	random := rand.New(rand.NewSource(1))
	var expected content
	for opened := 0; opened < 2; opened++ {
		db, err := bolt.Open(path, 0o600, options)
		if err != nil {
			return 0, err
		}
		defer db.Close()
		if expected == nil {
			if expected, err = read(db); err != nil {
				return 0, err
			}
		}
		steps := []struct {
			name string
			do   func(*bolt.Tx, content) error
		}{
			{"opening", nil},
			{"the puts and deletes", func(tx *bolt.Tx, c content) error { return scatter(tx, c, random, 80, 67) }},
			{"a new bucket", newBucket},
			{"deleting most", func(tx *bolt.Tx, c content) error { return thin(tx, c, random) }},
		}
		for _, step := range steps {
			if step.do != nil {
				if err := db.Update(func(tx *bolt.Tx) error { return step.do(tx, expected) }); err != nil {
					return 0, fmt.Errorf("%s: %w", step.name, err)
				}
			}
			if err := judge(db, expected, "after "+step.name); err != nil {
				return 0, err
			}
		}
		if err := db.Close(); err != nil {
			return 0, err
		}
	}
	keys := 0
	for _, bucket := range expected {
		keys += len(bucket)
	}
	return keys, nil
}

// judge asks Tx.Check and compares the content.
func judge(db *bolt.DB, expected content, when string) error {
	var complaints []string
	err := db.View(func(tx *bolt.Tx) error {
		for complaint := range tx.Check() {
			complaints = append(complaints, complaint.Error())
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(complaints) > 0 {
		return fault{"damaged", fmt.Sprintf("%s: %d complaints: %s", when, len(complaints), complaints[0])}
	}
	found, err := read(db)
	if err != nil {
		return err
	}
	for name, bucket := range expected {
		if len(found[name]) != len(bucket) {
			return fault{"different", fmt.Sprintf("%s: bucket %q has %d keys instead of %d", when, name, len(found[name]), len(bucket))}
		}
		for key, value := range bucket {
			if other, ok := found[name][key]; !ok || other != value {
				return fault{"different", fmt.Sprintf("%s: bucket %q: key %.64q", when, name, key)}
			}
		}
	}
	if len(found) != len(expected) {
		return fault{"different", fmt.Sprintf("%s: %d buckets instead of %d", when, len(found), len(expected))}
	}
	return nil
}

func read(db *bolt.DB) (content, error) {
	found := content{}
	err := db.View(func(tx *bolt.Tx) error {
		return tx.ForEach(func(name []byte, bucket *bolt.Bucket) error {
			keys := map[string]string{}
			found[string(name)] = keys
			return bucket.ForEach(func(key, value []byte) error {
				if bucket.Bucket(key) == nil {
					keys[string(key)] = string(value)
				}
				return nil
			})
		})
	})
	return found, err
}

// scatter puts and deletes so many keys, spread over all buckets: new keys, changed values, small and larger than a page.
func scatter(tx *bolt.Tx, c content, random *rand.Rand, puts, deletes int) error {
	names := sorted(c)
	for i := 0; i < puts; i++ {
		name := names[i%len(names)]
		key := fmt.Sprintf("new %08x", random.Uint32())
		if keys := sorted(c[name]); len(keys) > 0 {
			// Before, after or in place of an existing key.
			key = keys[random.Intn(len(keys))] + []string{"", "\x00", "~"}[random.Intn(3)]
		}
		value := strings.Repeat("n", []int{0, 40, 400, 6000}[random.Intn(4)])
		if err := tx.Bucket([]byte(name)).Put([]byte(key), []byte(value)); err != nil {
			return err
		}
		c[name][key] = value
	}
	for i := 0; i < deletes; i++ {
		name := names[i%len(names)]
		if keys := sorted(c[name]); len(keys) > 0 {
			if err := remove(tx, c, name, keys[random.Intn(len(keys))]); err != nil {
				return err
			}
		}
	}
	return nil
}

// thin deletes nine of ten keys of every other bucket: pages run empty, are merged, and branches disappear.
func thin(tx *bolt.Tx, c content, random *rand.Rand) error {
	for i, name := range sorted(c) {
		if i%2 == random.Intn(2) {
			continue
		}
		for _, key := range sorted(c[name]) {
			if random.Intn(10) > 0 {
				if err := remove(tx, c, name, key); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func remove(tx *bolt.Tx, c content, name, key string) error {
	delete(c[name], key)
	return tx.Bucket([]byte(name)).Delete([]byte(key))
}

func newBucket(tx *bolt.Tx, c content) error {
	name := fmt.Sprintf("bucket of transaction %d", tx.ID())
	bucket, err := tx.CreateBucket([]byte(name))
	if err != nil {
		return err
	}
	c[name] = map[string]string{}
	for i := 0; i < 300; i++ {
		key, value := fmt.Sprintf("%05d", i), strings.Repeat("b", i%90)
		if err := bucket.Put([]byte(key), []byte(value)); err != nil {
			return err
		}
		c[name][key] = value
	}
	return nil
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

// supervise runs write in a child on a copy of the file for each set of options, and adds the verdict that a crash or a
// hang kept it from giving.
func supervise(path string, limit time.Duration) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	directory, err := os.MkdirTemp("", "bbolt-write")
	if err != nil {
		return err
	}
	defer os.RemoveAll(directory)
	for _, freelist := range []string{"array", "hashmap"} {
		for _, synced := range []bool{true, false} {
			duplicate := filepath.Join(directory, "copy.db")
			if err := copyFile(duplicate, path); err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(context.Background(), limit)
			command := exec.CommandContext(ctx, self, "-child", "-freelist="+freelist, fmt.Sprintf("-synced=%v", synced), duplicate)
			var trace bytes.Buffer
			command.Stdout, command.Stderr = os.Stdout, &trace
			err := command.Run()
			timeout := ctx.Err() != nil
			cancel()
			var exit *exec.ExitError
			crash := answer{Freelist: freelist, Synced: synced, Verdict: "panic"}
			crash.Detail, _, _ = strings.Cut(trace.String(), "\n")
			switch {
			case err == nil:
				continue
			case timeout:
				crash.Verdict, crash.Detail = "timeout", fmt.Sprintf("no end after %v", limit)
			case errors.As(err, &exit) && exit.ExitCode() == 2:
			default:
				return fmt.Errorf("%w: %s", err, crash.Detail)
			}
			if err := json.NewEncoder(os.Stdout).Encode(crash); err != nil {
				return err
			}
		}
	}
	return nil
}

func copyFile(to, from string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.Create(to)
	if err != nil {
		return err
	}
	if _, err := io.Copy(target, source); err != nil {
		target.Close()
		return err
	}
	return target.Close()
}
