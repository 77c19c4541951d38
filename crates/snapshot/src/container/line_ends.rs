//! Recognises files in which a terminal or a transfer in text mode changed the ends of lines, and undoes it where it can.
//!
//! Where CR LF was made of every LF, nothing is lost: in such a file a CR stands before every LF, also where one stood
//! before, so removing one CR before each gives the bytes back exactly.

use std::fmt;
use std::io::{self, Read};

/// The fewest LF that are taken as evidence: by accident a CR stands before one LF of 256, so before four of them once
/// in 2^32.
const CERTAIN: u64 = 4;

/// The number of LF that became CR LF; `None` when it is not every one of them, or when there are too few to be
/// certain.
pub(super) fn translated(bytes: &[u8]) -> Option<u64> {
    let mut count = 0;
    for (at, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
        let before = at.checked_sub(1)?;
        if bytes[before] != b'\r' {
            return None;
        }
        count += 1;
    }
    (count >= CERTAIN).then_some(count)
}

/// What ends a line in text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineEnd {
    /// The byte 0a.
    Lf,
    /// The byte 0d.
    Cr,
    /// The bytes 0d 0a.
    CrLf,
}

impl LineEnd {
    /// The first of them that is not in `bytes` at all. In a database there is one of each by accident, if it is not a
    /// small one, and every record begins with the byte of an LF.
    pub(crate) fn absent(bytes: &[u8]) -> Option<Self> {
        let is_there = |end: &Self| match end {
            Self::Lf => bytes.contains(&b'\n'),
            Self::Cr => bytes.contains(&b'\r'),
            Self::CrLf => bytes.windows(2).any(|pair| pair == b"\r\n"),
        };
        [Self::Lf, Self::Cr, Self::CrLf].into_iter().find(|end| !is_there(end))
    }
}

impl fmt::Display for LineEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lf => "LF",
            Self::Cr => "CR",
            Self::CrLf => "CR LF",
        })
    }
}

/// A reader of the bytes as they were before, with LF in place of CR LF.
pub(super) struct Undone<'a> {
    rest: &'a [u8],
}

impl<'a> Undone<'a> {
    pub(super) fn new(translated: &'a [u8]) -> Self {
        Self { rest: translated }
    }
}

impl Read for Undone<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        // Every round takes at least one byte away from the rest, or ends.
        while filled < into.len() && !self.rest.is_empty() {
            if self.rest.starts_with(b"\r\n") {
                self.rest = &self.rest[1..];
            }
            let window = &self.rest[..self.rest.len().min(into.len() - filled)];
            let later = window.iter().skip(1).position(|byte| *byte == b'\r');
            let (now, rest) = self.rest.split_at(later.map_or(window.len(), |at| at + 1));
            into[filled..filled + now.len()].copy_from_slice(now);
            filled += now.len();
            self.rest = rest;
        }
        Ok(filled)
    }
}

#[cfg(test)]
mod tests {
    use etcdsnap_testkit::lf_to_crlf;
    use proptest::prelude::*;

    use super::{Undone, translated};
    use std::io::Read as _;

    fn undo(bytes: &[u8]) -> Vec<u8> {
        let mut undone = Vec::new();
        Undone::new(bytes).read_to_end(&mut undone).expect("memory is readable");
        undone
    }

    proptest! {
        #[test]
        fn undoing_gives_the_bytes_back(bytes in proptest::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), any::<u8>()], 0..500)) {
            let lf = bytes.split(|byte| *byte == b'\n').count() as u64 - 1;
            let there = lf_to_crlf(&bytes);
            prop_assert_eq!(translated(&there), (lf >= 4).then_some(lf));
            prop_assert_eq!(undo(&there), bytes);
        }

        #[test]
        fn one_lf_without_cr_is_enough(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let lone = [lf_to_crlf(&bytes).as_slice(), b"\r\n\r\n\r\n\r\n.\n"].concat();
            prop_assert_eq!(translated(&lone), None);
        }
    }
}
