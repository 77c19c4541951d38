//! The members of a tar archive by name, and which of them is a backup (POSIX.1-2024, pax, "ustar Interchange Format").

use super::companion::Companion;
use super::compression::Compression;
use super::evidence::is_database;
use super::foreign::{ArchiveNames, Foreign, excerpt};

const BLOCK: usize = 512;
/// The most members that are examined.
const MOST_MEMBERS: usize = 10_000;
/// How much of a member is examined, in bytes.
const HEAD: usize = 64 << 10;

/// Recognises a tar archive and names what is in it; `None` for other bytes.
pub(super) fn name(bytes: &[u8]) -> Option<Foreign> {
    is_header(bytes).then(|| {
        let (mut names, mut backup, mut is_openshift) = (ArchiveNames::default(), None, false);
        for (name, content) in members(bytes).take(MOST_MEMBERS) {
            is_openshift |= name.starts_with(b"static-pod-resources/");
            let head = &content[..content.len().min(HEAD)];
            if backup.is_none() && (is_database(head) || Compression::of(head) != Compression::None) {
                backup = excerpt(&String::from_utf8_lossy(&name));
            }
            names.push(&name);
        }
        match names.count() {
            _ if is_openshift && backup.is_none() => Foreign::Companion(Companion::OpenShift),
            0 => Foreign::Archive("tar"),
            _ => Foreign::Members { format: "tar", names, backup },
        }
    })
}

fn is_header(bytes: &[u8]) -> bool {
    bytes.get(257..).is_some_and(|rest| rest.starts_with(b"ustar"))
}

/// The regular files of an archive with their content, as far as it is there. Ends, because every round skips a block
/// at least.
fn members(bytes: &[u8]) -> impl Iterator<Item = (Vec<u8>, &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        while is_header(rest) {
            let (header, after) = rest.split_at_checked(BLOCK)?;
            let len = size(&header[124..136])?;
            let content = &after[..after.len().min(len)];
            rest = after.get(len.checked_next_multiple_of(BLOCK)?..).unwrap_or_default();
            let name = path(header);
            if matches!(header[156], 0 | b'0') && !name.is_empty() {
                return Some((name, content));
            }
        }
        None
    })
}

/// The size field: octal digits, or from 8 GiB on a binary number with the highest bit set.
fn size(field: &[u8]) -> Option<usize> {
    if field.first()? & 0x80 != 0 {
        return usize::try_from(u64::from_be_bytes(*field.last_chunk()?)).ok();
    }
    let mut digits = field.iter().skip_while(|byte| **byte == b' ').take_while(|byte| byte.is_ascii_digit());
    digits.try_fold(0usize, |size, digit| size.checked_mul(8)?.checked_add(usize::from(digit - b'0')))
}

fn path(header: &[u8]) -> Vec<u8> {
    let text = |field: &[u8]| field.split(|byte| *byte == 0).next().unwrap_or_default().to_vec();
    let (prefix, name) = (text(&header[345..500]), text(&header[..100]));
    if prefix.is_empty() { name } else { [prefix.as_slice(), b"/", &name].concat() }
}
