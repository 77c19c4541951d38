//! What is no database is told by its name, with what to do about it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use etcdsnap_snapshot::container::{Companion, Compression, Conversion, Foreign, OpenError};

use super::samples::{gzip, read, snapshot, zstd};

fn name(bytes: &[u8]) -> Foreign {
    match read(bytes).expect_err("no database") {
        error @ OpenError::NotADatabase { .. } => {
            assert!(error.is_damage());
            let sentence = error.to_string();
            assert!(!sentence.contains(['\n', '\r', '\x1b']) && sentence.len() < 400, "{sentence:?}");
            let OpenError::NotADatabase { looks_like, .. } = error else { unreachable!() };
            looks_like
        }
        error => panic!("{error}"),
    }
}

#[test]
fn an_object_stores_error_is_told_by_its_code() {
    let s3 = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
    assert_eq!(name(s3), Foreign::Xml { code: Some("AccessDenied".into()) });
    let azure =
        "\u{feff}<?xml version=\"1.0\"?><Error><Code>BlobNotFound</Code><Message>gone\nTime:now</Message></Error>";
    assert_eq!(name(azure.as_bytes()), Foreign::Xml { code: Some("BlobNotFound".into()) });
    assert_eq!(
        read(s3).expect_err("no database").to_string(),
        "standard input: not an etcd database but an object store's error \"AccessDenied\"; the store refused the \
         download, so check credentials and expiry of the link, and download it again"
    );
    let missing = b"<Error><Code>NoSuchKey</Code></Error>";
    assert!(read(missing).expect_err("no database").to_string().contains("the store has no such object"));
}

#[test]
fn an_error_that_was_compressed_is_told_too() {
    let body = b"<Error><Code>NoSuchKey</Code></Error>";
    for (file, with) in [(gzip(body), Compression::Gzip), (zstd(body), Compression::Zstd)] {
        let error = read(&file).expect_err("no database");
        let sentence = format!(
            "standard input: not an etcd database but an object store's error \"NoSuchKey\", compressed with {with};"
        );
        assert!(error.to_string().starts_with(&sentence), "{error}");
        assert!(matches!(error, OpenError::NotADatabase { compression, .. } if compression == with));
    }
    assert_eq!(name(&gzip(b"")), Foreign::Empty);
}

#[test]
fn answers_of_servers() {
    let page = b"<!DOCTYPE html>\n<html><head><TITLE>\n  Sign in \x1b[31m &amp; go </TITLE></head></html>";
    assert_eq!(name(page), Foreign::Html { title: Some("Sign in [31m &amp; go".into()) });
    assert_eq!(name(b"<html><body>502</body></html>"), Foreign::Html { title: None });
    let bodies = [
        ("{\"error\":\"etcdserver: permission denied\",\"code\":7}", Some("etcdserver: permission denied")),
        ("{\"error\":{\"code\":401,\"message\":\"Invalid Credentials\"}}", Some("Invalid Credentials")),
        ("{\"kind\":\"Status\",\"message\":\"pods not found\"}\n", Some("pods not found")),
        ("[1, 2]", None),
        ("{\"broken\":", None),
    ];
    for (body, error) in bodies {
        assert_eq!(name(body.as_bytes()), Foreign::Json { error: error.map(Into::into) });
    }
}

/// Only what is made to be shown is shown, and never much of it.
#[test]
fn foreign_text_is_not_repeated_at_length() {
    let long = format!("<html><title>{}</title></html>", "word ".repeat(300));
    let Foreign::Html { title: Some(title) } = name(long.as_bytes()) else { panic!("a web page") };
    assert_eq!(title.chars().count(), 80);
    assert_eq!(name(b"<config><code>pass word</code></config>"), Foreign::Xml { code: None });
    assert_eq!(name(b"password = hunter2\n"), Foreign::Text);
    assert_eq!(name("zu viele Umlaute \u{e4}".repeat(1000).as_bytes()), Foreign::Text);
}

#[test]
fn formats_with_a_signature() {
    let mut tar = vec![0; 2048];
    tar[257..262].copy_from_slice(b"ustar");
    let tar_of_snapshot = [&tar[..512], &snapshot()].concat();
    let cases: [(&[u8], Foreign); 11] = [
        (&tar, Foreign::Archive("tar")),
        (&tar_of_snapshot, Foreign::Archive("tar")),
        (b"\xfd7zXZ\0\0", Foreign::Compressed("xz")),
        (b"BZh91AY", Foreign::Compressed("bzip2")),
        (b"\x78\x9c\x01", Foreign::Compressed("zlib")),
        (b"age-encryption.org/v1\n-> X25519", Foreign::Encrypted("age")),
        (b"-----BEGIN PGP MESSAGE-----\n", Foreign::Encrypted("OpenPGP")),
        (b"Salted__\x01\x02", Foreign::Encrypted("openssl enc")),
        (b"\x7fELF\x02\x01", Foreign::Program),
        (b"SQLite format 3\0\x10\0", Foreign::Sqlite),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00", Foreign::LfsPointer),
    ];
    for (bytes, expected) in cases {
        assert_eq!(name(bytes), expected);
    }
}

