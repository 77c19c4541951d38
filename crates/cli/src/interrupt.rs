//! SIGINT and SIGTERM as a wish that long work hears, so that it can clean up.

use std::io;

use etcdsnap_restore::Interrupt;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::exit::Exit;

/// From now on the first signal sets the interrupt. A second one ends the process at once.
pub fn listen() -> io::Result<Interrupt> {
    let interrupt = Interrupt::default();
    for signal in [SIGINT, SIGTERM] {
        // In this order: the first signal finds the flag not yet set.
        flag::register_conditional_shutdown(signal, Exit::Interrupted.code().into(), interrupt.flag())?;
        flag::register(signal, interrupt.flag())?;
    }
    Ok(interrupt)
}
