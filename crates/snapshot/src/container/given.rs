//! How a message writes the file that was given in a shell command: by name or as standard input, and decompressed first.

use super::STANDARD_INPUT;
use super::compression::Compression;
use etcdsnap_quote::shell_word;

/// The file that was given, and how it is compressed.
pub(super) struct Given<'n> {
    /// `None` for standard input.
    name: Option<&'n str>,
    compression: Compression,
}

impl<'n> Given<'n> {
    /// `name` is the path, or "standard input".
    pub(super) fn new(name: &'n str, compression: Compression) -> Self {
        Self { name: Some(name).filter(|name| *name != STANDARD_INPUT), compression }
    }

    /// A pipeline that gives its content to `command`, which reads the file that it names last, or else its input.
    pub(super) fn to(&self, command: &str) -> String {
        match self.decompressed() {
            Some(pipe) => format!("{pipe} | {command}"),
            None => format!("{command}{}", self.operand()),
        }
    }

    /// A pipeline that writes one file of a tar archive.
    pub(super) fn tar(&self, inside: &str) -> String {
        let inside = shell_word(inside.as_bytes());
        match (self.decompressed(), self.name) {
            (Some(pipe), _) => format!("{pipe} | tar -xOf - {inside}"),
            (None, Some(name)) => format!("tar -xOf {} {inside}", shell_word(name.as_bytes())),
            (None, None) => format!("tar -xOf - {inside}"),
        }
    }

    /// A command that writes one file of a zip archive, which has to be a file itself.
    pub(super) fn unzip(&self, inside: &str) -> String {
        let name = self.name.filter(|_| self.compression == Compression::None).unwrap_or("FILE");
        format!("unzip -p {} {}", shell_word(name.as_bytes()), shell_word(inside.as_bytes()))
    }

    /// The command that writes the content of a compressed file.
    fn decompressed(&self) -> Option<String> {
        let (of_file, of_stream) = match self.compression {
            Compression::None => return None,
            Compression::Gzip => ("gzip -dc", "gzip -dc"),
            Compression::Zstd => ("zstd -dc", "zstd -dc"),
            Compression::Zip => ("unzip -p", "funzip"),
        };
        Some(format!("{}{}", if self.name.is_some() { of_file } else { of_stream }, self.operand()))
    }

    /// The name with a space before it, or nothing.
    fn operand(&self) -> String {
        self.name.map(|name| format!(" {}", shell_word(name.as_bytes()))).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_names_the_file_and_decompresses_it() {
        let to = |name, compression| Given::new(name, compression).to("base64 -d");
        assert_eq!(to("a b", Compression::None), "base64 -d 'a b'");
        assert_eq!(to("b64.gz", Compression::Gzip), "gzip -dc b64.gz | base64 -d");
        assert_eq!(to(STANDARD_INPUT, Compression::None), "base64 -d");
        assert_eq!(to(STANDARD_INPUT, Compression::Zstd), "zstd -dc | base64 -d");
        let tar = |name, compression| Given::new(name, compression).tar("a/db");
        assert_eq!(tar("x.tar", Compression::None), "tar -xOf x.tar a/db");
        assert_eq!(tar("x.tgz", Compression::Gzip), "gzip -dc x.tgz | tar -xOf - a/db");
        assert_eq!(tar(STANDARD_INPUT, Compression::Zstd), "zstd -dc | tar -xOf - a/db");
        assert_eq!(Given::new(STANDARD_INPUT, Compression::None).unzip("a"), "unzip -p FILE a");
    }
}
