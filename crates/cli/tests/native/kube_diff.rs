//! `kube diff`: what counts as a difference, filters, secrets, forms.

use etcdsnap_testkit::bbolt::Layout;
use etcdsnap_testkit::etcd::{EtcdStore, Server};
use serde_json::{Value, json};

use crate::kube;
use crate::program::{args, fixture, run, written};

fn ndjson(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("json")).collect()
}

/// A namespace, then one object of every fate.
fn cluster() -> EtcdStore {
    let mut store = EtcdStore::new(Server::V3_6);
    store.put("/registry/namespaces/default", object("v1", "Namespace", "default", "", "u0", ""));
    for name in ["gone", "kept", "changed", "again"] {
        let key = format!("/registry/configmaps/shop/{name}");
        store.put(key, object("v1", "ConfigMap", name, "shop", name, r#","data":{"a":"1"}"#));
    }
    put_unsteady(&mut store, "aHVudGVyMg==", "Pending", "old");
    store
}

/// What changes without a change of name: a secret, a status, an event, and a key of no object.
fn put_unsteady(store: &mut EtcdStore, password: &str, phase: &str, message: &str) {
    let data = format!(r#","data":{{"password":"{password}","same":"c2FtZQ=="}}"#);
    store.put("/registry/secrets/shop/s", object("v1", "Secret", "s", "shop", "s", &data));
    let status = format!(r#","status":{{"phase":"{phase}"}}"#);
    store.put("/registry/pods/shop/quiet", object("v1", "Pod", "quiet", "shop", "q", &status));
    let message = format!(r#","message":"{message}""#);
    store.put("/registry/events/shop/e", object("v1", "Event", "e", "shop", "e", &message));
    store.put("/other/key", message);
}

fn later() -> EtcdStore {
    let mut store = cluster();
    store.delete("/registry/configmaps/shop/gone");
    store.put(
        "/registry/configmaps/shop/kept",
        object("v1", "ConfigMap", "kept", "shop", "kept", r#","data":{"a":"1"}"#),
    );
    store.put(
        "/registry/configmaps/shop/changed",
        object("v1", "ConfigMap", "changed", "shop", "changed", r#","data":{"a":"2"}"#),
    );
    store.delete("/registry/configmaps/shop/again");
    store.put(
        "/registry/configmaps/shop/again",
        object("v1", "ConfigMap", "again", "shop", "another", r#","data":{"a":"1"}"#),
    );
    store.put("/registry/configmaps/default/new", object("v1", "ConfigMap", "new", "default", "new", ""));
    put_unsteady(&mut store, "aHVudGVyMw==", "Running", "new");
    store
}

fn file(store: &EtcdStore) -> Vec<u8> {
    Layout::default().build(&store.to_tree())
}

#[test]
fn objects_are_added_removed_changed_and_recreated() {
    let ((_one, before), (_other, after)) = (written(&file(&cluster())), written(&file(&later())));
    let answer = run(args!["kube", "diff", before, after]);
    assert_eq!((answer.code, answer.stderr.as_str()), (5, ""), "{answer:?}");
    let body: Vec<&str> = answer.stdout.lines().skip(2).collect();
    let expected = "\
+ configmap/new -n default
! configmap/again -n shop  (recreated)
    ~ metadata.uid: \"again\" -> \"another\"
~ configmap/changed -n shop
    ~ data.a: \"1\" -> \"2\"
- configmap/gone -n shop
~ secret/s -n shop
    ~ data.password: \"<redacted (before)>\" -> \"<redacted (after)>\"
5 objects differ: 1 added, 1 removed, 2 changed, 1 recreated
left out: 2 objects with changes nobody made; `--with all` shows them
left out: 1 key of no object; `etcdsnap diff` shows them";
    assert_eq!(body, expected.lines().collect::<Vec<_>>());
}

#[test]
fn two_revisions_of_one_file_differ_as_two_files_do() {
    let ((_one, before), (_other, after)) = (written(&file(&cluster())), written(&file(&later())));
    let files = run(args!["kube", "diff", "-o", "ndjson", before, after]);
    let revisions = run(args!["kube", "diff", "-o", "ndjson", format!("{}@10", after.display()), after]);
    assert_eq!((revisions.code, revisions.stdout), (5, files.stdout));
}

#[test]
fn noise_can_be_had() {
    let (_folder, after) = written(&file(&later()));
    let before = format!("{}@10", after.display());
    for (with, line) in [
        ("status", "    ~ status.phase: \"Pending\" -> \"Running\""),
        ("events", "    ~ message: \"old\" -> \"new\""),
        ("resource-version", "~ configmap/kept -n shop"),
        ("all", "    ~ message: \"old\" -> \"new\""),
    ] {
        let answer = run(args!["kube", "diff", before, after, "--with", with]);
        assert!(answer.stdout.lines().any(|found| found == line), "{with}: {answer:?}");
        let without = run(args!["kube", "diff", before, after]);
        assert!(!without.stdout.lines().any(|found| found == line), "{with}: {without:?}");
    }
    // Who asks for events gets them.
    let answer = run(args!["kube", "diff", before, after, "events"]);
    assert!(answer.stdout.contains("~ event/e -n shop\n"), "{answer:?}");
}

#[test]
fn filters_are_kubectls() {
    let (_folder, after) = written(&file(&later()));
    let before = format!("{}@10", after.display());
    let names = |more: &[&str]| {
        let mut words = args!["kube", "diff", "-o", "name", before, after].to_vec();
        words.extend(more.iter().map(Into::into));
        run(words).stdout
    };
    assert_eq!(names(&["-n", "default"]), "configmap/new -n default\n");
    assert_eq!(names(&["cm/gone"]), "configmap/gone -n shop\n");
    assert_eq!(names(&["secret,po"]), "secret/s -n shop\n");
    assert_eq!(names(&["-l", "app=web"]), "");
}

#[test]
fn values_of_secrets_are_shown_only_when_asked_for() {
    let (_folder, after) = written(&file(&later()));
    let before = format!("{}@10", after.display());
    for form in ["text", "json", "ndjson"] {
        for patch in [&[][..], &["--patch"]] {
            let mut words = args!["kube", "diff", "-o", form, before, after].to_vec();
            words.extend(patch.iter().map(Into::into));
            let answer = run(words.clone());
            assert!(!answer.stdout.contains("aHVudGVy") && answer.stdout.contains("redacted"), "{answer:?}");
            words.push("--show-secrets".into());
            assert!(run(words).stdout.contains("aHVudGVyMw=="), "{form}");
        }
    }
}

#[test]
fn json_has_the_fields_and_the_numbers() {
    let (_folder, after) = written(&file(&later()));
    let before = format!("{}@10", after.display());
    let answer = run(args!["kube", "diff", "-o", "json", before, after]);
    let document: Value = serde_json::from_str(&answer.stdout).expect("json");
    let stat = json!({"added": 1, "removed": 1, "changed": 2, "recreated": 1, "comparedAsStored": 0, "leftOut": 2, "otherKeys": 1});
    assert_eq!(document["stat"], stat);
    assert_eq!((&document["before"]["revision"], &document["after"]["revision"]), (&json!(10), &json!(20)));
    let changed = &document["differences"][2];
    assert_eq!(changed["fields"], json!([{"path": "data.a", "change": "changed", "before": "1", "after": "2"}]));
    assert_eq!(
        (&changed["resource"], &changed["namespace"], &changed["name"]),
        (&json!("configmaps"), &json!("shop"), &json!("changed"))
    );
    assert_eq!(
        changed["before"],
        json!({"createRevision": 5, "modRevision": 5, "size": changed["before"]["size"], "uid": "changed"})
    );
    let numbers = run(args!["kube", "diff", "--stat", "-o", "ndjson", before, after]);
    assert_eq!((numbers.code, ndjson(&numbers.stdout)), (5, vec![stat]));
}

#[test]
fn patches_are_unified_diffs_of_yaml() {
    let (_folder, after) = written(&file(&later()));
    let answer = run(args!["kube", "diff", "--patch", format!("{}@10", after.display()), after, "cm/changed"]);
    assert!(answer.stdout.contains("\n     data:\n    -  a: \"1\"\n    +  a: \"2\"\n"), "{}", answer.stdout);
}

#[test]
fn a_real_cluster_is_compared_in_clear_or_as_it_is_stored() {
    let (path, config) = (kube::backup(), kube::cluster("enc.yaml"));
    let before = format!("{}@242", path.display());
    let answer = run(args!["kube", "diff", before, path, "--encryption-config", config]);
    assert_eq!((answer.code, answer.stderr.as_str()), (5, ""), "{answer:?}");
    for line in
        ["~ configmap/cfg -n demo\n    + data.rev: \"3\"\n", "- secret/creds -n demo\n", "- service/web -n demo\n"]
    {
        assert!(answer.stdout.contains(line), "{}", answer.stdout);
    }
    let sealed = run(args!["kube", "diff", before, path]);
    assert_eq!(sealed.code, 5);
    assert!(
        sealed.stdout.contains("~ configmap/cfg -n demo  (compared as stored; encrypted: no key"),
        "{}",
        sealed.stdout
    );
    assert!(sealed.stderr.contains("--encryption-config"), "{}", sealed.stderr);
}

#[test]
fn diff_points_to_its_kubernetes_form() {
    let path = kube::backup();
    let answer = run(args!["diff", format!("{}@242", path.display()), path]);
    assert!(
        answer.stdout.ends_with("\n`etcdsnap kube diff` compares the Kubernetes objects among them field by field\n"),
        "{answer:?}"
    );
    let (_folder, other) = written(&file(&later()));
    let answer = run(args!["diff", "--prefix", "/other/", format!("{}@10", other.display()), other]);
    assert!(!answer.stdout.contains("kube"), "{answer:?}");
}

#[test]
fn what_is_not_of_kubernetes_is_refused() {
    let path = fixture("etcd-3.6.14-seed1.db");
    let answer = run(args!["kube", "diff", path, path]);
    assert_eq!(answer.code, 1, "{answer:?}");
    assert!(answer.stderr.contains("no Kubernetes objects"), "{answer:?}");
}

/// An object as JSON, with `rest` behind its metadata.
pub fn object(api_version: &str, kind: &str, name: &str, namespace: &str, uid: &str, rest: &str) -> String {
    let namespace = if namespace.is_empty() { String::new() } else { format!(r#""namespace":"{namespace}","#) };
    format!(
        r#"{{"apiVersion":"{api_version}","kind":"{kind}","metadata":{{{namespace}"name":"{name}","uid":"{uid}"}}{rest}}}"#
    )
}
