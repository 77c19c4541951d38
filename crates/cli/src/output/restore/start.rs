//! The part of the report of `restore` about the first start: the command line of etcd, and why it may refuse writes.

use std::path::Path;

use etcdsnap_quote::shell_word;
use etcdsnap_restore::{PlannedDirectory, Preflight};

use super::Story;
use crate::output::sheet::{FAINT, ODD, PLAIN, Sheet};
use crate::output::size;
use crate::output::usage::is_worth_it;

/// The command line for each directory, and what to know about it.
pub fn text(story: &Story<'_>, directories: &[PlannedDirectory], sheet: &mut Sheet) {
    sheet.heading(if directories.len() == 1 { "Start it with" } else { "Start them with" });
    for flags in &story.etcd {
        let lines = flags.iter().map(|(flag, value)| shell_word(format!("--{flag}={value}").as_bytes()));
        let mut lines = std::iter::once("etcd".to_owned()).chain(lines).peekable();
        while let Some(line) = lines.next() {
            let indent = if line == "etcd" { "  " } else { "      " };
            let end = if lines.peek().is_some() { " \\" } else { "" };
            // As one word, so that it can be copied whole.
            sheet.line(&[(PLAIN, &format!("{indent}{line}{end}"))], "");
        }
    }
    let each = if directories.len() == 1 { "its own" } else { "each its own" };
    let more =
        format!("and {each} --listen-peer-urls, --listen-client-urls, --advertise-client-urls and certificates.");
    sheet.styled(&[(PLAIN, "  ")], FAINT, &more);
    let database = directories.first().and_then(|directory| directory.files.first()).map_or(0, |file| file.bytes);
    if directories.iter().any(|directory| directory.quota.is_some()) {
        let quota = format!(
            "The database has {}: with etcd's default quota of 2 GiB the cluster would stop taking writes at once, or soon. Keep a \
             larger --quota-backend-bytes if you have one.",
            size(database)
        );
        sheet.line(&[(ODD, "  ! ")], &quota);
    }
    for obstacle in &story.preflight.writes {
        sheet.line(&[(ODD, "  ! ")], obstacle.message);
    }
}

/// A sentence that advises to defragment the backup in `file` first, when much of its database is free pages, which
/// every member would get a copy of.
pub fn compact_first(file: &Path, preflight: &Preflight) -> Option<String> {
    let database = preflight.report.database.as_ref().filter(|_| preflight.losses.is_none())?;
    let in_use = *database.size_in_use.all()?;
    let unused = database.size.saturating_sub(in_use);
    is_worth_it(database.size, in_use).then(|| {
        let file = shell_word(file.as_os_str().as_encoded_bytes());
        format!(
            "{} of the {} of the database are unused room, and every member gets a copy of it. To restore without it: `etcdsnap \
             defrag {file} compact.db`, then restore compact.db instead. `etcdsnap usage {file}` shows what fills the rest.",
            size(unused),
            size(database.size)
        )
    })
}
