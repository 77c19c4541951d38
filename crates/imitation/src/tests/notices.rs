//! What we decided ourselves: commands upstream does not have in that line, or we do not have at all; help and
//! completion.

use super::*;

fn etcdutl(args: &[&str], compat: Compat) -> Ran {
    ran(Personality::Etcdutl, compat, &words(args), &Recording::of("etcd-3.6.14-seed1"))
}

fn etcdctl(args: &[&str], compat: Compat) -> Ran {
    ran(Personality::Etcdctl, compat, &words(args), &Recording::of("etcd-3.6.14-seed1"))
}

#[test]
fn etcdctl_still_answers_status_where_upstream_removed_it() {
    let recording = Recording::of("etcd-3.6.14-seed1");
    let path = recording.snapshot.to_str().unwrap();
    for compat in [Compat::V3_6, Compat::V3_7, Compat::V3_8] {
        for args in
            [vec![path, "-w", "json"], vec![path, "-wtable"], vec!["/nowhere"], vec![], vec![path, "-w", "nope"]]
        {
            let args = [&["snapshot", "status"], args.as_slice()].concat();
            let (old, new) = (etcdctl(&args, compat), etcdutl(&args, compat));
            let notice = "Deprecated: Use `etcdutl snapshot status` instead.\n\n";
            assert_eq!(old, Ran { err: format!("{notice}{}", new.err), ..new });
        }
    }
}

#[test]
fn etcdutl_of_3_4_has_the_commands_of_3_5() {
    let recording = Recording::of("etcd-3.6.14-seed1");
    let status = ["snapshot", "status", recording.snapshot.to_str().unwrap()];
    assert_eq!(etcdutl(&status, Compat::V3_4), etcdutl(&status, Compat::V3_5));
    assert!(etcdutl(&["hashkv"], Compat::V3_4).err.starts_with("Error: unknown command \"hashkv\" for \"etcdutl\"\n"));
    assert_eq!(etcdutl(&["version"], Compat::V3_4).out, "etcdutl version: 3.4.23\nAPI version: 3.4\n");
}

#[test]
fn commands_we_do_not_have_say_so() {
    let absent = |name| Ran {
        code: 1,
        out: String::new(),
        err: format!("Error: `{name}` is not part of this release of etcdsnap\n"),
    };
    assert_eq!(etcdutl(&["backup", "--data-dir", "d"], Compat::V3_5), absent("etcdutl backup"));
    assert_eq!(etcdctl(&["snapshot", "save", "f"], Compat::V3_7), absent("etcdctl snapshot save"));
    assert_eq!(etcdctl(&["defrag", "--data-dir=d"], Compat::V3_6), absent("etcdctl defrag"));
    assert_eq!(etcdctl(&["--endpoints", "a", "member", "list"], Compat::V3_7), absent("etcdctl member"));
    assert_eq!(etcdctl(&["help", "get"], Compat::V3_5), absent("etcdctl get"));
    for compat in Compat::ALL {
        let listed = etcdutl(&["--help"], compat).out + &etcdctl(&["--help"], compat).out;
        assert!(!["backup", "make-mirror", "save"].iter().any(|name| listed.contains(name)), "{listed}");
    }
}

#[test]
fn a_record_that_cannot_be_read_stops_the_tools_that_read_records() {
    struct Unreadable;
    impl FileFacts for Unreadable {
        fn status(&self, _: &Path) -> Result<Status, Failure> {
            let record = crate::UnreadableRecord::Value { key: b"k".to_vec(), reason: "unexpected EOF".to_owned() };
            let storage_version = String::new();
            Ok(Status {
                hash: 1,
                revision: 2,
                total_pairs: 3,
                live_keys: Err(record),
                total_size: 4096,
                storage_version,
            })
        }

        fn check(&self, path: &Path) -> Result<(), Failure> {
            self.hash_kv(path, 0).map(|_| ())
        }

        fn hash_kv(&self, _: &Path, _: i64) -> Result<HashKv, Failure> {
            Err(Failure::Integrity(vec!["page 3: reachable freed".to_owned()]))
        }
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "a database").unwrap();
    let status = words(&["snapshot", "status", file.path().to_str().unwrap()]);
    assert_eq!(ran(Personality::Etcdutl, Compat::V3_5, &status, &Unreadable).out, "1, 2, 3, 4.1 kB\n");
    let refused = "Error: error during bucket key iteration, name: \"key\" err: cannot unmarshal value, key: \"k\" err: unexpected EOF\n";
    assert_eq!(ran(Personality::Etcdutl, Compat::V3_6, &status, &Unreadable).err, refused);
    let hash_kv = words(&["hashkv", file.path().to_str().unwrap()]);
    let found = "Error: snapshot file integrity check failed. 1 errors found.\npage 3: reachable freed\n";
    assert_eq!(ran(Personality::Etcdutl, Compat::V3_7, &hash_kv, &Unreadable).err, found);
}

