//! The committed code is what the definitions in `/proto` give.
//!
//! After a change in `/proto`, run with `REGENERATE=1` in the environment to rewrite it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/generated");
const DEFINITIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../proto");

#[test]
fn committed_code_is_what_the_definitions_give() {
    let fresh = tempfile::tempdir().unwrap();
    generate(fresh.path());
    if std::env::var_os("REGENERATE").is_some() {
        replace(Path::new(COMMITTED), fresh.path());
    }

    let expected = texts(fresh.path());
    let committed = texts(Path::new(COMMITTED));
    assert_eq!(
        committed.keys().collect::<Vec<_>>(),
        expected.keys().collect::<Vec<_>>(),
        "src/generated holds other files than /proto gives; rewrite it with REGENERATE=1"
    );
    for (name, text) in &expected {
        assert!(
            committed[name] == *text,
            "src/generated/{name} differs from what /proto gives; rewrite it with REGENERATE=1"
        );
    }
}

/// Compiles all definitions into `out`, one file for each protobuf package.
fn generate(out: &Path) {
    let descriptors = protox::compile(files(Path::new(DEFINITIONS)), [DEFINITIONS]).unwrap();
    prost_build::Config::new().out_dir(out).compile_fds(descriptors).unwrap();
}

fn replace(old: &Path, new: &Path) {
    for path in files(old) {
        fs::remove_file(path).unwrap();
    }
    for path in files(new) {
        fs::copy(&path, old.join(path.file_name().unwrap())).unwrap();
    }
}

fn texts(folder: &Path) -> BTreeMap<String, String> {
    let name_and_text = |path: PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, fs::read_to_string(path).unwrap())
    };
    files(folder).into_iter().map(name_and_text).collect()
}

/// The files of a folder, by name, so that the order of definitions in the generated code is always the same.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}
