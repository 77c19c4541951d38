//! go-yaml's natural order of keys: digits by their number, letters behind everything else
//! (docs/format/kubernetes.md#yaml-key-order).

use std::cmp::Ordering;

use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

use crate::value::{Map, Value};

/// Bytes at the start of keys that are put in natural order; keys alike in them are in the order of their bytes.
const COMPARED: usize = 1 << 10;

/// The members of a map in the order YAML shows them.
pub(super) fn sorted<'m, 'a>(map: &'m Map<'a>) -> Vec<(&'m str, &'m Value<'a>)> {
    let mut members: Vec<_> = map.iter().collect();
    if !members.windows(2).all(|pair| less(pair[0].0, pair[1].0)) {
        merge_sort(&mut members, &|left, right| less(left.0, right.0));
    }
    members
}

/// Sorts by an order that need not be consistent: numbers of more than 64 bits wrap around in it.
fn merge_sort<T: Copy>(items: &mut [T], less: &impl Fn(&T, &T) -> bool) {
    if items.len() < 2 {
        return;
    }
    let middle = items.len() / 2;
    merge_sort(&mut items[..middle], less);
    merge_sort(&mut items[middle..], less);
    let (left, right) = items.split_at(middle);
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    let mut merged = Vec::with_capacity(middle * 2 + 1);
    // Ends, because each round takes an item.
    loop {
        let next = match (left.peek(), right.peek()) {
            (Some(first), Some(second)) if less(second, first) => right.next(),
            (Some(_), _) => left.next(),
            (None, _) => right.next(),
        };
        let Some(next) = next else { break };
        merged.push(*next);
    }
    items.copy_from_slice(&merged);
}

/// Whether one key stands before another.
fn less(left: &str, right: &str) -> bool {
    let [start, other] = [left, right].map(|key| &key[..key.floor_char_boundary(COMPARED)]);
    if start == other { left < right } else { naturally_less(start, other) }
}

fn naturally_less(left: &str, right: &str) -> bool {
    // Texts of ASCII letters that differ there need no more than this, and most keys are such.
    let common = left.bytes().zip(right.bytes()).take_while(|(left, right)| left == right).count();
    if let (Some(left), Some(right)) = (left.as_bytes().get(common), right.as_bytes().get(common))
        && left.is_ascii_alphabetic()
        && right.is_ascii_alphabetic()
    {
        return left < right;
    }
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let Some(at) = (0..left.len().min(right.len())).find(|at| left[*at] != right[*at]) else {
        return left.len() < right.len();
    };
    match (is_letter(left[at]), is_letter(right[at])) {
        (true, true) => left[at] < right[at],
        (false, false) => compare_numbers(&left, &right, at) == Ordering::Less,
        (_, right_is_letter) => right_is_letter,
    }
}

/// Compares the numbers that begin where two keys first differ, then their lengths, then the characters.
fn compare_numbers(left: &[char], right: &[char], at: usize) -> Ordering {
    let zero = left[at] == '0' || right[at] == '0';
    let in_number = zero && left[..at].iter().rev().take_while(|char| is_digit(**char)).any(|char| *char != '0');
    let (left_number, left_end) = number(left, at, in_number);
    let (right_number, right_end) = number(right, at, in_number);
    left_number.cmp(&right_number).then(left_end.cmp(&right_end)).then(left[at].cmp(&right[at]))
}

/// The number from a position on and where it ends. Within a number, a leading zero counts: it stands behind other digits.
fn number(text: &[char], from: usize, in_number: bool) -> (i64, usize) {
    let digits = text[from..].iter().take_while(|char| is_digit(**char));
    let start = (i64::from(in_number), from);
    digits.fold(start, |(number, end), digit| {
        let value = i64::from(u32::from(*digit)) - i64::from(u32::from('0'));
        (number.wrapping_mul(10).wrapping_add(value), end + 1)
    })
}

fn is_letter(char: char) -> bool {
    if char.is_ascii() {
        return char.is_ascii_alphabetic();
    }
    char.general_category_group() == GeneralCategoryGroup::Letter
}

fn is_digit(char: char) -> bool {
    char.is_ascii_digit() || !char.is_ascii() && char.general_category() == GeneralCategory::DecimalNumber
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stand_in_natural_order() {
        let keys = ["", ".", "0", "1", "1a", "01", "2", "10", "010", "A", "Z", "a", "a1", "a2", "a10", "ab", "b", "é"];
        let mut sorted = keys;
        sorted.reverse();
        merge_sort(&mut sorted, &|left, right| less(left, right));
        assert_eq!(sorted, keys);
    }

    #[test]
    fn endless_numbers_do_no_harm() {
        let mut keys: Vec<String> = (0..200).map(|index| "9".repeat(index % 40) + &index.to_string()).collect();
        let mut borrowed: Vec<&str> = keys.iter().map(String::as_str).collect();
        merge_sort(&mut borrowed, &|left, right| less(left, right));
        let mut sorted: Vec<String> = borrowed.into_iter().map(str::to_owned).collect();
        sorted.sort();
        keys.sort();
        assert_eq!(sorted, keys);
    }

    #[test]
    fn long_keys_take_no_longer() {
        let long = "é".repeat(1 << 20);
        let longer = ["2", "10"].map(|end| format!("{long}{end}"));
        let keys: Vec<String> = (0..20_000).map(|index| format!("é{index}")).collect();
        let mut sorted: Vec<&str> = keys.iter().map(String::as_str).collect();
        // Where they stand in the middle, each is held against all that follow.
        sorted.splice(10_000..10_000, [&longer[0], &longer[1], &long].map(String::as_str));
        merge_sort(&mut sorted, &|left, right| less(left, right));
        assert!(sorted[..20_000].iter().zip(&keys).all(|(sorted, key)| sorted == key));
        assert!(sorted[20_000..] == [&long, &longer[1], &longer[0]]);
    }
}
