//! Encodes messages as JSON objects: names in lowerCamelCase, ids as 16 hex digits, bytes as text or base64.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};

use super::fields::{FieldNumber, FieldVisitor, FieldWriter, VisitFields};
use super::value_display::ValueDisplay;

/// Encodes a message as a JSON object.
pub(super) fn json_object(message: &(impl VisitFields + ?Sized), values: ValueDisplay) -> Value {
    let mut object = Object { values, map: Map::new(), outer: Vec::new() };
    message.write(&mut FieldWriter::new(&mut object));
    Value::Object(object.map)
}

struct Object {
    values: ValueDisplay,
    /// The object of the current message.
    map: Map<String, Value>,
    /// The objects of the messages that contain it, from the outermost; each with the field name of the inner message,
    /// and whether that field is repeated.
    outer: Vec<(Map<String, Value>, String, bool)>,
}

impl FieldVisitor for Object {
    fn number(&mut self, name: &'static str, number: FieldNumber) {
        let value = match number {
            FieldNumber::Unsigned(number) => number.into(),
            FieldNumber::Signed(number) => number.into(),
            FieldNumber::Flag(flag) => flag.into(),
        };
        self.map.insert(camel_case(name), value);
    }

    fn id(&mut self, name: &'static str, id: FieldNumber) {
        self.map.insert(camel_case(name), hex(id));
    }

    fn symbol(&mut self, name: &'static str, number: i32, symbol: Option<&str>) {
        self.map.insert(camel_case(name), symbol.map_or_else(|| number.into(), Into::into));
    }

    fn bytes(&mut self, name: &'static str, bytes: &[u8]) {
        let name = camel_case(name);
        match std::str::from_utf8(bytes) {
            Ok(text) => self.map.insert(name, text.into()),
            Err(_) => self.map.insert(name + "Base64", BASE64_STANDARD.encode(bytes).into()),
        };
    }

    fn ids(&mut self, name: &'static str, ids: &[u64]) {
        if !ids.is_empty() {
            self.map.insert(camel_case(name), ids.iter().map(|id| hex((*id).into())).collect());
        }
    }

    fn strings(&mut self, name: &'static str, strings: &[String]) {
        if !strings.is_empty() {
            self.map.insert(camel_case(name), strings.into());
        }
    }

    fn secret(&mut self, name: &'static str, bytes: &[u8]) {
        match self.values {
            ValueDisplay::Shown => self.bytes(name, bytes),
            ValueDisplay::Hidden => drop(self.map.insert(camel_case(name) + "Size", bytes.len().into())),
        }
    }

    fn begin(&mut self, name: &'static str, listed: bool) {
        self.outer.push((std::mem::take(&mut self.map), camel_case(name), listed));
    }

    fn end(&mut self) {
        let Some((outer, name, listed)) = self.outer.pop() else { return };
        let inner = Value::Object(std::mem::replace(&mut self.map, outer));
        if !listed {
            self.map.insert(name, inner);
        } else if let Value::Array(list) = self.map.entry(name).or_insert_with(|| Value::Array(Vec::new())) {
            list.push(inner);
        }
    }
}

fn hex(id: FieldNumber) -> Value {
    match id {
        FieldNumber::Unsigned(id) => format!("{id:016x}").into(),
        FieldNumber::Signed(id) => format!("{id:016x}").into(),
        FieldNumber::Flag(flag) => flag.into(),
    }
}

/// `member_ID`, `memberID` and `MemberID` become `memberId`.
fn camel_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let (mut after_upper, mut begins_word) = (true, false);
    for letter in name.chars() {
        match letter {
            '_' => begins_word = true,
            _ if begins_word => {
                out.push(letter.to_ascii_uppercase());
                (after_upper, begins_word) = (true, false);
            }
            'A'..='Z' if after_upper => out.push(letter.to_ascii_lowercase()),
            _ => {
                out.push(letter);
                after_upper = letter.is_ascii_uppercase();
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_one_form() {
        let names = ["member_ID", "memberID", "ID", "TTL", "remaining_TTL", "PrevValue", "range_end", "permType", "v2"];
        let expected = ["memberId", "memberId", "id", "ttl", "remainingTtl", "prevValue", "rangeEnd", "permType", "v2"];
        assert_eq!(names.map(camel_case), expected);
    }
}
