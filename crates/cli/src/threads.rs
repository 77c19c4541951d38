//! Makes the global rayon pool that every command works on, once and before its first work.

use std::num::NonZeroUsize;

use etcdsnap_snapshot::threads::NoThread;
use rayon::ThreadPoolBuilder;

/// The most threads that are made, however many are asked for: no disk and no memory keeps more of them busy, and each
/// takes memory.
const MOST: usize = 64;

/// Makes as many threads as asked for, or as there are cores.
///
/// # Errors
/// The system does not give so many threads. None of them is left then.
pub fn start(asked: Option<NonZeroUsize>) -> Result<(), NoThread> {
    let cores = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let threads = asked.map_or_else(cores, NonZeroUsize::get).min(MOST);
    ThreadPoolBuilder::new().num_threads(threads).build_global().map_err(NoThread::new)
}
