//! Policies in a YAML file: a map with the names that `--assert` takes; `require-prefix` holds a list.
//!
//! ```yaml
//! min-keys: 1000
//! max-age: 26h
//! version: ">=3.5,<3.7"
//! no-alarms: true
//! require-prefix: [/registry/namespaces/, /registry/secrets/]
//! ```

use std::fmt;
use std::path::Path;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use super::rule::Rule;
use crate::exit::Failure;
use crate::output::label;
use crate::text_file;

/// Rules in the order in which the file has them.
#[derive(Debug, PartialEq, Eq)]
struct Rules(Vec<Rule>);

/// The rules of the policy file at `path`. A file that cannot be read is a failure; one that makes no sense is wrong usage.
pub fn read(path: &Path) -> Result<Vec<Rule>, Failure> {
    let text = text_file::read(path)?;
    parse(&text).map_err(|error| Failure::usage(format!("policy {}: {error}", label(path))))
}

fn parse(text: &str) -> Result<Vec<Rule>, String> {
    let options = serde_saphyr::options! { with_snippet: false };
    let rules: Rules = serde_saphyr::from_str_with_options(text, options).map_err(|error| error.to_string())?;
    if rules.0.is_empty() { Err("there is no assertion in it".to_owned()) } else { Ok(rules.0) }
}

impl<'de> Deserialize<'de> for Rules {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Rules;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of assertions, such as `min-keys: 1000`")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Rules, A::Error> {
                let mut rules = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    // Asking for strings keeps a value as it is written: a version 3.10 does not become the number 3.1.
                    let values = match name.as_str() {
                        "require-prefix" => map.next_value::<Vec<String>>()?,
                        _ => vec![map.next_value::<String>()?],
                    };
                    for value in values {
                        rules.push(Rule::new(&name, &value).map_err(A::Error::custom)?);
                    }
                }
                Ok(Rules(rules))
            }
        }

        deserializer.deserialize_map(Entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(texts: &[&str]) -> Vec<Rule> {
        texts.iter().map(|text| text.parse().expect(text)).collect()
    }

    #[test]
    fn a_file_means_the_same_as_the_flags() {
        let text = "# nightly\nmin-keys: 1000\nmax-age: 26h\nversion: 3.10\nno-alarms: true\nmax-size: 2GiB\n\
                    require-prefix:\n  - /registry/\n  - 42\nmax-shrink-from: old.db:5%\n";
        let flags = [
            "min-keys=1000",
            "max-age=26h",
            "version=3.10",
            "no-alarms=true",
            "max-size=2GiB",
            "require-prefix=/registry/",
            "require-prefix=42",
            "max-shrink-from=old.db:5%",
        ];
        assert_eq!(parse(text), Ok(rules(&flags)));
        assert_eq!(parse("{version: '>=3.5,<3.7'}"), Ok(rules(&["version=>=3.5,<3.7"])));
    }

    #[test]
    fn what_makes_no_sense_is_told() {
        let error = parse("min-key: 3").expect_err("unknown name");
        assert!(error.contains("did you mean min-keys?"), "{error}");
        for text in [
            "",
            "[]",
            "min-keys",
            "min-keys: [1]",
            "min-keys: {a: 1}",
            "require-prefix: /a",
            "min-keys: 1\nmin-keys: 2",
            "a: &a [*a]",
        ] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }
}
