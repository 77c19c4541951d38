//! Settings of a member out of the files it is started from: pods, units and environment files as they are met.

use std::path::Path;

use etcdsnap_restore::manifest::{
    ManifestDirectory, ManifestError, ManifestFile, PlaceInFile, Setting, SettingError, SettingPlace,
};
use etcdsnap_restore::{ClusterRequest, Manifest, Membership, Release, RestoredMembers};
use proptest::prelude::*;

fn file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/manifests").join(name);
    std::fs::read_to_string(path).expect("a manifest")
}

fn read(files: &[(&str, &str)]) -> Result<Manifest, ManifestError> {
    let sources: Vec<_> = files.iter().map(|(label, text)| ManifestFile { label, text }).collect();
    Manifest::read(&sources)
}

/// Name, cluster, token, advertised URLs.
fn identity(manifest: &Manifest) -> [Option<String>; 4] {
    let settings = [Setting::Name, Setting::InitialCluster, Setting::Token, Setting::AdvertisePeerUrls];
    settings.map(|setting| manifest.get(setting).expect("no contradiction").map(str::to_owned))
}

fn directory(path: &str, on_host: Option<&str>) -> ManifestDirectory {
    ManifestDirectory { path: path.to_owned(), on_host: on_host.map(str::to_owned) }
}

#[test]
fn a_pod_of_kubeadm() {
    let manifest = read(&[("etcd.yaml", &file("kubeadm.yaml"))]).expect("a pod");
    let cluster = "cp1=https://192.168.56.11:2380,cp2=https://192.168.56.12:2380";
    let expected = [Some("cp1"), Some(cluster), None, Some("https://192.168.56.11:2380")];
    assert_eq!(identity(&manifest), expected.map(|text| text.map(str::to_owned)));
    assert_eq!(manifest.directory(Setting::DataDir), Ok(Some(directory("/var/lib/etcd", Some("/srv/etcd")))));
    assert_eq!(manifest.directory(Setting::WalDir), Ok(None));
    let name = manifest.found().iter().find(|found| found.setting == Setting::Name).expect("found");
    assert_eq!(name.place.to_string(), "etcd.yaml, spec.containers[0].command[11]");

    let [name, cluster, ..] = expected;
    let request = ClusterRequest {
        restored: RestoredMembers::Member { name: name.unwrap_or_default(), advertised: expected[3] },
        initial_cluster: cluster.unwrap_or_default(),
        ..ClusterRequest::default()
    };
    let membership = Membership::new(&request, Release::V3_7, None).expect("a cluster");
    assert_eq!((membership.members().len(), membership.warnings().len()), (2, 0));
}

#[test]
fn a_pod_with_a_script() {
    let manifest = read(&[("etcd.yaml", &file("script.yaml"))]).expect("a pod");
    assert_eq!(manifest.get(Setting::Name), Ok(Some("master-0")));
    assert_eq!(manifest.get(Setting::InitialCluster), Ok(Some("master-0=https://10.0.0.5:2380")));
    assert_eq!(manifest.get(Setting::AdvertisePeerUrls), Ok(Some("https://10.0.0.5:2380")));
    assert_eq!(
        manifest.directory(Setting::DataDir),
        Ok(Some(directory("/var/lib/etcd", Some("/var/lib/etcd/member-0"))))
    );
    assert_eq!(manifest.directory(Setting::WalDir), Ok(Some(directory("/wal/current", None))));
    let error = manifest.get(Setting::Token).expect_err("known to the API server only");
    assert_eq!(
        error.to_string(),
        "--initial-cluster-token is \"ETCD_INITIAL_CLUSTER_TOKEN\" in etcd.yaml, spec.containers[1].env[3], which cannot \
         be known from the file; give --initial-cluster-token"
    );
}

