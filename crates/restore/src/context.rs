//! What [`RestorePlan::check`](crate::RestorePlan::check) and [`execute`](crate::RestorePlan::execute) are called with:
//! limits of the walk, progress, stage observer and interrupt.

use std::fmt;

use etcdsnap_snapshot::inspection::Options;
use etcdsnap_snapshot::interrupt::Interrupt;
use etcdsnap_snapshot::progress::Progress;
use etcdsnap_snapshot::verify::{Sha256, VerifyOptions};

use crate::stage::StageObserver;

/// How a restore runs: how the backup is walked over, who is told of progress and stages, and what stops it.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct RestoreContext<'w> {
    /// The options of the walk over the backup.
    pub inspection: Options,
    /// Receives the progress of the run.
    pub progress: &'w dyn Progress,
    /// Is told of the stages that the run reaches.
    pub stages: &'w dyn StageObserver,
    /// Stops the run when it is set. The run sets it itself when writing fails, so that reading ends too.
    pub interrupt: &'w Interrupt,
}

impl<'w> RestoreContext<'w> {
    /// A context with the default options of a walk and nobody to be told of stages.
    pub fn new(progress: &'w dyn Progress, interrupt: &'w Interrupt) -> Self {
        Self { inspection: Options::default(), progress, stages: &(), interrupt }
    }

    /// The same context with other options of the walk.
    #[must_use]
    pub fn with_inspection(self, inspection: Options) -> Self {
        Self { inspection, ..self }
    }

    /// The same context with an observer of stages.
    #[must_use]
    pub fn with_stages(self, stages: &'w dyn StageObserver) -> Self {
        Self { stages, ..self }
    }

    pub(crate) fn verify_options(&self) -> VerifyOptions {
        VerifyOptions {
            inspection: self.inspection,
            sha256: Sha256::IfSealed,
            interrupt: self.interrupt.clone(),
            ..VerifyOptions::default()
        }
    }
}

impl fmt::Debug for RestoreContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RestoreContext").field("inspection", &self.inspection).finish_non_exhaustive()
    }
}
