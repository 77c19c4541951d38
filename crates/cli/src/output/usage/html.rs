//! The account as one page to open in a browser: everything is in it, nothing is fetched.
//!
//! The page carries the document of `-o json`; its script draws the map and the tables from it and puts every text into the
//! page as text, so no key can become markup.

use std::io::{self, Write};

use super::Document;

const PAGE: &str = include_str!("page.html");
/// Where the document goes: inside a script element, as JSON.
const PLACE: &str = "@DOCUMENT@";

/// Writes the page.
pub fn html(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (before, after) = PAGE.split_once(PLACE).unwrap_or((PAGE, ""));
    out.write_all(before.as_bytes())?;
    out.write_all(embed(&serde_json::to_string(document)?).as_bytes())?;
    out.write_all(after.as_bytes())
}

/// JSON that no HTML parser sees an end tag or a comment in. `<` only ever stands inside strings.
fn embed(json: &str) -> String {
    json.replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_has_one_place() {
        assert_eq!(PAGE.matches(PLACE).count(), 1);
    }

    #[test]
    fn no_key_ends_the_script() {
        let json = embed(r#"{"key":"</script><!--<script>"}"#);
        assert!(!json.contains('<'));
        let value: serde_json::Value = serde_json::from_str(&json).expect("json");
        assert_eq!(value["key"], "</script><!--<script>");
    }
}
