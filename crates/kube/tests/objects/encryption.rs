//! Secrets that the real API server's code sealed, opened and kept shut.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use etcdsnap_kube::StoredValue;
use etcdsnap_kube::decode::Object;
use etcdsnap_kube::encryption::{
    DecryptError, EncryptedValue, EncryptionConfiguration, Keyring, OpenShiftBackupError, Provider,
    configurations_in_backup, configurations_in_secret,
};
use etcdsnap_kube::value::{Map, Value};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::fixtures::{read, testdata};

const ETCD_KEY: &[u8] = b"/registry/secrets/default/s";

fn clear() -> Vec<u8> {
    read(&testdata().join("vectors/secret.pb"))
}

/// The vectors' key: bytes 00 to 1f.
fn right_key() -> String {
    STANDARD.encode((0..32).collect::<Vec<u8>>())
}

fn config(provider: &str, name: &str, secret: &str) -> String {
    format!(
        "kind: EncryptionConfiguration\napiVersion: apiserver.config.k8s.io/v1\nresources:\n- resources: [secrets]\n  \
         providers:\n  - {provider}:\n      keys:\n      - name: '{name}'\n        secret: {secret}\n  - identity: {{}}\n"
    )
}

fn keyring(provider: &str, name: &str, secret: &str) -> Keyring {
    Keyring::from_config(&config(provider, name, secret)).expect("a configuration")
}

/// A vector with its header, as it lies in etcd.
fn vector(provider: &str, name: &str) -> Vec<u8> {
    let bytes = read(&testdata().join(format!("vectors/sec_{provider}.bin")));
    let header = format!("k8s:enc:{provider}:v1:{name}:");
    if bytes.starts_with(b"k8s:enc:") { bytes } else { [header.as_bytes(), &bytes].concat() }
}

/// A message of Kubernetes' `EncryptedObject` around the vector of a seeded key.
fn kms_v2() -> Vec<u8> {
    let data = read(&testdata().join("vectors/sec_hkdf.bin"));
    let mut value = b"k8s:enc:kms:v2:vault:\x0a".to_vec();
    value.push(u8::try_from(data.len()).ok().filter(|len| *len < 128).expect("a length in one byte"));
    value.extend(data);
    value.extend(b"\x12\x02id\x1a\x06sealed\x28\x01");
    value
}

fn open(keyring: &Keyring, value: &[u8], etcd_key: &[u8]) -> Result<(Vec<u8>, String), DecryptError> {
    let opened = keyring.decrypt(&EncryptedValue::recognise(value).expect("a header"), etcd_key)?;
    Ok((opened.value, opened.key_name.to_owned()))
}

#[test]
fn the_vectors_open() {
    for provider in ["aescbc", "aesgcm", "secretbox"] {
        let keyring = keyring(provider, "key1", &right_key());
        assert_eq!(open(&keyring, &vector(provider, "key1"), ETCD_KEY), Ok((clear(), "key1".to_owned())), "{provider}");
    }
}

#[test]
fn every_key_of_a_name_is_tried() {
    for provider in ["aescbc", "aesgcm", "secretbox"] {
        let wrong = STANDARD.encode([7; 32]);
        let (first, second) = (config(provider, "key1", &wrong), config(provider, "key1", &right_key()));
        let text = first + second.split_once("resources:\n").expect("a list").1;
        let keyring = Keyring::from_config(&text).expect("a configuration");
        assert_eq!(open(&keyring, &vector(provider, "key1"), ETCD_KEY), Ok((clear(), "key1".to_owned())), "{provider}");
    }
}

#[test]
fn wrong_keys_never_give_a_value() {
    for provider in ["aescbc", "aesgcm", "secretbox"] {
        let value = vector(provider, "key1");
        let sealed = EncryptedValue::recognise(&value).expect("a header");
        // Of AES-CBC, one in 256 wrong keys finds a padding by chance.
        for seed in 0..2000u32 {
            let secret: Vec<u8> =
                (0..32).map(|index| seed.wrapping_mul(2_654_435_761).to_le_bytes()[index % 4]).collect();
            let keyring = keyring(provider, "key1", &STANDARD.encode(secret));
            let error = keyring.decrypt(&sealed, ETCD_KEY).expect_err("a wrong key");
            assert!(matches!(error, DecryptError::WrongKey { .. }), "{error}");
        }
    }
    let moved =
        open(&keyring("aesgcm", "key1", &right_key()), &vector("aesgcm", "key1"), b"/registry/secrets/default/t");
    assert!(matches!(moved, Err(DecryptError::WrongKey { .. })));
}

