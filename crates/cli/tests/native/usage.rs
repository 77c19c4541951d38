//! Help, version, wrong usage, and what is generated from the definitions of the arguments.

use crate::program::run;

const COMMANDS: [&str; 26] = [
    "verify",
    "diff",
    "status",
    "hash",
    "keys",
    "get",
    "history",
    "changes",
    "deleted",
    "export",
    "usage",
    "members",
    "leases",
    "users",
    "roles",
    "db",
    "db info",
    "db pages",
    "db page",
    "db buckets",
    "db check",
    "defrag",
    "migrate",
    "unpack",
    "completions",
    "man",
];

#[test]
fn the_version_is_one_line() {
    let answer = run(["--version"]);
    assert_eq!((answer.code, answer.stdout), (0, format!("etcdsnap {}\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn every_command_explains_itself() {
    for command in COMMANDS {
        let answer = run(command.split(' ').chain(["--help"]));
        assert_eq!(answer.code, 0, "{command}");
        assert!(answer.stdout.contains(&format!("Usage: etcdsnap {command}")), "{command}: {}", answer.stdout);
        assert!(answer.stderr.is_empty());
    }
    for command in COMMANDS.iter().filter(|command| !command.starts_with("db ")) {
        assert!(run([*command, "--help"]).stdout.contains("Examples:\n  etcdsnap "), "{command}");
    }
    let tool = run(["--help"]).stdout;
    assert!(tool.contains("Exit codes:") && tool.contains("130  interrupted"), "{tool}");
}

#[test]
fn wrong_usage_ends_with_2_on_standard_error() {
    let lines: [&[&str]; 25] = [
        &[],
        &["prove"],
        &["--speed"],
        &["verify"],
        &["verify", "-o", "yaml", "a.db"],
        &["verify", "--assert", "min-keys=few", "a.db"],
        &["verify", "--server-version", "three", "a.db"],
        &["status"],
        &["status", "-o", "junit", "a.db"],
        &["hash", "--rev", "0", "a.db"],
        &["keys", "--rev", "0", "a.db"],
        &["keys", "a.db", "--regex", "("],
        &["keys", "a.db", "--lease", "none"],
        &["keys", "a.db", "/a", "--prefix", "/b"],
        &["get", "a.db"],
        &["get", "a.db", "k", "--hex", "--json"],
        &["export", "a.db", "--bucket", "keys"],
        &["export", "a.db", "--force"],
        &["usage", "--depth", "65", "a.db"],
        &["db"],
        &["db", "page", "a.db"],
        &["verify", "--threads", "0", "a.db"],
        &["defrag", "a.db"],
        &["defrag", "--in-place", "a", "b"],
        &["migrate", "a.db", "b.db"],
    ];
    for line in lines {
        let answer = run(line);
        assert_eq!(answer.code, 2, "{line:?}: {answer:?}");
        assert!(answer.stdout.is_empty() && !answer.stderr.is_empty(), "{line:?}: {answer:?}");
    }
}

#[test]
fn a_slip_in_an_assertion_is_answered_with_what_was_meant() {
    let answer = run(["verify", "--assert", "min-key=5", "a.db"]);
    assert_eq!(answer.code, 2);
    assert!(answer.stderr.contains("did you mean min-keys?"), "{}", answer.stderr);
}

#[test]
fn completions_know_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let answer = run(["completions", shell]);
        assert_eq!(answer.code, 0, "{shell}");
        for word in ["verify", "buckets", "no-mmap"] {
            assert!(answer.stdout.contains(word), "{shell} {word}");
        }
    }
}

#[test]
fn the_manual_page_has_every_command_and_nothing_hidden() {
    let answer = run(["man"]);
    assert_eq!(answer.code, 0);
    assert!(answer.stdout.contains(".TH etcdsnap 1"), "{}", answer.stdout);
    for command in COMMANDS.iter().filter(|command| **command != "db") {
        let section = format!(".SH \"ETCDSNAP {}\"", command.to_uppercase());
        assert_eq!(answer.stdout.matches(&section).count(), 1, "{command}");
    }
    assert!(!answer.stdout.contains("RFC3339"), "a hidden option is shown");
}
