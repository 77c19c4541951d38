//! Where a member's files go, and what is there already.
//!
//! What gets its name by one rename is a *unit*: the data directory as a whole, or, where that one exists and has to stay
//! because it is empty or a mount point, its folder `member`, which is all that etcd looks for in it. A log directory outside
//! of the unit is a unit of its own.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use etcdsnap_image::open_file;
use etcdsnap_publish::{Existing, check_movable, is_mount_point, is_unpublished, vacant_beside};
use etcdsnap_wal::Release;

use crate::error::RestoreError;
use crate::interrupted_restore::InterruptedRestore;
use crate::membership::NewMember;
use crate::request::{RestoreDestination, RestoreRequest};

/// Where the files of one member go.
#[derive(Debug)]
pub(crate) struct MemberLocation {
    pub member: NewMember,
    /// The data directory, as it was given.
    pub data_dir: PathBuf,
    /// The log directory, as it was given; `None` when it was not.
    pub wal_dir: Option<PathBuf>,
    pub unit: Unit,
    /// What stands in front of `snap` and `wal` inside the unit: `member`, or nothing when the unit is `member` itself.
    pub member_dir: &'static str,
    /// The data directory that exists and stays, when the unit is inside of it.
    pub kept: Option<PathBuf>,
    pub wal: WalLocation,
    /// What a killed run left at this place.
    pub interrupted: Option<InterruptedRestore>,
}

/// What gets its name by one rename.
#[derive(Debug)]
pub(crate) struct Unit {
    pub target: PathBuf,
    pub existing: Existing,
}

/// Where the log goes.
#[derive(Debug)]
pub(crate) enum WalLocation {
    /// Into the unit, at this path.
    Inside(PathBuf),
    /// Elsewhere.
    Outside(Unit),
}

impl MemberLocation {
    /// Chooses the place for one member, and refuses one that is taken. Nothing is written.
    pub fn new(member: &NewMember, request: &RestoreRequest<'_>) -> Result<Self, RestoreError> {
        let (data_dir, wal_dir) = directories(member, &request.output)?;
        let data = resolved(&data_dir)?;
        let log = wal_dir.as_deref().map(resolved).transpose()?;
        let place = DataDirectory { given: &data_dir, path: data, request };
        let interrupted = InterruptedRestore::at(&place.path, log.as_deref());
        let (unit, member_dir, kept) = place.unit(interrupted.as_ref())?;
        let wal = wal_site(wal_dir.as_deref().zip(log), &place, &unit, member_dir, interrupted.as_ref())?;
        Ok(Self { member: member.clone(), data_dir, wal_dir, unit, member_dir, kept, wal, interrupted })
    }

    /// The database that would be replaced, locked so that no etcd opens it meanwhile; an error when one has it open.
    pub fn lock_replaced(&self) -> Result<Option<File>, RestoreError> {
        let Existing::MoveTo(_) = self.unit.existing else { return Ok(None) };
        let database = self.unit.target.join(self.member_dir).join("snap/db");
        let Ok(file) = open_file(&database) else { return Ok(None) };
        match file.try_lock_shared() {
            Err(fs::TryLockError::WouldBlock) => Err(RestoreError::InUse { database }),
            Err(fs::TryLockError::Error(_)) => Ok(None),
            Ok(()) => Ok(Some(file)),
        }
    }

    /// What is moved aside, and where to.
    pub fn moves(&self) -> impl Iterator<Item = (&Path, &Path)> {
        let wal = match &self.wal {
            WalLocation::Inside(_) => None,
            WalLocation::Outside(unit) => Some(unit),
        };
        [Some(&self.unit), wal].into_iter().flatten().filter_map(|unit| match &unit.existing {
            Existing::MoveTo(aside) => Some((unit.target.as_path(), aside.as_path())),
            _ => None,
        })
    }

    /// The database's final path.
    pub fn database(&self) -> PathBuf {
        self.unit.target.join(self.member_dir).join("snap/db")
    }

    /// The log directory's final path.
    pub fn log(&self) -> PathBuf {
        match &self.wal {
            WalLocation::Inside(inside) => self.unit.target.join(inside),
            WalLocation::Outside(unit) => unit.target.clone(),
        }
    }
}

fn directories(member: &NewMember, output: &RestoreDestination) -> Result<(PathBuf, Option<PathBuf>), RestoreError> {
    match output {
        RestoreDestination::Member { data_dir, wal_dir } => {
            let given = data_dir.clone().filter(|path| !path.as_os_str().is_empty());
            let wal_dir = wal_dir.clone().filter(|path| !path.as_os_str().is_empty());
            Ok((given.map_or_else(|| named_after(member), Ok)?, wal_dir))
        }
        RestoreDestination::All { folder } => Ok((folder.join(named_after(member)?), None)),
    }
}

