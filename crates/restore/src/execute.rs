//! Carrying out a plan.
//!
//! The backup is verified and copied at the same time, from the same pages of the system's cache. Then the edit is made in each
//! copy, the log and the `.snap` are put beside it, all is made durable, and each member appears by one rename. Until then a
//! refusal, an error or an interrupt leaves nothing behind.

use std::fmt;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use etcdsnap_bbolt::edit::CommitStep;
use etcdsnap_publish::{Interrupt, NewFolder, Parents, Published};
use etcdsnap_snapshot::inspection::Options;
use etcdsnap_snapshot::progress::Progress;
use etcdsnap_snapshot::threads;
use etcdsnap_snapshot::verify::{Sha256, VerifyOptions, verify};

use crate::checked::Checked;
use crate::copy::{CopyError, copy};
use crate::error::RestoreError;
use crate::kept::Settled;
use crate::plan::{Output, Plan};
use crate::site::WalSite;
use crate::unfinished::{self, MARKER, Marker};

/// How to work, and who hears of it.
#[derive(Clone, Copy)]
pub struct Work<'w> {
    /// How to walk over the backup.
    pub inspection: Options,
    /// Hears how far it is.
    pub progress: &'w dyn Progress,
    /// Hears what was reached.
    pub stages: &'w dyn Stages,
    /// A wish to stop. Also set when writing fails, so that reading does not go on.
    pub interrupt: &'w Interrupt,
}

impl fmt::Debug for Work<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Work").field("inspection", &self.inspection).finish_non_exhaustive()
    }
}

/// Hears what a restore has reached.
pub trait Stages: Sync {
    /// This has just been done.
    fn reached(&self, stage: Stage);
}

/// Nobody.
impl Stages for () {
    fn reached(&self, _: Stage) {}
}

/// What a restore has just done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// The temporary folders are there, with empty databases in them.
    Prepared,
    /// The backup is verified and copied.
    Copied,
    /// All files are written.
    Written,
    /// A member's data directory has its name.
    DataPublished,
    /// A member's log directory, which is not in its data directory, has its name.
    LogPublished,
    /// The database of such a member can be opened.
    Unveiled,
    /// All is done.
    Finished,
}

/// A finished restore.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What the backup was like.
    pub checked: Checked,
    /// What killed runs had left, and is removed.
    pub removed_leftovers: Vec<PathBuf>,
}

/// A member in the making.
struct Making<'p> {
    output: &'p Output,
    unit: NewFolder,
    log: Option<NewFolder>,
    database: File,
}

impl Making<'_> {
    /// Makes the copy durable.
    fn sync(&self) -> Result<(), RestoreError> {
        let path = self.output.site.database();
        self.database.sync_data().map_err(RestoreError::io("write the database", &path))
    }
}

/// A member that has its names.
struct Made {
    data: Published,
    log: Option<Published>,
    database: File,
    kept: Option<Settled>,
}

impl Plan<'_, '_> {
    /// Verifies the backup without writing anything: what `--dry-run` does.
    pub fn check(&self, work: Work<'_>) -> Result<Checked, RestoreError> {
        let verified = verify(self.container, &self.verify_options(work), work.progress)?;
        let checked = self.judge(verified)?;
        self.demand()?.check()?;
        Ok(checked)
    }

    fn verify_options(&self, work: Work<'_>) -> VerifyOptions {
        VerifyOptions { byte_order: Some(self.request.byte_order), ..work.verify_options() }
    }

    /// Writes everything. On an error nothing is left, and what was replaced is back.
    pub fn execute(&self, work: Work<'_>) -> Result<Outcome, RestoreError> {
        let mut removed_leftovers = self.remove_unfinished()?;
        self.demand()?.check()?;
        // Outlives all that stands in them.
        let parents = self.parents()?;
        let makings = self.outputs.iter().map(|output| self.prepare(output)).collect::<Result<Vec<_>, _>>()?;
        for making in &makings {
            let folders = std::iter::once(&making.unit).chain(&making.log);
            removed_leftovers.extend(folders.flat_map(|folder| folder.removed_leftovers().to_vec()));
        }
        work.stages.reached(Stage::Prepared);
        let checked = self.fill(&makings, work)?;
        self.container.recheck()?;
        work.stages.reached(Stage::Copied);
        for making in &makings {
            self.finish(making)?;
            work.interrupt.check()?;
        }
        work.stages.reached(Stage::Written);
        self.publish(makings, work.stages)?;
        parents.keep();
        work.stages.reached(Stage::Finished);
        Ok(Outcome { checked, removed_leftovers })
    }