#[test]
fn names_may_hold_colons_and_must_be_there() {
    let named = vector("secretbox", "key1");
    let value = [b"k8s:enc:secretbox:v1:a:b:", &named[b"k8s:enc:secretbox:v1:key1:".len()..]].concat();
    assert_eq!(open(&keyring("secretbox", "a:b", &right_key()), &value, ETCD_KEY), Ok((clear(), "a:b".to_owned())));
    let missing = open(&keyring("secretbox", "key2", &right_key()), &named, ETCD_KEY);
    assert_eq!(missing, Err(DecryptError::NoKey { provider: Provider::Secretbox, name: "key1".to_owned() }));
    let other = open(&keyring("aescbc", "key1", &right_key()), &named, ETCD_KEY);
    assert_eq!(other, Err(DecryptError::NoKey { provider: Provider::Secretbox, name: "key1".to_owned() }));
}

#[test]
fn values_of_a_service_open_with_what_it_unsealed() {
    let value = kms_v2();
    let sealed = EncryptedValue::recognise(&value).expect("a header");
    let envelope = sealed.kms().expect("a message");
    assert_eq!((envelope.name, envelope.key_id, envelope.sealed_secret), ("vault", Some("id"), &b"sealed"[..]));
    let fingerprint = envelope.fingerprint.to_string();
    let mut keyring = Keyring::default();
    let needed = keyring.decrypt(&sealed, ETCD_KEY).expect_err("no key yet");
    assert!(needed.to_string().contains(&fingerprint), "{needed}");
    for secrets in [right_key(), format!("# the seed\n{fingerprint} {}\n", right_key())] {
        keyring.add_kms_secrets(&secrets).expect("a key");
        assert_eq!(open(&keyring, &value, ETCD_KEY).expect("the key").0, clear());
        keyring = Keyring::default();
    }
    keyring.add_kms_secrets(&format!("{fingerprint} {}", STANDARD.encode([1; 32]))).expect("a key");
    assert!(matches!(keyring.decrypt(&sealed, ETCD_KEY), Err(DecryptError::WrongKey { .. })));
    assert_eq!(
        keyring.add_kms_secrets("\nhunter2!").expect_err("no key").to_string().split(':').next(),
        Some("line 2")
    );
}

#[test]
fn values_of_the_older_service_open_in_both_ciphers() {
    let mut keyring = Keyring::default();
    keyring.add_kms_secrets(&right_key()).expect("a key");
    for provider in ["aesgcm", "aescbc"] {
        let named = vector(provider, "key1");
        let data = &named[format!("k8s:enc:{provider}:v1:key1:").len()..];
        let value = [b"k8s:enc:kms:v1:vault:\0\x06sealed", data].concat();
        assert_eq!(open(&keyring, &value, ETCD_KEY).expect("the key").0, clear());
    }
}

#[test]
fn errors_show_no_unreadable_name_of_a_service() {
    for name in ["\u{1b}[2Jvault".to_owned(), "v".repeat(1 << 20)] {
        let value = [b"k8s:enc:kms:v2:", name.as_bytes(), &kms_v2()[b"k8s:enc:kms:v2:vault".len()..]].concat();
        let error = open(&Keyring::default(), &value, ETCD_KEY).expect_err("no key").to_string();
        assert!(error.starts_with("sealed by kms v2 provider unreadable: "), "{} bytes", error.len());
    }
}

#[test]
fn errors_show_no_unreadable_name_of_a_key() {
    let name = "k".repeat(1 << 20);
    let value = &vector("aescbc", "key1")[b"k8s:enc:aescbc:v1:key1".len()..];
    let value = [b"k8s:enc:aescbc:v1:", name.as_bytes(), value].concat();
    let keyring = keyring("aescbc", &name, &STANDARD.encode([1; 32]));
    let error = open(&keyring, &value, ETCD_KEY).expect_err("another key").to_string();
    assert!(error.starts_with("the key of an unreadable name of aescbc does not open it"), "{} bytes", error.len());
}

