//! A member whose log is not in its data directory, between the two renames that it takes to publish both.
//!
//! etcd would start from a data directory without its log, and from a log without its data directory, and both would be
//! wrong. So the database is published with its two meta pages blank, which every etcd refuses to open; then the log; and
//! the metas are written last. A marker in `member` lets the next run recognise what a kill in between leaves behind:
//!
//! ```text
//!   data directory (blank metas, marker) → log directory → metas → marker removed
//!   └──────────── nothing starts from this ─────────────┘  └── whole ──┘
//! ```

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use etcdsnap_bbolt::edit::{Edit, Step};
use etcdsnap_publish::{discard, remove_leftovers};

/// Name of the marker in `member`.
pub(crate) const MARKER: &str = ".etcdsnap-unfinished";
const TITLE: &str = "etcdsnap restore, unfinished";

/// What the marker says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Marker {
    /// The unit is the folder `member`, and the data directory around it was there before.
    pub is_member: bool,
    /// Device and inode of the log directory.
    pub log_identity: (u64, u64),
    /// Page size of the database in bytes; the metas are on its first two pages.
    pub page_size: u32,
    /// Path of the log directory.
    pub log: PathBuf,
}

impl Marker {
    pub fn to_bytes(&self) -> Vec<u8> {
        let unit = if self.is_member { "member" } else { "data" };
        let (device, inode) = self.log_identity;
        let mut bytes = format!("{TITLE}\n{unit}\n{device} {inode} {}\n", self.page_size).into_bytes();
        bytes.extend_from_slice(self.log.as_os_str().as_bytes());
        bytes
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let mut lines = bytes.splitn(4, |byte| *byte == b'\n');
        let mut text = || std::str::from_utf8(lines.next()?).ok();
        text().filter(|title| *title == TITLE)?;
        let is_member = match text()? {
            "member" => true,
            "data" => false,
            _ => return None,
        };
        let mut numbers = text()?.split(' ');
        let log_identity = (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
        let page_size = numbers.next()?.parse().ok().filter(|size| (1024..=1 << 20).contains(size))?;
        let log = PathBuf::from(std::ffi::OsString::from_vec(lines.next()?.to_vec()));
        Some(Self { is_member, log_identity, page_size, log })
    }
}

/// What a killed run left under a data directory's name.
#[derive(Debug)]
pub(crate) struct Unfinished {
    data: PathBuf,
    marker: Marker,
}

impl Unfinished {
    /// `None` when there is none, when its maker is alive, and when it was as good as finished.
    pub fn at(data: &Path) -> Option<Self> {
        let member = data.join("member");
        let mut bytes = Vec::new();
        File::open(member.join(MARKER)).ok()?.take(64 << 10).read_to_end(&mut bytes).ok()?;
        let marker = Marker::parse(&bytes)?;
        let found = Self { data: data.to_owned(), marker };
        found.lock()?;
        is_blank(&member.join("snap/db"), found.marker.page_size).then_some(found)
    }

    /// What was published; its maker holds the lock until all is done.
    fn lock(&self) -> Option<File> {
        let file = File::open(self.unit()).ok()?;
        file.try_lock().ok().map(|()| file)
    }

    fn unit(&self) -> PathBuf {
        if self.marker.is_member { self.data.join("member") } else { self.data.clone() }
    }

    /// Is the folder `member` all that was published, in a data directory that was there before?
    pub fn is_member(&self) -> bool {
        self.marker.is_member
    }

    /// Is this its log directory?
    pub fn has_log(&self, path: &Path) -> bool {
        path == self.marker.log
            && path.metadata().is_ok_and(|found| (found.dev(), found.ino()) == self.marker.log_identity)
    }

    /// What is removed with it.
    pub fn paths(&self) -> Vec<PathBuf> {
        let log = Some(self.marker.log.clone()).filter(|log| self.has_log(log));
        std::iter::once(self.unit()).chain(log).collect()
    }

    /// Removes it, and other leftovers beside it, and tells what it was. The log goes first: a kill in between leaves what the
    /// next run recognises again. What the killed run had replaced gets its name beside it before anything goes.
    pub fn remove(&self) -> Result<Vec<PathBuf>, etcdsnap_publish::Error> {
        let paths = self.paths();
        let beside = paths.iter().filter_map(|path| path.parent());
        let mut removed: Vec<_> = beside.flat_map(remove_leftovers).collect();
        // Another run may have been faster, and is at work there.
        let Some(_lock) = self.lock() else { return Ok(removed) };
        for path in paths.iter().rev() {
            discard(path)?;
        }
        removed.extend(paths);
        Ok(removed)
    }
}

/// Are both pages for metas nothing but zeros? With a single meta the database could be opened, and may be in use.
fn is_blank(database: &Path, page_size: u32) -> bool {
    let mut pages = vec![1; 2 * page_size as usize];
    let read = File::open(database).and_then(|mut file| file.read_exact(&mut pages));
    read.is_ok() && pages.iter().all(|byte| *byte == 0)
}

/// Blanks both metas of a database that an edit was made to.
pub(crate) fn blank(database: &File, page_size: u32) -> io::Result<()> {
    database.write_all_at(&vec![0; 2 * page_size as usize], 0)
}

/// Writes the metas of an edit, after which the database can be opened. Each of them alone would do.
pub(crate) fn unveil(database: &File, edit: &Edit, page_size: u32) -> io::Result<()> {
    let mut pages = vec![0; 2 * page_size as usize];
    for step in edit.steps() {
        if let Step::Write { offset, bytes } = step
            && let Some(page) = usize::try_from(offset).ok().and_then(|at| pages.get_mut(at..)?.get_mut(..bytes.len()))
        {
            page.copy_from_slice(bytes);
        }
    }
    database.write_all_at(&pages, 0)?;
    database.sync_data()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_read_as_it_was_written() {
        for is_member in [true, false] {
            let log = PathBuf::from(std::ffi::OsString::from_vec(b"/mnt/\xff\nlog".to_vec()));
            let marker = Marker { is_member, log_identity: (7, u64::MAX), page_size: 4096, log };
            assert_eq!(Marker::parse(&marker.to_bytes()), Some(marker));
        }
        assert_eq!(Marker::parse(b""), None);
        assert_eq!(Marker::parse(b"etcdsnap restore, unfinished\ndata\n1 2 3\n/x"), None);
    }
}
