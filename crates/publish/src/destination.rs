//! The path of a new file, and the check of what is at that path already.
//!
//! ```text
//!   found at the path             for a new file                 for a stream
//!   nothing                       created                        created
//!   a regular file                refused, or replaced           the same
//!   a file that the run reads     refused                        refused
//!   a FIFO, a character device    refused                        written through
//!   a symbolic link               refused                        followed, if it points to one of those two
//!   a folder, anything else       refused                        refused
//!   a file mounted there          refused                        refused
//! ```
//!
//! A symbolic link is refused because both ways to treat it may be wrong: replacing the link leaves the file it points to
//! as it was, and following it replaces a file that the user did not name.

use std::fs::{File, FileType, OpenOptions};
use std::io;
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::error::Error;
use crate::existing::Existing;
use crate::file_kind::{is_mount_point, kind_name};
use crate::inputs::Inputs;

/// The path of one new file, what to do about a file that exists there, and the files that must not be replaced.
#[derive(Clone, Debug)]
pub struct Destination {
    path: PathBuf,
    existing: Existing,
    inputs: Inputs,
}

impl Destination {
    /// A destination at `path`, which must not replace any of `inputs`, the files that the run reads.
    pub fn new(path: &Path, existing: Existing, inputs: &Inputs) -> Self {
        Self { path: path.to_owned(), existing, inputs: inputs.clone() }
    }

    /// The same destination, which refuses an existing file.
    pub(crate) fn refusing(&self) -> Self {
        Self { existing: Existing::Refuse, ..self.clone() }
    }

    /// The path of the new file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What to do about a file that exists at the path.
    pub fn existing(&self) -> &Existing {
        &self.existing
    }

    /// Checks that a new file may be put at the path. Callers check before a long run; [`NewFile`](crate::NewFile) checks
    /// again before it takes the name.
    ///
    /// # Errors
    /// Something at the path must not be replaced.
    pub fn check(&self) -> Result<(), Error> {
        let path = self.path.clone();
        let found = match self.path.symlink_metadata() {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(Error::io("look at it", &self.path)(error)),
        };
        if found.is_symlink() {
            let target = self.path.canonicalize().or_else(|_| self.path.read_link()).unwrap_or_default();
            return Err(Error::Link { path, target });
        }
        if !found.is_file() {
            return Err(Error::NotAFile { path, kind: kind_name(found.file_type()) });
        }
        if let Some(input) = self.inputs.name(&found) {
            return Err(Error::Input { path, input: input.to_owned() });
        }
        if is_mount_point(&self.path) {
            return Err(Error::MountPoint { path });
        }
        if self.existing == Existing::Refuse { Err(Error::Exists { path }) } else { Ok(()) }
    }

    /// Whether a FIFO or a character device, such as a terminal, is at the path. A symbolic link is followed, so that
    /// `/dev/stdout` counts as what it points to.
    pub fn is_stream(&self) -> bool {
        self.path.metadata().is_ok_and(|found| is_stream(found.file_type()))
    }

    /// Opens a [stream](Self::is_stream) for writing, as a shell does: opening a FIFO blocks until a process reads from it.
    ///
    /// # Errors
    /// The system refused, or something else is at the path by now.
    pub fn open_stream(&self) -> Result<File, Error> {
        let flags = i32::try_from(OFlags::NOCTTY.bits()).unwrap_or_default();
        let opened = OpenOptions::new().write(true).custom_flags(flags).open(&self.path);
        let stream = opened.map_err(Error::io("open it for writing", &self.path))?;
        let found = stream.metadata().map_err(Error::io("look at it", &self.path))?.file_type();
        if is_stream(found) {
            Ok(stream)
        } else {
            Err(Error::NotAFile { path: self.path.clone(), kind: kind_name(found) })
        }
    }
}

fn is_stream(found: FileType) -> bool {
    found.is_fifo() || found.is_char_device()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    use std::process::Command;

    use super::*;

    #[test]
    fn what_may_be_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::write(at("input"), "read").expect("a file");
        fs::write(at("other"), "old").expect("a file");
        fs::hard_link(at("input"), at("hard")).expect("a link");
        for (name, target) in [("link", "input"), ("far", "other"), ("dangling", "none"), ("link-to-fifo", "fifo")] {
            symlink(at(target), at(name)).expect("a link");
        }
        fs::create_dir(at("folder")).expect("a folder");
        assert!(Command::new("mkfifo").arg(at("fifo")).status().is_ok_and(|status| status.success()));
        let _listener = UnixListener::bind(at("socket")).expect("a socket");
        let inputs: Inputs = [at("input")].into_iter().collect();
        let judge = |name: &str, existing| {
            let path = at(name);
            let destination = Destination::new(&path, existing, &inputs);
            let refused = destination.check().err().map(|error| {
                let text = error.to_string().replace(&format!("{}/", folder.path().display()), "");
                text.split_once(": ").map_or(text.clone(), |(_, reason)| reason.to_owned())
            });
            (refused.unwrap_or_default(), destination.is_stream())
        };
        for (name, refused, stream) in [
            ("none", "", false),
            ("other", "", false),
            ("input", "the same file as input, which is read; name another file", false),
            ("hard", "the same file as input, which is read; name another file", false),
            ("link", "a symbolic link to input; name that file, or another one", false),
            ("far", "a symbolic link to other; name that file, or another one", false),
            ("dangling", "a symbolic link to none; name that file, or another one", false),
            ("folder", "a folder, so no file can take its place; name another file", false),
            ("fifo", "a FIFO, so no file can take its place; name another file", true),
            ("link-to-fifo", "a symbolic link to fifo; name that file, or another one", true),
            ("socket", "a socket, so no file can take its place; name another file", false),
        ] {
            assert_eq!(judge(name, Existing::Replace), (refused.to_owned(), stream), "{name}");
        }
        assert!(matches!(Destination::new(&at("other"), Existing::Refuse, &inputs).check(), Err(Error::Exists { .. })));
    }
}
