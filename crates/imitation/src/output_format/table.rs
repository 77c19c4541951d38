//! Tables of one row: titles in the middle of their column, cells to the right.

/// What the border is drawn with: for the lines above the titles, below them and at the end, the left corner, the
/// crossing and the right corner; then what runs along a line and what stands between cells.
pub struct Border {
    above: [&'static str; 3],
    below: [&'static str; 3],
    end: [&'static str; 3],
    along: &'static str,
    between: &'static str,
}

/// Drawn with ASCII, before 3.7.
pub static ASCII: Border =
    Border { above: ["+", "+", "+"], below: ["+", "+", "+"], end: ["+", "+", "+"], along: "-", between: "|" };

/// Drawn with lines, since 3.7.
pub static LINES: Border =
    Border {
        above: ["┌", "┬", "┐"], below: ["├", "┼", "┤"], end: ["└", "┴", "┘"], along: "─", between: "│"
    };

/// The table of these titles and cells.
pub fn render(columns: &[(&str, String)], border: &Border) -> String {
    let widths: Vec<usize> = columns.iter().map(|(title, cell)| length(title).max(length(cell))).collect();
    let line = |[left, crossing, right]: [&str; 3]| {
        let runs: Vec<String> = widths.iter().map(|width| border.along.repeat(width + 2)).collect();
        format!("{left}{}{right}\n", runs.join(crossing))
    };
    let row = |cells: Vec<String>| {
        let between = border.between;
        format!("{between} {} {between}\n", cells.join(&format!(" {between} ")))
    };
    let titles = columns.iter().zip(&widths).map(|((title, _), width)| {
        let blanks = width - length(title);
        padded(blanks / 2, title, blanks - blanks / 2)
    });
    let cells = columns.iter().zip(&widths).map(|((_, cell), width)| padded(width - length(cell), cell, 0));
    let (titles, cells) = (titles.collect(), cells.collect());
    [line(border.above), row(titles), line(border.below), row(cells), line(border.end)].concat()
}

/// The text between blanks, of which there may be more than formatting adds.
fn padded(before: usize, text: &str, after: usize) -> String {
    format!("{}{text}{}", " ".repeat(before), " ".repeat(after))
}

fn length(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_too_wide() {
        let table = render(&[("VERSION", "x".repeat(70_000))], &ASCII);
        assert!(table.lines().all(|line| line.len() == 70_004));
    }

    #[test]
    fn titles_are_centred_and_cells_stand_right() {
        let columns = [("HASH", "f736ab2".to_owned()), ("VERSION", String::new())];
        let expected = "\
+---------+---------+
|  HASH   | VERSION |
+---------+---------+
| f736ab2 |         |
+---------+---------+
";
        assert_eq!(render(&columns, &ASCII), expected);
        let expected = "\
┌──────┐
│ HASH │
├──────┤
│    7 │
└──────┘
";
        assert_eq!(render(&[("HASH", "7".to_owned())], &LINES), expected);
    }
}
