//! An edit that is cut short anywhere leaves the file as it was before or as it should be after, sound either way.

mod content;

use std::io::{self, Cursor, Seek, SeekFrom, Write};

use content::{read, sound};
use etcdsnap_bbolt::Db;
use etcdsnap_bbolt::build::{BuildOptions, Builder};
use etcdsnap_bbolt::edit::{CommitStep, Editor, PreparedCommit};
use etcdsnap_testkit::bbolt::{Bucket, Freelist, Layout, MetaStyle, PageOrder};
use etcdsnap_testkit::random::Random;

/// What a disk writes whole or not at all, in bytes.
const SECTOR: usize = 512;

fn write_at(file: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    file.resize(file.len().max(offset + bytes.len()), 0);
    file[offset..offset + bytes.len()].copy_from_slice(bytes);
}

fn content() -> Bucket {
    let mut root = Bucket::new();
    for number in 0..400_u32 {
        root.bucket("key").put(format!("{number:05}"), vec![b'o'; 60]);
    }
    root.bucket("members").put("a", "1").put("b", "2");
    root.bucket("alarm");
    root
}

/// Files that an edit may meet: either slot in force, free pages, with and without a freelist.
fn files() -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    for metas in [MetaStyle::Snapshot, MetaStyle::Live] {
        for txid in [8, 9] {
            for freelist in [Freelist::NotPersisted, Freelist::Persisted] {
                let page_order = PageOrder::Shuffled(txid);
                let layout =
                    Layout { metas, txid, freelist, page_order, page_size: 1024, free_pages: 20, ..Layout::default() };
                files.push(layout.build(&content()));
            }
        }
    }
    files
}

/// An edit of three buckets, and what comes of it.
fn edit(file: &[u8]) -> (PreparedCommit, Bucket) {
    let mut after = content();
    let mut editor = Editor::new(Db::open(file).expect("opens")).expect("whole");
    for number in (100..300_u32).chain([399]) {
        let key = format!("{number:05}").into_bytes();
        after.bucket("key").entries.remove(&key);
        editor.delete(b"key", key).expect("there");
    }
    editor.put(b"members", &b"c"[..], vec![b'n'; 3_000]).expect("there");
    after.bucket("members").put("c", vec![b'n'; 3_000]);
    editor.delete_bucket(b"alarm").expect("there");
    after.entries.remove(&b"alarm"[..]);
    (editor.finish().expect("sound"), after)
}

/// The writes of an edit, those between two syncs together.
fn epochs(edit: &PreparedCommit) -> Vec<Vec<(usize, &[u8])>> {
    let mut epochs = vec![Vec::new()];
    for step in edit.steps() {
        match step {
            CommitStep::Write { offset, bytes } => {
                epochs.last_mut().expect("one").push((usize::try_from(offset).expect("memory"), bytes));
            }
            CommitStep::Sync => epochs.push(Vec::new()),
        }
    }
    assert!(epochs.pop().expect("one").is_empty(), "the last thing to do is a sync");
    epochs
}

/// Both ways to finish an edit of every file: the file, the edit, and what comes of it.
fn for_every_edit(mut test: impl FnMut(&[u8], &PreparedCommit, &Bucket)) {
    for file in files() {
        let (edit, after) = edit(&file);
        test(&file, &edit, &after);
        test(&file, &edit.without_undo(), &after);
    }
}

#[test]
fn cut_at_every_sector() {
    let original = content();
    for_every_edit(|before, edit, after| {
        let mut file = before.to_vec();
        for (number, epoch) in epochs(edit).iter().enumerate() {
            for (offset, bytes) in epoch {
                for end in (0..bytes.len()).step_by(SECTOR) {
                    let mut torn = file.clone();
                    write_at(&mut torn, *offset, &bytes[..end]);
                    // The first epoch has the pages; a meta is in force as soon as its sector is there.
                    let done = number > 1 || number == 1 && end > 0;
                    assert_eq!(&sound(&torn), if done { after } else { &original });
                }
                write_at(&mut file, *offset, bytes);
            }
        }
        assert_eq!(sound(&file), *after);
    });
}

