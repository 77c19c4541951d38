//! A restore as a value: everything that will be done, worked out without writing anything.
//!
//! A [`Draft`] is what the flags alone decide: the cluster, and where its members go. With a backup it becomes a [`Plan`].

use std::path::PathBuf;
use std::time::SystemTime;

use etcdsnap_bbolt::Db;
use etcdsnap_publish::Demand;
use etcdsnap_snapshot::cause::Explanation;
use etcdsnap_snapshot::container::{Container, Trailer};
use etcdsnap_snapshot::length::{Length, is_snapshot};
use etcdsnap_wal::{Bootstrap, BootstrapMember, NewSegment};

use crate::bootstrap::Resolver;
use crate::bump::BumpPlan;
use crate::content::{Before, Change, Content};
use crate::error::RestoreError;
use crate::execute::Work;
use crate::membership::{Member, Membership};
use crate::request::Request;
use crate::rewritten::Rewritten;
use crate::site::Site;
use crate::unfinished::Unfinished;
use crate::writes::quota;

/// The cluster and the directories, as the flags have them.
#[derive(Debug)]
pub struct Draft<'r> {
    request: &'r Request<'r>,
    membership: Membership,
    sites: Vec<Site>,
}

impl<'r> Draft<'r> {
    /// Checks the flags against each other, and that the directories are free, in upstream's order. Nothing is written.
    pub fn new(request: &'r Request<'r>, resolver: Option<&dyn Resolver>) -> Result<Self, RestoreError> {
        let membership = Membership::new(&request.cluster, request.rules, resolver)?;
        let sites = membership.restored().iter().map(|member| Site::new(member, request));
        let sites = sites.collect::<Result<Vec<_>, _>>()?;
        for site in &sites {
            site.lock_replaced()?;
        }
        Ok(Self { request, membership, sites })
    }

    /// The new cluster.
    pub fn membership(&self) -> &Membership {
        &self.membership
    }

    /// Puts the backup into a new database where it cannot be copied: when it is damaged and `--allow-damaged` is
    /// given, or in another byte order. Reads the whole backup, and writes a temporary file beside the place of the
    /// first member, which is gone when the value is.
    pub fn rewrite(&self, container: &Container, work: Work<'_>) -> Result<Option<Rewritten>, RestoreError> {
        let target = self.sites.first().map(|site| site.unit.target.as_path());
        let folder = target.and_then(|target| target.ancestors().skip(1).find(|folder| folder.is_dir()));
        folder.map_or(Ok(None), |folder| Rewritten::new(container, folder, self.request, work))
    }

    /// With the backup that is to be restored. Reads few of its pages; whether it is sound is not known yet.
    pub fn plan<'c>(self, container: &'c Container) -> Result<Plan<'r, 'c>, RestoreError> {
        self.needs_hash(container.trailer, || length(container))?;
        self.plan_of(container, None, container.modified())
    }

    /// With what was written anew because the backup could not be copied.
    pub fn plan_rewritten<'c>(self, rewritten: &'c Rewritten) -> Result<Plan<'r, 'c>, RestoreError> {
        self.needs_hash(rewritten.trailer, || Ok(rewritten.length.clone()))?;
        self.plan_of(&rewritten.container, Some(rewritten), rewritten.modified)
    }

    /// Without a hash, restoring takes a flag. What `length` gives says why there is none.
    fn needs_hash(
        &self,
        trailer: Trailer,
        length: impl FnOnce() -> Result<Option<Explained>, RestoreError>,
    ) -> Result<(), RestoreError> {
        if trailer == Trailer::Absent && !self.request.skip_hash_check && !self.request.allow_damaged {
            let (length, explanation) =
                length()?.map_or((None, None), |(length, explanation)| (Some(length), explanation));
            return Err(RestoreError::MissingHash { length, explanation });
        }
        Ok(())
    }

    fn plan_of<'c>(
        self,
        container: &'c Container,
        rewritten: Option<&'c Rewritten>,
        taken: Option<SystemTime>,
    ) -> Result<Plan<'r, 'c>, RestoreError> {
        let Self { request, membership, sites } = self;
        let db = Db::open(container.database())?;
        let before = Before::read(db)?;
        let bump = request.bump.map(|bump| BumpPlan::new(bump, before.current(), taken));
        let content = Content::new(&before, &membership, bump.transpose()?, request)?;
        let outputs =
            sites.into_iter().map(|site| Output::new(site, &membership, request)).collect::<Result<_, _>>()?;
        Ok(Plan { request, membership, container, rewritten, db, content, outputs })
    }
}

/// A length, and what happened to a file that has it.
pub(crate) type Explained = (Length, Option<Explanation>);

/// Compares the length of a backup with the database in it, which takes reading it; `None` without a database.
pub(crate) fn length(container: &Container) -> Result<Option<Explained>, RestoreError> {
    let file = container.image().bytes();
    let Ok(db) = Db::open(container.database()) else { return Ok(None) };
    container.image().prefetch(0..file.len() as u64)?;
    let length = Length::of(file, &db, is_snapshot(container, &db));
    Ok(Some((length, length.explain(container))))
}

