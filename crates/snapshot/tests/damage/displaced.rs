//! Files that lost bytes before their end, or got some: the report begins with that and not with the end of the file.

use std::path::Path;

use super::samples::{Answer, PAGE, answer};

/// Every uncompressed snapshot of a real server in the test data, with its name.
fn snapshots() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/etcd");
    let paths = folder.read_dir().expect("testdata").map(|entry| entry.expect("entry").path());
    let snapshots = paths.filter(|path| path.extension().is_some_and(|ending| ending == "db"));
    let read = |path: &Path| (path.display().to_string(), std::fs::read(path).expect("readable"));
    let snapshots: Vec<_> = snapshots.map(|path| read(&path)).collect();
    assert!(snapshots.len() >= 6);
    snapshots
}

/// The file is damaged, and its cause is called so and says all of this.
fn assert_cause(name: &str, file: &[u8], id: &str, says: &[&str]) {
    let Answer { cause, findings, is_sound, .. } = answer(file);
    let cause = cause.expect("a cause");
    assert_eq!(cause.id.as_str(), id, "{name}: {}", cause.message);
    for says in says {
        assert!(cause.message.contains(says), "{name}: {says} in {}", cause.message);
    }
    assert!(!is_sound && findings.iter().any(|finding| finding.kind.id == id), "{name}");
    for finding in &findings {
        let advises = finding.kind.remedy.contains("--skip-hash-check") && !cause.explains(finding.kind);
        assert!(!advises, "{name}: {}", finding.kind.id);
    }
}

/// Does the cause say the place of byte `at`, to the page or between two pages around it?
fn is_about(message: &str, at: usize, lost: usize) -> bool {
    let (first, last) = (at / PAGE, (at + lost) / PAGE + 1);
    if let Some((_, rest)) = message.split_once("between page ") {
        let (before, rest) = rest.split_once(" and page ").expect("two pages");
        let after = rest.split(':').next().expect("a page");
        return before.parse::<usize>().expect("a number") <= first
            && after.parse::<usize>().expect("a number") >= first;
    }
    (first..=last).any(|page| message.contains(&format!("about page {page}:")))
}

#[test]
fn bytes_that_were_lost_in_the_middle_are_told_as_that() {
    for (name, whole) in snapshots() {
        for at in [whole.len() / 3, whole.len() / 2 + 123, whole.len() * 2 / 3 + 7] {
            for lost in [1, 32, 100, PAGE, 5000] {
                let file = [&whole[..at], &whole[at + lost..]].concat();
                let noun = if lost == 1 { "byte" } else { "bytes" };
                let says = [&*format!("{lost} {noun} before its place"), "bytes were lost "];
                assert_cause(&name, &file, "PAGES_DISPLACED", &says);
                let message = answer(&file).cause.expect("a cause").message;
                assert!(is_about(&message, at, lost) && !message.contains("at the end"), "{name}: {at}: {message}");
            }
        }
    }
}

#[test]
fn bytes_that_were_added_in_the_middle_are_told_as_that() {
    for (name, whole) in snapshots() {
        let at = whole.len() / 2 + 123;
        for added in [1, 100, PAGE - 32, PAGE] {
            let file = [&whole[..at], &vec![0xa5; added], &whole[at..]].concat();
            let noun = if added == 1 { "byte" } else { "bytes" };
            let says = [&*format!("{added} {noun} behind its place"), "bytes were added "];
            assert_cause(&name, &file, "PAGES_DISPLACED", &says);
        }
    }
}

#[test]
fn a_stretch_that_is_there_twice_is_told_as_that() {
    for (name, whole) in snapshots() {
        let at = whole.len() / 2 + 123;
        for twice in [2 * PAGE, 10 * PAGE, whole.len() / 3] {
            let file = [&whole[..at], &whole[at - twice..]].concat();
            let says = [&*format!("{twice} bytes behind its place"), "a stretch of the file is there twice"];
            assert_cause(&name, &file, "PAGES_DISPLACED", &says);
        }
    }
}

#[test]
fn a_cut_besides_is_told_too() {
    for (name, whole) in snapshots() {
        let (at, end) = (whole.len() / 3, whole.len() - 20_000);
        let file = [&whole[..at], &whole[at + 100..end]].concat();
        assert_cause(&name, &file, "PAGES_DISPLACED", &["100 bytes before its place", "; 20000 more bytes missing"]);
        let file = [&whole[..at], &whole[at + 100..], b"Bye!\n"].concat();
        assert_cause(&name, &file, "PAGES_DISPLACED", &["100 bytes before its place", "; 5 more bytes added"]);
        // Every page that is there stands at its place.
        let cause = answer(&whole[..end]).cause.expect("a cause");
        assert_eq!(cause.id.as_str(), "CUT_OFF", "{name}: {}", cause.message);
    }
}

#[test]
fn a_loss_before_the_second_meta_is_told_as_that() {
    for (name, whole) in snapshots() {
        for at in [10, 50, 3000, PAGE + 50] {
            let file = [&whole[..at], &whole[at + 5..]].concat();
            // With a part of its beginning gone it may not even look like a database.
            let Some(cause) = answer(&file).cause else { continue };
            assert_eq!(cause.id.as_str(), "PAGES_DISPLACED", "{name}: {at}: {}", cause.message);
            assert!(cause.message.contains("5 bytes before its place"), "{name}: {at}: {}", cause.message);
        }
    }
}

#[test]
fn ends_of_lines_that_were_removed_are_named() {
    let without = |bytes: &[u8], removed: u8| bytes.iter().copied().filter(|byte| *byte != removed).collect::<Vec<_>>();
    for (name, whole) in snapshots() {
        let says = ["bytes were lost at", "no LF in the file"];
        assert_cause(&name, &without(&whole, b'\n'), "LINE_ENDS_LOST", &says);
        let says = ["bytes were lost at", "no CR in the file"];
        assert_cause(&name, &without(&whole, b'\r'), "LINE_ENDS_LOST", &says);
    }
}

#[test]
fn crlf_and_a_cut_are_both_named() {
    for (name, whole) in snapshots() {
        let mut file: Vec<u8> =
            whole.iter().flat_map(|byte| if *byte == b'\n' { vec![b'\r', b'\n'] } else { vec![*byte] }).collect();
        file.truncate(file.len() * 2 / 3);
        let says = ["every LF became CR LF; besides that, cut off: ", &*format!(" of {} bytes", whole.len())];
        assert_cause(&name, &file, "LINE_ENDS_TRANSLATED", &says);
    }
}
