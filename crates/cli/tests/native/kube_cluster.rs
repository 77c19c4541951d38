//! Kubernetes clusters to look at: a real one, and objects to make others of.

use std::path::{Path, PathBuf};

/// The snapshot of a real API server 1.20.
pub fn snapshot() -> PathBuf {
    folder().join("k8s-1.20.2-enc.snapshot.db")
}

/// What its encrypted objects are opened with.
pub fn encryption_config() -> PathBuf {
    folder().join("enc.yaml")
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/kube/real-1.20")
}

/// An object as JSON, with `rest` behind its metadata.
pub fn object(api_version: &str, kind: &str, name: &str, namespace: &str, uid: &str, rest: &str) -> String {
    let namespace = if namespace.is_empty() { String::new() } else { format!(r#""namespace":"{namespace}","#) };
    format!(
        r#"{{"apiVersion":"{api_version}","kind":"{kind}","metadata":{{{namespace}"name":"{name}","uid":"{uid}"}}{rest}}}"#
    )
}
