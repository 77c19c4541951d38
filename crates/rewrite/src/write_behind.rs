//! A file that is written on a thread of its own, while the next pages are being made.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt as _;
use std::sync::mpsc::{Receiver, Sender, SyncSender, TryRecvError, TrySendError, channel, sync_channel};

use etcdsnap_snapshot::interrupt::Interrupt;
use etcdsnap_snapshot::threads::{self, NoThread};

/// Writes that may wait: some megabytes, since whoever builds a file writes in pieces of half a megabyte or more.
const WAITING: usize = 4;

/// Lets `produce` write into a file, which is new and empty; `advance` hears how many bytes reached it. Whichever of the two
/// threads would have to wait for the other calls `meanwhile` instead, which does a little of something else and says whether
/// there is more of it.
///
/// # Errors
/// No thread can be started; nothing was begun then. Otherwise the result of `produce` comes first and that of the
/// writing thread second; when the latter is an error, an error of `produce` only follows from it.
pub fn write_behind<'m, T, E>(
    file: &File,
    interrupt: &Interrupt,
    advance: &(dyn Fn(u64) + Sync),
    meanwhile: &'m (dyn Fn() -> bool + Sync),
    produce: impl FnOnce(WriteBehind<'m>) -> Result<T, E>,
) -> Result<(Result<T, E>, io::Result<()>), NoThread> {
    let (pieces, waiting) = sync_channel(WAITING);
    let (used, spare) = channel();
    std::thread::scope(|scope| {
        let writing = threads::start(scope, move || write(file, interrupt, advance, next(&waiting, meanwhile), &used))?;
        let produced = produce(WriteBehind { pieces, spare, meanwhile, position: 0 });
        let written = writing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok((produced, written))
    })
}

/// Bytes and the place in the file where they belong.
struct Piece {
    offset: u64,
    bytes: Vec<u8>,
}

fn write(
    file: &File,
    interrupt: &Interrupt,
    advance: &(dyn Fn(u64) + Sync),
    pieces: impl Iterator<Item = Piece>,
    used: &Sender<Vec<u8>>,
) -> io::Result<()> {
    for Piece { offset, bytes } in pieces {
        if interrupt.is_set() {
            return Err(io::Error::other("interrupted"));
        }
        file.write_all_at(&bytes, offset)?;
        advance(bytes.len() as u64);
        // At the end nobody takes them any more.
        _ = used.send(bytes);
    }
    Ok(())
}

/// All pieces as they come.
fn next(waiting: &Receiver<Piece>, meanwhile: &(dyn Fn() -> bool + Sync)) -> impl Iterator<Item = Piece> {
    std::iter::from_fn(move || {
        // Ends, because `meanwhile` has more to do only so often.
        loop {
            match waiting.try_recv() {
                Ok(piece) => return Some(piece),
                Err(TryRecvError::Disconnected) => return None,
                Err(TryRecvError::Empty) if meanwhile() => {}
                Err(TryRecvError::Empty) => return waiting.recv().ok(),
            }
        }
    })
}

/// The end of the file where bytes go in. Errors of the file come late, or not here at all.
pub struct WriteBehind<'m> {
    pieces: SyncSender<Piece>,
    /// The memory of pieces that were written.
    spare: Receiver<Vec<u8>>,
    meanwhile: &'m (dyn Fn() -> bool + Sync),
    position: u64,
}

impl WriteBehind<'_> {
    /// Hands a piece over; `false` when the writing thread has stopped.
    fn send(&self, mut piece: Piece) -> bool {
        // Ends, because `meanwhile` has more to do only so often.
        loop {
            piece = match self.pieces.try_send(piece) {
                Ok(()) => return true,
                Err(TrySendError::Disconnected(_)) => return false,
                Err(TrySendError::Full(piece)) if (self.meanwhile)() => piece,
                Err(TrySendError::Full(piece)) => return self.pieces.send(piece).is_ok(),
            };
        }
    }
}

impl Write for WriteBehind<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut copied = self.spare.try_recv().unwrap_or_default();
        copied.clear();
        copied.extend_from_slice(bytes);
        if !self.send(Piece { offset: self.position, bytes: copied }) {
            return Err(io::Error::other("the writing thread has stopped"));
        }
        self.position += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for WriteBehind<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::Current(distance) => self.position.checked_add_signed(distance),
            // What will be the end is not known here.
            SeekFrom::End(_) => None,
        };
        self.position = position.ok_or(io::ErrorKind::Unsupported)?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_reach_their_places() {
        let file = tempfile::tempfile().expect("a file");
        let (produced, written) = write_behind(&file, &Interrupt::default(), &|_| (), &|| false, |mut behind| {
            behind.seek(SeekFrom::Start(4))?;
            behind.write_all(b"pages")?;
            behind.seek(SeekFrom::Start(0))?;
            behind.write_all(b"meta")
        })
        .expect("a thread");
        produced.and(written).expect("written");
        let mut bytes = [0; 9];
        file.read_exact_at(&mut bytes, 0).expect("readable");
        assert_eq!(&bytes, b"metapages");
    }

    #[test]
    fn a_file_that_fails_ends_the_work() {
        let file = File::open("/dev/null").expect("for reading only");
        let endless = |mut behind: WriteBehind<'_>| -> io::Result<()> {
            loop {
                behind.write_all(b"pages")?;
            }
        };
        let (produced, written) =
            write_behind(&file, &Interrupt::default(), &|_| (), &|| true, endless).expect("a thread");
        assert!(produced.is_err() && written.is_err());
        let interrupt = Interrupt::default();
        interrupt.set();
        let file = tempfile::tempfile().expect("a file");
        let interrupted = write_behind(&file, &interrupt, &|_| (), &|| true, endless).expect("a thread");
        assert!(interrupted.1.is_err());
        assert_eq!(file.metadata().expect("open").len(), 0);
    }
}
