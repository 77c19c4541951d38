//! `kube audit encryption`, `kube check`, and the look that `verify` takes at objects.

use std::path::{Path, PathBuf};

use etcdsnap_testkit::bbolt::Layout;
use etcdsnap_testkit::etcd::{EtcdStore, Server};
use serde_json::{Value, json};

use crate::program::{Answer, args, fixture, kube_backup as backup, run, written};

fn cluster() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/kube/real-1.20/k8s-1.20.2-enc.snapshot.db")
}

const DEFAULT: (&str, &str) =
    ("namespaces/default", r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"default","uid":"d"}}"#);
const SECRET: (&str, &str) = (
    "secrets/default/s",
    r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s","namespace":"default"},"data":{"p":"aHVudGVyMg=="}}"#,
);

fn row<'v>(document: &'v Value, resource: &str) -> &'v Value {
    let rows = document["rows"].as_array().expect("rows");
    rows.iter().find(|row| row["resource"] == resource).unwrap_or(&Value::Null)
}

#[test]
fn a_real_cluster_is_encrypted_as_its_configuration_says() {
    let keys = cluster().with_file_name("enc.yaml");
    let answer = run(args!["kube", "audit", "encryption", cluster(), "--encryption-config", keys]);
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""));
    assert!(answer.stdout.starts_with("HOLDS  everything that must be encrypted is\n"), "{}", answer.stdout);
    assert!(
        answer.stdout.contains("holds  configmaps  aesgcm gk        1  the first key of the configuration"),
        "{}",
        answer.stdout
    );
    // Its one Secret is deleted in the newest revision.
    let options =
        args!["kube", "audit", "encryption", cluster(), "--encryption-config", keys, "--rev", "245", "-o", "json"];
    let document = run(options).json();
    assert_eq!((&document["holds"], &row(&document, "secrets")["verdict"]), (&json!(true), &json!("firstKey")));
}

#[test]
fn secrets_in_clear_fail_and_show_no_value() {
    let (_folder, path) =
        backup(&[DEFAULT, SECRET, ("secrets/default/t", "k8s:enc:aescbc:v1:key1:xxxxxxxxxxxxxxxxxxxxxxx")]);
    let audit = |options: &[&str]| -> Answer {
        run(args!["kube", "audit", "encryption", path].into_iter().chain(options.iter().map(Into::into)))
    };
    let plain = audit(&[]);
    assert_eq!(plain.code, 4, "{plain:?}");
    assert!(plain.stdout.starts_with("FAILS") && plain.stdout.contains("default/s\n"), "{}", plain.stdout);
    assert!(!plain.stdout.contains("aHVudGVyMg"), "{}", plain.stdout);
    let document = audit(&["-o", "json"]).json();
    let expected = json!({"resource": "secrets", "verdict": "inClear", "fails": true, "objects": 1, "provider": null, "key": null,
        "wanted": null, "names": ["default/s"], "reason": null});
    assert_eq!(row(&document, "secrets"), &expected);
    assert_eq!(audit(&["--require", "configmaps"]).code, 0);
    assert_eq!(audit(&["--require", "cm,secret"]).code, 4);
    assert_eq!(audit(&["--require", "nonsense"]).code, 2);
}

#[test]
fn keys_that_are_not_the_first_or_do_not_open_fail() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("enc.yaml");
    let keys = cluster().with_file_name("enc.yaml");
    let text = std::fs::read_to_string(keys).expect("a configuration");
    let audit = |text: String| {
        std::fs::write(&config, text).expect("written");
        run(args![
            "kube",
            "audit",
            "encryption",
            cluster(),
            "--encryption-config",
            config,
            "--rev",
            "245",
            "-o",
            "json"
        ])
    };
    let before = "      - name: key1\n";
    let newer = "      - name: key2\n        secret: ICEiIyQlJicoKSorLC0uLw==\n";
    let stale = audit(text.replace(before, &format!("{newer}{before}")));
    assert_eq!((stale.code, &row(&stale.json(), "secrets")["verdict"]), (4, &json!("staleKey")));
    let wrong = audit(text.replace("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "ICEiIyQlJicoKSorLC0uLw=="));
    assert_eq!((wrong.code, &row(&wrong.json(), "secrets")["verdict"]), (4, &json!("unopened")));
}

/// A service may call its key what it likes.
#[test]
fn the_name_of_a_key_of_a_service_is_quoted_and_bounded() {
    let key_id = format!("\u{1b}[2J{}", "x".repeat(1000));
    let head = b"k8s:enc:kms:v2:vault:\x0a\x01d\x1a\x01s\x12\xec\x07";
    let mut store = EtcdStore::new(Server::V3_6);
    store.put(format!("/registry/{}", DEFAULT.0), DEFAULT.1);
    store.put("/registry/secrets/default/s", [head, key_id.as_bytes()].concat());
    let (_folder, path) = written(&Layout::default().build(&store.to_tree()));
    let answer = run(args!["kube", "audit", "encryption", path]);
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""));
    let line = answer.stdout.lines().find(|line| line.contains("key id")).expect("a line about the service");
    assert!(line.contains("key id \"\\x1b[2Jxxx") && line.contains("… (1004 bytes): 1 object"), "{line}");
    assert!(line.len() < 400, "{line}");
}

