//! `kube extract`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::program::{Answer, args, fixture, kube_backup as backup, program, run};

fn cluster() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/kube/real-1.20/k8s-1.20.2-enc.snapshot.db")
}

/// Runs it on the real cluster, with its keys.
fn extract(options: &[&str]) -> Answer {
    let keys = cluster().with_file_name("enc.yaml");
    let first = args!["kube", "extract", cluster(), "--encryption-config", keys];
    run(first.into_iter().chain(options.iter().map(Into::into)))
}

/// The names of the documents in a stream of YAML: `Kind namespace/name`.
fn names(answer: &Answer) -> Vec<String> {
    let field = |document: &str, field: &str| {
        let line = document.lines().find_map(|line| line.strip_prefix(field)).unwrap_or_default();
        line.trim().to_owned()
    };
    let name = |document: &str| {
        let namespace = field(document, "  namespace:");
        let name = field(document, "  name:");
        let slash = if namespace.is_empty() { "" } else { "/" };
        format!("{} {namespace}{slash}{name}", field(document, "kind:"))
    };
    answer.stdout.split("---\n").map(name).collect()
}

#[test]
fn a_namespace_comes_with_its_object_in_an_order_that_can_be_applied() {
    let answer = extract(&["-n", "demo", "--clean"]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let names = names(&answer);
    assert_eq!(names[..3], ["Namespace demo", "CustomResourceDefinition foos.ex.io", "LimitRange demo/lr"]);
    assert_eq!(names.last().map(String::as_str), Some("Foo demo/bar"));
    assert!(
        answer.stderr.contains("left out 1 object:\n     1  tells of a moment that is over: demo/event/e.1\n"),
        "{}",
        answer.stderr
    );
    for trace in [
        "uid:",
        "resourceVersion:",
        "creationTimestamp:",
        "\nstatus:",
        "managedFields:",
        "finalizers:\n  - kubernetes.io",
    ] {
        assert!(!answer.stdout.contains(trace), "{trace}");
    }
}

#[test]
fn deleted_objects_come_back_as_they_last_were() {
    let answer = extract(&["-A", "--deleted", "--clean"]);
    assert_eq!(
        (answer.code, names(&answer)),
        (0, ["ConfigMap gone/c1", "Secret demo/creds", "Service demo/web"].map(str::to_owned).to_vec())
    );
    assert!(answer.stdout.contains("password: aHVudGVyMg=="), "an encrypted Secret is opened");
    let living = extract(&["-n", "demo", "secret/creds"]);
    assert_eq!((living.code, living.stdout.as_str()), (1, ""));
    assert!(
        living.stderr.contains("no secrets creds lives at this revision; --deleted takes those"),
        "{}",
        living.stderr
    );
    let earlier = extract(&["-n", "demo", "secret/creds", "--rev", "245"]);
    assert_eq!((earlier.code, names(&earlier)), (0, vec!["Secret demo/creds".to_owned()]));
    assert!(earlier.stdout.contains("resourceVersion: \"195\"") && earlier.stderr.contains("--clean makes manifests"));
}

#[test]
fn an_overwritten_object_comes_back_at_its_last_revision() {
    let replicas = |options: &[&str]| {
        let answer = extract(&[&["-n", "demo", "deploy/web", "--clean", "-o", "json"], options].concat());
        answer.json()["items"][0]["spec"]["replicas"].clone()
    };
    assert_eq!(replicas(&[]), Value::from(0));
    assert_eq!(replicas(&["--rev", "228"]), Value::from(2));
}

#[test]
fn custom_resources_and_their_definition_go_together() {
    let both = ["CustomResourceDefinition foos.ex.io".to_owned(), "Foo demo/bar".to_owned()];
    assert_eq!(names(&extract(&["-n", "demo", "foo/bar", "--clean"])), both);
    let definition = extract(&["crd/foos.ex.io", "--clean"]);
    assert_eq!(names(&definition), both[..1]);
    assert!(
        definition.stderr.contains("1 object of foos.ex.io not extracted; --with-custom-resources"),
        "{}",
        definition.stderr
    );
    assert_eq!(names(&extract(&["crd/foos.ex.io", "--clean", "--with-custom-resources"])), both);
}

#[test]
fn every_rule_of_cleaning_has_a_switch() {
    let of = |kind: &str, name: &str, metadata: &str, rest: &str| {
        let metadata = format!(r#"{{"name":"{name}","namespace":"default","uid":"{name}"{metadata}}}"#);
        format!(r#"{{"apiVersion":"v1","kind":"{kind}","metadata":{metadata}{rest}}}"#)
    };
    let ports =
        r#","spec":{"clusterIP":"10.0.0.7","ports":[{"port":80,"nodePort":30007}]},"status":{"loadBalancer":{}}"#;
    let owner =
        |uid: &str| format!(r#","ownerReferences":[{{"apiVersion":"v1","kind":"Service","name":"s","uid":"{uid}"}}]"#);
    let applied =
        r#","annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{}"},"finalizers":["ex.io/f"]"#;
    let controlled = owner("s").replace("}]", r#","controller":true}]"#);
    let (_folder, path) = backup(&[
        ("namespaces/default", r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"default"}}"#),
        ("services/specs/default/s", &of("Service", "s", "", ports)),
        ("persistentvolumeclaims/default/c", &of("PersistentVolumeClaim", "c", "", r#","spec":{"volumeName":"v"}"#)),
        ("configmaps/default/a", &of("ConfigMap", "a", applied, "")),
        ("configmaps/default/b", &of("ConfigMap", "b", &owner("s"), "")),
        ("configmaps/default/o", &of("ConfigMap", "o", &owner("other"), "")),
        ("configmaps/default/d", &of("ConfigMap", "made-by-s", &controlled, "")),
        ("configmaps/default/kube-root-ca.crt", &of("ConfigMap", "kube-root-ca.crt", "", "")),
        ("events/default/e", &of("Event", "e", "", "")),
        ("secrets/default/t", &of("Secret", "t", "", r#","type":"kubernetes.io/service-account-token""#)),
    ]);
    let cleaned = |switch: &[&str]| {
        let first = args!["kube", "extract", path, "--clean"];
        run(first.into_iter().chain(switch.iter().map(Into::into)))
    };
    let plain = cleaned(&[]).stdout;
    for (option, switch, trace) in [
        ("--keep", "status", "\nstatus:"),
        ("--keep", "owners", "uid: other"),
        ("--keep", "extracted-owners", "uid: s\n"),
        ("--keep", "last-applied", "last-applied-configuration: '{}'"),
        ("--keep", "cluster-ips", "clusterIP: 10.0.0.7"),
        ("--keep", "node-ports", "nodePort: 30007"),
        ("--keep", "volume-bindings", "volumeName: v"),
        ("--keep", "finalizers", "- ex.io/f"),
        ("--include", "momentary", "kind: Event"),
        ("--include", "controlled", "name: made-by-s"),
        ("--include", "generated", "name: kube-root-ca.crt"),
        ("--include", "tokens", "kind: Secret"),
    ] {
        let kept = cleaned(&[option, switch]).stdout;
        assert_eq!((plain.contains(trace), kept.contains(trace)), (false, true), "{switch}:\n{kept}");
    }
    assert!(!cleaned(&["--keep", "extracted-owners"]).stdout.contains("uid: other"));
    let account = cleaned(&[]).stderr;
    for line in [
        "     1  its controller makes it anew: default/configmap/d\n",
        "     1  only the cluster that made the token accepts it: default/secret/t\n",
        "took finalizers off 1 object: default/configmap/a (ex.io/f)\n",
    ] {
        assert!(account.contains(line), "{account}");
    }
    assert_eq!(run(args!["kube", "extract", path, "--keep", "status"]).code, 2);
}

#[test]
fn a_tree_has_a_file_an_object() {
    let folder = tempfile::tempdir().expect("a folder");
    let tree = folder.path().join("tree");
    let answer = extract(&["-n", "demo", "--clean", "--output-dir", tree.to_str().expect("text")]);
    assert_eq!((answer.code, answer.stdout.as_str()), (0, ""), "{}", answer.stderr);
    let role = fs::read_to_string(tree.join("05-roles/demo/role.rbac.authorization.k8s.io/r.yaml")).expect("a role");
    assert!(role.starts_with("apiVersion: rbac.authorization.k8s.io/v1\n"), "{role}");
    assert!(tree.join("01-namespaces/namespace/demo.yaml").exists());
    let again = extract(&["-n", "demo", "--output-dir", tree.to_str().expect("text")]);
    assert_eq!((again.code, again.stderr.contains("it exists already")), (1, true), "{again:?}");
}

#[test]
fn a_file_appears_whole_and_is_replaced_when_asked() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("demo.yaml");
    let path = file.to_str().expect("text");
    let stream = extract(&["-n", "demo"]).stdout;
    assert_eq!(extract(&["-n", "demo", "--output-file", path]).code, 0);
    assert_eq!(fs::read_to_string(&file).expect("a file"), stream);
    let again = extract(&["-n", "demo", "--output-file", path]);
    assert_eq!((again.code, again.stderr.contains("--force")), (1, true), "{again:?}");
    assert_eq!(extract(&["-n", "demo", "--output-file", path, "--force"]).code, 0);
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
}

#[test]
fn manifests_of_a_part_replace_no_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, damaged) = (folder.path().join("demo.yaml"), folder.path().join("damaged.db"));
    let mut bytes = fs::read(cluster()).expect("the backup");
    let name = b"/registry/deployments/demo/web";
    let found: Vec<_> =
        bytes.windows(name.len()).enumerate().filter(|(_, found)| found == name).map(|(at, _)| at).collect();
    for at in found {
        bytes[at / 4096 * 4096 + 8] |= 0x40;
    }
    fs::write(&damaged, bytes).expect("written");
    fs::write(&file, "the last good one").expect("written");
    let keys = cluster().with_file_name("enc.yaml");
    let with_keys = ["--encryption-config", keys.to_str().expect("text")];
    for (source, options, code) in [(&damaged, &with_keys[..], 3), (&cluster(), &[][..], 1)] {
        let asked = args!["kube", "extract", source, "-n", "demo", "--force", "--output-file", file];
        let forced = run(asked.into_iter().chain(options.iter().map(Into::into)));
        assert_eq!(forced.code, code, "{forced:?}");
        assert!(forced.stderr.contains("demo.yaml: kept as it was"), "{forced:?}");
        assert_eq!(fs::read_to_string(&file).expect("there"), "the last good one");
    }
}

#[test]
fn what_cannot_be_opened_is_named_and_the_rest_comes() {
    let answer = run(args!["kube", "extract", cluster(), "-n", "demo", "--clean"]);
    assert_eq!(answer.code, 1);
    assert!(
        answer.stderr.starts_with("etcdsnap: /registry/configmaps/demo/cfg: encrypted: no key for aesgcm, gk\n"),
        "{}",
        answer.stderr
    );
    assert!(names(&answer).contains(&"Deployment demo/web".to_owned()));
}

#[test]
fn a_backup_without_objects_is_told() {
    let answer = run(args!["kube", "extract", fixture("etcd-3.6.14-seed1.db"), "-A"]);
    assert_eq!((answer.code, answer.stdout.as_str()), (1, ""));
    assert!(answer.stderr.contains("there are no Kubernetes objects"), "{}", answer.stderr);
    let unlabelled = extract(&["-n", "demo", "-l", "app=nothing"]);
    assert_eq!((unlabelled.code, unlabelled.stdout.as_str()), (1, ""), "{unlabelled:?}");
    let nothing = extract(&["-n", "nowhere"]);
    assert_eq!((nothing.code, nothing.stdout.as_str()), (1, ""));
    assert!(nothing.stderr.contains("no objects to extract in namespace nowhere"), "{}", nothing.stderr);
    assert!(nothing.stderr.contains("; -n names another namespace"), "{}", nothing.stderr);
    let sealed = run(args!["kube", "extract", cluster(), "cm", "-n", "demo"]);
    assert_eq!((sealed.code, sealed.stdout.as_str()), (1, ""));
    assert!(sealed.stderr.contains("at revision 251; what there is could not be read\n"), "{}", sealed.stderr);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let mut child = program()
        .args(args!["kube", "extract", cluster(), "-A"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    // The one object without a key is why it ends with 1.
    assert_eq!(child.wait().expect("it ends").code(), Some(1));
}
