//! Damaged files, places that hold no file, and files that change while they are read, as users meet them: an exit code and one
//! clear sentence.

#[cfg(target_os = "linux")]
mod changing;
mod deep;
mod files;
mod limits;
mod places;
#[path = "../native/program.rs"]
#[expect(dead_code, reason = "shared with the tests of the native commands, which use more of it")]
mod program;
mod unread;
mod untouched;
