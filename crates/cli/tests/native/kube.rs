//! `kube`: the objects of a real cluster, as kubectl showed them.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use etcdsnap_testkit::bbolt::Layout;
use etcdsnap_testkit::etcd::{EtcdStore, Server};
use serde_json::{Value, json};

use crate::program::{Answer, args, fixture, kube_backup, program, run, run_with_input, written};

/// A file of the real cluster.
pub fn cluster(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/kube/real-1.20").join(name)
}

pub fn backup() -> PathBuf {
    cluster("k8s-1.20.2-enc.snapshot.db")
}

/// A command on the backup of the real cluster, with the keys to what is encrypted.
fn kube(line: &str) -> Answer {
    let mut words: Vec<std::ffi::OsString> = vec!["kube".into()];
    let mut rest = line.split(' ');
    words.extend(rest.next().map(Into::into));
    words.push(backup().into());
    words.extend(rest.map(Into::into));
    words.extend(["--encryption-config".into(), cluster("enc.yaml").into()]);
    run(words)
}

/// What a command prints that says nothing on standard error.
#[track_caller]
fn quiet(line: &str) -> String {
    let answer = kube(line);
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""), "{line}: {answer:?}");
    answer.stdout
}

#[test]
fn yaml_and_json_are_byte_for_byte_what_kubectl_printed() {
    for name in ["cm", "crd", "deploy", "event", "foos", "job", "lease", "ns", "pod", "role", "sts", "svc"] {
        let recorded =
            |form: &str| std::fs::read_to_string(cluster(&format!("kubectl_{name}.{form}"))).expect("recorded");
        for (line, recorded) in [
            (format!("get {name} -A -o yaml"), recorded("yaml")),
            (format!("get {name} -A -o json --show-managed-fields"), recorded("json")),
        ] {
            let answer = kube(&line);
            assert!(answer.code == 0 && answer.stdout == recorded, "{line}: {answer:?}");
        }
    }
}

#[test]
fn one_object_by_its_name_is_no_list() {
    let list: Value = serde_json::from_str(&quiet("get deploy -n demo -o json")).expect("JSON");
    for line in
        ["get deploy/web -n demo -o json", "get deploy web -n demo -o json", "get Deployments.apps web -n demo -o json"]
    {
        let object: Value = serde_json::from_str(&quiet(line)).expect("JSON");
        assert_eq!(object, list["items"][0], "{line}");
    }
    assert!(quiet("get deploy/web -n demo -o yaml").starts_with("apiVersion: apps/v1\nkind: Deployment\n"));
    let both: Value = serde_json::from_str(&quiet("get sts/db deploy/web -n demo -o json")).expect("JSON");
    let kinds: Vec<_> = both["items"].as_array().expect("items").iter().map(|item| &item["kind"]).collect();
    assert_eq!(kinds, ["StatefulSet", "Deployment"]);
}

#[test]
fn tables_tell_what_objects_say_of_themselves() {
    assert_eq!(quiet("get deploy -n demo"), "NAME   CREATED\nweb    2026-11-20T16:00:49Z\n");
    let wide = quiet("get deploy -n demo -o wide");
    let words = |line: usize| wide.lines().nth(line).expect("a line").split_whitespace().collect::<Vec<_>>();
    assert_eq!(words(0), ["NAME", "CREATED", "REVISION", "WRITES", "SIZE", "STORED", "AS"]);
    assert_eq!((words(1)[0], words(1)[5]), ("web", "apps/v1"));
    let all = quiet("get -A");
    assert!(
        all.contains("\n\nNAMESPACE   NAME                  CREATED\n") || all.contains("deployment.apps/web"),
        "{all}"
    );
    assert_eq!(quiet("get deploy,sts -n demo -o name"), "deployment.apps/web\nstatefulset.apps/db\n");
    assert_eq!(quiet("get foos -A -o name"), "foo.ex.io/bar\n");
    let lines = quiet("get -A -o ndjson");
    let objects: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    assert_eq!(objects.len(), quiet("get -A -o name").lines().count());
    assert!(objects.iter().all(|object| object["metadata"].get("managedFields").is_none()));
}

