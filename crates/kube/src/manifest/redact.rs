//! Secrets without their values.

use crate::decode::Object;
use crate::value::Value;

/// What stands in place of a value.
pub const REDACTED: &str = "<redacted>";

/// What `kubectl apply` keeps of the manifest before: all of it, values included.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// What stands in place of a value that another takes the place of.
const REDACTED_BEFORE: &str = "<redacted (before)>";

/// What stands in place of a value that has taken another's place.
const REDACTED_AFTER: &str = "<redacted (after)>";

/// Hides the values of a Secret, and the tokens of OpenShift's OAuth. Says whether the object is of such a kind.
pub fn redact(object: &mut Object<'_>) -> bool {
    let fields = secret_fields(object);
    for field in &fields {
        if let Some(value) = object.value.at_mut(field) {
            hide(value);
        }
    }
    !fields.is_empty()
}

/// Hides the values of two states of one object as [`redact`] does, so that a comparison of what is left still shows
/// which of them differ. Says whether the object is of such a kind.
pub fn redact_both(before: &mut Object<'_>, after: &mut Object<'_>) -> bool {
    let fields = secret_fields(before);
    if fields != secret_fields(after) {
        let (one, other) = (redact(before), redact(after));
        return one || other;
    }
    for field in &fields {
        match (before.value.at_mut(field), after.value.at_mut(field)) {
            (Some(before), Some(after)) => hide_both(before, after),
            (before, after) => {
                if let Some(value) = before {
                    hide(value);
                }
                if let Some(value) = after {
                    hide(value);
                }
            }
        }
    }
    !fields.is_empty()
}

/// The paths of the fields whose values nobody should see; none where the object is of no such kind.
fn secret_fields(object: &Object<'_>) -> Vec<&'static [&'static str]> {
    let group = object.api_version.rsplit_once('/').map_or("", |(group, _)| group);
    let fields: [&[&str]; 2] = match (group, object.kind.as_ref()) {
        ("", "Secret") => [&["data"], &["stringData"]],
        ("oauth.openshift.io", "OAuthClient") => [&["secret"], &["additionalSecrets"]],
        ("oauth.openshift.io", "OAuthAccessToken") => [&["authorizeToken"], &["refreshToken"]],
        ("oauth.openshift.io", "OAuthAuthorizeToken") => [&["state"], &["codeChallenge"]],
        _ => return Vec::new(),
    };
    let applied: &[&str] = &["metadata", "annotations", LAST_APPLIED];
    fields.into_iter().chain([applied]).collect()
}

/// The values of a map one by one, so that its keys remain; anything else as a whole.
fn hide(value: &mut Value<'_>) {
    match value {
        Value::Map(map) => map.iter_mut().for_each(|(_, value)| *value = Value::from(REDACTED)),
        Value::Null => {}
        other => *other = Value::from(REDACTED),
    }
}

/// Hides two values, member by member where both are maps. What differs still does.
fn hide_both(before: &mut Value<'_>, after: &mut Value<'_>) {
    match (&mut *before, &mut *after) {
        (Value::Map(one), Value::Map(other)) => {
            for (key, old) in one.iter_mut() {
                match other.get_mut(key) {
                    Some(new) => mark(old, new),
                    None => *old = Value::from(REDACTED),
                }
            }
            let added = other.iter_mut().filter(|(key, _)| one.get(key).is_none());
            for (_, new) in added {
                *new = Value::from(REDACTED);
            }
        }
        (Value::Null | Value::Map(_), _) | (_, Value::Null | Value::Map(_)) => {
            hide(before);
            hide(after);
        }
        _ => mark(before, after),
    }
}

fn mark(before: &mut Value<'_>, after: &mut Value<'_>) {
    let equal = { &*before } == { &*after };
    *before = Value::from(if equal { REDACTED } else { REDACTED_BEFORE });
    *after = Value::from(if equal { REDACTED } else { REDACTED_AFTER });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{DecodeOptions, decode};
    use crate::json::{JsonLayout, to_string};

    #[test]
    fn no_value_of_a_secret_remains() {
        let stored = br#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s","annotations":{"a":"b",
            "kubectl.kubernetes.io/last-applied-configuration":"{\"data\":{\"p\":\"aHVudGVyMg==\"}}"}},
            "data":{"p":"aHVudGVyMg=="},"stringData":{"q":"hunter2"},"type":"Opaque"}"#;
        let mut object = decode(stored, DecodeOptions::default()).expect("a Secret");
        assert!(redact(&mut object));
        let text = to_string(&object.value, JsonLayout::Compact);
        assert!(!text.contains("aHVudGVyMg") && !text.contains("hunter2"), "{text}");
        assert_eq!(object.value.text_at(&["data", "p"]), Some(REDACTED));
        assert_eq!(object.value.text_at(&["metadata", "annotations", "a"]), Some("b"));
    }

    #[test]
    fn what_differs_between_two_secrets_still_does() {
        let secret = |data: &str, applied: &str| {
            format!(
                r#"{{"apiVersion":"v1","kind":"Secret","metadata":{{"annotations":{{"{LAST_APPLIED}":"{applied}"}}}},"data":{{{data}}}}}"#
            )
        };
        let (one, other) =
            (secret(r#""a":"QQ==","b":"Qg==","c":"Qw==""#, "QQ"), secret(r#""a":"QQ==","b":"RA==","d":"RQ==""#, "RA"));
        let mut before = decode(one.as_bytes(), DecodeOptions::default()).expect("a Secret");
        let mut after = decode(other.as_bytes(), DecodeOptions::default()).expect("a Secret");
        assert!(redact_both(&mut before, &mut after));
        let data = |object: &Object<'_>| to_string(object.value.at(&["data"]).expect("data"), JsonLayout::Compact);
        let hidden = |text: &str| text.replace('<', "\\u003c").replace('>', "\\u003e");
        assert_eq!(data(&before), hidden(r#"{"a":"<redacted>","b":"<redacted (before)>","c":"<redacted>"}"#));
        assert_eq!(data(&after), hidden(r#"{"a":"<redacted>","b":"<redacted (after)>","d":"<redacted>"}"#));
        assert_eq!(after.value.text_at(&["metadata", "annotations", LAST_APPLIED]), Some(REDACTED_AFTER));
    }

    #[test]
    fn other_objects_are_left_alone() {
        let stored = br#"{"apiVersion":"ex.io/v1","kind":"Secret","metadata":{"name":"s"},"data":{"p":"x"}}"#;
        let mut object = decode(stored, DecodeOptions::default()).expect("an object");
        assert!(!redact(&mut object));
        assert_eq!(object.value.text_at(&["data", "p"]), Some("x"));
    }
}
