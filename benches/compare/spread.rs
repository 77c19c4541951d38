//! Several measurements of one thing.

use serde::Serialize;

/// The middle one of some numbers, and how far they lie apart.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    pub median: f64,
    pub min: f64,
    pub max: f64,
}

impl Spread {
    /// `None` when there are no numbers.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_unstable_by(f64::total_cmp);
        let (low, high) = (values.len().checked_sub(1)? / 2, values.len() / 2);
        Some(Self { median: f64::midpoint(values[low], values[high]), min: values[0], max: values[values.len() - 1] })
    }

    /// Of one number.
    pub fn exactly(value: f64) -> Self {
        Self { median: value, min: value, max: value }
    }

    /// In another unit.
    pub fn times(self, factor: f64) -> Self {
        Self { median: self.median * factor, min: self.min * factor, max: self.max * factor }
    }

    /// Of the reciprocals: how many times faster, where the numbers say how many times the time.
    pub fn reciprocal(self) -> Self {
        Self { median: 1.0 / self.median, min: 1.0 / self.max, max: 1.0 / self.min }
    }
}

#[cfg(test)]
mod tests {
    use super::Spread;

    #[test]
    fn the_middle_and_the_ends() {
        assert_eq!(Spread::of([]), None);
        assert_eq!(Spread::of([7.0]), Some(Spread::exactly(7.0)));
        assert_eq!(Spread::of([9.0, 1.0, 2.0]), Some(Spread { median: 2.0, min: 1.0, max: 9.0 }));
        assert_eq!(Spread::of([4.0, 1.0, 2.0, 9.0]), Some(Spread { median: 3.0, min: 1.0, max: 9.0 }));
    }

    #[test]
    fn the_slowest_becomes_the_least_faster() {
        let ratio = Spread { median: 0.25, min: 0.125, max: 0.5 };
        assert_eq!(ratio.reciprocal(), Spread { median: 4.0, min: 2.0, max: 8.0 });
    }
}
