//! What may be opened, what may not, and that opening leaves no trace.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use etcdsnap_image::{FileKind, Image, ImageError, Mapping};

const BOTH: [Mapping; 2] = [Mapping::Auto, Mapping::Never];

fn file_of(folder: &tempfile::TempDir, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join("snapshot.db");
    fs::write(&path, bytes).expect("the temporary folder is writable");
    path
}

fn refusal(path: &Path) -> ImageError {
    let [auto, never] = BOTH.map(|mapping| Image::open(path, mapping).expect_err("is refused"));
    assert_eq!(auto.to_string(), never.to_string());
    auto
}

#[test]
fn mapped_and_buffered_bytes_are_the_file() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let bytes: Vec<u8> = (0..5_000_011u32).map(|n| n.to_le_bytes()[n as usize % 3]).collect();
    let path = file_of(&folder, &bytes);
    for mapping in BOTH {
        let image = Image::open(&path, mapping).expect("a regular file");
        assert!(image.bytes() == bytes);
        assert_eq!(image.path(), Some(path.as_path()));
        assert_eq!(image.modified(), Some(fs::metadata(&path)?.modified()?));
        assert_eq!(image.recheck(), Ok(()));
        let mapped = format!("{image:?}").contains("mapped: true");
        assert_eq!(mapped, mapping == Mapping::Auto);
        for range in [0..0, 0..1, 4095..4097, 4_999_999..u64::MAX, u64::MAX - 1..u64::MAX] {
            image.prefetch(range).expect("the file is whole");
        }
    }
    Ok(())
}

#[test]
fn an_empty_file_is_an_empty_image() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = file_of(&folder, b"");
    for mapping in BOTH {
        let image = Image::open(&path, mapping).expect("a regular file");
        assert_eq!(image.bytes(), b"");
        assert_eq!(image.recheck(), Ok(()));
        image.prefetch(0..1).expect("nothing to fetch");
    }
    Ok(())
}

#[test]
fn missing_files_and_directories_are_named() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let missing = folder.path().join("none.db");
    assert!(matches!(refusal(&missing), ImageError::Missing { path } if path == missing));
    let directory = refusal(folder.path());
    assert!(matches!(directory, ImageError::NotAFile { kind: FileKind::Directory, .. }));
    let expected = format!("{}: is a directory, not a file; name a file in it", folder.path().display());
    assert_eq!(directory.to_string(), expected);
    Ok(())
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_dangling_ones_are_named() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = file_of(&folder, b"pages");
    let link = folder.path().join("latest.db");
    std::os::unix::fs::symlink(&path, &link)?;
    assert_eq!(Image::open(&link, Mapping::Auto).expect("a link to a file").bytes(), b"pages");
    fs::remove_file(&path)?;
    assert!(matches!(refusal(&link), ImageError::DanglingLink { target, .. } if target == path));
    Ok(())
}

/// Nobody will ever write to this FIFO: the test ends only because it is not opened.
#[cfg(unix)]
#[test]
fn a_fifo_is_refused_without_waiting() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&path).status()?.success());
    let error = refusal(&path);
    assert!(matches!(error, ImageError::NotAFile { kind: FileKind::NamedPipe, .. }));
    assert!(error.to_string().ends_with("redirect it to standard input and give `-` as the file"));
    Ok(())
}

#[cfg(unix)]
#[test]
fn sockets_and_devices_are_refused() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&path)?;
    assert!(matches!(refusal(&path), ImageError::NotAFile { kind: FileKind::Socket, .. }));
    let device = refusal(Path::new("/dev/null"));
    assert!(matches!(device, ImageError::NotAFile { kind: FileKind::CharacterDevice, .. }));
    Ok(())
}

/// A privileged user reads everything, so for that user the promise is the opposite one.
#[cfg(unix)]
#[test]
fn an_unreadable_file_is_told_unless_the_user_is_privileged() -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir()?;
    let path = file_of(&folder, b"pages");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000))?;
    if File::open(&path).is_ok() {
        assert_eq!(Image::open(&path, Mapping::Auto).expect("privileged").bytes(), b"pages");
    } else {
        assert!(matches!(refusal(&path), ImageError::PermissionDenied { .. }));
    }
    Ok(())
}

#[test]
fn a_read_only_file_is_read_and_its_time_stays() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = file_of(&folder, &vec![3; 70_000]);
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    File::options().write(true).open(&path)?.set_modified(long_ago)?;
    let mut permissions = fs::metadata(&path)?.permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions)?;
    for mapping in BOTH {
        let image = Image::open(&path, mapping).expect("reading needs no more than reading");
        image.prefetch(0..70_000).expect("the file is whole");
        assert_eq!(image.bytes(), vec![3; 70_000]);
        assert_eq!(image.modified(), Some(long_ago));
        image.recheck().expect("nothing changed");
    }
    assert_eq!(fs::metadata(&path)?.modified()?, long_ago);
    assert_eq!(fs::read_dir(folder.path())?.count(), 1);
    Ok(())
}

/// etcd holds an exclusive lock on its database for as long as it runs.
#[test]
fn a_locked_file_is_read_and_stays_locked() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = file_of(&folder, b"pages");
    let owner = File::options().read(true).write(true).open(&path)?;
    owner.lock()?;
    let image = Image::open(&path, Mapping::Auto).expect("reading takes no lock");
    assert_eq!(image.bytes(), b"pages");
    assert!(File::open(&path)?.try_lock_shared().is_err());
    owner.unlock()?;
    File::open(&path)?.try_lock().expect("the image holds no lock either");
    Ok(())
}

/// What the process has in memory, in KiB.
#[cfg(target_os = "linux")]
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("it has some");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
}

/// A gigabyte of which the disk holds a few bytes: all of it can be read, and none of it becomes memory.
#[cfg(target_os = "linux")]
#[test]
fn holes_take_no_memory() -> io::Result<()> {
    const LEN: usize = 1 << 30;
    let folder = tempfile::tempdir()?;
    let path = file_of(&folder, b"begin");
    let file = File::options().write(true).open(&path)?;
    file.set_len(LEN as u64)?;
    for place in [LEN / 2 + 5, LEN - 3] {
        std::os::unix::fs::FileExt::write_all_at(&file, b"end", place as u64)?;
    }
    for mapping in BOTH {
        let before = resident();
        let image = Image::open(&path, mapping).expect("a regular file");
        image.prefetch(0..LEN as u64).expect("readable");
        let bytes = image.bytes();
        let (chunks, rest) = bytes.as_chunks::<4096>();
        let written = chunks.iter().filter(|chunk| **chunk != [0; 4096]).count();
        assert_eq!((bytes.len(), rest.len(), written), (LEN, 0, 3));
        assert_eq!(
            (&bytes[..5], &bytes[LEN / 2 + 5..][..3], &bytes[LEN - 3..]),
            (&b"begin"[..], &b"end"[..], &b"end"[..])
        );
        let grown = resident().saturating_sub(before);
        assert!(grown < 100 << 10, "{mapping:?}: {grown} KiB");
        assert_eq!(image.recheck(), Ok(()));
    }
    Ok(())
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_longer_than_any_is_refused() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = file_of(&folder, b"begin");
    File::options().write(true).open(&path)?.set_len((1 << 40) + 1)?;
    let refused = refusal(&path);
    assert!(
        matches!(refused, ImageError::TooLong { len: 1_099_511_627_777, limit: 1_099_511_627_776, .. }),
        "{refused}"
    );
    Ok(())
}
