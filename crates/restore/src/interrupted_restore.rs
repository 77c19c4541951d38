//! A member whose log is not in its data directory, between the two renames that it takes to publish both.
//!
//! etcd would start from a data directory without its log, and from a log without its data directory, and both would be
//! wrong. So the database is published with its two meta pages blank, which every etcd refuses to open; then the log; and
//! the metas are written last. A marker in `member` lets the next run recognise what a kill in between leaves behind:
//!
//! ```text
//!   data directory (blank metas, marker) → log directory (marker) → metas → markers removed
//!   └───────────────── nothing starts from this ─────────────────┘  └─────── whole ───────┘
//! ```
//!
//! A marker is a file that anybody who may write to the data directory can have made, so it is not believed by itself: a
//! directory goes only when nothing is in it but what a restore puts there, and a log only when it has the same marker, which
//! holds a random word of its run, and the restore at hand is to write to its place.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use etcdsnap_bbolt::edit::{CommitStep, PreparedCommit};
use etcdsnap_bbolt::format::PAGE_SIZES;
use etcdsnap_checksum::is_zero;
use etcdsnap_image::open_file;
use etcdsnap_publish::{discard, remove_leftovers};
use etcdsnap_wal::SegmentName;
use etcdsnap_wal::snap::SnapFileKind;

/// Name of the marker in `member`, and in the log directory.
pub(crate) const MARKER: &str = ".etcdsnap-unfinished";
const TITLE: &str = "etcdsnap restore, unfinished";
const LONGEST: u64 = 64 << 10;

/// What the marker says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Marker {
    /// The unit is the folder `member`, and the data directory around it was there before.
    pub is_member: bool,
    /// A random word of the run.
    pub token: String,
    /// Page size of the database in bytes; the metas are on its first two pages.
    pub page_size: u32,
    /// Path of the log directory.
    pub log: PathBuf,
}

impl Marker {
    pub fn to_bytes(&self) -> Vec<u8> {
        let unit = if self.is_member { "member" } else { "data" };
        let mut bytes = format!("{TITLE}\n{unit}\n{} {}\n", self.token, self.page_size).into_bytes();
        bytes.extend_from_slice(self.log.as_os_str().as_bytes());
        bytes
    }

    /// The marker in this folder.
    fn read(folder: &Path) -> Option<Self> {
        let mut bytes = Vec::new();
        open_file(&folder.join(MARKER)).ok()?.take(LONGEST).read_to_end(&mut bytes).ok()?;
        Self::parse(&bytes)
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
        let (token, page_size) = text()?.split_once(' ')?;
        let is_page_size = |size: &u32| PAGE_SIZES.contains(size) && size.is_power_of_two();
        let page_size = page_size.parse().ok().filter(is_page_size)?;
        let log = PathBuf::from(std::ffi::OsString::from_vec(lines.next()?.to_vec()));
        Some(Self { is_member, token: token.to_owned(), page_size, log })
    }
}

/// What a killed run left under a data directory's name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct InterruptedRestore {
    data: PathBuf,
    /// The log directory of the restore at hand.
    wanted: Option<PathBuf>,
    marker: Marker,
    /// Had the log its name already, and is it still what the run has made?
    has_log: bool,
}

impl InterruptedRestore {
    /// What is there for a restore into `data` with its log in `wanted`, both absolute and without links. `None` when there is
    /// nothing, when its maker is alive, when it was as good as finished, and when somebody else put something into it.
    pub fn at(data: &Path, wanted: Option<&Path>) -> Option<Self> {
        let found = Self::judge(data, wanted)?;
        found.lock().map(|_lock| found)
    }

