//! Carrying out a plan.
//!
//! The backup is verified and copied at the same time, from the same pages of the system's cache. Then the edit is made in each
//! copy, the log and the `.snap` are put beside it, all is made durable, and each member appears by one rename. Until then a
//! refusal, an error or an interrupt leaves nothing behind.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use etcdsnap_bbolt::edit::CommitStep;
use etcdsnap_publish::{NewFolder, Parents, PublishedFolder};
use etcdsnap_snapshot::interrupt::Interrupt;
use etcdsnap_snapshot::threads;
use etcdsnap_snapshot::verify::{VerifyOptions, verify};

use crate::context::RestoreContext;
use crate::copy::{CopyError, copy};
use crate::error::RestoreError;
use crate::interrupted_restore::{self, MARKER, Marker};
use crate::member_location::WalLocation;
use crate::ownership::OwnershipChange;
use crate::plan::{MemberFiles, RestorePlan};
use crate::preflight::Preflight;
use crate::stage::{RestoreStage, StageObserver};

/// A finished restore.
#[derive(Clone, Debug)]
pub struct RestoreOutcome {
    /// What the backup was like.
    pub preflight: Preflight,
    /// What killed runs had left, and is removed.
    pub removed_leftovers: Vec<PathBuf>,
}

/// A member in the making.
struct UnpublishedMember<'p> {
    output: &'p MemberFiles,
    unit: NewFolder,
    log: Option<NewFolder>,
    database: File,
}

impl UnpublishedMember<'_> {
    /// Makes the copy durable.
    fn sync(&self) -> Result<(), RestoreError> {
        let path = self.output.location.database();
        self.database.sync_data().map_err(RestoreError::io("write the database", &path))
    }
}

/// A member that has its names.
struct PublishedMember {
    data: PublishedFolder,
    log: Option<PublishedFolder>,
    database: File,
    kept: Option<OwnershipChange>,
}

impl RestorePlan<'_, '_> {
    /// Verifies the backup without writing anything: what `--dry-run` does.
    pub fn check(&self, context: RestoreContext<'_>) -> Result<Preflight, RestoreError> {
        let verified = verify(self.container, &self.verify_options(context), context.progress)?;
        let preflight = self.judge(verified)?;
        self.demand()?.check()?;
        Ok(preflight)
    }

    fn verify_options(&self, context: RestoreContext<'_>) -> VerifyOptions {
        VerifyOptions { byte_order: Some(self.request.byte_order), ..context.verify_options() }
    }

    /// Writes everything. On an error nothing is left, and what was replaced is back.
    pub fn execute(&self, context: RestoreContext<'_>) -> Result<RestoreOutcome, RestoreError> {
        let mut removed_leftovers = self.remove_unfinished()?;
        self.demand()?.check()?;
        // Outlives all that stands in them.
        let parents = self.parents()?;
        let unpublished = self.outputs.iter().map(|output| self.prepare(output)).collect::<Result<Vec<_>, _>>()?;
        for member in &unpublished {
            let folders = std::iter::once(&member.unit).chain(&member.log);
            removed_leftovers.extend(folders.flat_map(|folder| folder.removed_leftovers().to_vec()));
        }
        context.stages.reached(RestoreStage::Prepared);
        let preflight = self.fill(&unpublished, context)?;
        self.container.recheck()?;
        context.stages.reached(RestoreStage::Copied);
        for member in &unpublished {
            self.finish(member)?;
            context.interrupt.check()?;
        }
        context.stages.reached(RestoreStage::Written);
        self.publish(unpublished, context.stages)?;
        parents.keep();
        context.stages.reached(RestoreStage::Finished);
        Ok(RestoreOutcome { preflight, removed_leftovers })
    }

    fn remove_unfinished(&self) -> Result<Vec<PathBuf>, RestoreError> {
        let mut removed = Vec::new();
        for interrupted in self.outputs.iter().filter_map(|output| output.location.interrupted.as_ref()) {
            removed.extend(interrupted.remove()?);
        }
        Ok(removed)
    }

    /// The folders around all that is made.
    fn parents(&self) -> Result<Parents, RestoreError> {
        let mut parents = Parents::default();
        for MemberFiles { location, .. } in &self.outputs {
            parents.make(&location.unit.target, self.request.owner)?;
            if let WalLocation::Outside(log) = &location.wal {
                parents.make(&log.target, self.request.owner)?;
            }
        }
        Ok(parents)
    }

