//! Small files that a person wrote: read whole, and refused when they are longer than any person writes, such as a device that
//! never ends.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::exit::Failure;
use crate::output::label;

/// Most MiB of a file.
const MOST: u64 = 16;

/// The text of the file at `path`.
pub fn read(path: &Path) -> Result<String, Failure> {
    let file = File::open(path).map_err(|error| Failure::io(&label(path), &error))?;
    read_opened(path, file)
}

/// The text of the file at `path`, which is open.
pub fn read_opened(path: &Path, file: impl Read) -> Result<String, Failure> {
    let (file_name, limit) = (label(path), MOST << 20);
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|error| Failure::io(&file_name, &error))?;
    if bytes.len() as u64 > limit {
        return Err(Failure::new(format!(
            "{file_name}: larger than {MOST} MiB, which no such file is; check the name"
        )));
    }
    String::from_utf8(bytes).map_err(|_| Failure::new(format!("{file_name}: this is no text; check the name")))
}

#[cfg(test)]
mod tests {
    use std::io::repeat;

    use super::*;

    #[test]
    fn what_does_not_end_is_refused() {
        let read = |len| read_opened(Path::new("a.yaml"), repeat(b' ').take(len));
        assert_eq!(read(MOST << 20).map(|text| text.len() as u64), Ok(MOST << 20));
        for error in [read((MOST << 20) + 1), read(u64::MAX)].map(|read| read.expect_err("too long")) {
            assert_eq!(error.to_string(), "a.yaml: larger than 16 MiB, which no such file is; check the name");
        }
    }

    #[test]
    fn what_is_no_text_is_refused() {
        let error = read_opened(Path::new("a.yaml"), &b"\xff"[..]).expect_err("no text");
        assert_eq!(error.to_string(), "a.yaml: this is no text; check the name");
    }
}
