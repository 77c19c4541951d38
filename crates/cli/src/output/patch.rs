//! How a value changed, as a unified diff, when what it was and what it is are text.

use std::io::{self, Write};
use std::time::Duration;

use crate::output::quantity;
use etcdsnap_quote::quote;
use similar::TextDiff;

use super::event::Event;

/// Two values that have nothing in common can cost any amount of time; after this much the diff is as good as it is.
const PATIENCE: Duration = Duration::from_secs(1);

/// The change of one value.
#[derive(Debug)]
pub enum Patch {
    /// A unified diff; empty when the value stayed the same.
    Text(String),
    /// Nothing that can be shown line by line: sizes before and after.
    Binary(usize, usize),
}

impl Patch {
    /// What an event did to the value. A value that is not there is like an empty one.
    pub fn of(event: &Event<'_>) -> Self {
        let old = event.before.map_or(&[][..], |before| before.kv.value);
        let new = event.record.kv.value;
        let (Some(old_text), Some(new_text)) = (plain(old), plain(new)) else {
            return Self::Binary(old.len(), new.len());
        };
        let name = |there: bool, revision: i64| {
            if there { format!("{}@{revision}", quote(event.record.kv.key)) } else { "/dev/null".to_owned() }
        };
        let before = name(event.before.is_some(), event.before.map_or(0, |before| before.revision.main));
        let after = name(!event.record.tombstone, event.record.revision.main);
        Self::Text(unified((&before, old_text), (&after, new_text)))
    }

    /// Writes it for people, below its event.
    pub fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Text(diff) => diff.lines().try_for_each(|line| writeln!(out, "    {line}")),
            Self::Binary(old, new) => writeln!(
                out,
                "    not text: {} before, {} after",
                quantity(*old as u64, "byte"),
                quantity(*new as u64, "byte")
            ),
        }
    }

    /// For JSON: the diff, if there is one.
    pub fn json(self) -> Option<String> {
        match self {
            Self::Text(diff) => Some(diff),
            Self::Binary(..) => None,
        }
    }
}

/// A unified diff of two texts, each behind its name; empty when they are equal.
pub fn unified((before, old): (&str, &str), (after, new): (&str, &str)) -> String {
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(old, new);
    diff.unified_diff().header(before, after).to_string()
}

/// Text that may be shown line by line: UTF-8 with no control characters in it but tabs and ends of lines.
pub fn plain(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let shown = |line: &str| line.split('\t').all(|part| part.is_empty() || !quote_changes(part));
    text.lines().all(shown).then_some(text)
}

/// Would quoting escape anything but quotes and backslashes?
fn quote_changes(part: &str) -> bool {
    part.chars().any(|c| !etcdsnap_quote::is_printable(c))
}