    fn judge(data: &Path, wanted: Option<&Path>) -> Option<Self> {
        let member = data.join("member");
        let marker = Marker::read(&member)?;
        let is_ours = (marker.is_member || holds_only(data, |name| name == "member"))
            && holds_only(&member, |name| [MARKER, "snap"].contains(&name))
            && holds_only(&member.join("snap"), is_written);
        if !is_ours || !is_blank(&member.join("snap/db"), marker.page_size) {
            return None;
        }
        let log = &marker.log;
        let has_log = Marker::read(log).as_ref() == Some(&marker)
            && holds_only(log, |name| name == MARKER || name == SegmentName::FIRST.to_string());
        Some(Self { data: data.to_owned(), wanted: wanted.map(Path::to_owned), marker, has_log })
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

    /// Its log directory, where this restore is to write its own.
    pub fn log(&self) -> Option<&Path> {
        self.any_log().filter(|log| self.wanted.as_deref() == Some(*log))
    }

    /// Its log directory, where this restore has nothing to write. It stays.
    pub fn stray_log(&self) -> Option<&Path> {
        self.any_log().filter(|log| self.wanted.as_deref() != Some(*log))
    }

    fn any_log(&self) -> Option<&Path> {
        self.has_log.then_some(self.marker.log.as_path())
    }

    /// What is removed with it.
    pub fn paths(&self) -> Vec<PathBuf> {
        std::iter::once(self.unit()).chain(self.log().map(Path::to_owned)).collect()
    }

    /// Removes it, and other leftovers beside it, and tells what it was. The log goes first: a kill in between leaves what the
    /// next run recognises again. What the killed run had replaced gets its name beside it before anything goes.
    pub fn remove(&self) -> Result<Vec<PathBuf>, etcdsnap_publish::Error> {
        let paths = self.paths();
        let beside = paths.iter().filter_map(|path| path.parent());
        let mut removed: Vec<_> = beside.flat_map(remove_leftovers).collect();
        // Another run may be at work there, or have finished since this was found.
        let Some(_lock) = self.lock() else { return Ok(removed) };
        if Self::judge(&self.data, self.wanted.as_deref()).as_ref() != Some(self) {
            return Ok(removed);
        }
        for path in paths.iter().rev() {
            discard(path)?;
        }
        removed.extend(paths);
        Ok(removed)
    }
}

/// Does a restore write a file of this name to `snap`?
fn is_written(name: &str) -> bool {
    matches!(SnapFileKind::of(name), SnapFileKind::Database | SnapFileKind::Snapshot(_))
}

/// Has everything in the folder one of these names?
fn holds_only(folder: &Path, is_ours: impl Fn(&str) -> bool) -> bool {
    let Ok(mut entries) = fs::read_dir(folder) else { return false };
    entries.all(|entry| entry.is_ok_and(|entry| entry.file_name().to_str().is_some_and(&is_ours)))
}

/// Are both pages for metas nothing but zeros? With a single meta the database could be opened, and may be in use.
fn is_blank(database: &Path, page_size: u32) -> bool {
    let mut pages = vec![1; 2 * page_size as usize];
    let is_read = open_file(database).is_ok_and(|mut file| file.read_exact(&mut pages).is_ok());
    is_read && is_zero(&pages)
}

/// Blanks both metas of a database that an edit was made to.
pub(crate) fn zero_metas(database: &File, page_size: u32) -> io::Result<()> {
    database.write_all_at(&vec![0; 2 * page_size as usize], 0)
}

/// Writes the metas of an edit, after which the database can be opened. Each of them alone would do.
pub(crate) fn write_metas(database: &File, edit: &PreparedCommit, page_size: u32) -> io::Result<()> {
    let mut pages = vec![0; 2 * page_size as usize];
    for step in edit.steps() {
        if let CommitStep::Write { offset, bytes } = step
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
            let marker = Marker { is_member, token: "a1".into(), page_size: 4096, log };
            assert_eq!(Marker::parse(&marker.to_bytes()), Some(marker));
        }
        assert_eq!(Marker::parse(b""), None);
        for (page_size, is_read) in [(256, false), (512, true), (1536, false), (16 << 20, true), (32 << 20, false)] {
            let bytes = format!("etcdsnap restore, unfinished\ndata\na1 {page_size}\n/x");
            assert_eq!(Marker::parse(bytes.as_bytes()).is_some(), is_read, "{page_size}");
        }
    }
}
