//! The findings about the files in a member's directories: unreadable, missing, left over, in use.

use etcdsnap_quantity::quantity;
use etcdsnap_quote::quote;
use etcdsnap_snapshot::catalogue::directory::{
    BROKEN_COPY_HOLDS_ENTRIES, DEFRAG_LEFTOVER, DIRECTORY_IN_USE, FILE_UNREADABLE, LEFTOVER_FILE, LOG_MISSING,
    PROXY_DIRECTORY, RECEIVED_DATABASE,
};
use etcdsnap_snapshot::finding::{Finding, Findings, Kind};
use etcdsnap_snapshot::place::Place;
use etcdsnap_wal::snap::SnapFileKind;
use etcdsnap_wal::{Wal, WalFileKind, WalInspection, WalPlace as LogPlace};

use crate::contents::{DatabaseState, DirectoryContents, LogContent};
use crate::layout::DirectoryLayout;
use crate::lock_owner::LockState;
use crate::wal_files::WalFiles;

/// Adds the findings about files that are unreadable, missing, left over or in use.
pub(crate) fn check(
    contents: &DirectoryContents<'_>,
    layout: &DirectoryLayout,
    wal: &WalFiles,
    held: &LockState,
    findings: &mut Findings,
) {
    check_in_use(held, findings);
    for (name, error) in wal.unreadable.iter().chain(&wal.unreadable_broken).chain(&contents.snaps.unreadable) {
        findings.push(Finding::new(&FILE_UNREADABLE, Place::in_file(name), error.to_string()));
    }
    if layout.has_proxy {
        findings.push(Finding::new(&PROXY_DIRECTORY, Place::file(), "there are folders member and proxy"));
    }
    if contents.log.is_none() && holds_member(contents, wal) {
        let folder = quote(wal.directory.as_os_str().as_encoded_bytes());
        let rest = match contents.database {
            DatabaseState::Missing => ", and no database; what is there belongs to a log",
            DatabaseState::Read(_) | DatabaseState::New(_) | DatabaseState::Unusable => "",
        };
        findings.push(Finding::new(&LOG_MISSING, Place::file(), format!("there is no segment in {folder}{rest}")));
    }
    for file in &contents.snaps.others {
        let name = file.name.to_string_lossy();
        let kind = match file.kind {
            SnapFileKind::ReceivedDatabase(_) => &RECEIVED_DATABASE,
            SnapFileKind::OldDefragmentation => &DEFRAG_LEFTOVER,
            SnapFileKind::Temporary | SnapFileKind::Broken => &LEFTOVER_FILE,
            SnapFileKind::Database | SnapFileKind::Snapshot(_) | SnapFileKind::Foreign => continue,
        };
        findings.push(Finding::new(kind, Place::in_file(&name), quantity(file.size, "byte")));
    }
    for (name, bytes) in wal.broken() {
        let (kind, message): (&'static Kind, _) = match entries_only_in_copy(name, bytes, contents.log.as_ref()) {
            Some(message) => (&BROKEN_COPY_HOLDS_ENTRIES, message),
            None => (&LEFTOVER_FILE, quantity(bytes.len() as u64, "byte")),
        };
        findings.push(Finding::new(kind, Place::in_file(name), message));
    }
}

/// Is there any file with data of a member?
pub(crate) fn holds_member(contents: &DirectoryContents<'_>, wal: &WalFiles) -> bool {
    let is_data = |kind| matches!(kind, SnapFileKind::ReceivedDatabase(_) | SnapFileKind::Broken);
    let snaps = contents.snaps;
    contents.log.is_some()
        || !matches!(contents.database, DatabaseState::Missing)
        || snaps.snaps().next().is_some()
        || !snaps.unreadable.is_empty()
        || snaps.others.iter().any(|file| is_data(file.kind))
        || wal.others.iter().any(|file| file.kind == WalFileKind::Broken)
}

/// Adds the finding that a process has the directory locked.
fn check_in_use(held: &LockState, findings: &mut Findings) {
    let LockState::By(holder) = held else { return };
    let program = holder.program.as_deref().map_or_else(String::new, |name| format!(" ({})", quote(name.as_bytes())));
    let who = holder.pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}{program}"));
    let file = holder.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    findings.push(Finding::new(&DIRECTORY_IN_USE, Place::in_file(&file), format!("{who} has it locked")));
}

/// A message about entries that a `.broken` copy of a segment has and the log lacks; `None` if there are none.
fn entries_only_in_copy(name: &str, bytes: &[u8], log: Option<&LogContent<'_>>) -> Option<String> {
    let segment = name.strip_suffix(".broken")?;
    let copy = Wal::new([(segment, bytes)]);
    let WalInspection { segments, .. } = copy.inspect();
    let facts = segments.first()?;
    let trailing = copy.trailing_data(LogPlace { segment: facts.name, offset: facts.end });
    let cut = format!("it was cut off at offset {}", facts.end);
    if !trailing.is_empty() && !copy.records().filter_map(Result::err).all(|damage| copy.is_unfinished_write(&damage)) {
        return Some(format!("{cut}; after that follow {trailing}"));
    }
    let last = log.and_then(|log| log.entries.last()).map_or(0, |logged| logged.entry.index);
    let own = facts.last_index.filter(|own| *own > last)?;
    Some(format!("it has entries up to {own}, the log up to {last}"))
}
