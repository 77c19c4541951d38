//! The layout of a document: block maps and lists, folded at 80 columns (docs/format/kubernetes.md#yaml-layout).

use std::io::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::order::sorted;
use super::plain_text::{is_ambiguous, is_plain};
use super::style::{Style, choose, is_break, is_printable};
use crate::number::{json_float, yaml_float};
use crate::value::{Map, Value};

/// Columns after which a text is folded at its next blank.
const WIDTH: usize = 80;

/// Columns a level is indented by.
const INDENT: usize = 2;

/// Bytes of the longest key that stands before its colon without a question mark.
const SIMPLE_KEY: usize = 128;

/// Writes a value as a YAML document, without `---`, in kubectl's bytes.
pub fn write(value: &Value<'_>, out: &mut impl Write) -> io::Result<()> {
    write_document(value, Writer::new(out))
}

/// Writes a value as a YAML document that is to be read back, by `kubectl apply` or by another YAML library: `write`'s bytes, with
/// quotes also where only some readers need them. kubectl prints `<<` plain and stops at its own `<<: text`, since a merge key
/// wants a map; PyYAML stops at `=`; some readers take `nUll` and `oN` for null and true.
pub fn write_manifest(value: &Value<'_>, out: &mut impl Write) -> io::Result<()> {
    write_document(value, Writer { quotes_for_all: true, ..Writer::new(out) })
}

fn write_document(value: &Value<'_>, mut writer: Writer<'_, impl Write>) -> io::Result<()> {
    match value {
        Value::Map(map) if !map.is_empty() => writer.map(map, 0)?,
        Value::List(list) if !list.is_empty() => writer.list(list, 0)?,
        other => writer.scalar(other, INDENT, false)?,
    }
    // A literal block ends its own last line.
    if writer.column == 0 { Ok(()) } else { writer.out.write_all(b"\n") }
}

/// Writes a value as an item of a list that is not indented.
pub(crate) fn write_item(value: &Value<'_>, out: &mut impl Write) -> io::Result<()> {
    let mut writer = Writer::new(out);
    writer.item(value, 0)?;
    if writer.column == 0 { Ok(()) } else { writer.out.write_all(b"\n") }
}

/// A value as YAML text.
pub fn to_string(value: &Value<'_>) -> String {
    let mut text = Vec::new();
    // Memory takes everything, and texts are UTF-8 from the start.
    _ = write(value, &mut text);
    String::from_utf8(text).unwrap_or_default()
}

struct Writer<'w, W> {
    out: &'w mut W,
    /// Whether every text that some reader takes for something else is quoted.
    quotes_for_all: bool,
    /// Characters in this line.
    column: usize,
    /// Whether only indentation and the marks of lists stand in this line.
    indented: bool,
    /// Whether a blank or nothing stands before the place to write at.
    blank: bool,
}

impl<'w, W: Write> Writer<'w, W> {
    fn new(out: &'w mut W) -> Self {
        Self { out, quotes_for_all: false, column: 0, indented: true, blank: true }
    }

    /// Writes text that has no line break.
    fn put(&mut self, text: &str) -> io::Result<()> {
        self.column += if text.is_ascii() { text.len() } else { text.chars().count() };
        self.out.write_all(text.as_bytes())
    }

    /// Begins a line at an indentation, or moves to it within a line of which nothing else is used.
    fn line(&mut self, indent: usize) -> io::Result<()> {
        const SPACES: &str = "                                                                ";
        if !self.indented || self.column > indent || self.column == indent && !self.blank {
            self.end_line()?;
        }
        while self.column < indent {
            self.put(&SPACES[..SPACES.len().min(indent - self.column)])?;
        }
        (self.blank, self.indented) = (true, true);
        Ok(())
    }

    fn end_line(&mut self) -> io::Result<()> {
        self.column = 0;
        self.out.write_all(b"\n")
    }

