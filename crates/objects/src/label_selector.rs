//! Label selectors as kubectl reads them: `app=web,tier!=db,env in (a,b),!beta`.

use std::str::FromStr;

use etcdsnap_kube::metadata::ObjectMetadata;
use thiserror::Error;

/// What the labels of an object must be; the default is fulfilled by all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelSelector(Vec<Requirement>);

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    Exists,
    Absent,
    /// The label is there with one of the values.
    In(Vec<String>),
    /// The label is not there, or has another value.
    NotIn(Vec<String>),
}

/// Why a text is no label selector.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LabelSelectorError {
    /// No condition ends here.
    #[error(
        "label selector: {0:?} is no condition; there are key, !key, key=value, key!=value, key in (a,b), key notin (a,b)"
    )]
    Condition(String),
    /// A list of values is not closed.
    #[error("label selector: a closing parenthesis is missing in {0:?}")]
    Open(String),
    /// What should be a label's key or value cannot be one.
    #[error("label selector: {0:?} is no label's key or value")]
    Word(String),
}

impl LabelSelector {
    /// Whether all objects fulfil it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the labels of an object are as they must be.
    pub fn matches(&self, metadata: &ObjectMetadata<'_>) -> bool {
        self.0.iter().all(|requirement| requirement.holds(metadata.label(&requirement.key)))
    }
}

impl Requirement {
    fn holds(&self, label: Option<&str>) -> bool {
        let is_among = |values: &[String]| label.is_some_and(|label| values.iter().any(|value| value == label));
        match &self.test {
            Test::Exists => label.is_some(),
            Test::Absent => label.is_none(),
            Test::In(values) => is_among(values),
            Test::NotIn(values) => !is_among(values),
        }
    }
}

impl FromStr for LabelSelector {
    type Err = LabelSelectorError;

    fn from_str(text: &str) -> Result<Self, LabelSelectorError> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        conditions(text)?.into_iter().map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

/// Splits at the commas outside of parentheses.
fn conditions(text: &str) -> Result<Vec<&str>, LabelSelectorError> {
    let (mut conditions, mut start, mut open) = (Vec::new(), 0, false);
    for (at, char) in text.char_indices() {
        match char {
            '(' if !open => open = true,
            ')' if open => open = false,
            '(' | ')' => return Err(LabelSelectorError::Condition(text[start..].to_owned())),
            ',' if !open => {
                conditions.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    conditions.push(&text[start..]);
    if open { Err(LabelSelectorError::Open(text.to_owned())) } else { Ok(conditions) }
}

impl FromStr for Requirement {
    type Err = LabelSelectorError;

    fn from_str(text: &str) -> Result<Self, LabelSelectorError> {
        let text = text.trim();
        if let Some(key) = text.strip_prefix('!') {
            return Ok(Self { key: word(key)?, test: Test::Absent });
        }
        // The longer signs stand first: the shorter one is a part of them.
        for (sign, among) in [("!=", false), ("==", true), ("=", true)] {
            if let Some((key, value)) = text.split_once(sign) {
                let values = vec![if value.trim().is_empty() { String::new() } else { word(value)? }];
                return Ok(Self { key: word(key)?, test: if among { Test::In(values) } else { Test::NotIn(values) } });
            }
        }
        let Some((key, set)) = text.split_once(char::is_whitespace) else {
            return Ok(Self { key: word(text)?, test: Test::Exists });
        };
        let set = set.trim_start();
        let (list, among) = match (set.strip_prefix("notin"), set.strip_prefix("in")) {
            (Some(list), _) => (list, false),
            (None, Some(list)) => (list, true),
            (None, None) => return Err(LabelSelectorError::Condition(text.to_owned())),
        };
        let list = list.trim().strip_prefix('(').and_then(|list| list.strip_suffix(')'));
        let list = list.ok_or_else(|| LabelSelectorError::Condition(text.to_owned()))?;
        let value = |value: &str| if value.trim().is_empty() { Ok(String::new()) } else { word(value) };
        let values = list.split(',').map(value).collect::<Result<_, _>>()?;
        Ok(Self { key: word(key)?, test: if among { Test::In(values) } else { Test::NotIn(values) } })
    }
}

/// A key or a value: letters, digits and a few signs.
fn word(text: &str) -> Result<String, LabelSelectorError> {
    let text = text.trim();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    if text.is_empty() || !text.bytes().all(fits) {
        return Err(LabelSelectorError::Word(text.to_owned()));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matching(selector: &str) -> Vec<&'static str> {
        let selector: LabelSelector = selector.parse().unwrap_or_else(|error| panic!("{error}"));
        let objects = [
            ("web", &[("app", "web"), ("env", "a")][..]),
            ("db", &[("app", "db")]),
            ("bare", &[]),
            ("e", &[("app", "")]),
        ];
        let labels = |labels: &[(&'static str, &'static str)]| ObjectMetadata {
            labels: labels.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect(),
            ..ObjectMetadata::default()
        };
        objects.into_iter().filter(|object| selector.matches(&labels(object.1))).map(|object| object.0).collect()
    }

    #[test]
    fn conditions_are_kubectls() {
        for (selector, objects) in [
            ("", &["web", "db", "bare", "e"][..]),
            ("app", &["web", "db", "e"]),
            ("!app", &["bare"]),
            ("app=web", &["web"]),
            ("app == web", &["web"]),
            ("app=", &["e"]),
            ("app!=web", &["db", "bare", "e"]),
            ("app in (web, db)", &["web", "db"]),
            ("app in(web)", &["web"]),
            ("app in (,db)", &["db", "e"]),
            ("app notin (web,db)", &["bare", "e"]),
            ("app,env=a", &["web"]),
            ("app in (web,db),!env", &["db"]),
        ] {
            assert_eq!(matching(selector), objects, "{selector}");
        }
    }

    #[test]
    fn what_is_no_selector_is_refused() {
        for text in
            ["=", "a=b=c", "app in", "app in web", "app in (web", "app of (web)", "a b", ",", "!", "app in (web))", "é"]
        {
            assert!(text.parse::<LabelSelector>().is_err(), "{text}");
        }
    }
}