#[test]
fn help_is_laid_out_as_upstream_lays_it_out() {
    let expected = "\
Usage:
  etcdutl hashkv <filename> [flags]

Flags:
  -h, --help      show this help
      --rev int   the revision to hash at, 0 for the newest

Global Flags:
  -w, --write-out string   form of the output: simple, table, json, fields or protobuf (default \"simple\")
";
    assert_eq!(etcdutl(&["hashkv", "-h"], Compat::V3_6).out, expected);
    let expected = "\
Commands for snapshot files

Usage:
  etcdctl snapshot [command]

Available Commands:
  restore     [deprecated] Does what `etcdutl snapshot restore` does
  status      [deprecated] Says what `etcdutl snapshot status` says

Flags:
  -h, --help   show this help

Use \"etcdctl snapshot [command] --help\" for more information about a command.
\"etcdctl options\" lists the flags that every command takes.
";
    assert_eq!(etcdctl(&["snapshot"], Compat::V3_7).out, expected);
    let expected = "\
NAME:
\tsnapshot - Commands for snapshot files

USAGE:
\tetcdctl snapshot <subcommand> [flags]

API VERSION:
\t3.4


COMMANDS:
\trestore\tMakes the data directory of a member of a new cluster from a snapshot file
\tstatus\tChecks the pages of a snapshot file and prints its hash, revision, key count and size

OPTIONS:
  -h, --help[=false]\tshow this help

GLOBAL OPTIONS:
";
    assert!(etcdctl(&["snapshot"], Compat::V3_4).out.starts_with(expected));
}

#[test]
fn every_shell_gets_a_script_with_our_commands_and_flags() {
    for compat in [Compat::V3_6, Compat::V3_7, Compat::V3_8] {
        for shell in ["bash", "zsh", "fish", "powershell"] {
            let (utl, ctl) = (etcdutl(&["completion", shell], compat), etcdctl(&["completion", shell], compat));
            assert_eq!((utl.code, ctl.code, utl.err + &ctl.err), (0, 0, String::new()));
            assert!(["hashkv", "rev", "status", "write-out"].iter().all(|word| utl.out.contains(word)), "{}", utl.out);
            assert!(["status", "endpoints", "cacert"].iter().all(|word| ctl.out.contains(word)), "{}", ctl.out);
            assert!(utl.out.contains("migrate") && !utl.out.contains("backup"), "{}", utl.out);
        }
    }
}

#[test]
fn the_name_the_binary_is_called_by_chooses() {
    let select = |line: &[&str]| {
        let line = words(line);
        crate::select(&line).map(|call| (call.personality, call.release.map(str::to_owned), call.args.to_vec()))
    };
    let (utl, ctl) = (Personality::Etcdutl, Personality::Etcdctl);
    assert_eq!(select(&["/usr/bin/etcdutl", "version"]), Some((utl, None, words(&["version"]))));
    assert_eq!(select(&["etcdctl.exe"]), Some((ctl, None, vec![])));
    assert_eq!(select(&["./etcdutl-3.5", "x"]), Some((utl, Some("3.5".to_owned()), words(&["x"]))));
    assert_eq!(select(&["etcdsnap", "etcdctl-3.6"]), Some((ctl, Some("3.6".to_owned()), vec![])));
    assert_eq!(select(&["./etcdsnap", "etcdctl", "a", "etcdutl"]), Some((ctl, None, words(&["a", "etcdutl"]))));
    assert_eq!(select(&["etcdsnap", "help", "etcdutl"]), Some((utl, None, words(&["help"]))));
    let explained = words(&["help", "snapshot", "status"]);
    assert_eq!(
        select(&["etcdsnap", "help", "etcdctl-3.5", "snapshot", "status"]),
        Some((ctl, Some("3.5".to_owned()), explained))
    );
    let native = [
        &["etcdsnap", "status", "etcdutl"][..],
        &["etcdsnap", "help", "status"],
        &["etcdsnap", "help"],
        &["etcdsnap"],
        &["etcdutlx"],
        &[],
    ];
    for native in native {
        assert_eq!(select(native), None);
    }
}
