//! [`StartSimulation`]: the start of one release from a directory, and its first checks.

use super::failure::StartFailure;
use super::release::ServerRelease;
use super::verdict::StartOutcome;
use crate::contents::{DatabaseState, DirectoryContents, LogContent};

/// The start of one release from a directory. Its steps are methods, each in the file of its subject.
pub(crate) struct StartSimulation<'e, 'a> {
    pub server: ServerRelease,
    pub log: &'e LogContent<'a>,
    pub contents: &'e DirectoryContents<'a>,
}

impl StartSimulation<'_, '_> {
    /// The id of this member according to the log; 0 without one.
    pub fn own_id(&self) -> u64 {
        self.log.inspection.metadata.map_or(0, |metadata| metadata.node_id)
    }
}

/// Checks that there is no folder of a proxy: a server does not start when it cannot tell whether it is a member or a proxy.
pub(super) fn check_no_proxy(contents: &DirectoryContents<'_>) -> Result<(), StartFailure> {
    let message = "invalid datadir";
    let reason = "There is a folder proxy beside member: it exits with \"invalid datadir; both member and proxy directories exist\".";
    if contents.has_proxy { Err(StartFailure::exits(message, reason)) } else { Ok(()) }
}

/// The name of the file that a server opens as its database.
pub(super) const DATABASE_FILE: &str = "member/snap/db";

/// Checks the database in the file of this name as a server does, which opens it before anything else.
pub(super) fn check_database(database: &DatabaseState, file: &str) -> Result<(), StartFailure> {
    match database {
        DatabaseState::Unusable => Err(StartFailure {
            outcome: StartOutcome::Panics,
            message: None,
            reason: format!("The file {file} cannot be opened as a database: it panics."),
        }),
        DatabaseState::Read(content) if let Some(order) = content.foreign_byte_order() => Err(StartFailure::panics(
            "invalid database",
            format!(
                "The database is {order}-endian, and a server on this kind of machine reads the other byte order: it panics with \"invalid \
                 database\"."
            ),
        )),
        DatabaseState::Read(content) if !content.damage().is_empty() => Err(StartFailure {
            outcome: StartOutcome::Unpredictable,
            message: None,
            reason: format!(
                "The database is damaged ({}): it panics at the first bad page it reads, or serves what it can still reach.",
                content.damage().join(", ")
            ),
        }),
        _ => Ok(()),
    }
}
