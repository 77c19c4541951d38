//! `kube history`: every retained revision, deleted objects, authors, secrets, forms.

use std::ffi::OsString;

use etcdsnap_testkit::bbolt::Layout;
use etcdsnap_testkit::etcd::{EtcdStore, Server};
use serde_json::{Value, json};

use crate::kube::{backup, cluster};
use crate::kube_diff::object;
use crate::program::{args, run, written};

fn told(words: impl AsRef<[OsString]>) -> String {
    let answer = run(words.as_ref());
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""), "{answer:?}");
    answer.stdout
}

#[test]
fn a_real_deployment_has_a_past() {
    let text = told(args!["kube", "history", backup(), "deploy/web", "-n", "demo"]);
    let expected = "\
deployment.apps/web in namespace demo: /registry/deployments/demo/web
    REVISION  EVENT      WHEN                       SIZE  WHO
       196.0  created    2026-11-20T16:00:49Z       2668  kubectl-create
       229.0  changed    -                          2668  kubectl-create (owner)
    ~ metadata.generation: 1 -> 2
    ~ spec.replicas: 2 -> 0
       230.0  changed    2026-11-20T16:00:53Z       2788  kubectl-annotate
    + metadata.annotations: {\"x\":\"y\"}
    ~ metadata.generation: 2 -> 3
";
    assert_eq!(text, expected);
}

/// An object that was deleted and one that was overwritten before the snapshot can be had back at their last revisions.
#[test]
fn what_was_deleted_or_overwritten_is_recovered() {
    let (path, config) = (backup(), cluster("enc.yaml"));
    let history = |object: &str, namespace: &str| -> Vec<Value> {
        let words =
            args!["kube", "history", path, object, "-n", namespace, "--encryption-config", config, "-o", "ndjson"];
        told(words).lines().map(|line| serde_json::from_str(line).expect("json")).collect()
    };
    let get = |object: &str, namespace: &str, revision: i64| -> Value {
        let revision = revision.to_string();
        let words = args![
            "kube",
            "get",
            path,
            object,
            "-n",
            namespace,
            "--rev",
            revision,
            "--encryption-config",
            config,
            "-o",
            "json"
        ];
        serde_json::from_str(&told(words)).expect("json")
    };
    // Deleted: the revision before its deletion has it whole.
    let secret = history("secret/creds", "demo");
    let deleted = secret.last().expect("a deletion");
    assert_eq!((&deleted["event"], &deleted["revision"]), (&json!("deleted"), &json!(246)));
    assert!(get("secret/creds", "demo", 245)["data"].as_object().is_some_and(|data| !data.is_empty()));
    assert_eq!(run(args!["kube", "get", path, "secret/creds", "-n", "demo"]).code, 1);
    // Overwritten: the revision before the last write has the older value.
    let overwritten = history("cm/cfg", "demo");
    let last = overwritten.last().expect("a change");
    assert_eq!(last["fields"], json!([{"path": "data.rev", "change": "changed", "before": "2", "after": "3"}]));
    assert_eq!(get("cm/cfg", "demo", last["revision"].as_i64().expect("a revision") - 1)["data"]["rev"], json!("2"));
    assert_eq!(get("cm/cfg", "demo", 251)["data"]["rev"], json!("3"));
}

/// auger lists an object that is deleted as a living one without a value.
#[test]
fn auger_bug_a_deleted_object_is_not_listed_as_living() {
    let path = backup();
    for (object, namespace) in [("secret/creds", "demo"), ("svc/web", "demo"), ("cm/c1", "gone"), ("lease/l", "demo")] {
        let answer = run(args!["kube", "get", path, object, "-n", namespace, "-o", "name"]);
        assert_eq!((answer.code, answer.stdout.as_str()), (1, ""), "{answer:?}");
        let history = run(args!["kube", "history", path, object, "-n", namespace, "-o", "ndjson"]);
        assert!(
            history.stdout.lines().last().is_some_and(|line| line.contains("\"event\":\"deleted\"")),
            "{history:?}"
        );
    }
}

/// auger shows the first retained value of an object in place of the newest, and none of one that was created again.
#[test]
fn auger_bug_the_newest_value_is_shown() {
    let words = args!["kube", "get", backup(), "deploy/web", "-n", "demo", "-o", "json"];
    let deployment: Value = serde_json::from_str(&told(words)).expect("json");
    assert_eq!(deployment["spec"]["replicas"], json!(0));
    let (_folder, path) = written(&file(&lives()));
    let words = args!["kube", "get", path, "cm/c", "-n", "shop", "-o", "json"];
    let again: Value = serde_json::from_str(&told(words)).expect("json");
    assert_eq!((&again["data"]["a"], &again["metadata"]["uid"]), (&json!("3"), &json!("v")));
}

fn file(store: &EtcdStore) -> Vec<u8> {
    Layout::default().build(&store.to_tree())
}

/// A config map that was created, changed, deleted, and created again; and a Secret that changed.
fn lives() -> EtcdStore {
    let mut store = EtcdStore::new(Server::V3_6);
    store.put("/registry/namespaces/default", object("v1", "Namespace", "default", "", "u0", ""));
    let map =
        |uid: &str, value: &str| object("v1", "ConfigMap", "c", "shop", uid, &format!(r#","data":{{"a":"{value}"}}"#));
    store.put("/registry/configmaps/shop/c", map("u", "1"));
    store.put("/registry/configmaps/shop/c", map("u", "2"));
    store.delete("/registry/configmaps/shop/c");
    store.put("/registry/configmaps/shop/c", map("v", "3"));
    let secret = |value: &str| object("v1", "Secret", "s", "shop", "s", &format!(r#","data":{{"p":"{value}"}}"#));
    store.put("/registry/secrets/shop/s", secret("aHVudGVyMg=="));
    store.put("/registry/secrets/shop/s", secret("aHVudGVyMw=="));
    store
}

#[test]
fn lives_follow_one_another() {
    let (_folder, path) = written(&file(&lives()));
    let text = told(args!["kube", "history", path, "cm", "c", "-n", "shop"]);
    let events: Vec<_> = text.lines().skip(2).map(|line| line.split_whitespace().take(3).collect::<Vec<_>>()).collect();
    assert_eq!(
        events,
        [
            vec!["3.0", "created", "-"],
            vec!["4.0", "changed", "-"],
            vec!["~", "data.a:", "\"1\""],
            vec!["5.0", "deleted", "-"],
            vec!["6.0", "recreated", "-"],
        ]
    );
}

#[test]
fn a_compacted_past_is_said_to_be() {
    let mut store = lives();
    store.put("/registry/configmaps/shop/c", object("v1", "ConfigMap", "c", "shop", "v", r#","data":{"a":"4"}"#));
    store.compact(9);
    let (_folder, path) = written(&file(&store));
    let text = told(args!["kube", "history", path, "cm/c", "-n", "shop"]);
    assert_eq!(text.lines().count(), 4, "{text}");
    assert!(text.ends_with("    what it was before is compacted\n"), "{text}");
    let row: Value = serde_json::from_str(&told(args!["kube", "history", path, "cm/c", "-n", "shop", "-o", "ndjson"]))
        .expect("json");
    assert_eq!((&row["event"], &row["fieldsKnown"]), (&json!("changed"), &json!(false)));
}

#[test]
fn values_of_secrets_are_shown_only_when_asked_for() {
    let (_folder, path) = written(&file(&lives()));
    for form in ["text", "json", "ndjson"] {
        let words = args!["kube", "history", path, "secret/s", "-n", "shop", "-o", form].to_vec();
        let text = told(&words);
        assert!(text.contains("redacted") && !text.contains("aHVudGVy"), "{text}");
        let text = told([words, args!["--show-secrets"].to_vec()].concat());
        assert!(text.contains("aHVudGVyMg==") && text.contains("aHVudGVyMw=="), "{text}");
    }
}

#[test]
fn json_is_one_document() {
    let (_folder, path) = written(&file(&lives()));
    let document: Value =
        serde_json::from_str(&told(args!["kube", "history", path, "cm/c", "-n", "shop", "-o", "json"])).expect("json");
    let row = &document["revisions"][1];
    assert_eq!(
        (&row["revision"], &row["event"], &row["resource"]),
        (&json!(4), &json!("changed"), &json!("configmaps"))
    );
    assert_eq!(row["fields"], json!([{"path": "data.a", "change": "changed", "before": "1", "after": "2"}]));
    let none = run(args!["kube", "history", path, "cm/none", "-o", "json"]);
    assert_eq!((none.code, none.stdout.as_str()), (1, "{\"revisions\":[]}\n"));
}

#[test]
fn nothing_is_told_with_a_hint() {
    let (_folder, path) = written(&file(&lives()));
    let answer = run(args!["kube", "history", path, "cm/c"]);
    assert_eq!(answer.code, 1);
    assert!(answer.stderr.contains("in namespace default is retained; there is one in namespace shop"), "{answer:?}");
    let answer = run(args!["kube", "history", path]);
    assert_eq!(answer.code, 2, "{answer:?}");
}

#[test]
fn what_cannot_be_opened_is_named_and_the_rest_told() {
    let answer = run(args!["kube", "history", backup(), "cm/cfg", "-n", "demo"]);
    assert_eq!((answer.code, answer.stdout.lines().count()), (1, 10), "{answer:?}");
    assert!(answer.stderr.contains("/registry/configmaps/demo/cfg: encrypted"), "{answer:?}");
}

/// What lies as JSON was not checked by a server: any text can stand where a time should.
#[test]
fn only_a_time_is_shown_as_one() {
    let mut store = EtcdStore::new(Server::V3_6);
    for (a, time) in [(1, "2024-05-06T07:08:09Z"), (2, "\\u001b[2J9"), (3, "2024-05-06T09:08:10+02:00")] {
        store.put(
            "/registry/ex.io/foos/shop/f",
            format!(
                r#"{{"apiVersion":"ex.io/v1","kind":"Foo","a":{a},"metadata":{{"name":"f","namespace":"shop","managedFields":[
                    {{"manager":"m","operation":"Update","time":"{time}","fieldsV1":{{"f:a":{{}}}}}}]}}}}"#
            ),
        );
    }
    let (_folder, path) = written(&file(&store));
    let words = args!["kube", "history", path, "foos.ex.io/f", "-n", "shop"];
    let text = told(&words);
    assert!(!text.contains('\u{1b}') && text.contains("3.0  changed    -  "), "{text}");
    assert!(text.contains("changed    2024-05-06T07:08:10Z"), "{text}");
    let rows = told([words.as_slice(), &args!["-o", "ndjson"]].concat());
    let times: Vec<_> =
        rows.lines().map(|row| serde_json::from_str::<Value>(row).expect("json")["time"].clone()).collect();
    assert_eq!(times, [json!(null), json!(null), json!("2024-05-06T07:08:10Z")]);
}
