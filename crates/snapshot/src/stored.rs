//! Findings of a verification about how a backup is stored, apart from its content: line ends and file name.

use std::path::Path;

use crate::catalogue::container::{LINE_ENDS_TRANSLATED, PART_FILE};
use crate::container::{Container, Trailer};
use crate::finding::Finding;
use crate::place::Place;
use etcdsnap_quote::shell_word;

/// All such findings. `digest` is the SHA-256 of the database, where it was computed.
pub(crate) fn findings(container: &Container, digest: Option<&[u8; 32]>) -> Vec<Finding> {
    let line_ends = container.line_ends_undone.map(|count| {
        let proof = match (container.trailer, digest) {
            (Trailer::Present(written), Some(digest)) if written == *digest => {
                "undoing it gives the SHA-256 of the trailer, so every byte is as it was saved"
            }
            (Trailer::Present(_), Some(_)) => {
                "undoing it does not give the SHA-256 of the trailer, so other bytes have changed too"
            }
            _ => "undoing it gives a database",
        };
        let file =
            container.path().map_or_else(|| "FILE".into(), |path| shell_word(path.as_os_str().as_encoded_bytes()));
        let message = format!(
            "every LF ({count} of them) became CR LF; {proof}; `etcdsnap unpack {file} DST` writes it as it was"
        );
        Finding::new(&LINE_ENDS_TRANSLATED, Place::file(), message)
    });
    line_ends.into_iter().chain(part_file(container)).collect()
}

/// The finding about a name that ends in `.part`, also before the ending of a compression, which k3s adds.
fn part_file(container: &Container) -> Option<Finding> {
    let name = Path::new(container.path()?.file_name()?);
    let is_packed = name.extension().is_some_and(|ending| ["gz", "zst", "zip"].iter().any(|packed| ending == *packed));
    let plain = if is_packed { Path::new(name.file_stem()?) } else { name };
    plain.extension().is_some_and(|ending| ending == "part").then(|| {
        let message = "the name ends in .part, as that of a snapshot does until it is whole";
        Finding::new(&PART_FILE, Place::file(), message)
    })
}
