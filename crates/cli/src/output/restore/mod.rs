//! What `restore` prints: what was made, or would be, of which backup, and how to start it.

mod json;
mod losses;
mod start;
mod text;

use std::path::{Path, PathBuf};

use etcdsnap_restore::{PlannedDirectory, Preflight, RestorePlan};

pub use json::Document;
pub use start::compact_first;
pub use text::text;

/// Everything there is to tell.
#[derive(Debug)]
pub struct Story<'s> {
    /// Nothing was written.
    pub dry_run: bool,
    /// What was to be done.
    pub plan: &'s RestorePlan<'s, 's>,
    /// What became of it.
    pub preflight: &'s Preflight,
    /// What killed runs had left.
    pub removed: &'s [PathBuf],
    /// What a person should know or decide, most important first.
    pub warnings: Vec<String>,
    /// For each directory, what etcd has to be started with: flags without dashes, and values.
    pub etcd: Vec<Vec<(&'static str, String)>>,
}

/// A path as the user would write it: below the directory that was named, not below what that stands for.
fn as_given(path: &Path, directory: &PlannedDirectory) -> PathBuf {
    let data = directory.files.first().and_then(|database| database.path.ancestors().nth(3));
    match data.and_then(|data| path.strip_prefix(data).ok()) {
        Some(inside) => directory.data_dir.join(inside),
        None => path.to_owned(),
    }
}
