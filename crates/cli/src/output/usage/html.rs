//! The account as one page to open in a browser: everything is in it, nothing is fetched.
//!
//! The page carries the document of `-o json`; its script draws the map and the tables from it and puts every text into the
//! page as text, so no key can become markup.

use std::io::{self, Write};

use super::Document;

const PAGE: &str = include_str!("page/page.html");

/// What goes where: each place in the page comes once, in this order.
const STYLE: &str = "@STYLE@";
const DOCUMENT: &str = "@DOCUMENT@";
const SCRIPT: &str = "@SCRIPT@";

const STYLES: &str = include_str!("page/style.css");
/// Later ones use what earlier ones define.
const SCRIPTS: [&str; 4] = [
    include_str!("page/account.js"),
    include_str!("page/tree.js"),
    include_str!("page/map.js"),
    include_str!("page/tables.js"),
];

/// Writes the page.
pub fn html(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    let document = embed(&serde_json::to_string(document)?);
    let script = SCRIPTS.concat();
    let mut rest = PAGE;
    for (place, content) in [(STYLE, STYLES), (DOCUMENT, &document), (SCRIPT, &script)] {
        let (before, after) = rest.split_once(place).unwrap_or((rest, ""));
        out.write_all(before.as_bytes())?;
        out.write_all(content.trim_end().as_bytes())?;
        rest = after;
    }
    out.write_all(rest.as_bytes())
}

/// JSON that no HTML parser sees an end tag or a comment in. `<` only ever stands inside strings.
fn embed(json: &str) -> String {
    json.replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_has_one_place_and_they_are_in_order() {
        let places =
            [STYLE, DOCUMENT, SCRIPT].map(|place| PAGE.match_indices(place).map(|(at, _)| at).collect::<Vec<_>>());
        assert!(places.iter().all(|place| place.len() == 1) && places.is_sorted(), "{places:?}");
    }

    #[test]
    fn no_key_ends_the_script() {
        let json = embed(r#"{"key":"</script><!--<script>"}"#);
        assert!(!json.contains('<'));
        let value: serde_json::Value = serde_json::from_str(&json).expect("json");
        assert_eq!(value["key"], "</script><!--<script>");
    }
}