/// The name of the folder for a member, `NAME.etcd`. Refuses a name with a slash, which would lead to another folder.
fn named_after(member: &NewMember) -> Result<PathBuf, RestoreError> {
    let is_name = !member.name.contains(['/', '\0']);
    let name = || PathBuf::from(format!("{}.etcd", member.name));
    is_name.then(name).ok_or_else(|| RestoreError::Name { name: member.name.clone() })
}

/// A data directory that is wanted.
struct DataDirectory<'p> {
    given: &'p Path,
    /// The same, absolute and without links.
    path: PathBuf,
    request: &'p RestoreRequest<'p>,
}

impl DataDirectory<'_> {
    fn unit(
        &self,
        interrupted: Option<&InterruptedRestore>,
    ) -> Result<(Unit, &'static str, Option<PathBuf>), RestoreError> {
        let whole = |existing| (Unit { target: self.path.clone(), existing }, "member", None);
        let inside = |existing| (Unit { target: self.path.join("member"), existing }, "", Some(self.path.clone()));
        if let Some(interrupted) = interrupted {
            return Ok(if interrupted.is_member() { inside(Existing::Refuse) } else { whole(Existing::Refuse) });
        }
        let state = DirectoryState::of(&self.path);
        match (state, &self.request.replace) {
            (DirectoryState::Absent, _) => Ok(whole(Existing::Refuse)),
            (DirectoryState::Empty, _) if self.request.rules > Release::V3_4 => Ok(inside(Existing::Refuse)),
            (_, None) => Err(RestoreError::DataDir { path: self.given.to_owned(), rules: self.request.rules }),
            (DirectoryState::Stuck, Some(suffix)) => {
                let member = self.path.join("member");
                let is_free = member.symlink_metadata().is_err();
                Ok(inside(if is_free { Existing::Refuse } else { aside(&member, suffix)? }))
            }
            (_, Some(suffix)) => Ok(whole(aside(&self.path, suffix)?)),
        }
    }
}

/// Plans to move a folder aside. Refuses a file, a device, a dangling link and a mount point.
fn aside(path: &Path, suffix: &str) -> Result<Existing, RestoreError> {
    check_movable(path)?;
    Ok(Existing::MoveTo(vacant_beside(path, suffix)))
}

fn wal_site(
    wanted: Option<(&Path, PathBuf)>,
    data: &DataDirectory<'_>,
    unit: &Unit,
    member_dir: &str,
    interrupted: Option<&InterruptedRestore>,
) -> Result<WalLocation, RestoreError> {
    let Some((given, path)) = wanted else { return Ok(WalLocation::Inside(Path::new(member_dir).join("wal"))) };
    if data.path.starts_with(&path) {
        return Err(RestoreError::WalAroundData { wal: given.to_owned(), data: data.given.to_owned() });
    }
    if let Ok(inside) = path.strip_prefix(&unit.target) {
        return Ok(WalLocation::Inside(inside.to_owned()));
    }
    let is_free =
        path.symlink_metadata().is_err() || interrupted.is_some_and(|interrupted| interrupted.log().is_some());
    let existing = match &data.request.replace {
        _ if is_free => Existing::Refuse,
        Some(suffix) => aside(&path, suffix)?,
        None => return Err(RestoreError::WalDir { path: given.to_owned() }),
    };
    Ok(WalLocation::Outside(Unit { target: path, existing }))
}

/// What is at the place of a data directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DirectoryState {
    /// Nothing.
    Absent,
    /// A folder without anything but what other runs are making in it, or left there.
    Empty,
    /// A folder that cannot be moved: something is mounted there, or the folder around it may not be written to.
    Stuck,
    /// Anything else.
    Taken,
}

impl DirectoryState {
    fn of(path: &Path) -> Self {
        let Ok(metadata) = path.symlink_metadata() else { return Self::Absent };
        let entries = fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        match entries {
            Ok(entries) if entries.iter().all(|entry| is_unpublished(&entry.path())) => Self::Empty,
            _ if metadata.is_dir() && is_stuck(path, &metadata) => Self::Stuck,
            _ => Self::Taken,
        }
    }
}

fn is_stuck(path: &Path, metadata: &fs::Metadata) -> bool {
    let Some(parent) = path.parent() else { return true };
    let other_device = parent.metadata().is_ok_and(|around| around.dev() != metadata.dev());
    let read_only = rustix::fs::access(parent, rustix::fs::Access::WRITE_OK).is_err();
    other_device || read_only || is_mount_point(path)
}

/// The path from the root, with the links resolved in as much of it as exists.
fn resolved(path: &Path) -> Result<PathBuf, RestoreError> {
    let error = |error| RestoreError::io("find the directory", path)(error);
    let absolute = std::path::absolute(path).map_err(error)?;
    for ancestor in absolute.ancestors() {
        if let Ok(real) = ancestor.canonicalize() {
            let rest = absolute.strip_prefix(ancestor).unwrap_or(Path::new(""));
            return Ok(if rest.as_os_str().is_empty() { real } else { real.join(rest) });
        }
    }
    Ok(absolute)
}