    /// A mark of the layout, set off by a blank if asked; behind some a line may go on as if it just began.
    fn mark(&mut self, mark: &str, set_off: bool, begins: bool) -> io::Result<()> {
        if set_off && !self.blank {
            self.put(" ")?;
        }
        self.put(mark)?;
        self.blank = false;
        self.indented &= begins;
        Ok(())
    }

    fn map(&mut self, map: &Map<'_>, indent: usize) -> io::Result<()> {
        for (key, value) in sorted(map) {
            self.line(indent)?;
            if key.len() <= SIMPLE_KEY && !key.contains(is_break) {
                self.text(key, indent + INDENT, true)?;
                self.mark(":", false, false)?;
            } else {
                self.mark("?", true, true)?;
                self.text(key, indent + INDENT, false)?;
                self.line(indent)?;
                self.mark(":", true, true)?;
            }
            match value {
                Value::Map(inner) if !inner.is_empty() => self.map(inner, indent + INDENT)?,
                // A list in a map is not indented, unless it begins in the line of a question mark's colon.
                Value::List(list) if !list.is_empty() => {
                    let inner = if self.indented { indent + INDENT } else { indent };
                    self.list(list, inner)?;
                }
                scalar => self.scalar(scalar, indent + INDENT, false)?,
            }
        }
        Ok(())
    }

