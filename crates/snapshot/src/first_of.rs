//! Lists in a sentence that stay short: the first of many names, and how many more there are.

use std::fmt::{Display, Write as _};

/// `a, b and 3 more`: the names that are given, of `total` names in all.
pub fn first_of(names: impl IntoIterator<Item: Display>, total: u64) -> String {
    let (mut text, mut given) = (String::new(), 0);
    for name in names {
        _ = write!(text, "{}{name}", if given > 0 { ", " } else { "" });
        given += 1;
    }
    let more = total.saturating_sub(given);
    if more > 0 {
        _ = write!(text, " and {more} more");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::first_of;

    #[test]
    fn names_that_are_not_given_are_counted() {
        assert_eq!(first_of(["a"], 1), "a");
        assert_eq!(first_of(["a", "b"], 2), "a, b");
        assert_eq!(first_of(["a", "b"], 5), "a, b and 3 more");
    }
}
