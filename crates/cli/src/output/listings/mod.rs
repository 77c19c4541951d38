//! What `leases`, `users`, `roles` and `members` print.

pub mod leases;
pub mod members;
pub mod roles;
pub mod users;

use etcdsnap_snapshot::buckets::Buckets;
use etcdsnap_snapshot::known::Known;

use super::sheet::{FAINT, PLAIN, STRONG, Sheet};
use super::words::{TextOrBase64, column};

/// A name as JSON has it.
fn name(bytes: &[u8]) -> TextOrBase64<'_> {
    TextOrBase64 { key: "name", base64_key: "nameBase64", bytes }
}

/// Rows of a table, one for each value that could be read; `None` when none could, although there may be some.
fn rows<'v, T, R>(values: &'v Known<Vec<T>>, row: impl FnMut(&'v T) -> R) -> Option<Vec<R>> {
    (values.is_whole() || !values.part().is_empty()).then(|| values.part().iter().map(row).collect())
}

/// The buckets among `names` that could not be read to their ends.
fn unread(buckets: &Buckets, names: &[&str]) -> Vec<&'static str> {
    buckets.unread().filter(|unread| names.contains(unread)).collect()
}

/// Says below a table that there may be more rows, when `bucket` could not be read to its end.
fn perhaps_more(unread: &[&str], bucket: &str, sheet: &mut Sheet) {
    if unread.contains(&bucket) {
        sheet.line(&[(FAINT, "and perhaps more  ")], &format!("the bucket {bucket} could not be read to its end"));
    }
}

/// A table: columns as wide as [`column()`] makes them but the last, which may be as long as it likes.
fn table(header: &[&str], rows: &[Vec<String>], sheet: &mut Sheet) {
    use unicode_width::UnicodeWidthStr as _;
    let Some((last, narrow)) = header.split_last() else { return };
    let cells = |at: usize| rows.iter().filter_map(move |row| row.get(at)).map(|cell| cell.width());
    let widths: Vec<usize> =
        narrow.iter().enumerate().map(|(at, title)| column(cells(at).chain([title.width()]))).collect();
    let pad = |cell: &str, width: usize| format!("{cell}{}  ", " ".repeat(width.saturating_sub(cell.width())));
    let titles: String = narrow.iter().zip(&widths).map(|(title, width)| pad(title, *width)).collect();
    sheet.styled(&[(FAINT, &titles)], FAINT, last);
    for row in rows {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| pad(cell, *width)).collect();
        let styles = std::iter::once(STRONG).chain(std::iter::repeat(PLAIN));
        let lead: Vec<_> = styles.zip(cells.iter().map(String::as_str)).collect();
        sheet.line(&lead, row.get(widths.len()).map_or("", String::as_str));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_of_any_length_does_not_widen_the_other_rows() {
        let rows = ["x".repeat(1_000_000), "alice".to_owned()].map(|name| vec![name, "yes".to_owned()]);
        let mut sheet = Sheet::new(None);
        table(&["NAME", "LEARNER"], &rows, &mut sheet);
        let text = anstream::adapter::strip_str(&sheet.finish()).to_string();
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[1].ends_with("x  yes"));
        assert!(lines[2].starts_with("alice ") && lines[2].len() < 1000, "{} columns", lines[2].len());
    }
}