    fn list(&mut self, list: &[Value<'_>], indent: usize) -> io::Result<()> {
        list.iter().try_for_each(|item| self.item(item, indent))
    }

    fn item(&mut self, item: &Value<'_>, indent: usize) -> io::Result<()> {
        self.line(indent)?;
        self.mark("-", true, true)?;
        match item {
            Value::Map(map) if !map.is_empty() => self.map(map, indent + INDENT),
            Value::List(inner) if !inner.is_empty() => self.list(inner, indent + INDENT),
            scalar => self.scalar(scalar, indent + INDENT, false),
        }
    }

    /// A scalar, or an empty collection. `indent` is where its further lines begin.
    fn scalar(&mut self, value: &Value<'_>, indent: usize, is_key: bool) -> io::Result<()> {
        match value {
            Value::Text(text) => self.text(text, indent, is_key),
            Value::Bytes(bytes) => self.text(&STANDARD.encode(bytes), indent, is_key),
            Value::Null => self.word("null"),
            Value::Bool(true) => self.word("true"),
            Value::Bool(false) => self.word("false"),
            Value::Int(number) => self.word(&number.to_string()),
            Value::Float(number) => self.word(&float(*number)),
            Value::List(_) => self.word("[]"),
            Value::Map(_) => self.word("{}"),
        }
    }

    fn word(&mut self, word: &str) -> io::Result<()> {
        self.mark(word, true, false)
    }

    fn text(&mut self, text: &str, indent: usize, is_key: bool) -> io::Result<()> {
        let plain = is_plain(text) && !(self.quotes_for_all && is_ambiguous(text));
        if plain && is_word(text) {
            return self.word(text);
        }
        match choose(text, is_key, plain) {
            Style::Plain => {
                self.mark("", true, false)?;
                self.folded(text, indent, is_key, Style::Plain)?;
            }
            Style::Single => {
                self.mark("'", true, false)?;
                self.folded(text, indent, is_key, Style::Single)?;
                self.mark("'", false, false)?;
            }
            Style::Double => {
                self.mark("\"", true, false)?;
                self.folded(text, indent, is_key, Style::Double)?;
                self.mark("\"", false, false)?;
            }
            Style::Literal => return self.literal(text, indent),
        }
        (self.blank, self.indented) = (false, false);
        Ok(())
    }

    /// The inside of a text, which may be folded where a single blank stands beyond the width.
    fn folded(&mut self, text: &str, indent: usize, is_key: bool, style: Style) -> io::Result<()> {
        let mut before = None;
        // go-yaml looks for a byte order mark at the start for every character, and escapes them all if it finds one.
        let escape_all = style == Style::Double && text.starts_with('\u{feff}');
        // Characters that stand as they are go out together, once another must be replaced.
        let (mut start, mut column) = (0, self.column);
        for (at, char) in text.char_indices() {
            let end = at + char.len_utf8();
            let folds = || {
                let inside = style == Style::Plain || at > 0 && end < text.len();
                let single = style == Style::Double || !text[end..].starts_with(' ');
                !is_key && before != Some(' ') && column > WIDTH && inside && single
            };
            let after_break = before.is_some_and(is_break) && style == Style::Single && char != ' ';
            let replacement = match char {
                _ if escape_all => Replacement::Escape,
                ' ' if folds() => Replacement::Fold,
                _ if style == Style::Double && needs_escape(char) => Replacement::Escape,
                _ if is_break(char) => Replacement::Break,
                '\'' if style == Style::Single => Replacement::Doubled,
                _ if after_break => Replacement::Indented,
                _ => Replacement::None,
            };
            before = Some(char);
            column += 1;
            if replacement == Replacement::None {
                continue;
            }
            self.put(&text[start..at])?;
            start = end;
            match replacement {
                Replacement::None => {}
                Replacement::Fold => {
                    self.indented = false;
                    self.line(indent)?;
                    self.put(if text[end..].starts_with(' ') { "\\" } else { "" })?;
                }
                Replacement::Escape => self.put(&escape(char))?,
                Replacement::Doubled => {
                    if after_break {
                        self.line(indent)?;
                    }
                    self.put("''")?;
                }
                Replacement::Break => self.break_line(char)?,
                Replacement::Indented => {
                    self.line(indent)?;
                    start = at;
                }
            }
            column = self.column + text[start..end].chars().count();
        }
        self.put(&text[start..])
    }

    /// Writes a line break as it is in the text.
    fn break_line(&mut self, char: char) -> io::Result<()> {
        self.put(char.encode_utf8(&mut [0; 4]))?;
        (self.column, self.indented) = (0, true);
        Ok(())
    }

    /// A literal block: its indentation where that cannot be seen, how it ends, and its lines.
    fn literal(&mut self, text: &str, indent: usize) -> io::Result<()> {
        self.mark("|", true, false)?;
        if text.starts_with(|char| char == ' ' || is_break(char)) {
            self.put("2")?;
        }
        let mut ending = text.chars().rev();
        match (ending.next().is_some_and(is_break), ending.next().is_none_or(is_break)) {
            (false, _) => self.put("-")?,
            (true, true) => self.put("+")?,
            (true, false) => {}
        }
        self.break_line('\n')?;
        self.blank = true;
        for line in text.split_inclusive(is_break) {
            let content = line.strip_suffix(is_break).unwrap_or(line);
            if !content.is_empty() {
                self.line(indent)?;
                self.put(content)?;
                self.indented = false;
            }
            if let Some(char) = line.chars().next_back().filter(|char| is_break(*char)) {
                self.break_line(char)?;
            }
        }
        Ok(())
    }
}

/// Whether a text is one word of ASCII, as most are: nothing in it could be taken for YAML's own marks.
fn is_word(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '/')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/'))
}

/// What stands in place of a character.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Replacement {
    /// The character itself.
    None,
    /// A new line for a blank; where another blank follows, a backslash keeps it.
    Fold,
    /// A backslash and a code.
    Escape,
    /// Two quotes for one.
    Doubled,
    /// A line break of Unicode, after which the line is indented.
    Break,
    /// The indentation, and the character.
    Indented,
}

fn needs_escape(char: char) -> bool {
    !is_printable(char) || is_break(char) || matches!(char, '"' | '\\')
}