/// Everything that a restore will do.
#[derive(Debug)]
pub struct Plan<'r, 'c> {
    pub(crate) request: &'r Request<'r>,
    pub(crate) membership: Membership,
    /// What is copied.
    pub(crate) container: &'c Container,
    /// Where that came from, when it is not the backup itself.
    pub(crate) rewritten: Option<&'c Rewritten>,
    pub(crate) db: Db<'c>,
    pub(crate) content: Content,
    pub(crate) outputs: Vec<Output>,
}

/// The files of one member.
#[derive(Debug)]
pub(crate) struct Output {
    pub site: Site,
    pub segment: NewSegment,
    /// Name and bytes of the `.snap` file.
    pub snap: Option<(String, Vec<u8>)>,
}

impl Output {
    fn new(site: Site, membership: &Membership, request: &Request<'_>) -> Result<Self, RestoreError> {
        let members = membership.members().iter().map(BootstrapMember::from).collect();
        let bootstrap = Bootstrap::new(site.member.id.0, membership.cluster_id().0, members)?;
        let style = request.target.unwrap_or(request.style);
        let mut segment = bootstrap.segment(style);
        if !request.preallocate {
            segment.len = segment.bytes.len() as u64;
        }
        let snap = bootstrap.snap(style).map(|bytes| (bootstrap.snap_name().to_string(), bytes));
        Ok(Self { site, segment, snap })
    }
}

impl Plan<'_, '_> {
    /// The new cluster.
    pub fn membership(&self) -> &Membership {
        &self.membership
    }

    /// What changes in the database; the same for all members.
    pub fn changes(&self) -> &[Change] {
        &self.content.changes
    }

    /// How the revision is raised, if it is.
    pub fn bump(&self) -> Option<&BumpPlan> {
        self.content.bump.as_ref()
    }

    /// What is written for each member.
    pub fn directories(&self) -> Vec<Directory> {
        self.outputs.iter().map(|output| self.directory(output)).collect()
    }

    fn directory(&self, output: &Output) -> Directory {
        let Output { site, segment, snap } = output;
        let database = site.database();
        let size = self.content.edit.size();
        let mut files = vec![NewPath { path: database.clone(), bytes: size, written: size }];
        if let Some((name, bytes)) = snap {
            let size = bytes.len() as u64;
            files.push(NewPath { path: database.with_file_name(name), bytes: size, written: size });
        }
        let log = site.log().join(segment.name.to_string());
        files.push(NewPath { path: log, bytes: segment.len, written: segment.bytes.len() as u64 });
        let moved = |(from, to): (&std::path::Path, &std::path::Path)| (from.to_owned(), to.to_owned());
        Directory {
            member: site.member.clone(),
            data_dir: site.data_dir.clone(),
            wal_dir: site.wal_dir.clone(),
            files,
            moved_aside: site.moves().map(moved).collect(),
            leftovers: site.unfinished.iter().flat_map(Unfinished::paths).collect(),
            quota: quota(size),
        }
    }

    /// How many bytes have to be free, and where. The hole at the end of a log takes none.
    pub(crate) fn demand(&self) -> Result<Demand, RestoreError> {
        let mut demand = Demand::default();
        for Output { site, segment, snap } in &self.outputs {
            let mut add = |path: &std::path::Path, bytes: usize| {
                demand.add(path, bytes as u64).map_err(RestoreError::io("find its file system", path))
            };
            add(&site.log(), segment.bytes.len())?;
            add(&site.unit.target, snap.as_ref().map_or(0, |(_, bytes)| bytes.len()))?;
            let size = usize::try_from(self.content.edit.size()).unwrap_or(usize::MAX);
            add(&site.unit.target, size)?;
        }
        Ok(demand)
    }
}

/// What is written for one member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    /// The member.
    pub member: Member,
    /// Its data directory, as it was given.
    pub data_dir: PathBuf,
    /// Its log directory, as it was given; `None` when it is in the data directory.
    pub wal_dir: Option<PathBuf>,
    /// All its files.
    pub files: Vec<NewPath>,
    /// What is in the way, and where it is moved to.
    pub moved_aside: Vec<(PathBuf, PathBuf)>,
    /// What a killed run left, and is removed.
    pub leftovers: Vec<PathBuf>,
    /// The quota that etcd has to be started with, in bytes; `None` where its default leaves enough room.
    pub quota: Option<u64>,
}

/// A file that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPath {
    /// Where.
    pub path: PathBuf,
    /// How long it is, a hole at its end included.
    pub bytes: u64,
    /// Bytes in front of that hole.
    pub written: u64,
}

impl Directory {
    /// The flags that etcd has to be started with, beside those for its own addresses: flag without dashes, and value.
    /// `membership` is that of the plan, `token` the one given.
    pub fn etcd_flags(&self, membership: &Membership, token: &str) -> Vec<(&'static str, String)> {
        let of =
            |member: &Member| member.peer_urls.iter().map(|url| format!("{}={url}", member.name)).collect::<Vec<_>>();
        let mut by_name: Vec<_> = membership.members().iter().collect();
        by_name.sort_by(|one, other| one.name.cmp(&other.name));
        let cluster = by_name.into_iter().flat_map(of).collect::<Vec<_>>().join(",");
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