    fn remove_unfinished(&self) -> Result<Vec<PathBuf>, RestoreError> {
        let mut removed = Vec::new();
        for unfinished in self.outputs.iter().filter_map(|output| output.site.unfinished.as_ref()) {
            removed.extend(unfinished.remove()?);
        }
        Ok(removed)
    }

    /// The folders around all that is made.
    fn parents(&self) -> Result<Parents, RestoreError> {
        let mut parents = Parents::default();
        for Output { site, .. } in &self.outputs {
            parents.make(&site.unit.target, self.request.owner)?;
            if let WalSite::Outside(log) = &site.wal {
                parents.make(&log.target, self.request.owner)?;
            }
        }
        Ok(parents)
    }

    fn prepare<'p>(&self, output: &'p Output) -> Result<Making<'p>, RestoreError> {
        let (site, owner) = (&output.site, self.request.owner);
        let unit = NewFolder::create(&site.unit.target, owner)?;
        let log = match &site.wal {
            WalSite::Inside(_) => None,
            WalSite::Outside(log) => Some(NewFolder::create(&log.target, owner)?),
        };
        let member = Path::new(site.member_dir);
        if !site.member_dir.is_empty() {
            unit.create_folder(member)?;
        }
        unit.create_folder(member.join("snap"))?;
        let database = unit.create_file(member.join("snap/db"))?;
        Ok(Making { output, unit, log, database })
    }

    /// Copies into the databases, and verifies meanwhile.
    fn fill(&self, makings: &[Making<'_>], work: Work<'_>) -> Result<Checked, RestoreError> {
        let refused = Interrupt::default();
        // One copy goes to the disk while the next is made, so that the disk never waits.
        let copy_all = || {
            std::thread::scope(|scope| {
                let mut syncing = Vec::new();
                for making in makings {
                    let interrupts = [work.interrupt, &refused];
                    self.copy(making, &interrupts).inspect_err(|_| work.interrupt.set())?;
                    let sync = || making.sync().inspect_err(|_| work.interrupt.set());
                    syncing.push(threads::start(scope, sync).inspect_err(|_| work.interrupt.set())?);
                }
                let mut ended = syncing.into_iter().map(std::thread::ScopedJoinHandle::join);
                ended.try_for_each(|end| end.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            })
        };
        let (copied, checked) = std::thread::scope(|scope| {
            let copying = threads::start(scope, copy_all)?;
            let verified = verify(self.container, &self.verify_options(work), work.progress);
            let checked = verified.map_err(RestoreError::from).and_then(|verified| self.judge(verified));
            if checked.is_err() {
                refused.set();
            }
            let copied = copying.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            Ok::<_, RestoreError>((copied, checked))
        })?;
        match (copied, checked) {
            // One of them stopped because of the other.
            (Err(RestoreError::Interrupted(_)), Err(error)) | (Err(error), Err(RestoreError::Interrupted(_))) => {
                Err(error)
            }
            (Err(error), _) | (Ok(()), Err(error)) => Err(error),
            (Ok(()), Ok(checked)) => Ok(checked),
        }
    }

    fn copy(&self, making: &Making<'_>, interrupts: &[&Interrupt]) -> Result<(), RestoreError> {
        // What stands behind the last page, such as room that etcd had set aside, is not part of the database.
        let len = self.db.size().min(self.container.database().len() as u64);
        copy(self.container, len, &making.database, interrupts).map_err(|error| match error {
            CopyError::Io(source) => {
                RestoreError::Io { action: "write the database", path: making.output.site.database(), source }
            }
            CopyError::Changed(changed) => changed.into(),
            CopyError::Image(error) => error.into(),
            CopyError::Interrupted(interrupted) => interrupted.into(),
        })
    }

    /// Makes the changes in one copy, and writes what stands beside it.
    fn finish(&self, making: &Making<'_>) -> Result<(), RestoreError> {
        let Making { output, unit, log, database } = making;
        let path = output.site.database();
        let error = RestoreError::io("write the database", &path);
        let written = self.content.edit.steps().try_for_each(|step| match step {
            CommitStep::Write { offset, bytes } => database.write_all_at(bytes, offset),
            CommitStep::Sync => Ok(()),
        });
        written.and_then(|()| database.set_len(self.content.edit.size())).map_err(error)?;
        let member = Path::new(output.site.member_dir);
        if let Some((name, bytes)) = &output.snap {
            write(unit, &member.join("snap").join(name), bytes, bytes.len() as u64)?;
        }
        let segment = output.segment.name.to_string();
        match (&output.site.wal, log) {
            (WalSite::Inside(inside), _) => {
                create_folders(unit, inside)?;
                write(unit, &inside.join(segment), &output.segment.bytes, output.segment.len)?;
            }
            (WalSite::Outside(target), Some(log)) => {
                write(log, Path::new(&segment), &output.segment.bytes, output.segment.len)?;
                let marker = Marker {
                    is_member: output.site.kept.is_some(),
                    token: random_word(log),
                    page_size: self.db.page_size(),
                    log: target.target.clone(),
                };
                let bytes = marker.to_bytes();
                write(log, Path::new(MARKER), &bytes, bytes.len() as u64)?;
                write(unit, &member.join(MARKER), &bytes, bytes.len() as u64)?;
                unfinished::blank(database, self.db.page_size())
                    .map_err(RestoreError::io("write the database", &path))?;
            }
            (WalSite::Outside(_), None) => {}
        }
        unit.sync()?;
        Ok(log.as_ref().map_or(Ok(()), NewFolder::sync)?)
    }

    /// Gives all members their names, or none.
    fn publish(&self, makings: Vec<Making<'_>>, stages: &dyn Stages) -> Result<(), RestoreError> {
        // Held until all is done: an etcd that is started now waits until what it finds is the new one.
        let _locks = self.outputs.iter().map(|output| output.site.lock_replaced()).collect::<Result<Vec<_>, _>>()?;
        let mut made = Vec::new();
        for making in makings {
            if let Err(error) = self.publish_one(making, stages, &mut made) {
                for member in made.into_iter().rev() {
                    self.take_back(member);
                }
                return Err(error);
            }
        }
        made.into_iter().filter_map(|member| member.kept).for_each(Settled::keep);
        Ok(())
    }

    fn publish_one(&self, making: Making<'_>, stages: &dyn Stages, made: &mut Vec<Made>) -> Result<(), RestoreError> {
        let Making { output, unit, log, database } = making;
        let site = &output.site;
        let kept = site.kept.as_deref().map(|kept| Settled::new(kept, self.request.owner)).transpose()?;
        let data = unit.publish(&site.unit.existing)?;
        stages.reached(Stage::DataPublished);
        made.push(Made { data, log: None, database, kept });
        let (WalSite::Outside(target), Some(log), Some(member)) = (&site.wal, log, made.last_mut()) else {
            return Ok(());
        };
        member.log = Some(log.publish(&target.existing)?);
        stages.reached(Stage::LogPublished);
        unfinished::unveil(&member.database, &self.content.edit, self.db.page_size())
            .map_err(RestoreError::io("write the database", &site.database()))?;
        stages.reached(Stage::Unveiled);
        // Whole from here on; markers that stay mean nothing.
        for folder in [&target.target, &site.unit.target.join(site.member_dir)] {
            _ = std::fs::remove_file(folder.join(MARKER));
        }
        Ok(())
    }

    /// Undoes what can be undone; nothing better can be done about the rest.
    fn take_back(&self, made: Made) {
        let Made { data, log, database, kept: _kept } = made;
        if let Some(log) = log {
            _ = unfinished::blank(&database, self.db.page_size()).and_then(|()| database.sync_data());
            _ = log.take_back();
        }
        _ = data.take_back();
    }
}

impl Work<'_> {
    pub(crate) fn verify_options(&self) -> VerifyOptions {
        VerifyOptions {
            inspection: self.inspection,
            sha256: Sha256::IfSealed,
            interrupt: self.interrupt.clone(),
            ..VerifyOptions::default()
        }
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
