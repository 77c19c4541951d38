//! The disk space that a run needs, compared with what is free before anything is written.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// The bytes that a run is going to write, added up for each file system.
#[derive(Clone, Debug, Default)]
pub struct SpaceDemand {
    devices: BTreeMap<u64, Device>,
}

#[derive(Clone, Debug)]
struct Device {
    /// An existing folder on the file system.
    folder: PathBuf,
    bytes: u64,
}

/// A file system has too little free space.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{folder}: {needed} bytes are needed and {available} are free")]
pub struct NoSpace {
    /// A folder on the file system.
    pub folder: PathBuf,
    /// Bytes that are to be written.
    pub needed: u64,
    /// Bytes that this user may write.
    pub available: u64,
}

impl SpaceDemand {
    /// Counts `bytes` that are to be written below `path`, which need not exist yet.
    pub fn add(&mut self, path: &Path, bytes: u64) -> io::Result<()> {
        let folder = nearest_existing(path);
        let device = fs::metadata(&folder)?.dev();
        let entry = self.devices.entry(device).or_insert(Device { folder, bytes: 0 });
        entry.bytes = entry.bytes.saturating_add(bytes);
        Ok(())
    }

    /// The sum of all bytes.
    pub fn total(&self) -> u64 {
        self.devices.values().fold(0, |sum, device| sum.saturating_add(device.bytes))
    }

    /// Compares the demand with what is free now. A file system that does not report its free space counts as large enough.
    pub fn check(&self) -> Result<(), NoSpace> {
        for Device { folder, bytes } in self.devices.values() {
            let available = available_space(folder).unwrap_or(u64::MAX);
            if available < *bytes {
                return Err(NoSpace { folder: folder.clone(), needed: *bytes, available });
            }
        }
        Ok(())
    }
}

/// Bytes that this user may still write to the file system of `folder`. `None` when the system does not report it, as for file
/// systems without a fixed size.
pub fn available_space(folder: &Path) -> Option<u64> {
    let stats = rustix::fs::statvfs(folder).ok()?;
    (stats.f_blocks > 0).then(|| stats.f_bavail.saturating_mul(stats.f_frsize))
}

/// Whether the file system of `folder` keeps its files in memory, as tmpfs does. `false` where that is not known.
#[cfg(target_os = "linux")]
pub fn is_in_memory(folder: &Path) -> bool {
    /// `f_type` of tmpfs and ramfs in statfs(2).
    const IN_MEMORY: [u32; 2] = [0x0102_1994, 0x8584_58f6];
    rustix::fs::statfs(folder).is_ok_and(|stats| IN_MEMORY.iter().any(|kind| stats.f_type == (*kind).into()))
}

/// Whether the file system of `folder` keeps its files in memory. Not known on this system.
#[cfg(not(target_os = "linux"))]
pub fn is_in_memory(_: &Path) -> bool {
    false
}

/// The nearest ancestor of `path` that exists, or `path` itself.
fn nearest_existing(path: &Path) -> PathBuf {
    let named = path.ancestors().find(|ancestor| !ancestor.as_os_str().is_empty() && ancestor.exists());
    named.unwrap_or(Path::new(".")).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn demands_on_one_file_system_add_up() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut demand = SpaceDemand::default();
        demand.add(&folder.path().join("a/b"), 5).expect("its file system");
        demand.add(folder.path(), 6).expect("its file system");
        assert_eq!(demand.total(), 11);
        assert_eq!(demand.devices.len(), 1);
        assert_eq!(demand.check(), Ok(()));
        demand.add(folder.path(), u64::MAX).expect("its file system");
        let refused = demand.check().expect_err("no disk is that large");
        assert_eq!((refused.folder.as_path(), refused.needed), (folder.path(), u64::MAX));
    }
}
