//! The programs that are compared, and which of them are missing here.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::arguments::Arguments;
use crate::failure::Failure;

/// Release lines of etcd whose etcdutl is measured, as far as it is installed.
pub const RELEASES: [&str; 3] = ["3.5", "3.6", "3.7"];
/// Release line of the bbolt library whose check is measured.
pub const BBOLT: &str = "1.5";

const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Where programs are.
#[derive(Debug)]
pub struct Programs {
    pub etcdsnap: PathBuf,
    peers: PathBuf,
}

impl Programs {
    /// Finds them, and builds etcdsnap unless one was named: a binary that happens to lie there may be an old one.
    pub fn find(arguments: &Arguments) -> Result<Self, Failure> {
        let etcdsnap = arguments.etcdsnap.clone().map_or_else(build, Ok)?;
        let from_environment = || env::var_os("ETCDSNAP_PEERS").map(PathBuf::from);
        let peers = arguments.peers.clone().or_else(from_environment).unwrap_or_else(|| target().join("peers"));
        Ok(Self::new(etcdsnap, peers))
    }

    /// An etcdsnap, and the folder of the real tools.
    pub fn new(etcdsnap: PathBuf, peers: PathBuf) -> Self {
        Self { etcdsnap, peers }
    }

    /// The etcdutl of a release line.
    pub fn etcdutl(&self, release: &str) -> Option<PathBuf> {
        present(self.peers.join(format!("etcd-{release}/etcdutl")))
    }

    /// Our program over the bbolt library.
    pub fn bbolt_check(&self) -> Option<PathBuf> {
        present(self.peers.join(format!("bbolt-{BBOLT}/bbolt-check")))
    }

    /// What cannot be compared with here, in a sentence for each place where it should be.
    pub fn missing(&self) -> Vec<String> {
        let etcdutl = RELEASES.iter().filter(|release| self.etcdutl(release).is_none());
        let etcdutl = etcdutl.map(|release| format!("etcdutl {release}"));
        let bbolt = self.bbolt_check().is_none().then(|| format!("bbolt {BBOLT} check"));
        let peers: Vec<String> = etcdutl.chain(bbolt).collect();
        let folder = self.peers.display();
        let of_system = ["openssl", "sha256sum", "cp", "true"].into_iter().filter(|name| of_system(name).is_none());
        let places = [
            (peers, format!("in {folder}; .ci/install-peers installs it")),
            (of_system.map(str::to_owned).collect(), "in the PATH".to_owned()),
        ];
        let absent = places.into_iter().filter(|(names, _)| !names.is_empty());
        absent.map(|(names, place)| format!("Not measured, because not {place}: {}.", names.join(", "))).collect()
    }
}

/// A program of the system.
pub fn of_system(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).find_map(|folder| present(folder.join(name)))
}

/// Cargo's target folder.
pub fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| Path::new(WORKSPACE).join("target"), PathBuf::from)
}

/// A command without the caller's settings of etcd.
pub fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    let of_etcd = |name: &std::ffi::OsString| name.to_str().is_some_and(|name| name.starts_with("ETCD"));
    for name in env::vars_os().map(|(name, _)| name).filter(of_etcd) {
        command.env_remove(name);
    }
    command
}

fn present(path: PathBuf) -> Option<PathBuf> {
    path.is_file().then_some(path)
}

/// Builds etcdsnap as it is released, and says where it is.
fn build() -> Result<PathBuf, Failure> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(WORKSPACE).args(["build", "--release", "--locked", "--package", "etcdsnap"]);
    command.arg("--message-format=json-render-diagnostics").stderr(Stdio::inherit());
    let output = command.output().map_err(Failure::start("cargo"))?;
    let messages = String::from_utf8_lossy(&output.stdout);
    let built = messages.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let executable = built.filter_map(|message| message["executable"].as_str().map(PathBuf::from)).next_back();
    executable.filter(|_| output.status.success()).ok_or(Failure::NothingBuilt)
}
