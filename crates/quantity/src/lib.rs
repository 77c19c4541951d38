//! A number with its noun, as the messages of all crates have it: `1 byte`, `2 bytes`.
//!
//! ```
//! use etcdsnap_quantity::quantity;
//!
//! assert_eq!(quantity(1, "byte"), "1 byte");
//! assert_eq!(quantity(0, "entry"), "0 entries");
//! ```

/// `count` things that are called `noun`, which is in the singular: an English noun with a regular plural.
pub fn quantity(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {}", plural(noun)) }
}

/// The plural of a regular English noun.
pub fn plural(noun: &str) -> String {
    let is_vowel = |letter: char| "aeiou".contains(letter);
    match noun.strip_suffix('y') {
        Some(stem) if !stem.ends_with(is_vowel) => format!("{stem}ies"),
        _ if noun.ends_with(['s', 'x', 'z']) => format!("{noun}es"),
        _ => format!("{noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nouns_have_plurals() {
        let both = |noun| [1, 2].map(|count| quantity(count, noun));
        assert_eq!(both("live key"), ["1 live key", "2 live keys"]);
        assert_eq!(both("prefix"), ["1 prefix", "2 prefixes"]);
        assert_eq!(both("entry"), ["1 entry", "2 entries"]);
        assert_eq!(quantity(0, "byte"), "0 bytes");
    }
}
