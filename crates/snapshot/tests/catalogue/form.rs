//! What every rule of the catalogue looks like.

use std::collections::HashSet;

use etcdsnap_snapshot::catalogue;

#[test]
fn ids_are_unique_and_in_screaming_snake_case() {
    let mut seen = HashSet::new();
    for kind in catalogue::all() {
        assert!(seen.insert(kind.id), "{} is there twice", kind.id);
        let is_word = |word: &str| {
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        };
        assert!(kind.id.split('_').all(is_word), "{} is not in SCREAMING_SNAKE_CASE", kind.id);
    }
}

#[test]
fn titles_are_a_few_words_without_capital_and_full_stop() {
    for kind in catalogue::all() {
        let first_word = kind.title.split(' ').next().unwrap_or_default();
        let is_name = first_word.chars().all(|c| c.is_ascii_uppercase() || c == '-' || c.is_ascii_digit());
        assert!(is_name || first_word.starts_with(|c: char| c.is_lowercase()), "{}: {}", kind.id, kind.title);
        assert!(!kind.title.is_empty() && !kind.title.ends_with('.'), "{}: {}", kind.id, kind.title);
        assert!(kind.title.len() <= 60, "{}: the title has {} bytes", kind.id, kind.title.len());
    }
}

#[test]
fn explanations_and_remedies_are_whole_sentences_on_one_line() {
    for kind in catalogue::all() {
        for text in [kind.explanation, kind.remedy] {
            assert!(text.ends_with('.'), "{}: {text}", kind.id);
            assert!(text.starts_with(|c: char| c.is_alphanumeric() || c == '`'), "{}: {text}", kind.id);
            assert!(!text.contains("  ") && !text.contains(char::is_control), "{}: {text:?}", kind.id);
            assert!(text.matches('`').count().is_multiple_of(2), "{}: {text}", kind.id);
        }
    }
}
