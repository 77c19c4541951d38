//! A file that changes while its image is in use is noticed, and a file cut short under the map is told in words.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use etcdsnap_image::{FileChange, FileChanged, Image, Mapping};

const LEN: usize = 1 << 20;

struct Victim {
    path: PathBuf,
    /// Removed with everything in it at the end.
    _folder: tempfile::TempDir,
}

impl Victim {
    fn new() -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("db");
        fs::write(&path, vec![5; LEN])?;
        Ok(Self { path, _folder: folder })
    }

    fn writer(&self) -> io::Result<File> {
        File::options().append(true).open(&self.path)
    }

    /// What `recheck` answers after `act`, for a mapped and for a buffered image alike.
    fn change_after(act: impl Fn(&Self) -> io::Result<()>) -> io::Result<Option<FileChange>> {
        let mut changes = Vec::new();
        for mapping in [Mapping::Auto, Mapping::Never] {
            let victim = Self::new()?;
            let image = Image::open(&victim.path, mapping).expect("a regular file");
            assert_eq!(image.recheck(), Ok(()));
            act(&victim)?;
            let change = image.recheck().err();
            if let Some(FileChanged { path, .. }) = &change {
                assert_eq!(path, &victim.path);
            }
            changes.push(change.map(|changed| changed.change));
        }
        assert_eq!(changes[0], changes[1]);
        Ok(changes[0])
    }
}

#[test]
fn growth_and_truncation_are_told_with_both_lengths() -> io::Result<()> {
    let before = LEN as u64;
    let grown = Victim::change_after(|victim| victim.writer()?.write_all(b"more"))?;
    assert_eq!(grown, Some(FileChange::Grew { before, after: before + 4 }));
    let shrunk = Victim::change_after(|victim| victim.writer()?.set_len(before - 1))?;
    assert_eq!(shrunk, Some(FileChange::Shrank { before, after: before - 1 }));
    Ok(())
}

#[test]
fn a_write_in_place_is_told() -> io::Result<()> {
    let later = SystemTime::now() + Duration::from_secs(5);
    let written = Victim::change_after(|victim| victim.writer()?.set_modified(later))?;
    assert_eq!(written, Some(FileChange::Written));
    Ok(())
}

#[test]
fn reading_by_others_is_no_change() -> io::Result<()> {
    assert_eq!(Victim::change_after(|victim| fs::read(&victim.path).map(drop))?, None);
    Ok(())
}

#[cfg(unix)]
#[test]
fn replacing_and_removing_the_name_are_told() -> io::Result<()> {
    let removed = Victim::change_after(|victim| fs::remove_file(&victim.path))?;
    assert_eq!(removed, Some(FileChange::Removed));
    let replaced = Victim::change_after(|victim| {
        let other = victim.path.with_extension("part");
        fs::copy(&victim.path, &other)?;
        fs::rename(&other, &victim.path)
    })?;
    assert_eq!(replaced, Some(FileChange::Replaced));
    Ok(())
}

#[test]
fn the_message_says_what_and_what_to_do() -> io::Result<()> {
    let victim = Victim::new()?;
    let image = Image::open(&victim.path, Mapping::Auto).expect("a regular file");
    victim.writer()?.write_all(b"more")?;
    let expected = format!(
        "{}: grew from 1048576 to 1048580 bytes while it was read; read a copy that nothing writes to",
        victim.path.display()
    );
    assert_eq!(image.recheck().map_err(|changed| changed.to_string()), Err(expected));
    Ok(())
}

#[cfg(target_os = "linux")]
#[test]
fn prefetch_turns_truncation_into_an_error() -> io::Result<()> {
    let (whole, left) = (4 * LEN as u64, LEN as u64);
    let victim = Victim::new()?;
    victim.writer()?.write_all(&vec![5; 3 * LEN])?;
    let image = Image::open(&victim.path, Mapping::Auto).expect("a regular file");
    image.prefetch(0..left).expect("the file is whole");
    victim.writer()?.set_len(left)?;
    image.prefetch(0..left).expect("the first part is still there");
    let error = image.prefetch(left..whole).expect_err("the rest is gone");
    let shrank = FileChange::Shrank { before: whole, after: left };
    assert!(
        matches!(error, etcdsnap_image::ImageError::Changed(FileChanged { change, .. }) if change == shrank),
        "{error}"
    );
    Ok(())
}

/// The signal ends the process, so this test runs itself again as the process that is to end.
#[cfg(unix)]
#[test]
fn a_touched_gap_ends_the_process_in_words() -> io::Result<()> {
    const CHILD: &str = "ETCDSNAP_TEST_VICTIM";
    if let Some(path) = std::env::var_os(CHILD) {
        etcdsnap_image::exit_on_sigbus(b"the file was cut short while it was read\n", 74);
        etcdsnap_image::exit_on_sigbus(b"only the first call counts\n", 75);
        let image = Image::open(path.as_ref(), Mapping::Auto).expect("a regular file");
        File::options().write(true).open(path)?.set_len(0)?;
        let sum: u32 = image.bytes().iter().map(|&byte| u32::from(byte)).sum();
        unreachable!("read {sum} from nothing");
    }
    let victim = Victim::new()?;
    let child = std::process::Command::new(std::env::current_exe()?)
        .args(["--exact", "a_touched_gap_ends_the_process_in_words", "--nocapture"])
        .env(CHILD, &victim.path)
        .output()?;
    assert_eq!(child.status.code(), Some(74));
    assert_eq!(String::from_utf8_lossy(&child.stderr), "the file was cut short while it was read\n");
    Ok(())
}
