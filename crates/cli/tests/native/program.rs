//! Running the program, and snapshots to run it on.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use etcdsnap_testkit::bbolt::Layout;
use etcdsnap_testkit::etcd::{EtcdStore, Server};
use serde_json::Value;
use tempfile::TempDir;

/// What a run gave.
#[derive(Debug)]
pub struct Answer {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// The program, in the environment of a script.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_etcdsnap"));
    command.stdin(Stdio::null()).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command
}

/// Runs it with these arguments.
pub fn run<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Answer {
    run_with_input(args, b"")
}

/// Runs it with these arguments and this on standard input.
pub fn run_with_input<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>, input: &[u8]) -> Answer {
    let mut command = program();
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    std::thread::scope(|scope| {
        // A command that does not read its input closes the pipe; that is not what is tested.
        scope.spawn(move || stdin.write_all(input).ok());
        let output = child.wait_with_output().expect("the program ends");
        Answer {
            code: output.status.code().expect("not killed"),
            stdout: String::from_utf8(output.stdout).expect("text"),
            stderr: String::from_utf8(output.stderr).expect("text"),
        }
    })
}

/// Shorthand for arguments of mixed types.
macro_rules! args {
    ($($arg:expr),* $(,)?) => { [$(std::ffi::OsString::from(&$arg)),*] };
}
pub(crate) use args;

/// A real snapshot in the repository.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/etcd").join(name)
}

/// What the real tools said about it.
pub fn recorded(name: &str) -> Value {
    let text = std::fs::read_to_string(fixture(name).with_extension("json")).expect("recorded answers");
    serde_json::from_str(&text).expect("json")
}

/// All real snapshots.
pub fn fixtures() -> Vec<String> {
    let entries = std::fs::read_dir(fixture("")).expect("testdata");
    let paths = entries.map(|entry| entry.expect("entry").path());
    let databases = paths.filter(|path| path.extension().is_some_and(|extension| extension == "db"));
    let mut names: Vec<_> =
        databases.filter_map(|path| Some(path.file_name()?.to_str().expect("text").to_owned())).collect();
    names.sort();
    assert!(names.len() >= 6, "{names:?}");
    names
}

/// A folder with one snapshot in it, changed by `change`.
pub fn changed(name: &str, change: impl FnOnce(&mut Vec<u8>)) -> (TempDir, PathBuf) {
    let mut bytes = std::fs::read(fixture(name)).expect("fixture");
    change(&mut bytes);
    written(&bytes)
}

/// A folder with these bytes in a file.
pub fn written(bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("snapshot.db");
    std::fs::write(&path, bytes).expect("written");
    (folder, path)
}

/// A folder with one backup of Kubernetes objects in it, given as keys below the root and JSON.
pub fn kube_backup(objects: &[(&str, &str)]) -> (TempDir, PathBuf) {
    let mut store = EtcdStore::new(Server::V3_6);
    for (key, value) in objects {
        store.put(format!("/registry/{key}"), *value);
    }
    written(&Layout::default().build(&store.to_tree()))
}
