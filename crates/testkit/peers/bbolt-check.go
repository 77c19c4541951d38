// Command bbolt-check asks the bbolt library what Tx.Check says of a file, and answers in JSON lines:
//
//	{"finding":"page 7: multiple references (stack: [3 7])"}
//	{"verdict":"damaged","findings":1}
//
// The last line is always a verdict: "sound", "damaged", "unreadable" (the library refused to open the file),
// "panic" (the library crashed) or "timeout" (it did not come to an end). A crash inside the library's own goroutines
// cannot be recovered, so the check runs in a child process of the same program and the parent tells how it ended.
// The exit code is 0 whatever the verdict is; anything else means that the question could not be put.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"
)

// finding is one complaint of Tx.Check.
type finding struct {
	Finding string `json:"finding"`
}

// verdict closes the answer.
type verdict struct {
	Verdict  string `json:"verdict"`
	Findings int    `json:"findings"`
	Detail   string `json:"detail,omitempty"`
}

func main() {
	child := flag.Bool("child", false, "check in this process, without a net")
	limit := flag.Duration("timeout", time.Minute, "how long the check may take")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: bbolt-check [-timeout DURATION] FILE")
		os.Exit(2)
	}
	run := supervise
	if *child {
		run = check
	}
	if err := run(flag.Arg(0), *limit); err != nil {
		fmt.Fprintln(os.Stderr, "bbolt-check:", err)
		os.Exit(1)
	}
}

// check opens the file read-only and prints what the library finds. The limit is for the parent to keep, and for the
// library's wait for a lock: a member that is running holds one.
func check(path string, limit time.Duration) error {
	db, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true, Timeout: limit})
	if err != nil {
		return printLine(verdict{Verdict: "unreadable", Detail: err.Error()})
	}
	defer db.Close()

	found := 0
	err = db.View(func(tx *bolt.Tx) error {
		for complaint := range tx.Check() {
			found++
			if err := printLine(finding{complaint.Error()}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	// A crash in the library's goroutine closes the channel first, and ends this process a moment later.
	time.Sleep(20 * time.Millisecond)
	if found > 0 {
		return printLine(verdict{Verdict: "damaged", Findings: found})
	}
	return printLine(verdict{Verdict: "sound"})
}

// supervise runs check in a child and adds the verdict that a crash or a hang kept it from giving.
func supervise(path string, limit time.Duration) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()

	var answer, trace bytes.Buffer
	command := exec.CommandContext(ctx, self, "-child", "-timeout", limit.String(), path)
	command.Stdout, command.Stderr = &answer, &trace
	err = command.Run()
	if _, writeErr := os.Stdout.Write(answer.Bytes()); writeErr != nil {
		return writeErr
	}

	found := strings.Count(answer.String(), "\n")
	var exit *exec.ExitError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return printLine(verdict{"timeout", found, fmt.Sprintf("no end after %v", limit)})
	case errors.As(err, &exit) && exit.ExitCode() == 2:
		return printLine(verdict{"panic", found, firstLine(trace.String())})
	default:
		return fmt.Errorf("%w: %s", err, firstLine(trace.String()))
	}
}

func printLine(value any) error {
	return json.NewEncoder(os.Stdout).Encode(value)
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
