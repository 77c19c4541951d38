//! Any bytes behind the header of any provider, and any text as a configuration: nothing opens that is not clear then, and
//! errors show no part of a key.

#![no_main]

use std::sync::LazyLock;

use etcdsnap_kube::StoredValue;
use etcdsnap_kube::encryption::{EncryptedValue, EncryptionConfiguration, Keyring, configurations_in_backup};
use libfuzzer_sys::fuzz_target;

const HEADERS: [&str; 6] = [
    "k8s:enc:aescbc:v1:key1:",
    "k8s:enc:aesgcm:v1:key1:",
    "k8s:enc:secretbox:v1:key1:",
    "k8s:enc:kms:v1:vault:",
    "k8s:enc:kms:v2:vault:",
    "k8s:enc:",
];

/// Bytes 00 to 1f.
const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

static KEYRING: LazyLock<Keyring> = LazyLock::new(|| {
    let provider = |name: &str| format!("  - {name}: {{keys: [{{name: key1, secret: {KEY}}}]}}\n");
    let providers: String = ["aescbc", "aesgcm", "secretbox"].map(provider).concat();
    let text = format!("kind: EncryptionConfiguration\nresources:\n- providers:\n{providers}");
    let mut keyring = Keyring::from_config(&text).expect("a configuration");
    keyring.add_kms_secrets(KEY).expect("a key");
    keyring
});

fuzz_target!(|bytes: &[u8]| {
    for header in HEADERS {
        let value = [header.as_bytes(), bytes].concat();
        let sealed = EncryptedValue::recognise(&value).expect("a header");
        if let Ok(opened) = KEYRING.decrypt(&sealed, b"/registry/secrets/default/s") {
            let clear = StoredValue::recognise(&opened.value);
            assert!(
                opened.value.starts_with(b"k8s\0")
                    || !matches!(clear, StoredValue::Foreign(_) | StoredValue::Encrypted(_))
            );
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let secret = "c29tZXRoaW5nIHNlY3JldA";
        let text = text.replace("SECRET", secret);
        if let Err(error) = EncryptionConfiguration::parse(&text) {
            assert!(!error.to_string().contains(secret), "{error}");
        }
    }
    drop(configurations_in_backup(bytes));
});
