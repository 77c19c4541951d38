//! A restore as a value: everything that will be done, worked out without writing anything.
//!
//! A [`RestoreDraft`] is what the flags alone decide: the cluster, and where its members go. With a backup it becomes a [`RestorePlan`].

use std::path::PathBuf;
use std::time::SystemTime;

use etcdsnap_bbolt::Db;
use etcdsnap_publish::{Inputs, SpaceDemand};
use etcdsnap_snapshot::container::{Container, Trailer};
use etcdsnap_wal::{Bootstrap, BootstrapMember, NewSegment};

use crate::context::RestoreContext;
use crate::database_changes::{BackupState, DatabaseChange, DatabaseChanges};
use crate::error::RestoreError;
use crate::file_length::{ExplainedLength, explain_length};
use crate::initial_cluster_check::Resolver;
use crate::interrupted_restore::InterruptedRestore;
use crate::member_location::MemberLocation;
use crate::membership::{Membership, NewMember};
use crate::quota::needed_quota;
use crate::request::RestoreRequest;
use crate::revision_bump::BumpPlan;
use crate::rewritten_backup::RewrittenBackup;

/// The cluster and the directories, as the flags have them.
#[derive(Debug)]
pub struct RestoreDraft<'r> {
    request: &'r RestoreRequest<'r>,
    membership: Membership,
    locations: Vec<MemberLocation>,
}

impl<'r> RestoreDraft<'r> {
    /// Checks the flags against each other, and that the directories are free, in upstream's order. Nothing is written.
    pub fn new(request: &'r RestoreRequest<'r>, resolver: Option<&dyn Resolver>) -> Result<Self, RestoreError> {
        let membership = Membership::new(&request.cluster, request.rules, resolver)?;
        let locations = membership.restored().map(|member| MemberLocation::new(member, request));
        let locations = locations.collect::<Result<Vec<_>, _>>()?;
        for location in &locations {
            location.lock_replaced()?;
        }
        Ok(Self { request, membership, locations })
    }

    /// The new cluster.
    pub fn membership(&self) -> &Membership {
        &self.membership
    }

    /// Puts the backup into a new database where it cannot be copied: when it is damaged and `--allow-damaged` is
    /// given, or in another byte order. Reads the whole backup, and writes a temporary file beside the place of the
    /// first member, which is gone when the value is.
    pub fn rewrite(
        &self,
        container: &Container,
        context: RestoreContext<'_>,
    ) -> Result<Option<RewrittenBackup>, RestoreError> {
        let target = self.locations.first().map(|location| location.unit.target.as_path());
        let folder = target.and_then(|target| target.ancestors().skip(1).find(|folder| folder.is_dir()));
        folder.map_or(Ok(None), |folder| RewrittenBackup::new(container, folder, self.request, context))
    }

    /// Checks that no file that is read would be moved aside together with a directory that it lies in. To be called with all
    /// files that were opened, before the work begins.
    pub fn check_inputs(&self, inputs: &Inputs) -> Result<(), RestoreError> {
        let mut moved = self.locations.iter().flat_map(MemberLocation::moves);
        Ok(moved.try_for_each(|(folder, _)| inputs.check_outside(folder))?)
    }

    /// With the backup that is to be restored. Reads few of its pages; whether it is sound is not known yet.
    pub fn plan<'c>(self, container: &'c Container) -> Result<RestorePlan<'r, 'c>, RestoreError> {
        self.needs_hash(container.trailer, || explain_length(container))?;
        self.plan_of(container, None, container.modified())
    }

    /// With what was written anew because the backup could not be copied.
    pub fn plan_rewritten<'c>(self, rewritten: &'c RewrittenBackup) -> Result<RestorePlan<'r, 'c>, RestoreError> {
        self.needs_hash(rewritten.trailer, || Ok(rewritten.length.clone()))?;
        self.plan_of(&rewritten.container, Some(rewritten), rewritten.modified)
    }

    /// Without a hash, restoring takes a flag. What `length` gives says why there is none.
    fn needs_hash(
        &self,
        trailer: Trailer,
        length: impl FnOnce() -> Result<Option<ExplainedLength>, RestoreError>,
    ) -> Result<(), RestoreError> {
        if trailer == Trailer::Absent && !self.request.skip_hash_check && !self.request.allow_damaged {
            let (length, explanation) =
                length()?.map_or((None, None), |(length, explanation)| (Some(length), explanation));
            return Err(RestoreError::MissingHash {
                length: length.map(Box::new),
                explanation: explanation.map(Box::new),
            });
        }
        Ok(())
    }

    fn plan_of<'c>(
        self,
        container: &'c Container,
        rewritten: Option<&'c RewrittenBackup>,
        taken: Option<SystemTime>,
    ) -> Result<RestorePlan<'r, 'c>, RestoreError> {
        let Self { request, membership, locations } = self;
        let db = Db::open(container.database())?;
        let before = BackupState::read(db)?;
        let bump = request.bump.map(|bump| BumpPlan::new(bump, before.current(), taken));
        let content = DatabaseChanges::new(&before, &membership, bump.transpose()?, request)?;
        let outputs = locations
            .into_iter()
            .map(|location| MemberFiles::new(location, &membership, request))
            .collect::<Result<_, _>>()?;
        Ok(RestorePlan { request, membership, container, rewritten, db, content, outputs })
    }
}

/// Everything that a restore will do.
#[derive(Debug)]
pub struct RestorePlan<'r, 'c> {
    pub(crate) request: &'r RestoreRequest<'r>,
    pub(crate) membership: Membership,
    /// What is copied.
    pub(crate) container: &'c Container,
    /// Where that came from, when it is not the backup itself.
    pub(crate) rewritten: Option<&'c RewrittenBackup>,
    pub(crate) db: Db<'c>,
    pub(crate) content: DatabaseChanges,
    pub(crate) outputs: Vec<MemberFiles>,
}