/// Wider than anything that can be laid out in columns.
#[test]
fn long_names_are_shown_whole() {
    let long = "x".repeat(70_000);
    let key = format!("secrets/{long}/{long}");
    let (_folder, path) =
        kube_backup(&[("namespaces/default", r#"{"apiVersion":"v1","kind":"Namespace"}"#), (&key, "{}")]);
    for form in ["text", "wide"] {
        let answer = run(args!["kube", "get", path, "-A", "-o", form]);
        assert!(!answer.stderr.contains("panicked") && answer.stdout.matches(&long).count() == 2, "{}", answer.code);
    }
}

#[test]
fn selections_are_kubectls() {
    assert_eq!(kube("get pods,deploy -A -l app=nothing -o name").stdout, "");
    let names = |line: &str| quiet(line).lines().map(str::to_owned).collect::<Vec<_>>();
    assert!(names("get all -n demo -o name").iter().all(|name| !name.starts_with("configmap")));
    assert_eq!(names("get ns demo -o name"), ["namespace/demo"]);
    assert_eq!(names("get ns -l team=on -o name"), ["namespace/demo"]);
    assert_eq!(names("get ns -l team!=on,!x -o name").len(), 5);
    let nothing = kube("get pods");
    assert_eq!((nothing.code, nothing.stdout.as_str()), (0, ""));
    assert!(
        nothing.stderr.contains("in namespace default at revision 251; elsewhere 1 object, which -A shows"),
        "{nothing:?}"
    );
    let missing = kube("get deploy/none deploy/web -n demo -o name");
    assert_eq!((missing.code, missing.stdout.as_str()), (1, "deployment.apps/web\n"));
    assert!(missing.stderr.contains("no deployments.apps none in namespace demo"), "{missing:?}");
    let unknown = kube("get widgets -A");
    assert!(unknown.code == 1 && unknown.stderr.contains("no resource type \"widgets\""), "{unknown:?}");
    assert_eq!(kube("get deploy web/x").code, 2);
    assert_eq!(kube("get deploy -l app=a=b").code, 2);
}

#[test]
fn objects_are_shown_as_they_were() {
    let service = |line: &str| serde_json::from_str::<Value>(&quiet(line)).expect("JSON");
    let old = service("get svc web -n demo -o json --rev 246");
    assert_eq!((&old["metadata"]["name"], &old["metadata"]["resourceVersion"]), (&json!("web"), &json!("200")));
    assert_eq!(kube("get svc web -n demo").code, 1);
    let future = kube("get svc -A --rev 999");
    assert!(future.code == 1 && future.stderr.contains("can be read"), "{future:?}");
}

/// An object whose newest record is a tombstone does not exist (docs/format/kubernetes.md#current-objects).
#[test]
fn a_deleted_object_is_never_listed() {
    let names = quiet("get -A -o name");
    for gone in ["configmap/c1", "lease.coordination.k8s.io/l", "secret/creds", "service/web"] {
        assert!(!names.lines().any(|name| name == gone), "{gone}");
    }
}

/// The newest record of a key is the object, not the first one the file has.
#[test]
fn an_old_value_is_never_shown_as_the_current_one() {
    let deployment: Value = serde_json::from_str(&quiet("get deploy/web -n demo -o json")).expect("JSON");
    let first: Value = serde_json::from_str(&quiet("get deploy/web -n demo -o json --rev 205")).expect("JSON");
    assert_eq!((&first["spec"]["replicas"], &deployment["spec"]["replicas"]), (&json!(2), &json!(0)));
}

#[test]
fn what_cannot_be_opened_is_named_and_the_rest_is_shown() {
    let answer = run(args!["kube", "get", backup(), "cm,deploy", "-n", "demo"]);
    assert_eq!(answer.code, 1);
    assert!(answer.stdout.contains("configmap/cfg   <encrypted>\n"), "{answer:?}");
    assert!(answer.stdout.contains("deployment.apps/web   2026-11-20T16:00:49Z\n"), "{answer:?}");
    assert!(answer.stderr.contains("/registry/configmaps/demo/cfg: encrypted: no key for aesgcm, gk"), "{answer:?}");
    assert!(answer.stderr.contains("--encryption-config"), "{answer:?}");
    let json = run(args!["kube", "get", backup(), "cm,deploy", "-n", "demo", "-o", "json"]);
    assert_eq!((json.code, json.json()["items"].as_array().map(Vec::len)), (1, Some(1)));
    let single = run(args!["kube", "get", backup(), "cm/cfg", "-n", "demo", "-o", "yaml"]);
    assert_eq!((single.code, single.stdout.as_str()), (1, ""));
}

#[test]
fn other_databases_are_told_apart() {
    for command in ["get", "api-resources", "usage"] {
        let answer = run(args!["kube", command, fixture("etcd-3.6.14-seed1.db")]);
        assert_eq!((answer.code, answer.stdout.as_str()), (1, ""), "{command}");
        assert!(answer.stderr.contains("there are no Kubernetes objects: 136 keys live, such as"), "{answer:?}");
    }
    let elsewhere = kube("get pods -A --etcd-prefix /tenants/one");
    assert!(elsewhere.code == 1 && elsewhere.stderr.contains("no Kubernetes objects"), "{elsewhere:?}");
    assert_eq!(quiet("get ns/demo -o name --etcd-prefix registry"), "namespace/demo\n");
}

#[test]
fn many_objects_come_whole_and_in_order() {
    let mut store = EtcdStore::new(Server::V3_6);
    let value = std::fs::read(vector("pod.pb")).expect("a value");
    let names: Vec<String> = (0..5000).map(|number| format!("pod/p{number:04}")).collect();
    for name in names.iter().rev() {
        store.put(name.replace("pod/", "/registry/pods/demo/"), value.clone());
    }
    let (_folder, path) = written(&Layout::default().build(&store.to_tree()));
    let answer = run(args!["kube", "get", path, "-A", "-o", "name"]);
    assert!(answer.code == 0 && answer.stdout.lines().eq(&names));
    let list = run(args!["kube", "get", path, "-A", "-o", "json"]).json();
    let versions: Vec<_> =
        list["items"].as_array().expect("items").iter().map(|item| &item["metadata"]["resourceVersion"]).collect();
    assert!(versions.iter().zip((2..5002).rev()).all(|(version, revision)| **version == json!(revision.to_string())));
    assert_eq!(versions.len(), names.len());
    assert_eq!(run(args!["kube", "get", path, "-A"]).stdout.lines().count(), names.len() + 1);
}

#[test]
fn usage_points_to_its_form_for_objects() {
    let answer = run(args!["usage", backup()]);
    assert!(answer.code == 0 && answer.stderr.contains("`etcdsnap kube usage`"), "{answer:?}");
    for line in [args!["usage", backup(), "-o", "json"], args!["usage", fixture("etcd-3.6.14-seed1.db"), "-o", "text"]]
    {
        assert_eq!(run(line).stderr, "");
    }
}

#[test]
fn standard_input_is_a_backup_too_and_a_closed_pipe_no_fault() {
    let bytes = std::fs::read(backup()).expect("a backup");
    let answer = run_with_input(args!["kube", "get", "-", "ns/demo", "-o", "name"], &bytes);
    assert_eq!((answer.code, answer.stdout.as_str(), answer.stderr.as_str()), (0, "namespace/demo\n", ""));
    let mut child = program();
    child.args(args!["kube", "get", backup(), "-A", "-o", "json"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = child.spawn().expect("the program starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("the program ends");
    // The encrypted objects are still told.
    assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"), "{output:?}");
    assert!(matches!(output.status.code(), Some(0 | 1)), "{output:?}");
}

#[test]
fn resources_are_counted_with_how_they_are_stored() {
    let document: Value = serde_json::from_str(&quiet("api-resources -o json")).expect("JSON");
    let resources = document["resources"].as_array().expect("resources");
    let of = |name: &str| resources.iter().find(|resource| resource["name"] == name).expect("a resource");
    assert_eq!(
        (of("configmaps")["shortNames"].clone(), of("configmaps")["stored"].clone()),
        (
            json!(["cm"]),
            json!([{"apiVersion": "v1", "encoding": "protobuf", "encryption": "aesgcm, key gk", "objects": 1}])
        )
    );
    assert_eq!(of("foos.ex.io")["stored"][0]["encoding"], "json");
    let objects: u64 = resources.iter().filter_map(|resource| resource["objects"].as_u64()).sum();
    assert_eq!((document["objects"].as_u64(), document["internal"].as_u64()), (Some(objects), Some(3)));
    assert_eq!(usize::try_from(objects).expect("few"), quiet("get -A -o name").lines().count());
    let text = quiet("api-resources");
    assert!(text.contains("aesgcm, key gk") && text.lines().count() == resources.len() + 1, "{text}");
}

#[test]
fn keys_are_described() {
    let described =
        |key: &str| serde_json::from_str::<Value>(&quiet(&format!("describe-key {key} -o json"))).expect("JSON");
    let live = described("/registry/configmaps/demo/cfg");
    assert_eq!(
        (&live["resource"], &live["namespace"], &live["state"]),
        (&json!("configmaps"), &json!("demo"), &json!("live"))
    );
    assert_eq!(
        (&live["stored"]["encryption"], &live["stored"]["kind"]),
        (&json!("aesgcm, key gk"), &json!("ConfigMap"))
    );
    let deleted = described("/registry/services/specs/demo/web");
    assert_eq!((&deleted["state"], &deleted["deletedRevision"]), (&json!("deleted"), &json!(247)));
    assert_eq!((&deleted["kind"], &deleted["stored"]["modRevision"]), (&json!("Service"), &json!(200)));
    assert_eq!(described("compact_rev_key")["holds"], "compactionClock");
    assert_eq!(described("/calico/x")["program"], "Calico");
    assert!(quiet("describe-key /registry/minions/n").contains("resource   nodes\n"));
}

#[test]
fn usage_adds_up() {
    let document: Value = serde_json::from_str(&quiet("usage -o json --top 1000")).expect("JSON");
    let number = |value: &Value, field: &str| value[field].as_u64().expect("a number");
    for field in ["objects", "bytes", "live", "historic", "writes", "managedFields", "annotations"] {
        for list in ["kinds", "namespaces"] {
            let sum: u64 = document[list].as_array().expect("a list").iter().map(|row| number(row, field)).sum();
            assert_eq!(sum, number(&document["total"], field), "{list} {field}");
        }
    }
    let total = &document["total"];
    assert_eq!(number(total, "live") + number(total, "historic"), number(total, "bytes"));
    let written: u64 =
        document["mostWritten"].as_array().expect("a list").iter().map(|row| number(row, "writes")).sum();
    assert_eq!((written, number(&document, "unreadable")), (number(total, "writes"), 0));
    let owners = document["owners"].as_array().expect("owners");
    assert!(owners.iter().all(|owner| owner["owner"].as_str().is_some_and(|name| name.contains('/'))), "{owners:?}");
    let text = quiet("usage");
    for title in ["BY KIND", "BY NAMESPACE", "BY FIELD MANAGER", "MOST WRITTEN OBJECTS"] {
        assert!(text.contains(title), "{text}");
    }
}

/// A file beside the stored examples.
fn vector(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/kube/vectors").join(name)
}

#[test]
fn single_values_are_decoded() {
    for name in ["configmap", "deployment", "event", "lease", "pod", "role", "service", "statefulset"] {
        let yaml = std::fs::read_to_string(vector(&format!("{name}.yaml"))).expect("YAML");
        let mut value = std::fs::read(vector(&format!("{name}.pb"))).expect("a value");
        assert_eq!(run(args!["kube", "decode", vector(&format!("{name}.pb"))]).stdout, yaml, "{name}");
        // etcdctl prints a newline behind a value.
        value.push(b'\n');
        let json = run_with_input(args!["kube", "decode", "-o", "ndjson"], &value);
        let expected: Value =
            serde_json::from_slice(&std::fs::read(vector(&format!("{name}.json"))).expect("JSON")).expect("JSON");
        assert_eq!(json.json(), expected, "{name}");
    }
    let foreign = run_with_input(args!["kube", "decode"], b"hunter2");
    assert_eq!((foreign.code, foreign.stdout.as_str()), (1, ""));
    assert!(foreign.stderr.contains("no Kubernetes object") && !foreign.stderr.contains("hunter2"), "{foreign:?}");
    assert!(foreign.stderr.contains("; give it what `etcdctl get KEY --print-value-only` prints"), "{foreign:?}");
}

#[test]
fn every_line_of_hex_gives_a_line() {
    let hex = |name: &str| -> String {
        let digits =
            |byte: &u8| [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16).expect("a digit"));
        std::fs::read(vector(name)).expect("a value").iter().flat_map(digits).collect()
    };
    let input = format!("{}\nzz\n\n{}\r\n6b387300ff\n{}", hex("configmap.pb"), hex("foo_cbor.bin"), hex("lease.pb"));
    let answer = run_with_input(args!["kube", "decode", "--hex-lines", "-o", "ndjson"], input.as_bytes());
    let kinds: Vec<Value> = answer
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON").get("kind").cloned().unwrap_or_default())
        .collect();
    assert_eq!(kinds, [json!("ConfigMap"), json!(null), json!(null), json!("Foo"), json!(null), json!("Lease")]);
    assert_eq!(answer.stdout.lines().filter(|line| *line == "{}").count(), 3);
    assert_eq!(answer.code, 1);
    for line in ["line 2: ", "line 3: ", "line 5: "] {
        assert!(answer.stderr.contains(line), "{answer:?}");
    }
}

/// In little memory, so that a run which reads on fails.
#[cfg(target_os = "linux")]
#[test]
fn a_value_without_end_is_refused() {
    for (option, place) in [("-o=yaml", ""), ("--hex-lines", " line 1:")] {
        let limited = "ulimit -v 1500000; exec \"$0\" kube decode --threads 2 \"$1\" /dev/zero";
        let mut command = std::process::Command::new("sh");
        command.args(["-c", limited, env!("CARGO_BIN_EXE_etcdsnap"), option]);
        let output = command.output().expect("runs");
        let stderr = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        let start = format!("etcdsnap: /dev/zero:{place} larger than 64 MiB, which no value is");
        assert!(stderr.starts_with(&start) && stderr.lines().count() == 1, "{stderr}");
    }
}

#[test]
fn an_encrypted_value_is_decoded_with_its_etcd_key() {
    let config = "kind: EncryptionConfiguration\napiVersion: apiserver.config.k8s.io/v1\nresources:\n- resources: [secrets]\n  \
        providers:\n  - aesgcm: {keys: [{name: key1, secret: AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=}]}\n";
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("enc.yaml");
    std::fs::write(&path, config).expect("written");
    let mut value = std::fs::read(vector("sec_aesgcm.bin")).expect("a value");
    value.push(b'\n');
    let decode = |rest: &[&str]| {
        let line = args!["kube", "decode", "-o", "ndjson", "--encryption-config", path];
        run_with_input(line.iter().cloned().chain(rest.iter().map(Into::into)), &value)
    };
    let expected: Value = serde_json::from_slice(&std::fs::read(vector("secret.json")).expect("JSON")).expect("JSON");
    assert_eq!(decode(&["--key", "/registry/secrets/default/s"]).json(), expected);
    let without = decode(&[]);
    assert!(without.code == 1 && without.stderr.contains("--key"), "{without:?}");
    let keyless = run_with_input(args!["kube", "decode", "--key", "/registry/secrets/default/s"], &value);
    assert!(keyless.code == 1 && keyless.stderr.ends_with("; --encryption-config tells the keys\n"), "{keyless:?}");
}
