//! The database of a member that is not running, as the originals wait for it.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use etcdsnap_bbolt::{ByteOrder, Db};
use etcdsnap_rewrite::{Error, LockedDatabase};
use etcdsnap_snapshot::container::Container;

use super::files::opening;
use super::flags::Parsed;
use super::log::Log;
use super::{Compat, Failure};

/// How often the originals look again.
const PAUSE: Duration = Duration::from_millis(50);
/// After this time they say what they wait for.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long they wait since 3.7.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Where the database of a member is, below the data directory as it was given.
pub fn database(data_dir: &Path) -> PathBuf {
    data_dir.join("member/snap/db")
}

/// Takes the lock of a database, waiting for it as tools of that release line do, and says once what it waits for,
/// followed by `advice`. Returns the text after `Error: `, also for a database that the originals cannot open because its
/// numbers are in the byte order of other machines.
pub fn hold(
    compat: Compat,
    path: &Path,
    parsed: &Parsed,
    advice: &str,
    log: &mut Log<'_>,
) -> Result<LockedDatabase, Vec<u8>> {
    path.metadata().map_err(|error| Failure::Io { operation: "stat", error }.text(path, compat))?;
    let timeout = match parsed.duration("timeout") {
        // A lock that is waited for without end, as before 3.7.
        Some(Duration::ZERO) => None,
        given => (compat >= Compat::V3_7).then_some(given.unwrap_or(TIMEOUT)),
    };
    let began = Instant::now();
    let mut told = compat >= Compat::V3_7;
    // Ends when the lock is free, or with the patience that was asked for; the originals before 3.7 wait as long as it
    // takes.
    loop {
        match LockedDatabase::take(path) {
            Err(Error::InUse { .. }) if timeout.is_none_or(|timeout| began.elapsed() < timeout) => {}
            Err(Error::InUse { .. }) => return Err(b"timeout".to_vec()),
            Err(error) => return Err(error.to_string().into_bytes()),
            Ok(held) if is_foreign(&held) => return Err(Failure::InvalidDatabase.text(path, compat)),
            Ok(held) => return Ok(held),
        }
        if !told && began.elapsed() > PATIENCE {
            told = true;
            let name = path.display();
            log.say(&format!("waiting for etcd to close and release its lock on \"{name}\".{advice}\n"));
        }
        thread::sleep(PAUSE);
    }
}

/// Is the database in the byte order of other machines? One that cannot be opened is not known to be.
fn is_foreign(held: &LockedDatabase) -> bool {
    let container = Container::open(held.path(), &opening());
    container.is_ok_and(|container| Db::open(container.database()).is_ok_and(|db| db.order() != ByteOrder::HOST))
}
