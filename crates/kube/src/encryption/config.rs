//! The API server's `EncryptionConfiguration` file, as YAML or JSON, under its present name and its older one
//! (docs/format/kubernetes.md#encryptionconfiguration).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use etcdsnap_quantity::quantity;
use serde::Deserialize;
use thiserror::Error;

use super::Provider;

/// Which resources are encrypted how, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EncryptionConfiguration {
    /// Resources and providers.
    pub rules: Vec<EncryptionRule>,
}

/// Some resources, and the providers that encrypt them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncryptionRule {
    /// `secrets`, `pandas.ex.io`, `*.apps`, `*.` for the core group, `*.*` for everything.
    pub resources: Vec<String>,
    /// The first encrypts what is written, all decrypt what is read.
    pub providers: Vec<ProviderConfig>,
}

/// A provider and what it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProviderConfig {
    /// No encryption.
    Identity,
    /// A cipher with its keys, of which the first encrypts.
    Keys(Provider, Vec<KeyConfig>),
    /// A key management service by its name; its keys are not in the file.
    Kms(Provider, String),
}

/// A named key.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyConfig {
    /// Its name, which stands in every value it sealed.
    pub name: String,
    /// The key itself.
    pub(super) secret: Vec<u8>,
}

/// Never shows the key.
impl fmt::Debug for KeyConfig {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} of {} bits", self.name, self.secret.len() * 8)
    }
}

/// Why a text is no usable configuration. Says nothing of the keys in it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// It cannot be read at all.
    #[error("line {line}, column {column}: this is not the YAML or JSON of an EncryptionConfiguration")]
    Malformed {
        /// Line, from 1; 0 where it is not known.
        line: usize,
        /// Column, from 1; 0 where it is not known.
        column: usize,
    },
    /// It is something else.
    #[error("this is a {0:?}, not an EncryptionConfiguration")]
    OtherKind(String),
    /// A key is not base64.
    #[error("the secret of key {name:?} of {provider} is not base64")]
    NotBase64 {
        /// The provider.
        provider: Provider,
        /// Name of the key.
        name: String,
    },
    /// A key has a length its cipher does not know.
    #[error("the secret of key {name:?} of {provider} has {}; {provider} takes {expected}", quantity(*.len as u64, "byte"))]
    WrongLength {
        /// The provider.
        provider: Provider,
        /// Name of the key.
        name: String,
        /// Its length in bytes.
        len: usize,
        /// The lengths that would do.
        expected: &'static str,
    },
    /// A provider of `kms` has a version that does not exist.
    #[error("kms provider {0:?} has an unknown apiVersion; there are v1 and v2")]
    KmsVersion(String),
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    resources: Option<Vec<FileRule>>,
}

#[derive(Deserialize)]
struct FileRule {
    #[serde(default)]
    resources: Option<Vec<String>>,
    #[serde(default)]
    providers: Option<Vec<FileProvider>>,
}

/// One of these is there; `identity` has nothing in it.
#[derive(Deserialize)]
struct FileProvider {
    aescbc: Option<FileKeys>,
    aesgcm: Option<FileKeys>,
    secretbox: Option<FileKeys>,
    kms: Option<FileKms>,
}

#[derive(Deserialize)]
struct FileKeys {
    #[serde(default)]
    keys: Option<Vec<FileKey>>,
}

#[derive(Deserialize)]
struct FileKey {
    #[serde(default)]
    name: String,
    #[serde(default)]
    secret: String,
}

#[derive(Deserialize)]
struct FileKms {
    #[serde(default)]
    name: String,
    #[serde(default, rename = "apiVersion")]
    api_version: Option<String>,
}

impl EncryptionConfiguration {
    /// Reads a configuration, YAML or JSON.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let file: File = read(text)?;
        if !matches!(file.kind.as_str(), "EncryptionConfiguration" | "EncryptionConfig") {
            return Err(ConfigError::OtherKind(file.kind));
        }
        let rules = file.resources.unwrap_or_default().into_iter().map(EncryptionRule::read);
        Ok(Self { rules: rules.collect::<Result<_, _>>()? })
    }

    /// The providers that apply to a resource: those that name it, else those of `*.group`, else those of `*.*`.
    /// None where the resource is not encrypted.
    pub fn providers_of(&self, plural: &str, group: &str) -> Vec<&ProviderConfig> {
        let name = if group.is_empty() { plural.to_owned() } else { format!("{plural}.{group}") };
        let levels = [name, format!("*.{group}"), "*.*".to_owned()];
        let named = |level: &String| -> Vec<&ProviderConfig> {
            let rules = self.rules.iter().filter(|rule| rule.resources.contains(level));
            rules.flat_map(|rule| &rule.providers).collect()
        };
        levels.iter().map(named).find(|providers| !providers.is_empty()).unwrap_or_default()
    }
}

/// The text as a structure. What the parsers have to say is not passed on: it may quote the text.
fn read<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, ConfigError> {
    if text.trim_start().starts_with('{') {
        let json = serde_json::from_str(text);
        if let Ok(file) = json {
            return Ok(file);
        }
    }
    serde_saphyr::from_str(text).map_err(|error| {
        let place = error.location();
        let place = place.map(|place| (place.line(), place.column())).unwrap_or_default();
        let number = |number| usize::try_from(number).unwrap_or_default();
        ConfigError::Malformed { line: number(place.0), column: number(place.1) }
    })
}

impl EncryptionRule {
    fn read(file: FileRule) -> Result<Self, ConfigError> {
        let providers = file.providers.unwrap_or_default().into_iter().map(ProviderConfig::read);
        Ok(Self { resources: file.resources.unwrap_or_default(), providers: providers.collect::<Result<_, _>>()? })
    }
}

