//! Where the data is and how it is read.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use etcdsnap_kube::json::parse;
use etcdsnap_kube::value::Value;
use flate2::read::GzDecoder;

/// The repository's own selection.
pub fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/kube")
}

/// All data there is, where the environment says.
pub fn all() -> Option<PathBuf> {
    std::env::var_os("ETCDSNAP_FIXTURES_KUBE").map(PathBuf::from)
}

/// The selection, and all data where it is.
pub fn folders() -> impl Iterator<Item = PathBuf> {
    [Some(testdata()), all()].into_iter().flatten()
}

pub fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub fn text(path: &Path) -> String {
    String::from_utf8(read(path)).expect("a text")
}

pub fn gunzip(path: &Path) -> String {
    let mut text = String::new();
    let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    GzDecoder::new(file).read_to_string(&mut text).expect("a text");
    text
}

pub fn hex(text: &str) -> Vec<u8> {
    let digit = |char: u8| u8::try_from(char::from(char).to_digit(16).expect("a digit")).expect("one digit");
    text.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

pub fn json(text: &str) -> Value<'_> {
    parse(text.as_bytes()).expect("JSON")
}