fn escape(char: char) -> String {
    let short = match char {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '"' => '"',
        '\\' => '\\',
        '\u{85}' => 'N',
        '\u{a0}' => '_',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ => {
            return match u32::from(char) {
                code @ ..=0xff => format!("\\x{code:02X}"),
                code @ ..=0xffff => format!("\\u{code:04X}"),
                code => format!("\\U{code:08X}"),
            };
        }
    };
    format!("\\{short}")
}

/// kubectl makes YAML of JSON text, where a whole number of 64 bits without a sign is one.
fn float(number: f64) -> String {
    let text = json_float(number);
    let whole = text.parse::<i64>().is_err() && text.parse::<u64>().is_ok();
    if whole || text == "null" { text } else { yaml_float(number) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::json::{self, JsonLayout};
    use crate::value::strategy::values;

    /// The document as another reader understands it, in JSON.
    fn read_back(text: &str) -> String {
        let value: serde_json::Value = serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        json::to_string(&json::parse(value.to_string().as_bytes()).expect("JSON"), JsonLayout::Compact)
    }

    /// Without the line breaks only YAML 1.1 knows, which kubectl writes for readers of YAML 1.1, and without words such as `oN`,
    /// which the other reader takes for booleans however they are written.
    fn is_modern(value: &Value<'_>) -> bool {
        let text = json::to_string(value, JsonLayout::Compact);
        let boolean = ["y", "n", "yes", "no", "on", "off", "true", "false"].map(|word| format!("\"{word}\""));
        let lower = text.to_ascii_lowercase();
        !text.contains("\\u2028") && !text.contains("\\u2029") && !boolean.iter().any(|word| lower.contains(word))
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(value in values().prop_filter("YAML 1.1", is_modern)) {
            prop_assert_eq!(read_back(&manifest(&value)), json::to_string(&value, JsonLayout::Compact));
        }
    }

    /// A value as the text of a manifest.
    fn manifest(value: &Value<'_>) -> String {
        let mut text = Vec::new();
        write_manifest(value, &mut text).expect("memory");
        String::from_utf8(text).expect("UTF-8")
    }

    #[test]
    fn manifests_quote_what_some_reader_takes_for_something_else() {
        let value = json::parse(br#"{"spec":{"<<":"v","=":"=","k":"<<","x":"1e400","nUll":"oN"}}"#).expect("JSON");
        assert_eq!(to_string(&value), "spec:\n  <<: v\n  =: =\n  k: <<\n  nUll: oN\n  x: 1e400\n");
        assert_eq!(
            manifest(&value),
            "spec:\n  \"<<\": v\n  \"=\": \"=\"\n  k: \"<<\"\n  \"nUll\": \"oN\"\n  x: \"1e400\"\n"
        );
        assert_eq!(read_back(&manifest(&value)), json::to_string(&value, JsonLayout::Compact));
    }

    #[test]
    fn a_line_after_a_break_of_unicode_is_indented() {
        for (text, expected) in [
            ("a\u{2028}b: ", "k: 'a\u{2028}  b: '\n"),
            ("a\u{2028}'b", "k: 'a\u{2028}  ''b'\n"),
            ("a\u{2028}\u{2028}b", "k: 'a\u{2028}\u{2028}  b'\n"),
        ] {
            let value = Value::Map(Map::from_entries(vec![("k".into(), Value::from(text))]));
            assert_eq!(to_string(&value), expected);
        }
    }

    #[test]
    fn long_texts_are_folded_and_long_keys_marked() {
        let long = "word ".repeat(30) + "end";
        let key = "k".repeat(130);
        let value = Value::Map(Map::from_entries(vec![
            ("a".into(), Value::List(vec![Value::from(long.as_str())])),
            (key.as_str().into(), Value::List(vec![Value::Int(1)])),
        ]));
        let text = to_string(&value);
        assert_eq!(text.lines().count(), 5);
        assert!(text.lines().all(|line| line.len() <= 132), "{text}");
        assert!(text.contains(&format!("? {key}\n: - 1\n")), "{text}");
    }
}
