//! What is to be reached, and whether it was.

use serde::Serialize;

use crate::report::Row;
use crate::size::mebibytes;
use crate::spread::Spread;
use crate::table::spread;

/// A bound for a command.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Goal {
    /// At least so many times faster than what it is compared with.
    TimesFaster(f64),
    /// At most this multiple of the time of what it is compared with.
    TimesTheTime(f64),
    /// Time for a byte of the file at most this multiple of that of what it is compared with.
    TimesTheTimePerByte(f64),
    /// At most so many seconds later than what it is compared with.
    SecondsLater(f64),
    /// At most so many bytes of anonymous memory.
    AnonymousBytes(u64),
}

/// How a goal fared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// In words, with the command's name.
    pub goal: String,
    /// In the unit of the goal; `None` when something was not there to be measured.
    pub measured: Option<String>,
    pub reached: Option<bool>,
}

impl Goal {
    /// The budget for what a command may hold beside the mapped file, by the size of the database.
    pub fn memory(pages: u64, live_keys: u64) -> Self {
        Self::AnonymousBytes((64 << 20) + 16 * pages + 32 * live_keys)
    }

    /// Judges the command of a row in the section with that heading.
    pub fn verdict(self, heading: &str, row: &Row) -> Verdict {
        let reference = row.against.as_ref().map_or("", |against| &against.name);
        let figures = self.figures(row);
        Verdict {
            goal: format!("{heading}, {}: {}", row.name, self.words(reference)),
            measured: figures.map(|figures| self.show(figures)),
            reached: figures.map(|figures| self.is_reached_by(figures.median)),
        }
    }

    fn figures(self, row: &Row) -> Option<Spread> {
        let comparison = || row.against.as_ref()?.comparison.as_ref();
        match self {
            Self::TimesFaster(_) => Some(comparison()?.ratio.reciprocal()),
            Self::TimesTheTime(_) | Self::TimesTheTimePerByte(_) => Some(comparison()?.ratio),
            Self::SecondsLater(_) => Some(comparison()?.seconds_later),
            Self::AnonymousBytes(_) => Some(Spread::exactly(mebibytes(row.anonymous_bytes?))),
        }
    }

    fn is_reached_by(self, median: f64) -> bool {
        match self {
            Self::TimesFaster(bound) => median >= bound,
            Self::TimesTheTime(bound) | Self::TimesTheTimePerByte(bound) | Self::SecondsLater(bound) => median <= bound,
            Self::AnonymousBytes(bound) => median <= mebibytes(bound),
        }
    }

    fn words(self, reference: &str) -> String {
        match self {
            Self::TimesFaster(bound) => format!("at least {bound} times faster than {reference}"),
            Self::TimesTheTime(bound) => format!("at most {bound:.2} times the time of {reference}"),
            Self::TimesTheTimePerByte(bound) => {
                format!("for a byte at most {bound:.2} times the time of {reference}")
            }
            Self::SecondsLater(bound) => format!("ends at most {:.0} ms after {reference}", bound * 1000.0),
            Self::AnonymousBytes(bound) => format!("at most {:.0} MiB of anonymous memory", mebibytes(bound)),
        }
    }

    fn show(self, figures: Spread) -> String {
        match self {
            Self::TimesFaster(_) => format!("{} times faster", spread(figures)),
            Self::TimesTheTime(_) | Self::TimesTheTimePerByte(_) => format!("{} times", spread(figures)),
            Self::SecondsLater(_) => format!("{} ms", spread(figures.times(1000.0))),
            Self::AnonymousBytes(_) => format!("{:.0} MiB", figures.median),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Goal;
    use crate::report::{Against, Comparison, Row};
    use crate::spread::Spread;

    fn row(comparison: Option<Comparison>) -> Row {
        Row {
            name: "ours".to_owned(),
            seconds: Spread::exactly(1.0),
            cpu_seconds: None,
            disk_bytes: None,
            resident_bytes: None,
            anonymous_bytes: Some(70 << 20),
            against: Some(Against { name: "theirs".to_owned(), comparison }),
        }
    }

    fn quarter() -> Row {
        let ratio = Spread { median: 0.25, min: 0.2, max: 0.5 };
        row(Some(Comparison { ratio, seconds_later: Spread::exactly(-3.0), same_answer: None }))
    }

    #[test]
    fn both_sides_of_each_bound() {
        let pairs = [
            (Goal::TimesFaster(4.0), Goal::TimesFaster(4.1)),
            (Goal::TimesTheTime(0.25), Goal::TimesTheTime(0.24)),
            (Goal::TimesTheTimePerByte(0.25), Goal::TimesTheTimePerByte(0.24)),
            (Goal::SecondsLater(-3.0), Goal::SecondsLater(-3.1)),
            (Goal::AnonymousBytes(70 << 20), Goal::AnonymousBytes(69 << 20)),
        ];
        for (reached, missed) in pairs {
            assert_eq!(reached.verdict("Warm", &quarter()).reached, Some(true), "{reached:?}");
            assert_eq!(missed.verdict("Warm", &quarter()).reached, Some(false), "{missed:?}");
        }
    }

    #[test]
    fn in_words() {
        let verdict = Goal::TimesFaster(10.0).verdict("Warm", &quarter());
        assert_eq!(verdict.goal, "Warm, ours: at least 10 times faster than theirs");
        assert_eq!(verdict.measured.as_deref(), Some("4.00 (2.00–5.00) times faster"));
    }

    #[test]
    fn without_the_reference_nothing_is_known() {
        let verdict = Goal::TimesTheTime(1.0).verdict("Warm", &row(None));
        assert_eq!((verdict.measured, verdict.reached), (None, None));
    }

    #[test]
    fn the_memory_budget_grows_with_pages_and_keys() {
        assert_eq!(Goal::memory(524_288, 400_000), Goal::AnonymousBytes((72 << 20) + 12_800_000));
    }
}
