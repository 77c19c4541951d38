//! kubectl's `List`: what `kubectl get` prints of several objects, written one object at a time
//! (docs/format/kubernetes.md#lists).

use std::io::{self, Write};

use crate::json;
use crate::value::Value;
use crate::yaml;

/// The text form of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListFormat {
    /// `-o json`
    Json,
    /// `-o yaml`
    Yaml,
}

impl ListFormat {
    /// Writes an object as it stands in a list, so that several threads can make texts for [`ListWriter::item_text`].
    pub fn write_item(self, object: &Value<'_>, out: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Json => json::write_within(object, 2, out),
            Self::Yaml => yaml::write_item(object, out),
        }
    }
}

/// Writes a list without keeping its objects.
#[derive(Debug)]
pub struct ListWriter<W> {
    out: W,
    form: ListFormat,
    items: u64,
}

impl<W: Write> ListWriter<W> {
    /// Begins a list. Nothing is written yet.
    pub fn new(out: W, form: ListFormat) -> Self {
        Self { out, form, items: 0 }
    }

    /// Writes the next object.
    pub fn item(&mut self, object: &Value<'_>) -> io::Result<()> {
        self.begin_item()?;
        self.form.write_item(object, &mut self.out)
    }

    /// Writes the next object, whose text [`ListFormat::write_item`] made.
    pub fn item_text(&mut self, text: &[u8]) -> io::Result<()> {
        self.begin_item()?;
        self.out.write_all(text)
    }

    fn begin_item(&mut self) -> io::Result<()> {
        let begins = self.items == 0;
        self.items += 1;
        let before: &str = match (self.form, begins) {
            (ListFormat::Json, true) => "{\n    \"apiVersion\": \"v1\",\n    \"items\": [\n        ",
            (ListFormat::Json, false) => ",\n        ",
            (ListFormat::Yaml, true) => "apiVersion: v1\nitems:\n",
            (ListFormat::Yaml, false) => "",
        };
        self.out.write_all(before.as_bytes())
    }

    /// Ends the list and gives back what it was written to.
    pub fn finish(mut self) -> io::Result<W> {
        let (empty, end): (&str, &str) = match self.form {
            ListFormat::Json => (
                "{\n    \"apiVersion\": \"v1\",\n    \"items\": []",
                ",\n    \"kind\": \"List\",\n    \"metadata\": {\n        \"resourceVersion\": \"\"\n    }\n}\n",
            ),
            ListFormat::Yaml => ("apiVersion: v1\nitems: []\n", "kind: List\nmetadata:\n  resourceVersion: \"\"\n"),
        };
        match (self.items, self.form) {
            (0, _) => self.out.write_all(empty.as_bytes())?,
            (_, ListFormat::Json) => self.out.write_all(b"\n    ]")?,
            (_, ListFormat::Yaml) => {}
        }
        self.out.write_all(end.as_bytes())?;
        Ok(self.out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{JsonLayout, parse, to_string};

    #[test]
    fn a_list_is_written_as_if_it_were_one_value() {
        for items in [r"[]", r#"[{"a":[{"b":1}]}]"#, r#"[{"a":"x\ny"},{"b":{}}]"#] {
            let text =
                format!(r#"{{"apiVersion":"v1","items":{items},"kind":"List","metadata":{{"resourceVersion":""}}}}"#);
            let whole = parse(text.as_bytes()).expect("JSON");
            for (form, expected) in [
                (ListFormat::Json, to_string(&whole, JsonLayout::Indented)),
                (ListFormat::Yaml, yaml::to_string(&whole)),
            ] {
                let mut list = ListWriter::new(Vec::new(), form);
                let objects = whole.at(&["items"]).and_then(Value::as_list).expect("a list");
                objects.iter().try_for_each(|object| list.item(object)).expect("memory");
                assert_eq!(String::from_utf8(list.finish().expect("memory")).expect("a text"), expected);
            }
        }
    }
}