impl ProviderConfig {
    fn read(file: FileProvider) -> Result<Self, ConfigError> {
        let ciphers =
            [(Provider::AesCbc, file.aescbc), (Provider::AesGcm, file.aesgcm), (Provider::Secretbox, file.secretbox)];
        for (provider, keys) in ciphers {
            if let Some(keys) = keys {
                let keys = keys.keys.unwrap_or_default().into_iter().map(|key| KeyConfig::read(provider, key));
                return Ok(Self::Keys(provider, keys.collect::<Result<_, _>>()?));
            }
        }
        let Some(kms) = file.kms else { return Ok(Self::Identity) };
        match kms.api_version.as_deref() {
            None | Some("" | "v1") => Ok(Self::Kms(Provider::KmsV1, kms.name)),
            Some("v2") => Ok(Self::Kms(Provider::KmsV2, kms.name)),
            Some(_) => Err(ConfigError::KmsVersion(kms.name)),
        }
    }
}

impl KeyConfig {
    fn read(provider: Provider, file: FileKey) -> Result<Self, ConfigError> {
        let secret = STANDARD.decode(file.secret.trim());
        let Ok(secret) = secret else { return Err(ConfigError::NotBase64 { provider, name: file.name }) };
        let (fits, expected) = match provider {
            Provider::Secretbox => (secret.len() == 32, "32"),
            _ => (matches!(secret.len(), 16 | 24 | 32), "16, 24 or 32"),
        };
        if !fits {
            return Err(ConfigError::WrongLength { provider, name: file.name, len: secret.len(), expected });
        }
        Ok(Self { name: file.name, secret })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "AAECAwQFBgcICQoLDA0ODw==";

    #[test]
    fn yaml_json_and_the_older_name_read_alike() {
        let yaml = format!(
            "kind: EncryptionConfig\napiVersion: v1\nresources:\n- resources: [secrets]\n  providers:\n  - aescbc:\n      \
             keys:\n      - name: key1\n        secret: {KEY}\n  - kms: {{name: vault, apiVersion: v2}}\n  - identity: {{}}\n"
        );
        let json = format!(
            r#"{{"kind":"EncryptionConfiguration","apiVersion":"apiserver.config.k8s.io/v1","resources":[{{"resources":
            ["secrets"],"providers":[{{"aescbc":{{"keys":[{{"name":"key1","secret":"{KEY}"}}]}}}},
            {{"kms":{{"name":"vault","apiVersion":"v2"}}}},{{"identity":{{}}}}]}}]}}"#
        );
        let configuration = EncryptionConfiguration::parse(&yaml).expect("a configuration");
        assert_eq!(EncryptionConfiguration::parse(&json), Ok(configuration.clone()));
        let ProviderConfig::Keys(Provider::AesCbc, keys) = &configuration.rules[0].providers[0] else {
            panic!("no keys")
        };
        assert_eq!((keys[0].secret.len(), format!("{:?}", keys[0])), (16, "key1 of 128 bits".to_owned()));
        assert_eq!(
            configuration.rules[0].providers[1..],
            [ProviderConfig::Kms(Provider::KmsV2, "vault".to_owned()), ProviderConfig::Identity]
        );
    }

    #[test]
    fn the_closest_rule_applies() {
        let rule = |resources: &[&str], provider| EncryptionRule {
            resources: resources.iter().map(|name| (*name).to_owned()).collect(),
            providers: vec![ProviderConfig::Kms(Provider::KmsV2, String::from(provider))],
        };
        let rules =
            vec![rule(&["*.*"], "all"), rule(&["*.apps", "*."], "groups"), rule(&["secrets", "foos.ex.io"], "named")];
        let configuration = EncryptionConfiguration { rules };
        for (plural, group, expected) in [
            ("secrets", "", "named"),
            ("configmaps", "", "groups"),
            ("deployments", "apps", "groups"),
            ("foos", "ex.io", "named"),
            ("bars", "ex.io", "all"),
        ] {
            let providers = configuration.providers_of(plural, group);
            assert_eq!(providers, [&ProviderConfig::Kms(Provider::KmsV2, expected.to_owned())]);
        }
        assert!(EncryptionConfiguration::default().providers_of("secrets", "").is_empty());
    }

    #[test]
    fn errors_name_keys_and_never_show_them() {
        let config = |key: &str, extra: &str| {
            format!(
                "kind: EncryptionConfiguration\nresources:\n- providers:\n  - secretbox: {{keys: [{{name: k, secret: {key}}}]}}\n{extra}"
            )
        };
        for (text, expected) in [
            (config("hunter2", ""), "the secret of key \"k\" of secretbox is not base64"),
            (config(KEY, ""), "the secret of key \"k\" of secretbox has 16 bytes; secretbox takes 32"),
            (
                "kind: Secret\ndata: {a: aHVudGVyMg==}".to_owned(),
                "this is a \"Secret\", not an EncryptionConfiguration",
            ),
        ] {
            assert_eq!(EncryptionConfiguration::parse(&text).expect_err("no configuration").to_string(), expected);
        }
        for text in [config("hunter2: [", ""), "{\"kind\": hunter2".to_owned(), config("x", "  hunter2: - [}")] {
            let error = EncryptionConfiguration::parse(&text).expect_err("no configuration");
            assert!(
                matches!(error, ConfigError::Malformed { .. }) && !format!("{error:?} {error}").contains("hunter2")
            );
        }
    }
}
