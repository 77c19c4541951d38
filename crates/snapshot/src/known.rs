//! A value that was read from a part of the file that may be damaged: all of it, or as much as could be read.
//!
//! Every fact that comes out of a bucket or a page is kept in a [`Known`], set where it is read. A caller has to say
//! whether it needs [all](Known::all) of it, and so gets nothing when a page was lost, or whether [what there
//! is](Known::part) is enough.

use std::fmt;

use serde::{Serialize, Serializer};

/// A value, and whether all that it is made from could be read. It begins as one of which nothing was read.
///
/// JSON has `null` for one that is not whole, and text `unknown`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known<T> {
    value: T,
    whole: bool,
}

impl<T> Known<T> {
    /// A value of which everything was read.
    pub fn whole(value: T) -> Self {
        Self { value, whole: true }
    }

    /// A value; `whole` says whether everything was read that it is made from.
    pub fn new(value: T, whole: bool) -> Self {
        Self { value, whole }
    }

    /// The value; `None` when it is not known, because a part of what it is made from could not be read.
    pub fn all(&self) -> Option<&T> {
        self.whole.then_some(&self.value)
    }

    /// As much as could be read. Only for statements that stay true whatever else is there: what was read is there;
    /// what was not read may be there too.
    pub fn part(&self) -> &T {
        &self.value
    }

    /// As much as could be read, to be changed.
    pub fn part_mut(&mut self) -> &mut T {
        &mut self.value
    }

    /// Was everything read that it is made from?
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// A value made from this one, as well known as this one.
    pub fn map<'k, U>(&'k self, make: impl FnOnce(&'k T) -> U) -> Known<U> {
        Known { value: make(&self.value), whole: self.whole }
    }

    /// A value made from this one and another, known if both are.
    pub fn zip<U>(self, other: Known<U>) -> Known<(T, U)> {
        Known { value: (self.value, other.value), whole: self.whole && other.whole }
    }

    /// One entry of this value: known when it was read, whatever else was not, and known to be absent only when all was
    /// read.
    pub fn entry<'k, U>(&'k self, entry: impl FnOnce(&'k T) -> Option<U>) -> Known<Option<U>> {
        let value = entry(&self.value);
        Known { whole: self.whole || value.is_some(), value }
    }

    pub(crate) fn set_whole(&mut self, whole: bool) {
        self.whole = whole;
    }
}

/// The value, or `unknown`.
impl<T: fmt::Display> fmt::Display for Known<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.all() {
            Some(value) => value.fmt(f),
            None => f.pad("unknown"),
        }
    }
}

impl<T: Serialize> Serialize for Known<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.all().serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_neither_shown_nor_serialised_as_the_whole() {
        let (whole, part) = (Known::whole(5), Known::new(5, false));
        assert_eq!((whole.all(), part.all(), *part.part()), (Some(&5), None, 5));
        assert_eq!((whole.to_string(), part.to_string()), ("5".into(), "unknown".into()));
        assert_eq!(serde_json::to_string(&[whole, part]).expect("json"), "[5,null]");
        assert!(!whole.zip(part).is_whole() && whole.zip(whole).is_whole() && !Known::<u64>::default().is_whole());
    }

    #[test]
    fn an_entry_that_was_read_is_known_and_one_that_was_not_is_not_absent() {
        let part = Known::new((Some(1), None::<u8>), false);
        assert_eq!(part.entry(|both| both.0).all(), Some(&Some(1)));
        assert_eq!(part.entry(|both| both.1).all(), None);
        assert_eq!(Known::whole(None::<u8>).entry(|one| *one).all(), Some(&None));
    }
}
