//! Every command that reads a file on a tree that is deeper than the limit: each ends soon, in little memory, and
//! reports the depth where it judges.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::limits::limited;

/// The bucket `key` of this file is a chain of 64 branches above a leaf.
const DEEP: &str = "depth64.db.zst";

/// Every command that takes a file, with FILE and OUT in place of names, and how it ends: 3 where it judges or shows
/// what is in the file, 0 where it looks at something else in it.
const COMMANDS: [(&str, i32); 44] = [
    ("verify FILE", 3),
    ("verify --no-mmap FILE", 3),
    ("status FILE", 3),
    ("hash FILE", 3),
    ("usage FILE", 3),
    ("usage -o html FILE", 3),
    ("keys FILE", 3),
    ("get FILE a", 3),
    ("history FILE a", 3),
    ("changes FILE", 3),
    ("deleted FILE", 3),
    ("diff FILE FILE", 3),
    ("export FILE", 3),
    ("db check FILE", 3),
    ("db pages FILE", 3),
    ("db buckets FILE", 3),
    ("db info FILE", 0),
    ("db page FILE 66", 0),
    ("leases FILE", 3),
    ("members FILE", 0),
    ("users FILE", 0),
    ("roles FILE", 0),
    ("defrag FILE OUT", 3),
    ("defrag --allow-damaged FILE OUT", 3),
    ("migrate --target-version 3.5 FILE OUT", 3),
    ("restore --data-dir OUT FILE", 3),
    ("restore --allow-damaged --data-dir OUT FILE", 3),
    ("restore --dry-run FILE", 3),
    ("kube get FILE", 3),
    ("kube api-resources FILE", 3),
    ("kube usage FILE", 3),
    ("kube check FILE", 3),
    ("kube history FILE pods web", 3),
    ("kube diff FILE FILE", 3),
    ("kube extract --output-dir OUT FILE", 3),
    ("kube audit encryption FILE", 3),
    ("etcdutl snapshot status FILE", 1),
    ("etcdutl hashkv FILE", 1),
    ("etcdctl snapshot status FILE", 1),
    ("etcdutl snapshot restore --data-dir OUT FILE", 1),
    ("datadir check DIR", 3),
    ("verify DIR", 3),
    ("etcdutl defrag --data-dir DIR", 1),
    ("etcdutl migrate --data-dir DIR --target-version 3.5", 1),
];

/// The address space of a run in KiB: threads and libraries take some hundred megabytes of it without using them.
const ADDRESS_SPACE_KIB: u32 = 1_500_000;

/// The file, and a data directory with it for its database.
fn deep() -> (TempDir, PathBuf, PathBuf) {
    let packed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/damage").join(DEEP);
    let bytes = zstd::decode_all(std::fs::File::open(packed).expect("testdata")).expect("a whole frame");
    let folder = tempfile::tempdir().expect("a folder");
    let (file, directory) = (folder.path().join("deep.db"), folder.path().join("m1.etcd"));
    std::fs::create_dir_all(directory.join("member/snap")).expect("folders");
    // A member's database has no hash at its end.
    std::fs::write(directory.join("member/snap/db"), &bytes[..bytes.len() - 32]).expect("written");
    std::fs::write(&file, &bytes).expect("written");
    (folder, file, directory)
}

#[test]
fn a_tree_that_is_too_deep_ends_every_command() {
    for (line, code) in COMMANDS {
        let (folder, file, directory) = deep();
        let out = folder.path().join("out");
        let name = |word: &str| match word {
            "FILE" => file.display().to_string(),
            "DIR" => directory.display().to_string(),
            "OUT" => out.display().to_string(),
            word => word.to_owned(),
        };
        let answer = limited(ADDRESS_SPACE_KIB, line.split(' ').map(name));
        assert_eq!(answer.code, code, "{line}: {answer:?}");
        if code == 3 {
            assert!(!answer.stdout.is_empty() || !answer.stderr.is_empty(), "{line}");
        }
    }
}

#[test]
fn a_tree_that_is_too_deep_is_named_once() {
    let (_folder, file, _) = deep();
    for line in ["verify", "db check"] {
        let arguments = line.split(' ').map(str::to_owned).chain([file.display().to_string()]);
        let answer = limited(ADDRESS_SPACE_KIB, arguments);
        for words in ["error DEPTH ", "page 66, offset 270336: the tree is deeper than 64 levels"] {
            assert_eq!(answer.stdout.matches(words).count(), 1, "{line}: {answer:?}");
        }
    }
}