#[test]
fn other_files_of_a_member() {
    let first = b"\x04\0\0\0\0\0\0\x84\x08\x04\x10\0\0\0\0\0\x90\0\0\0\0\0\0\0";
    let later = b"\x08\0\0\0\0\0\0\0\x08\x04\x10\xf4\xc1\xaa\x80\x0d";
    assert_eq!(name(first), Foreign::WalSegment);
    assert_eq!(name(later), Foreign::WalSegment);
    let snap = b"\x08\xe9\xab\x92\xaf\x0d\x12\x05\x0a\x01\x01\x12\0";
    assert_eq!(name(snap), Foreign::SnapFile);
    assert_eq!(name(&[snap.as_slice(), b"x"].concat()), Foreign::Unknown);
}

#[test]
fn a_database_behind_something_else_is_found() {
    let logs = b"{\"level\":\"info\",\"msg\":\"saved\"}\r\n";
    assert_eq!(name(&[logs.as_slice(), &snapshot()].concat()), Foreign::Shifted { by: logs.len() });
    assert_eq!(name(&[[b'\n'; 512].as_slice(), &snapshot()].concat()), Foreign::Shifted { by: 512 });
}

#[test]
fn nothing_zeros_and_noise() {
    assert_eq!(name(b""), Foreign::Empty);
    for len in [1, 512, 32, 100_000] {
        assert_eq!(name(&vec![0; len]), Foreign::Zeros);
    }
    let mut state = 7u64;
    for len in [9, 100, 4096, 200_000] {
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state.to_be_bytes()[0] | 0x80
        })
        .take(len)
        .collect();
        assert_eq!(name(&noise), Foreign::Unknown);
    }
}

/// A tar archive of these files.
fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, content) in files {
        let mut header = [0; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        header[156] = if name.ends_with('/') { b'5' } else { b'0' };
        header[257..263].copy_from_slice(b"ustar\0");
        bytes.extend(header);
        bytes.extend(*content);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    bytes.extend([0; 1024]);
    bytes
}

#[test]
fn members_of_a_tar_are_named_with_the_command() {
    let archive = tar(&[("backup/", b""), ("backup/notes.txt", b"made at night"), ("backup/etcd.db", &snapshot())]);
    for file in [archive.clone(), gzip(&archive)] {
        let error = read(&file).expect_err("an archive").to_string();
        assert!(error.contains("an archive (tar) of backup/notes.txt, backup/etcd.db"), "{error}");
        assert!(error.contains(" backup/etcd.db | etcdsnap verify -` reads the backup in it"), "{error}");
    }
    for len in [0, 1, 511, 513, 600, 1500, 3000, archive.len() - 1] {
        read(&archive[..len]).expect_err("cut, but no database");
    }
}

/// Sizes that lead nowhere, or back.
#[test]
fn a_tar_with_impossible_sizes_ends() {
    for size in [&b"77777777777"[..], b"99999999999", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", b"           "] {
        let mut archive = tar(&[("a", b"1"), ("b", b"2")]);
        archive[124..135].copy_from_slice(size);
        assert!(matches!(name(&archive), Foreign::Archive("tar") | Foreign::Members { format: "tar", .. }));
    }
}

#[test]
fn what_is_kept_beside_a_backup_is_no_damage() {
    let kops = br#"{"etcdVersion":"3.5.9","timestamp":"1764600000","clusterSpec":{"memberCount":3}}"#;
    let rke = br#"{ "desiredState": { "rkeConfig": { "nodes": [] } }, "currentState": {} }"#;
    let openshift = gzip(&tar(&[("static-pod-resources/etcd-pod-7/secrets/tls.key", b"key")]));
    let increment = [br#"[{"etcdEvent":{"type":1}}]"#.as_slice(), &[0xe2; 32]].concat();
    let beside = [
        (kops.to_vec(), Foreign::Companion(Companion::Kops), "etcd.backup.gz"),
        (rke.to_vec(), Foreign::Companion(Companion::Rke), "without .rkestate"),
        (openshift, Foreign::Companion(Companion::OpenShift), "snapshot_"),
        (increment.clone(), Foreign::Increment, "Full-"),
        (gzip(&increment), Foreign::Increment, "Full-"),
    ];
    for (bytes, expected, advice) in beside {
        let error = read(&bytes).expect_err("no database");
        assert!(!error.is_damage() && error.to_string().contains(advice), "{error}");
        assert!(matches!(error, OpenError::NotADatabase { looks_like, .. } if looks_like == expected));
    }
}

#[test]
fn conversions_of_text_are_told() {
    let bytes = snapshot();
    let utf16: Vec<u8> = bytes.iter().flat_map(|byte| [*byte, 0]).collect();
    let replaced = String::from_utf8_lossy(&bytes).into_owned().into_bytes();
    let recoded: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    let digits = STANDARD.encode(&bytes);
    let lines: Vec<_> =
        digits.as_bytes().chunks(76).map(|line| format!("{}\r\n", String::from_utf8_lossy(line))).collect();
    let lines = lines.concat();
    let cases = [
        ([&b"\xff\xfe"[..], &utf16].concat(), Conversion::Utf16),
        (replaced, Conversion::Replaced),
        (recoded.into_bytes(), Conversion::Recoded),
        (digits.clone().into_bytes(), Conversion::Base64),
        (lines.into_bytes(), Conversion::Base64),
        (STANDARD.encode(gzip(&bytes)).into_bytes(), Conversion::Base64),
    ];
    for (file, expected) in cases {
        assert_eq!(name(&file), Foreign::Converted(expected));
        assert_eq!(name(&gzip(&file)), Foreign::Converted(expected));
    }
    assert_eq!(name(STANDARD.encode("not a database").as_bytes()), Foreign::Text);
}