/// Between two syncs a disk may write sectors in any order, so any of them may be there after a crash.
#[test]
fn any_sectors_of_what_was_not_synced() {
    let mut random = Random::new(1);
    let original = content();
    for_every_edit(|before, edit, after| {
        let mut file = before.to_vec();
        for (number, epoch) in epochs(edit).iter().enumerate() {
            for _ in 0..20 {
                let mut torn = file.clone();
                let mut meta_sector = false;
                for (offset, bytes) in epoch {
                    for (sector, part) in bytes.chunks(SECTOR).enumerate() {
                        if random.chance(1, 2) {
                            write_at(&mut torn, offset + sector * SECTOR, part);
                            meta_sector |= sector == 0;
                        }
                    }
                }
                let done = number > 1 || number == 1 && meta_sector;
                assert_eq!(&sound(&torn), if done { after } else { &original });
            }
            for (offset, bytes) in epoch {
                write_at(&mut file, *offset, bytes);
            }
        }
    });
}

/// Even where a sector can tear: a meta of which some bytes are there is invalid, or it is the whole meta.
#[test]
fn a_meta_cut_at_every_byte() {
    let original = content();
    for_every_edit(|before, edit, after| {
        let mut file = before.to_vec();
        for (number, epoch) in epochs(edit).iter().enumerate() {
            for (offset, bytes) in epoch {
                for end in 0..if number > 0 { 80 } else { 0 } {
                    let mut torn = file.clone();
                    write_at(&mut torn, *offset, &bytes[..end]);
                    let db = Db::open(&torn).expect("the other meta is whole");
                    let found = read(&db.root());
                    let whole = torn[*offset..offset + 80] == bytes[..80];
                    assert_eq!(&found, if number > 1 || whole { after } else { &original }, "{end}");
                }
                write_at(&mut file, *offset, bytes);
            }
        }
    });
}

/// What a crash leaves after the high-water mark does not disturb the next attempt.
#[test]
fn made_again_after_a_crash() {
    for_every_edit(|before, cut, after| {
        let mut torn = before.to_vec();
        let (offset, bytes) = epochs(cut)[0][0];
        write_at(&mut torn, offset, &bytes[..bytes.len() - SECTOR]);
        let (again, _) = edit(&torn);
        for (offset, bytes) in epochs(&again).concat() {
            write_at(&mut torn, offset, bytes);
        }
        assert_eq!(sound(&torn), *after);
    });
}

/// A file in memory that remembers every write.
#[derive(Default)]
struct Recorder {
    position: u64,
    writes: Vec<(usize, Vec<u8>)>,
}

impl Write for Recorder {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writes.push((usize::try_from(self.position).expect("memory"), bytes.to_vec()));
        self.position += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Recorder {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let mut cursor = Cursor::new([]);
        cursor.set_position(self.position);
        self.position = cursor.seek(to)?;
        Ok(self.position)
    }
}

/// A file that is being built is no database before its last two writes, which are the metas.
#[test]
fn a_file_that_was_not_finished() {
    let mut root = Bucket::new();
    for number in 0..9_000_u32 {
        root.bucket("key").put(format!("{number:05}"), vec![b'o'; 200]);
    }
    let source = Layout::default().build(&root);
    let mut recorder = Recorder::default();
    let mut builder = Builder::new(&mut recorder, &BuildOptions::default()).expect("options");
    builder.copy(&Db::open(&source).expect("opens").root()).expect("sound");
    builder.finish().expect("memory");
    let writes = recorder.writes;
    assert!(writes.len() > 5);
    let mut file = Vec::new();
    for (number, (offset, bytes)) in writes.iter().enumerate() {
        match writes.len() - number {
            1 => assert_eq!(read(&Db::open(&file).expect("one meta is enough").root()), root),
            _ => assert!(Db::open(&file).is_err()),
        }
        write_at(&mut file, *offset, bytes);
    }
    assert_eq!(sound(&file), root);
}
