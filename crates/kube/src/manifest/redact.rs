//! Secrets without their values.

use crate::decode::Object;
use crate::value::Value;

/// What stands in place of a value.
pub const REDACTED: &str = "<redacted>";

/// What `kubectl apply` keeps of the manifest before: all of it, values included.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Hides the values of a Secret, and the tokens of OpenShift's OAuth. Says whether the object is of such a kind.
pub fn redact(object: &mut Object<'_>) -> bool {
    let group = object.api_version.rsplit_once('/').map_or("", |(group, _)| group);
    let fields: &[&str] = match (group, object.kind.as_ref()) {
        ("", "Secret") => &["data", "stringData"],
        ("oauth.openshift.io", "OAuthClient") => &["secret", "additionalSecrets"],
        ("oauth.openshift.io", "OAuthAccessToken") => &["authorizeToken", "refreshToken"],
        ("oauth.openshift.io", "OAuthAuthorizeToken") => &["state", "codeChallenge"],
        _ => return false,
    };
    for field in fields {
        if let Some(value) = object.value.at_mut(&[field]) {
            hide(value);
        }
    }
    if let Some(applied) = object.value.at_mut(&["metadata", "annotations", LAST_APPLIED]) {
        hide(applied);
    }
    true
}

/// The values of a map one by one, so that its keys remain; anything else as a whole.
fn hide(value: &mut Value<'_>) {
    match value {
        Value::Map(map) => map.iter_mut().for_each(|(_, value)| *value = Value::from(REDACTED)),
        Value::Null => {}
        other => *other = Value::from(REDACTED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{Options, decode};
    use crate::json::{Layout, to_string};

    #[test]
    fn no_value_of_a_secret_remains() {
        let stored = br#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s","annotations":{"a":"b",
            "kubectl.kubernetes.io/last-applied-configuration":"{\"data\":{\"p\":\"aHVudGVyMg==\"}}"}},
            "data":{"p":"aHVudGVyMg=="},"stringData":{"q":"hunter2"},"type":"Opaque"}"#;
        let mut object = decode(stored, Options::default()).expect("a Secret");
        assert!(redact(&mut object));
        let text = to_string(&object.value, Layout::Compact);
        assert!(!text.contains("aHVudGVyMg") && !text.contains("hunter2"), "{text}");
        assert_eq!(object.value.text_at(&["data", "p"]), Some(REDACTED));
        assert_eq!(object.value.text_at(&["metadata", "annotations", "a"]), Some("b"));
    }

    #[test]
    fn other_objects_are_left_alone() {
        let stored = br#"{"apiVersion":"ex.io/v1","kind":"Secret","metadata":{"name":"s"},"data":{"p":"x"}}"#;
        let mut object = decode(stored, Options::default()).expect("an object");
        assert!(!redact(&mut object));
        assert_eq!(object.value.text_at(&["data", "p"]), Some("x"));
    }
}