#[test]
fn a_real_cluster_checks_out() {
    let keys = cluster().with_file_name("enc.yaml");
    let document = run(args!["kube", "check", cluster(), "--encryption-config", keys, "-o", "json"]).json();
    assert_eq!((&document["sound"], &document["sealed"]), (&json!(true), &json!(0)));
    let errors =
        document["findings"].as_array().expect("findings").iter().filter(|finding| finding["severity"] == "error");
    assert_eq!(errors.count(), 0, "{document}");
}

#[test]
fn what_is_wrong_is_found_with_its_key() {
    let pod = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"gone","uid":"d","ownerReferences":[{"kind":"ReplicaSet","name":"r","uid":"u"}]}}"#;
    let (_folder, path) = backup(&[
        DEFAULT,
        ("pods/gone/p", pod),
        ("pods/default/q", pod),
        ("secrets/default/s", "{"),
        ("masterleases/10.0.0.1", "k8s\0"),
    ]);
    let answer = run(args!["kube", "check", path, "-o", "json"]);
    assert_eq!(answer.code, 3, "{answer:?}");
    let document = answer.json();
    let findings = document["findings"].as_array().expect("findings");
    let found: Vec<_> = findings
        .iter()
        .map(|finding| {
            format!(
                "{} {}",
                finding["id"].as_str().unwrap_or_default(),
                finding["place"]["key"].as_str().unwrap_or_default()
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            "KUBE_MASTER_LEASE_STALE /registry/masterleases/10.0.0.1",
            "KUBE_KEY_MISMATCH /registry/pods/default/q",
            "KUBE_UID_DUPLICATE /registry/pods/default/q",
            "KUBE_UID_DUPLICATE /registry/pods/gone/p",
            "KUBE_VALUE_UNDECODABLE /registry/secrets/default/s",
            "KUBE_NAMESPACE_MISSING /registry/pods/gone/p",
            "KUBE_OWNER_MISSING /registry/pods/default/q",
            "KUBE_OWNER_MISSING /registry/pods/gone/p",
        ]
    );
    let text = run(args!["kube", "check", path]);
    assert!(
        text.stdout.starts_with("DAMAGED") && text.stdout.contains("error KUBE_VALUE_UNDECODABLE"),
        "{}",
        text.stdout
    );
}

#[test]
fn warnings_alone_end_well() {
    let pod = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"gone"}}"#;
    let (_folder, path) = backup(&[DEFAULT, ("pods/gone/p", pod)]);
    let answer = run(args!["kube", "check", path]);
    assert_eq!((answer.code, answer.stdout.contains("warning KUBE_NAMESPACE_MISSING")), (0, true), "{answer:?}");
    assert_eq!(run(args!["kube", "check", fixture("etcd-3.6.14-seed1.db")]).code, 1);
}

#[test]
fn verify_warns_of_objects_that_do_not_fit_their_keys() {
    let pod = "k8s\0\n\t\n\x02v1\x12\x03Pod\x12\x0e\n\x0c\n\x01p\x1a\x07default";
    let (_folder, path) =
        backup(&[DEFAULT, ("pods/default/p", pod), ("pods/default/q", pod), ("pods/default/r", "k8s\0\n")]);
    let answer = run(args!["verify", path, "-o", "json"]);
    let report = &answer.json()["reports"][0];
    let found = report["findings"].as_array().expect("findings").iter();
    let found: Vec<_> = found.filter(|finding| finding["id"] == "KUBE_OBJECT_ASTRAY").collect();
    let keys: Vec<_> = found.iter().map(|finding| finding["place"]["key"].as_str().unwrap_or_default()).collect();
    assert_eq!(
        (answer.code, keys.as_slice()),
        (0, &["/registry/pods/default/q", "/registry/pods/default/r"][..]),
        "{report}"
    );
    assert!(found.iter().all(|finding| finding["severity"] == "warning"), "{report}");
    let sound = run(args!["verify", cluster(), "-o", "json"]);
    assert!(!sound.stdout.contains("KUBE_"), "{}", sound.stdout);
}