/// The files of one member.
#[derive(Debug)]
pub(crate) struct MemberFiles {
    pub location: MemberLocation,
    pub segment: NewSegment,
    /// Name and bytes of the `.snap` file.
    pub snap: Option<(String, Vec<u8>)>,
}

impl MemberFiles {
    fn new(
        location: MemberLocation,
        membership: &Membership,
        request: &RestoreRequest<'_>,
    ) -> Result<Self, RestoreError> {
        let members = membership.members().iter().map(BootstrapMember::from).collect();
        let bootstrap = Bootstrap::new(location.member.id.0, membership.cluster_id().0, members)?;
        let style = request.target.unwrap_or(request.style);
        let mut segment = bootstrap.segment(style);
        if !request.preallocate {
            segment.len = segment.bytes.len() as u64;
        }
        let snap = bootstrap.snap(style).map(|bytes| (bootstrap.snap_name().to_string(), bytes));
        Ok(Self { location, segment, snap })
    }
}

impl RestorePlan<'_, '_> {
    /// The new cluster.
    pub fn membership(&self) -> &Membership {
        &self.membership
    }

    /// What changes in the database; the same for all members.
    pub fn changes(&self) -> &[DatabaseChange] {
        &self.content.changes
    }

    /// How the revision is raised, if it is.
    pub fn bump(&self) -> Option<&BumpPlan> {
        self.content.bump.as_ref()
    }

    /// What is written for each member.
    pub fn directories(&self) -> Vec<PlannedDirectory> {
        self.outputs.iter().map(|output| self.directory(output)).collect()
    }

    fn directory(&self, output: &MemberFiles) -> PlannedDirectory {
        let MemberFiles { location, segment, snap } = output;
        let database = location.database();
        let size = self.content.edit.size();
        let mut files = vec![PlannedFile { path: database.clone(), bytes: size, written: size }];
        if let Some((name, bytes)) = snap {
            let size = bytes.len() as u64;
            files.push(PlannedFile { path: database.with_file_name(name), bytes: size, written: size });
        }
        let log = location.log().join(segment.name.to_string());
        files.push(PlannedFile { path: log, bytes: segment.len, written: segment.bytes.len() as u64 });
        let moved = |(from, to): (&std::path::Path, &std::path::Path)| (from.to_owned(), to.to_owned());
        PlannedDirectory {
            member: location.member.clone(),
            data_dir: location.data_dir.clone(),
            wal_dir: location.wal_dir.clone(),
            files,
            moved_aside: location.moves().map(moved).collect(),
            leftovers: location.interrupted.iter().flat_map(InterruptedRestore::paths).collect(),
            quota: needed_quota(size),
        }
    }

    /// How many bytes have to be free, and where. The hole at the end of a log takes none.
    pub(crate) fn demand(&self) -> Result<SpaceDemand, RestoreError> {
        let mut demand = SpaceDemand::default();
        for MemberFiles { location, segment, snap } in &self.outputs {
            let mut add = |path: &std::path::Path, bytes: usize| {
                demand.add(path, bytes as u64).map_err(RestoreError::io("find its file system", path))
            };
            add(&location.log(), segment.bytes.len())?;
            add(&location.unit.target, snap.as_ref().map_or(0, |(_, bytes)| bytes.len()))?;
            let size = usize::try_from(self.content.edit.size()).unwrap_or(usize::MAX);
            add(&location.unit.target, size)?;
        }
        Ok(demand)
    }
}

/// What is written for one member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedDirectory {
    /// The member.
    pub member: NewMember,
    /// Its data directory, as it was given.
    pub data_dir: PathBuf,
    /// Its log directory, as it was given; `None` when it is in the data directory.
    pub wal_dir: Option<PathBuf>,
    /// All its files.
    pub files: Vec<PlannedFile>,
    /// What is in the way, and where it is moved to.
    pub moved_aside: Vec<(PathBuf, PathBuf)>,
    /// What a killed run left, and is removed.
    pub leftovers: Vec<PathBuf>,
    /// The quota that etcd has to be started with, in bytes; `None` where its default leaves enough room.
    pub quota: Option<u64>,
}

/// A file that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedFile {
    /// Where.
    pub path: PathBuf,
    /// How long it is, a hole at its end included.
    pub bytes: u64,
    /// Bytes in front of that hole.
    pub written: u64,
}

impl PlannedDirectory {
    /// The flags that etcd has to be started with, beside those for its own addresses: flag without dashes, and value.
    /// `membership` is that of the plan, `token` the one given.
    pub fn etcd_flags(&self, membership: &Membership, token: &str) -> Vec<(&'static str, String)> {
        let of = |member: &NewMember| {
            member.peer_urls.iter().map(|url| format!("{}={url}", member.name)).collect::<Vec<_>>()
        };
        let cluster = membership.listed().flat_map(of).collect::<Vec<_>>().join(",");
        let mut flags = vec![("name", self.member.name.clone()), ("data-dir", self.data_dir.display().to_string())];
        flags.extend(self.wal_dir.iter().map(|path| ("wal-dir", path.display().to_string())));
        flags.push(("initial-advertise-peer-urls", self.member.peer_urls.texts().join(",")));
        flags.push(("initial-cluster", cluster));
        flags.push(("initial-cluster-token", token.to_owned()));
        flags.push(("initial-cluster-state", "new".to_owned()));
        flags.extend(self.quota.map(|quota| ("quota-backend-bytes", quota.to_string())));
        flags
    }
}
