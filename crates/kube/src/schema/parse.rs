//! The table's text form; its grammar is described in `tools/kube-schema/README.md`.

use std::collections::HashMap;

use super::{Cardinality, FieldKind, FieldSchema, JsonForm, MessageId, MessageSchema, Omission, Schema};

/// Why the text is no table, and in which line.
type Malformed = String;

/// Fields a message may have: what was seen of it is kept in as many bits.
const MAX_FIELDS: usize = 128;

pub(super) fn table(text: &'static str) -> Result<Schema, Malformed> {
    let mut schema = Schema::default();
    let ids = number_messages(text)?;
    let mut package = Package::default();
    for (line_number, line) in text.lines().enumerate() {
        let at = |problem: &str| format!("line {}: {problem}", line_number + 1);
        if line.starts_with('#') {
            continue;
        }
        if let Some(field) = line.strip_prefix(' ') {
            let field = parse_field(field, package.alias, &ids).ok_or_else(|| at("no field"))?;
            let message = schema.messages.last_mut().ok_or_else(|| at("a field before any message"))?;
            let ascending = message.fields.last().is_none_or(|last| last.number < field.number);
            if !ascending || message.fields.len() == MAX_FIELDS {
                return Err(at("too many fields, or out of order"));
            }
            message.fields.push(field);
        } else if let Some(words) = line.strip_prefix("package ") {
            package = Package::parse(words).ok_or_else(|| at("no package"))?;
        } else {
            let message = parse_message(line).ok_or_else(|| at("no message"))?;
            let id = ids[&(package.alias, message.name)];
            if message.object {
                schema.kinds.entry(package.api_version).or_default().insert(message.name, id);
                if package.alias == "meta.v1" {
                    schema.shared_kinds.insert(message.name, id);
                }
            }
            schema.messages.push(message);
        }
    }
    for index in 0..schema.messages.len() {
        schema.messages[index].shown_when_absent = shown_when_absent(&schema, &schema.messages[index]);
    }
    schema.object_meta = *ids.get(&("meta.v1", "ObjectMeta")).ok_or("no ObjectMeta")?;
    Ok(schema)
}

/// Fields that some release does not leave out when they are empty, as bits.
fn shown_when_absent(schema: &Schema, message: &MessageSchema) -> u128 {
    let shown = message.fields.iter().enumerate().filter(|(_, field)| {
        let always_left_out = field.omission.empty && field.before.is_none_or(|(_, before)| before.empty);
        !always_left_out || schema.is_struct(field)
    });
    shown.fold(0, |bits, (index, _)| bits | 1 << index)
}

#[derive(Clone, Copy, Default)]
struct Package {
    alias: &'static str,
    api_version: &'static str,
}

impl Package {
    fn parse(words: &'static str) -> Option<Self> {
        let (alias, api_version) = words.split_once(' ')?;
        Some(Self { alias, api_version: api_version.strip_prefix('/').unwrap_or(api_version) })
    }
}

/// Messages refer to later ones, so they get their numbers first.
fn number_messages(text: &'static str) -> Result<HashMap<(&'static str, &'static str), MessageId>, Malformed> {
    let mut ids = HashMap::new();
    let mut alias = "";
    for line in text.lines().filter(|line| !line.starts_with([' ', '#'])) {
        if let Some(words) = line.strip_prefix("package ") {
            alias = words.split(' ').next().unwrap_or_default();
            continue;
        }
        let name = line.split(' ').next().unwrap_or_default();
        let id = MessageId(u16::try_from(ids.len()).map_err(|_| "too many messages")?);
        if ids.insert((alias, name), id).is_some() {
            return Err(format!("{alias}.{name} stands there twice"));
        }
    }
    Ok(ids)
}

fn parse_message(line: &'static str) -> Option<MessageSchema> {
    let mut words = line.split(' ');
    let mut message = MessageSchema {
        name: words.next()?,
        object: false,
        form: JsonForm::Object,
        fields: Vec::new(),
        shown_when_absent: 0,
    };
    for word in words {
        match word {
            "object" => message.object = true,
            "time" => message.form = JsonForm::Time,
            "microtime" => message.form = JsonForm::MicroTime,
            "duration" => message.form = JsonForm::Duration,
            "quantity" => message.form = JsonForm::Quantity,
            "intorstring" => message.form = JsonForm::IntOrString,
            "raw" => message.form = JsonForm::Raw,
            "items" => message.form = JsonForm::Items,
            "schemaorarray" => message.form = JsonForm::SchemaOrArray,
            "schemaorbool" => message.form = JsonForm::SchemaOrBool,
            "schemaorstrings" => message.form = JsonForm::SchemaOrStrings,
            _ => return None,
        }
    }
    Some(message)
}

fn parse_field(
    line: &'static str,
    package: &'static str,
    ids: &HashMap<(&'static str, &'static str), MessageId>,
) -> Option<FieldSchema> {
    let mut words = line.split(' ');
    let number = words.next()?.parse().ok()?;
    let name = words.next()?;
    let mut text = words.next()?;
    let mut shape = Cardinality::One;
    if let Some(rest) = text.strip_prefix("[]") {
        (shape, text) = (Cardinality::List, rest);
    } else if let Some(rest) = text.strip_prefix("{}") {
        (shape, text) = (Cardinality::Map, rest);
    }
    let pointer = text.starts_with('*');
    text = text.strip_prefix('*').unwrap_or(text);
    let inline = text.ends_with('^');
    text = text.strip_suffix('^').unwrap_or(text);
    let (text, omission) = parse_omission(text);
    let kind = parse_kind(text, package, ids)?;
    let mut field =
        FieldSchema { number, name, kind, shape, pointer, omission, inline, since: None, gone: None, before: None };
    for word in words {
        if let Some(change) = word.strip_prefix('<') {
            let (release, before) = parse_omission(change);
            field.before = Some((release.parse().ok()?, before));
        } else if let Some(gone) = word.strip_prefix('-') {
            field.gone = Some(gone.parse().ok()?);
        } else {
            field.since = Some(word.parse().ok()?);
        }
    }
    Some(field)
}

fn parse_omission(text: &'static str) -> (&'static str, Omission) {
    let bare = text.trim_end_matches(['?', '!']);
    let marks = &text[bare.len()..];
    (bare, Omission { empty: marks.contains('?'), zero: marks.contains('!') })
}

fn parse_kind(
    text: &'static str,
    package: &'static str,
    ids: &HashMap<(&'static str, &'static str), MessageId>,
) -> Option<FieldKind> {
    Some(match text {
        "s" => FieldKind::Text,
        "y" => FieldKind::Bytes,
        "b" => FieldKind::Bool,
        "i" => FieldKind::Int,
        "u" => FieldKind::Uint,
        "d" => FieldKind::Double,
        name => FieldKind::Message(*ids.get(&name.rsplit_once('.').unwrap_or((package, name)))?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_no_table_are_named() {
        for (text, line) in [
            (" 1 name s\n", "line 1"),
            ("package a.v1 a/v1\nThing\n 1 other Missing\n", "line 3"),
            ("package a.v1 a/v1\nThing\n 2 b s\n 1 a s\n", "line 4"),
            ("package a.v1 a/v1\nThing strange\n", "line 2"),
        ] {
            let problem = table(text).map(|_| ()).expect_err(text);
            assert!(problem.starts_with(line), "{problem}");
        }
        assert!(table("package a.v1 a/v1\nThing\nThing\n").is_err());
    }
}