#[test]
fn damaged_values_are_errors() {
    let mut keyring = keyring("aescbc", "key1", &right_key());
    for provider in ["aesgcm", "secretbox"] {
        keyring.add(&EncryptionConfiguration::parse(&config(provider, "key1", &right_key())).expect("a configuration"));
    }
    keyring.add_kms_secrets(&right_key()).expect("a key");
    let kms_v1 = [b"k8s:enc:kms:v1:vault:\0\x06sealed", &vector("aesgcm", "key1")[24..]].concat();
    for value in [vector("aescbc", "key1"), vector("aesgcm", "key1"), vector("secretbox", "key1"), kms_v2(), kms_v1] {
        for len in b"k8s:enc:".len()..value.len() {
            assert!(open(&keyring, &value[..len], ETCD_KEY).is_err());
        }
        for at in b"k8s:enc:".len()..value.len() {
            let mut damaged = value.clone();
            damaged[at] ^= 0x10;
            if let StoredValue::Encrypted(sealed) = StoredValue::recognise(&damaged)
                && let Ok(opened) = keyring.decrypt(&sealed, ETCD_KEY)
            {
                // AES-CBC notices nothing in the middle of a value, and KMS v2 has parts nobody reads.
                assert!(matches!(opened.provider, Provider::AesCbc | Provider::KmsV2));
            }
        }
    }
}

fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o600);
        header.set_cksum();
        archive.append_data(&mut header, path, text.as_bytes()).expect("memory");
    }
    archive.into_inner().expect("memory").finish().expect("memory")
}

#[test]
fn an_openshift_backup_holds_the_keys() {
    let path = |revision| {
        format!("static-pod-resources/kube-apiserver-pod-{revision}/secrets/encryption-config/encryption-config")
    };
    let older = config("aescbc", "1", &STANDARD.encode([1; 32]));
    let newer = config("secretbox", "key1", &right_key());
    let secret = format!(r#"{{"kind":"Secret","data":{{"encryption-config":"{}"}}}}"#, STANDARD.encode(&older));
    let files = [
        (&*path(9), &*older),
        (&path(10), &newer),
        ("static-pod-resources/kube-apiserver-pod-10/secrets/other/tls.key", "nothing"),
        ("backup/encryption-config-openshift-apiserver.json", &secret),
    ];
    let configurations = configurations_in_backup(&archive(&files)[..]).expect("an archive");
    assert_eq!(configurations.len(), 3);
    let mut keyring = Keyring::default();
    for configuration in &configurations {
        keyring.add(configuration);
    }
    assert_eq!(open(&keyring, &vector("secretbox", "key1"), ETCD_KEY), Ok((clear(), "key1".to_owned())));
    assert_eq!(format!("{keyring:?}"), "2 keys, 0 of KMS");

    assert!(matches!(configurations_in_backup(&archive(&files[2..3])[..]), Err(OpenShiftBackupError::None)));
    assert!(matches!(configurations_in_backup(&b"no archive"[..]), Err(OpenShiftBackupError::Archive(_))));
    let broken = archive(&[(&path(3), &config("secretbox", "k", "hunter2"))]);
    let error = configurations_in_backup(&broken[..]).expect_err("a broken key").to_string();
    assert!(error.ends_with("the secret of key \"k\" of secretbox is not base64"), "{error}");
}

#[test]
fn a_backup_teaches_no_more_than_a_few_keys() {
    let keys: Vec<_> = (0..10_000)
        .map(|number: u32| {
            let secret = STANDARD.encode([number.to_be_bytes(); 8].as_flattened());
            format!(r#"{{"name":"k{number}","secret":"{secret}"}}"#)
        })
        .collect();
    let config = |keys: &[String]| {
        let keys = keys.join(",");
        format!(
            r#"{{"kind":"EncryptionConfiguration","resources":[{{"providers":[{{"secretbox":{{"keys":[{keys}]}}}}]}}]}}"#
        )
    };
    let mut keyring = Keyring::from_config(&config(&keys[..100])).expect("a configuration");
    for keys in [&keys[..150], &keys[..], &keys[5000..]] {
        keyring.add_from_backup(&EncryptionConfiguration::parse(&config(keys)).expect("a configuration"));
    }
    assert_eq!(format!("{keyring:?}"), "164 keys, 0 of KMS");
}

#[test]
fn a_secret_holds_no_configuration_without_end() {
    let secret = |config: String| {
        let data = config.into_bytes();
        let metadata = Map::from_entries(vec![("name".into(), "encryption-config-0".into())]);
        let data = Map::from_entries(vec![("encryption-config".into(), Value::Bytes(data.into()))]);
        Object {
            api_version: "v1".into(),
            kind: "Secret".into(),
            value: Map::from_entries(vec![("metadata".into(), metadata.into()), ("data".into(), data.into())]).into(),
            unknown: Vec::new(),
            known_kind: true,
        }
    };
    let config = config("secretbox", "key1", &right_key());
    assert_eq!(configurations_in_secret(&secret(config.clone())).len(), 1);
    let padded = config + &" ".repeat(1 << 20);
    assert_eq!(configurations_in_secret(&secret(padded)).len(), 0);
}
