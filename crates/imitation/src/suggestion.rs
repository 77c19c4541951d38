//! "Did you mean this?": names near a misspelt one.

/// Names up to this many edits away are near.
const NEAR: usize = 2;

/// The paragraph that suggests those of `names` that are near `word` or begin with it, letter case aside; empty without
/// any.
pub fn did_you_mean<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> String {
    let word = word.to_lowercase();
    let near = |name: &&str| distance(&word, name) <= NEAR || name.starts_with(&word);
    let lines: Vec<String> = names.filter(near).map(|name| format!("\t{name}\n")).collect();
    if lines.is_empty() { String::new() } else { format!("\n\nDid you mean this?\n{}", lines.concat()) }
}

/// Levenshtein's distance: how many letters to insert, delete or replace.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (index, letter) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_and_beginnings_are_suggested_in_their_order() {
        let suggest = |word| did_you_mean(word, ["move-leader", "snapshot", "member", "get"].into_iter());
        assert_eq!(suggest("snapshoot"), "\n\nDid you mean this?\n\tsnapshot\n");
        assert_eq!(suggest("M"), "\n\nDid you mean this?\n\tmove-leader\n\tmember\n");
        assert_eq!(suggest("e"), "\n\nDid you mean this?\n\tget\n");
        assert_eq!(suggest("restore"), "");
    }

    #[test]
    fn distance_counts_edits() {
        let distances =
            [("", "abc"), ("kitten", "sitting"), ("flaw", "lawn"), ("same", "same")].map(|(a, b)| distance(a, b));
        assert_eq!(distances, [3, 3, 2, 0]);
    }
}
