//! Whatever an editor is told to do to whatever file, the result is what a map would hold, in pages that keep every rule.

mod applied;
#[path = "../content/mod.rs"]
mod content;
mod damaged;
mod model;
mod refused;
mod shapes;

use etcdsnap_bbolt::Db;
use etcdsnap_bbolt::edit::{CommitStep, Editor, PreparedCommit};
use etcdsnap_testkit::bbolt::{Bucket, Layout};

/// The file after an edit.
fn edited(file: &[u8], edit: &PreparedCommit) -> Vec<u8> {
    let mut file = file.to_vec();
    let size = usize::try_from(edit.size()).expect("memory");
    file.resize(size.max(file.len()), 0);
    for step in edit.steps() {
        if let CommitStep::Write { offset, bytes } = step {
            let offset = usize::try_from(offset).expect("memory");
            file[offset..offset + bytes.len()].copy_from_slice(bytes);
        }
    }
    file
}

fn editor(file: &[u8]) -> Editor<'_> {
    Editor::new(Db::open(file).expect("opens")).expect("whole")
}

/// A bucket of `count` keys in branches of two children.
fn deep(count: u32) -> (Bucket, Vec<u8>) {
    let mut root = Bucket::new();
    let bucket = root.bucket("key");
    for number in 0..count {
        bucket.put(format!("{number:05}"), vec![b'v'; 30]);
    }
    let file = Layout { page_size: 512, min_depth: 5, ..Layout::default() }.build(&root);
    (root, file)
}
