//! Text for people: styled, and wrapped to the width of their terminal with hanging indents.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Effects, Style};
use unicode_width::UnicodeWidthStr as _;

/// What is fine.
pub const GOOD: Style = AnsiColor::Green.on_default().effects(Effects::BOLD);
/// What is damaged or failed.
pub const BAD: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);
/// What needs a look.
pub const ODD: Style = AnsiColor::Yellow.on_default().effects(Effects::BOLD);
/// What is worth knowing.
pub const NEWS: Style = AnsiColor::Cyan.on_default();
/// Names and headings.
pub const STRONG: Style = Style::new().effects(Effects::BOLD);
/// What is there for completeness.
pub const FAINT: Style = Style::new().effects(Effects::DIMMED);
/// Everything else.
pub const PLAIN: Style = Style::new();

/// Narrower than this, a hanging indent leaves no room for the text.
const NARROWEST: usize = 24;

/// Text being laid out. Styles are written as ANSI sequences; whoever prints it takes them out where they are not wanted.
#[derive(Debug)]
pub struct Sheet {
    text: String,
    width: Option<usize>,
}

impl Sheet {
    /// An empty sheet `width` columns wide; lines are never broken when there is no width.
    pub fn new(width: Option<usize>) -> Self {
        Self { text: String::new(), width }
    }

    /// The finished text.
    pub fn finish(self) -> String {
        self.text
    }

    /// An empty line, unless the sheet is empty too.
    pub fn blank(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    /// A line of its own that names what follows.
    pub fn heading(&mut self, text: &str) {
        self.line(&[(STRONG, text)], "");
    }

    /// The pieces of `lead` as they are, then `body` in the room to their right.
    pub fn line(&mut self, lead: &[(Style, &str)], body: &str) {
        self.styled(lead, PLAIN, body);
    }

    /// The same with a style for `body`.
    pub fn styled(&mut self, lead: &[(Style, &str)], style: Style, body: &str) {
        for (style, piece) in lead {
            _ = write!(self.text, "{style}{piece}{style:#}");
        }
        let used: usize = lead.iter().map(|(_, piece)| piece.width()).sum();
        let room = self.width.map(|width| width.saturating_sub(used).max(NARROWEST));
        let indent = " ".repeat(used);
        for (number, line) in wrap(body, room).iter().enumerate() {
            if number > 0 {
                self.text.push('\n');
                self.text.push_str(&indent);
            }
            if !line.is_empty() {
                _ = write!(self.text, "{style}{line}{style:#}");
            }
        }
        let end = self.text.trim_end_matches(' ').len();
        self.text.truncate(end);
        self.text.push('\n');
    }

    /// A line for the rest of a list, `… and 3 more`, unless there is none.
    pub fn rest(&mut self, lead: &str, rest: u64) {
        if rest > 0 {
            self.styled(&[(PLAIN, lead)], FAINT, &format!("… and {rest} more"));
        }
    }
}

/// Lines of at most `room` columns, broken at spaces; a longer word has a line of its own.
fn wrap(text: &str, room: Option<usize>) -> Vec<String> {
    let Some(room) = room else { return vec![text.to_owned()] };
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;

    #[test]
    fn long_text_hangs_under_itself() {
        let mut sheet = Sheet::new(Some(40));
        sheet.line(
            &[(PLAIN, "  "), (BAD, "3.4"), (PLAIN, "  no  ")],
            "the storage version 3.6.0 is newer than this server knows",
        );
        let text = sheet.finish();
        assert!(text.contains("\u{1b}[1m\u{1b}[31m3.4\u{1b}[0m"), "{text:?}");
        let plain = strip_str(&text).to_string();
        assert_eq!(plain, "  3.4  no  the storage version 3.6.0 is\n           newer than this server knows\n");
    }

    #[test]
    fn without_a_width_nothing_is_broken() {
        let mut sheet = Sheet::new(None);
        let long = "word ".repeat(100);
        sheet.line(&[(PLAIN, "x ")], long.trim());
        assert_eq!(sheet.finish().lines().count(), 1);
    }

    #[test]
    fn no_line_ends_in_blanks() {
        let mut sheet = Sheet::new(None);
        sheet.styled(&[(PLAIN, "  3.6  yes"), (PLAIN, "  ")], FAINT, "");
        assert_eq!(sheet.finish(), "  3.6  yes\n");
    }
}
