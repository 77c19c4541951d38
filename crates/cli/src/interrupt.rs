//! Turns SIGINT and SIGTERM into a flag that long work checks, so that it can clean up before the process ends.

use std::io;
use std::sync::Arc;

use etcdsnap_restore::Interrupt;
use signal_hook::consts::{SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::flag;
use thiserror::Error;

use crate::exit::Exit;

/// A signal handler could not be installed.
#[derive(Debug, Error)]
#[error("signals cannot be handled: {0}")]
pub struct Unhandled(#[from] io::Error);

/// From now on the first signal sets the interrupt. A second one ends the process at once. A file that would grow
/// beyond the limit that is set for the process (`ulimit -f`) is an error of the write, and no longer ends the process
/// either.
pub fn listen() -> Result<Interrupt, Unhandled> {
    let interrupt = Interrupt::default();
    flag::register(SIGXFSZ, Arc::default())?;
    for signal in [SIGINT, SIGTERM] {
        // In this order: the first signal finds the flag not yet set.
        flag::register_conditional_shutdown(signal, Exit::Interrupted.code().into(), interrupt.flag())?;
        flag::register(signal, interrupt.flag())?;
    }
    Ok(interrupt)
}
