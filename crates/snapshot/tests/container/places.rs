//! Where the bytes come from: files of any name, data directories, streams.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use etcdsnap_image::{FileChange, ImageError, Mapping};
use etcdsnap_snapshot::container::{Compression, Container, OpenError, OpenOptions, Origin};

use super::samples::{gzip, snapshot, zstd};

fn open(path: &Path) -> Result<Container, OpenError> {
    Container::open(path, &OpenOptions::default())
}

#[test]
fn the_name_of_a_file_says_nothing() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let files = [
        ("snapshot.db.gz", snapshot(), Compression::None),
        ("snapshot.db", gzip(&snapshot()), Compression::Gzip),
        ("snapshot.txt", zstd(&snapshot()), Compression::Zstd),
    ];
    for (name, bytes, compression) in files {
        let path = folder.path().join(name);
        fs::write(&path, bytes)?;
        for mapping in [Mapping::Auto, Mapping::Never] {
            let container = Container::open(&path, &OpenOptions { mapping, ..OpenOptions::default() }).expect(name);
            assert_eq!((container.compression, &container.origin), (compression, &Origin::File));
            assert!(container.image().bytes() == snapshot());
            assert_eq!(container.path(), Some(path.as_path()));
            assert_eq!(container.modified(), Some(fs::metadata(&path)?.modified()?));
            assert_eq!(container.recheck(), Ok(()));
        }
    }
    Ok(())
}

#[test]
fn a_compressed_file_is_rechecked_as_it_lies_on_disk() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("snapshot.db.gz");
    let file = gzip(&snapshot());
    fs::write(&path, &file)?;
    let container = open(&path).expect("a snapshot");
    fs::write(&path, [file.as_slice(), b"more"].concat())?;
    let before = file.len() as u64;
    assert_eq!(
        container.recheck().map_err(|changed| changed.change),
        Err(FileChange::Grew { before, after: before + 4 })
    );
    Ok(())
}

#[test]
fn a_data_directory_gives_its_database() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let snap = folder.path().join("member").join("snap");
    fs::create_dir_all(&snap)?;
    let database = snap.join("db");
    fs::write(&database, snapshot())?;
    for directory in [folder.path(), &folder.path().join("member"), &snap] {
        let container = open(directory).expect("a data directory");
        assert_eq!(container.origin, Origin::DataDirectory { database: database.clone() });
        assert_eq!(container.path(), Some(database.as_path()));
    }
    Ok(())
}

#[test]
fn a_directory_without_a_database_is_told() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    fs::create_dir(folder.path().join("db"))?;
    fs::write(folder.path().join("member"), b"a file where a folder should be")?;
    let error = open(folder.path()).expect_err("no data directory");
    assert!(!error.is_damage());
    assert_eq!(
        error.to_string(),
        format!(
            "{}: a directory without etcd's member/snap/db; name a snapshot file, or the data directory of a member",
            folder.path().display()
        )
    );
    Ok(())
}

#[test]
fn what_cannot_be_read_blames_no_backup() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let error = open(&folder.path().join("none.db")).expect_err("missing");
    assert!(matches!(error, OpenError::Image(ImageError::Missing { .. })) && !error.is_damage());
    Ok(())
}

/// A stream comes in pieces of any size.
#[test]
fn a_stream_is_recognised_byte_by_byte() {
    struct Trickle<'a>(&'a [u8]);
    impl Read for Trickle<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let len = into.len().min(1);
            self.0.read(&mut into[..len])
        }
    }
    for (bytes, compression) in [
        (snapshot(), Compression::None),
        (gzip(&snapshot()), Compression::Gzip),
        (zstd(&snapshot()), Compression::Zstd),
    ] {
        let container = Container::from_stdin(Trickle(&bytes), &OpenOptions::default()).expect("a snapshot");
        assert_eq!((container.compression, &container.origin), (compression, &Origin::StandardInput));
        assert!(container.image().bytes() == snapshot());
        assert_eq!((container.path(), container.recheck()), (None, Ok(())));
    }
}

#[test]
fn a_stream_that_fails_blames_no_backup() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the line went dead"))
        }
    }
    for file in [snapshot(), gzip(&snapshot()), zstd(&snapshot())] {
        for len in [2, 4, 1000] {
            let error = Container::from_stdin(file[..len].chain(Failing), &OpenOptions::default()).expect_err("fails");
            assert!(matches!(error, OpenError::Image(ImageError::Stream { .. })), "{error}");
            assert!(!error.is_damage() && error.to_string().ends_with("the line went dead"), "{error}");
        }
    }
}
