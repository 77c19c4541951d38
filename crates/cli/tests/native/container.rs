//! Backups in other forms: compressed, in archives, changed on their way, in folders; and what is beside them.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use etcdsnap_testkit::lf_to_crlf;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::program::{Answer, args, fixture, fixtures, run, run_with_input, written};

const FILE: &str = "etcd-3.6.14-seed1.db";

/// The first bytes, and then zeros, compressed.
fn gzip(first: &[u8], zeros: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(first).expect("memory takes it all");
    let piece = vec![0; 1 << 20];
    for _ in 0..zeros >> 20 {
        encoder.write_all(&piece).expect("memory takes it all");
    }
    encoder.finish().expect("memory takes it all")
}

#[test]
fn line_ends_are_the_cause_and_unpack_undoes_them() {
    for name in fixtures() {
        let bytes = fs::read(fixture(&name)).expect("fixture");
        let (folder, path) = written(&lf_to_crlf(&bytes));
        let answer = run(args!["verify", path]);
        assert_eq!((answer.code, answer.stderr.as_str()), (3, ""), "{answer:?}");
        let cause = answer.stdout.find("LINE_ENDS_TRANSLATED").expect("the cause");
        assert!(answer.stdout.contains("SHA-256") && answer.stdout.contains("etcdsnap unpack"), "{answer:?}");
        assert!(!answer.stdout.contains("SHA256_MISMATCH") && cause < answer.stdout.len() / 2, "{answer:?}");
        let fixed = folder.path().join("fixed.db");
        let answer = run(args!["unpack", "-o", "json", path, fixed]);
        assert_eq!((answer.code, answer.json()["source"]["lineEndsUndone"].as_bool()), (0, Some(true)), "{answer:?}");
        assert!(fs::read(&fixed).expect("written") == bytes);
        // It stays unless told.
        assert_eq!(run(args!["unpack", path, fixed]).code, 1);
        assert_eq!(run(args!["unpack", "--force", path, fixed]).code, 0);
        assert_eq!(run(args!["unpack", "--force", path, path]).code, 2);
        assert_eq!(run(args!["restore", path, "--data-dir", folder.path().join("m")]).code, 3);
    }
}

/// As the advice of `verify` says, whatever the snapshot is in and whatever follows it.
#[test]
fn unpack_leaves_out_what_follows_a_snapshot() {
    let bytes = fs::read(fixture(FILE)).expect("fixture");
    for tail in [&[0; 1][..], &[0; 512], b"\n", &bytes] {
        let padded = [&bytes[..], tail].concat();
        for stored in [padded.clone(), gzip(&padded, 0), lf_to_crlf(&padded)] {
            let (folder, path) = written(&stored);
            let copy = folder.path().join("copy.db");
            let answer = run(args!["unpack", "-o", "json", &path, &copy]);
            assert_eq!((answer.code, answer.json()["leftOut"].as_u64()), (0, Some(tail.len() as u64)), "{answer:?}");
            assert!(fs::read(&copy).expect("written") == bytes);
            let told = run(args!["unpack", "--force", &path, &copy]).stdout;
            let noun = if tail.len() == 1 { "1 byte behind" } else { "bytes behind" };
            assert!(told.contains(noun), "{told}");
        }
    }
    // Of a file that no SHA-256 proves all is written.
    let cut = &bytes[..bytes.len() - 1];
    let (folder, path) = written(cut);
    let copy = folder.path().join("copy.db");
    let answer = run(args!["unpack", "-o", "json", &path, &copy]);
    assert_eq!((answer.code, answer.json()["leftOut"].as_u64()), (0, Some(0)), "{answer:?}");
    assert!(fs::read(&copy).expect("written") == cut);
}

/// The content has 512 MiB; the program may have 300 MB, of which its threads' stacks take most.
#[cfg(target_os = "linux")]
#[test]
fn a_bomb_is_spooled_and_not_held_in_memory() {
    let bytes = fs::read(fixture(FILE)).expect("fixture");
    let database = &bytes[..bytes.len() - 32];
    let (folder, path) = written(&gzip(database, 512 << 20));
    let spool = folder.path().join("spool");
    fs::create_dir(&spool).expect("folder");
    let script = "ulimit -d 300000; exec \"$0\" \"$@\"";
    let limited = |more: &[&str]| -> Answer {
        let mut command = Command::new("sh");
        command.args(["-c", script, env!("CARGO_BIN_EXE_etcdsnap"), "--spool-dir"]).arg(&spool).args(more).arg(&path);
        let output = command.output().expect("runs");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        Answer { code: output.status.code().expect("ends"), stdout: text(output.stdout), stderr: text(output.stderr) }
    };
    let answer = limited(&["status", "-o", "json"]);
    assert_eq!(answer.code, 0, "{answer:?}");
    let spooled = &answer.json()["source"]["spooled"];
    assert_eq!(spooled["bytes"].as_u64(), Some(database.len() as u64 + (512 << 20)));
    assert_eq!(spooled["folder"]["path"].as_str(), spool.to_str());
    let answer = limited(&["verify"]);
    assert!(answer.stdout.contains("in a temporary file in "), "{answer:?}");
    let answer = limited(&["--max-input", "100MiB", "verify"]);
    assert_eq!((answer.code, answer.stdout.as_str()), (1, ""), "{answer:?}");
    assert!(answer.stderr.contains("104857600 bytes") && answer.stderr.contains("--max-input"), "{answer:?}");
    assert_eq!(fs::read_dir(&spool).expect("folder").count(), 0);
    fs::remove_dir(&spool).expect("empty");
    let answer = limited(&["verify"]);
    assert!(answer.code == 1 && answer.stderr.contains("--spool-dir"), "{answer:?}");
}

