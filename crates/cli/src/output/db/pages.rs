//! `db pages`: the page table, one row a page, written as it is read.

use std::io::{self, Write};

use serde::Serialize;

/// One row. The overflow pages of a page have none of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// Page id.
    pub id: u64,
    /// `meta`, `freelist`, `branch`, `leaf`, `free`, or `unknown<flags>`; `unreached` where nothing that could be read
    /// refers to the page, but not all could be read.
    pub kind: String,
    /// Elements, as the header has them; 0 for a free or unreached page.
    pub items: u16,
    /// Pages behind this one that belong to it.
    pub overflow: u64,
}

/// Writes the table for people.
pub fn text(rows: impl Iterator<Item = Row>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{:<10} {:<10} {:>6} {:>8}", "ID", "TYPE", "ITEMS", "OVERFLOW")?;
    for Row { id, kind, items, overflow } in rows {
        match kind.as_str() {
            "free" | "unreached" => writeln!(out, "{id:<10} {kind}")?,
            _ => writeln!(out, "{id:<10} {kind:<10} {items:>6} {overflow:>8}")?,
        }
    }
    Ok(())
}

/// Writes `{"pages":[…]}`.
pub fn json(rows: impl Iterator<Item = Row>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"{\"pages\":[")?;
    for (number, row) in rows.enumerate() {
        if number > 0 {
            out.write_all(b",")?;
        }
        serde_json::to_writer(&mut *out, &row)?;
    }
    out.write_all(b"]}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> impl Iterator<Item = Row> {
        let row = |id, kind: &str, items, overflow| Row { id, kind: kind.into(), items, overflow };
        [row(0, "meta", 0, 0), row(2, "leaf", 11, 1), row(4, "free", 0, 0)].into_iter()
    }

    #[test]
    fn the_table_lines_up() {
        let mut out = Vec::new();
        text(rows(), &mut out).expect("write");
        let text = String::from_utf8(out).expect("text");
        let expected = "ID         TYPE        ITEMS OVERFLOW\n\
                        0          meta            0        0\n\
                        2          leaf           11        1\n\
                        4          free\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn the_json_is_one_document() {
        let mut out = Vec::new();
        json(rows(), &mut out).expect("write");
        let document: serde_json::Value = serde_json::from_slice(&out).expect("json");
        assert_eq!(document["pages"][1], serde_json::json!({"id": 2, "kind": "leaf", "items": 11, "overflow": 1}));
        assert_eq!(document["pages"].as_array().map(Vec::len), Some(3));
    }
}
