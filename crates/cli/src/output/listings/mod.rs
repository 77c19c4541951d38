//! What `leases`, `users`, `roles` and `members` print.

pub mod leases;
pub mod members;
pub mod roles;
pub mod users;

use super::sheet::{FAINT, PLAIN, STRONG, Sheet};
use super::words::TextOrBase64;

/// A name as JSON has it.
fn name(bytes: &[u8]) -> TextOrBase64<'_> {
    TextOrBase64 { key: "name", base64_key: "nameBase64", bytes }
}

/// A table: columns as wide as their widest cell but the last, which may be as long as it likes.
fn table(header: &[&str], rows: &[Vec<String>], sheet: &mut Sheet) {
    use unicode_width::UnicodeWidthStr as _;
    let Some((last, narrow)) = header.split_last() else { return };
    let widest = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.width()).max().unwrap_or(0);
    let widths: Vec<usize> = narrow.iter().enumerate().map(|(at, title)| title.width().max(widest(at))).collect();
    let pad = |cell: &str, width: usize| format!("{cell}{}", " ".repeat((width + 2).saturating_sub(cell.width())));
    let titles: String = narrow.iter().zip(&widths).map(|(title, width)| pad(title, *width)).collect();
    sheet.styled(&[(FAINT, &titles)], FAINT, last);
    for row in rows {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| pad(cell, *width)).collect();
        let styles = std::iter::once(STRONG).chain(std::iter::repeat(PLAIN));
        let lead: Vec<_> = styles.zip(cells.iter().map(String::as_str)).collect();
        sheet.line(&lead, row.get(widths.len()).map_or("", String::as_str));
    }
}