#[test]
fn a_folder_with_a_backup_in_it_names_it() {
    let folder = tempfile::tempdir().expect("folder");
    let verify = |path: &Path| run(args!["verify", path]);
    fs::create_dir(folder.path().join("lost+found")).expect("folder");
    let nothing = verify(folder.path());
    assert!(nothing.code == 1 && nothing.stderr.contains("name a snapshot file"), "{nothing:?}");
    let snapshot = folder.path().join("snapshot_2026-01-01.db");
    fs::copy(fixture(FILE), &snapshot).expect("copied");
    fs::write(folder.path().join("static_kuberesources_2026-01-01.tar.gz"), gzip(b"", 0)).expect("written");
    fs::write(folder.path().join("notes.txt"), "made at night").expect("written");
    let one = verify(folder.path());
    let wanted = format!("name what is in it: {}", snapshot.display());
    assert!(one.code == 1 && one.stderr.trim_end().ends_with(&wanted), "{one:?}");
    let member = folder.path().join("default.etcd");
    assert_eq!(run(args!["restore", snapshot, "--data-dir", member]).code, 0);
    let two = verify(folder.path());
    assert!(two.stderr.contains("name one of what is in it: ") && two.stderr.contains("default.etcd"), "{two:?}");
    assert_eq!(run(args!["datadir", "check", member]).code, 0);
}

/// A volume has a folder of its own at its root; a server finds nothing there.
#[test]
fn a_new_volume_is_an_empty_data_directory() {
    let folder = tempfile::tempdir().expect("folder");
    fs::create_dir(folder.path().join("lost+found")).expect("folder");
    assert_eq!(run(args!["datadir", "check", folder.path()]).code, 0);
}

#[test]
fn a_name_that_ends_in_part_is_told() {
    let folder = tempfile::tempdir().expect("folder");
    for name in ["snapshot.db.part", "snapshot.part.gz"] {
        let path = folder.path().join(name);
        let bytes = fs::read(fixture(FILE)).expect("fixture");
        fs::write(&path, if name.ends_with("gz") { gzip(&bytes, 0) } else { bytes }).expect("written");
        let answer = run(args!["verify", path]);
        assert!(answer.code == 0 && answer.stdout.contains("PART_FILE"), "{answer:?}");
    }
}

#[test]
fn files_beside_a_backup_end_with_1_and_name_it() {
    let folder = tempfile::tempdir().expect("folder");
    let kops = r#"{"etcdVersion":"3.5.9","clusterSpec":{"memberCount":3}}"#;
    let cases: [(&str, &[u8], &str); 3] = [
        ("_etcd_backup.meta", kops.as_bytes(), "etcd.backup.gz"),
        ("Incr-00000001-00000005-1700000000", b"[{\"EtcdEvent\": {}}]\x60\xe2\xb7", "Full-"),
        ("Incr-00000116-00000144-1790000240.zlib", b"\x78\x9c\xb5\x98", "Full-"),
    ];
    for (name, bytes, says) in cases {
        let path = folder.path().join(name);
        fs::write(&path, bytes).expect("written");
        let answer = run(args!["verify", path]);
        assert_eq!((answer.code, answer.stdout.as_str()), (1, ""), "{answer:?}");
        assert!(answer.stderr.contains(says) && answer.stderr.lines().count() == 1, "{answer:?}");
    }
    let segment = folder.path().join("0000000000000000-0000000000000000.wal");
    fs::write(&segment, b"").expect("written");
    let answer = run(args!["verify", segment]);
    assert!(answer.code == 3 && answer.stdout.contains("empty segment"), "{answer:?}");
}

#[test]
fn a_compressed_stream_and_a_file_are_compared() {
    let bytes = fs::read(fixture(FILE)).expect("fixture");
    let (_folder, path) = written(&gzip(&bytes, 0));
    let answer = run_with_input(args!["diff", "-", path], &gzip(&bytes, 0));
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""), "{answer:?}");
}