    fn prepare<'p>(&self, output: &'p MemberFiles) -> Result<UnpublishedMember<'p>, RestoreError> {
        let (location, owner) = (&output.location, self.request.owner);
        let unit = NewFolder::create(&location.unit.target, owner)?;
        let log = match &location.wal {
            WalLocation::Inside(_) => None,
            WalLocation::Outside(log) => Some(NewFolder::create(&log.target, owner)?),
        };
        let member = Path::new(location.member_dir);
        if !location.member_dir.is_empty() {
            unit.create_folder(member)?;
        }
        unit.create_folder(member.join("snap"))?;
        let database = unit.create_file(member.join("snap/db"))?;
        Ok(UnpublishedMember { output, unit, log, database })
    }

    /// Copies into the databases, and verifies meanwhile.
    fn fill(
        &self,
        unpublished: &[UnpublishedMember<'_>],
        context: RestoreContext<'_>,
    ) -> Result<Preflight, RestoreError> {
        let refused = Interrupt::default();
        // One copy goes to the disk while the next is made, so that the disk never waits.
        let copy_all = || {
            std::thread::scope(|scope| {
                let mut syncing = Vec::new();
                for member in unpublished {
                    let interrupts = [context.interrupt, &refused];
                    self.copy(member, &interrupts).inspect_err(|_| context.interrupt.set())?;
                    let sync = || member.sync().inspect_err(|_| context.interrupt.set());
                    syncing.push(threads::start(scope, sync).inspect_err(|_| context.interrupt.set())?);
                }
                let mut ended = syncing.into_iter().map(std::thread::ScopedJoinHandle::join);
                ended.try_for_each(|end| end.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            })
        };
        let (copied, preflight) = std::thread::scope(|scope| {
            let copying = threads::start(scope, copy_all)?;
            let verified = verify(self.container, &self.verify_options(context), context.progress);
            let preflight = verified.map_err(RestoreError::from).and_then(|verified| self.judge(verified));
            if preflight.is_err() {
                refused.set();
            }
            let copied = copying.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            Ok::<_, RestoreError>((copied, preflight))
        })?;
        match (copied, preflight) {
            // One of them stopped because of the other.
            (Err(RestoreError::Interrupted(_)), Err(error)) | (Err(error), Err(RestoreError::Interrupted(_))) => {
                Err(error)
            }
            (Err(error), _) | (Ok(()), Err(error)) => Err(error),
            (Ok(()), Ok(preflight)) => Ok(preflight),
        }
    }

    fn copy(&self, member: &UnpublishedMember<'_>, interrupts: &[&Interrupt]) -> Result<(), RestoreError> {
        // What stands behind the last page, such as room that etcd had set aside, is not part of the database.
        let len = self.db.size().min(self.container.database().len() as u64);
        copy(self.container, len, &member.database, interrupts).map_err(|error| match error {
            CopyError::Io(source) => {
                RestoreError::Io { action: "write the database", path: member.output.location.database(), source }
            }
            CopyError::Changed(changed) => changed.into(),
            CopyError::Image(error) => error.into(),
            CopyError::Interrupted(interrupted) => interrupted.into(),
        })
    }

    /// Makes the changes in one copy, and writes what stands beside it.
    fn finish(&self, member: &UnpublishedMember<'_>) -> Result<(), RestoreError> {
        let UnpublishedMember { output, unit, log, database } = member;
        let path = output.location.database();
        let error = RestoreError::io("write the database", &path);
        let written = self.content.edit.steps().try_for_each(|step| match step {
            CommitStep::Write { offset, bytes } => database.write_all_at(bytes, offset),
            CommitStep::Sync => Ok(()),
        });
        written.and_then(|()| database.set_len(self.content.edit.size())).map_err(error)?;
        let member = Path::new(output.location.member_dir);
        if let Some((name, bytes)) = &output.snap {
            write(unit, &member.join("snap").join(name), bytes, bytes.len() as u64)?;
        }
        let segment = output.segment.name.to_string();
        match (&output.location.wal, log) {
            (WalLocation::Inside(inside), _) => {
                create_folders(unit, inside)?;
                write(unit, &inside.join(segment), &output.segment.bytes, output.segment.len)?;
            }
            (WalLocation::Outside(target), Some(log)) => {
                write(log, Path::new(&segment), &output.segment.bytes, output.segment.len)?;
                let marker = Marker {
                    is_member: output.location.kept.is_some(),
                    token: random_word(log),
                    page_size: self.db.page_size(),
                    log: target.target.clone(),
                };
                let bytes = marker.to_bytes();
                write(log, Path::new(MARKER), &bytes, bytes.len() as u64)?;
                write(unit, &member.join(MARKER), &bytes, bytes.len() as u64)?;
                interrupted_restore::zero_metas(database, self.db.page_size())
                    .map_err(RestoreError::io("write the database", &path))?;
            }
            (WalLocation::Outside(_), None) => {}
        }
        unit.sync()?;
        Ok(log.as_ref().map_or(Ok(()), NewFolder::sync)?)
    }

    /// Gives all members their names, or none.
    fn publish(&self, unpublished: Vec<UnpublishedMember<'_>>, stages: &dyn StageObserver) -> Result<(), RestoreError> {
        // Held until all is done: an etcd that is started now waits until what it finds is the new one.
        let _locks =
            self.outputs.iter().map(|output| output.location.lock_replaced()).collect::<Result<Vec<_>, _>>()?;
        let mut made = Vec::new();
        for member in unpublished {
            if let Err(error) = self.publish_one(member, stages, &mut made) {
                for member in made.into_iter().rev() {
                    self.take_back(member);
                }
                return Err(error);
            }
        }
        made.into_iter().filter_map(|member| member.kept).for_each(OwnershipChange::keep);
        Ok(())
    }

    fn publish_one(
        &self,
        member: UnpublishedMember<'_>,
        stages: &dyn StageObserver,
        made: &mut Vec<PublishedMember>,
    ) -> Result<(), RestoreError> {
        let UnpublishedMember { output, unit, log, database } = member;
        let location = &output.location;
        let kept = location.kept.as_deref().map(|kept| OwnershipChange::new(kept, self.request.owner)).transpose()?;
        let data = unit.publish(&location.unit.existing)?;
        stages.reached(RestoreStage::DataPublished);
        made.push(PublishedMember { data, log: None, database, kept });
        let (WalLocation::Outside(target), Some(log), Some(member)) = (&location.wal, log, made.last_mut()) else {
            return Ok(());
        };
        member.log = Some(log.publish(&target.existing)?);
        stages.reached(RestoreStage::LogPublished);
        interrupted_restore::write_metas(&member.database, &self.content.edit, self.db.page_size())
            .map_err(RestoreError::io("write the database", &location.database()))?;
        stages.reached(RestoreStage::MetasWritten);
        // Whole from here on; markers that stay mean nothing.
        for folder in [&target.target, &location.unit.target.join(location.member_dir)] {
            _ = std::fs::remove_file(folder.join(MARKER));
        }
        Ok(())
    }

    /// Undoes what can be undone; nothing better can be done about the rest.
    fn take_back(&self, made: PublishedMember) {
        let PublishedMember { data, log, database, kept: _kept } = made;
        if let Some(log) = log {
            _ = interrupted_restore::zero_metas(&database, self.db.page_size()).and_then(|()| database.sync_data());
            _ = log.take_back();
        }
        _ = data.take_back();
    }
}

/// The name that the folder has until it is published.
fn random_word(folder: &NewFolder) -> String {
    folder.path().file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn create_folders(unit: &NewFolder, inside: &Path) -> Result<(), RestoreError> {
    let missing: Vec<_> = inside.ancestors().take_while(|folder| !unit.path().join(folder).exists()).collect();
    Ok(missing.into_iter().rev().try_for_each(|folder| unit.create_folder(folder))?)
}

/// A new file of that length, with `bytes` at its beginning and a hole behind them.
fn write(unit: &NewFolder, inside: &Path, bytes: &[u8], len: u64) -> Result<(), RestoreError> {
    let file = unit.create_file(inside)?;
    let written = file.write_all_at(bytes, 0).and_then(|()| file.set_len(len));
    written.map_err(RestoreError::io("write the file", &unit.path().join(inside)))
}