#[test]
fn a_unit_with_and_without_its_environment() {
    let (unit, env) = (file("etcd.service"), file("etcd.env"));
    let manifest = read(&[("etcd.service", &unit), ("backup/etcd.env", &env)]).expect("a unit");
    let cluster = "m1=https://10.0.0.1:2380,m2=https://10.0.0.2:2380,m3=https://10.0.0.3:2380";
    let expected = [Some("m1"), Some(cluster), Some("k8s-etcd"), Some("https://10.0.0.1:2380")];
    assert_eq!(identity(&manifest), expected.map(|text| text.map(str::to_owned)));
    assert_eq!(manifest.directory(Setting::DataDir), Ok(Some(directory("/var/lib/etcd", Some("/var/lib/etcd")))));
    assert_eq!(manifest.get(Setting::WalDir), Ok(Some("/ssd/etcd wal")));
    let unread: Vec<_> =
        manifest.unread_environment_files().iter().map(|file| (file.path.as_str(), file.optional)).collect();
    assert_eq!(unread, [("/etc/default/etcd", true)]);

    let alone = read(&[("etcd.service", &unit)]).expect("a unit");
    assert_eq!(alone.get(Setting::Token), Ok(None));
    let error = alone.get(Setting::Name).expect_err("in the other file");
    assert_eq!(
        error.to_string(),
        "--name is \"${ETCD_NAME}\" in etcd.service, line 10, which cannot be known from the file; give --name, or another \
         --from-manifest with /etc/default/etcd or /etc/etcd.env"
    );
}

#[test]
fn places_that_disagree_are_told() {
    let unit = "[Service]\nEnvironment=ETCD_NAME=a ETCD_DATA_DIR=/d\nExecStart=/bin/etcd --data-dir=/d --name=b\n";
    let manifest = read(&[("u", unit)]).expect("a unit");
    assert_eq!(manifest.get(Setting::DataDir), Ok(Some("/d")));
    let error = manifest.get(Setting::Name).expect_err("two names");
    assert_eq!(error.to_string(), "--name is \"b\" in u, line 3, and \"a\" in u, line 2; give --name to choose");
    let SettingError::Conflict { other, .. } = error else { panic!("{error}") };
    assert_eq!(other.place, SettingPlace { label: "u".into(), spot: PlaceInFile::Line(2) });
}

#[test]
fn files_that_say_nothing_are_told_apart() {
    let other_pod = "apiVersion: v1\nkind: Pod\nspec: {containers: [{command: [kube-apiserver, --name=x]}]}\n";
    let cases = [
        ("hello", "f: neither a pod manifest, nor a systemd unit, nor a file of NAME=value lines"),
        (other_pod, "f: runs no etcd"),
        ("kind: Deployment\n", "f: runs no etcd"),
        ("[Service]\nType=simple\n", "f: runs no etcd"),
        ("[Service]\nExecStart=/bin/true\n", "f: no name, peer URLs, token or directory of an etcd member"),
        ("PATH=/bin\n", "f: no name, peer URLs, token or directory of an etcd member"),
    ];
    for (text, expected) in cases {
        assert_eq!(read(&[("f", text)]).map_err(|error| error.to_string()), Err(expected.to_owned()), "{text}");
    }
    let error = read(&[("f", "kind: Pod\nspec: [")]).expect_err("half a document");
    assert!(error.to_string().starts_with("f: not a pod manifest: "), "{error}");
}

#[test]
fn aliases_do_not_multiply() {
    let lists =
        (1..12).map(|depth| format!("a{depth}: &a{depth} [{}]", vec![format!("*a{}", depth - 1); 10].join(",")));
    let lists: Vec<_> = lists.collect();
    let bomb = format!("a0: &a0 [x]\n{}\nkind: Pod\nspec: {{containers: [{{command: *a11}}]}}\n", lists.join("\n"));
    assert!(matches!(read(&[("f", &bomb)]), Err(ManifestError::Yaml { .. })));
}

proptest! {
    #[test]
    fn damaged_files_are_read_or_refused(
        name in prop::sample::select(vec!["kubeadm.yaml", "script.yaml", "etcd.service", "etcd.env"]),
        at: prop::sample::Index,
        len in 0..9_usize,
        put in "[-\\[\\]{}'\"$%=\\\\:#&*|>\n a-z]{0,6}",
    ) {
        let text: Vec<char> = file(name).chars().collect();
        let at = at.index(text.len());
        let damaged: String =
            text[..at].iter().copied().chain(put.chars()).chain(text[at..].iter().copied().skip(len)).collect();
        if let Ok(manifest) = read(&[("f", &damaged)]) {
            for setting in Setting::ALL {
                _ = (manifest.get(setting), manifest.directory(setting));
            }
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text: String) {
        for before in ["", "[Service]\n", "kind: Pod\n", "A="] {
            _ = read(&[("f", &format!("{before}{text}"))]);
        }
    }
}
