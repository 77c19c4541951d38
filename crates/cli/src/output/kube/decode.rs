//! `kube decode`: values as they are stored, in kubectl's forms.

use std::io::{self, Write};

use etcdsnap_kube::StoredValue;
use etcdsnap_kube::decode::{DecodeOptions, decode};
use etcdsnap_kube::encryption::Keyring;
use etcdsnap_kube::json::{self, JsonLayout};
use etcdsnap_kube::yaml;
use etcdsnap_objects::UnreadableObject;

use super::{Piece, Unknown};
use crate::args::kube::DecodeForm;

/// All that is stored, in the form of the newest release.
const OPTIONS: DecodeOptions = DecodeOptions { release: None, managed_fields: true };

/// How values are printed.
#[derive(Clone, Copy, Debug)]
pub struct Forms {
    /// The form of each.
    pub form: DecodeForm,
    /// Do several follow one another?
    pub several: bool,
}

impl Forms {
    /// What is printed of a value.
    pub fn piece(self, value: &[u8], key: &[u8], keyring: &Keyring) -> Piece {
        let unreadable = |reason: UnreadableObject| Piece { unreadable: Some(reason), ..Piece::default() };
        let opened = match StoredValue::recognise(value) {
            StoredValue::Encrypted(_) => match open(value, key, keyring) {
                Ok(opened) => Some(opened),
                Err(reason) => return unreadable(reason),
            },
            _ => None,
        };
        match decode(opened.as_deref().unwrap_or(value), OPTIONS) {
            Ok(object) => {
                let mut text = Vec::new();
                // Memory takes everything.
                _ = self.write(&object.value, &mut text);
                Piece { text, unreadable: None, unknown: Unknown::of(&object.unknown) }
            }
            Err(reason) => unreadable(reason.into()),
        }
    }

    /// What is printed in the place of a value that cannot be decoded.
    pub fn empty(self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(if self.form == DecodeForm::Yaml { b"---\n{}\n" } else { b"{}\n" })
    }

    fn write(self, value: &etcdsnap_kube::value::Value<'_>, text: &mut Vec<u8>) -> io::Result<()> {
        match self.form {
            DecodeForm::Json => json::write(value, JsonLayout::Indented, text),
            DecodeForm::Ndjson => {
                json::write(value, JsonLayout::Compact, text)?;
                text.write_all(b"\n")
            }
            DecodeForm::Yaml => {
                if self.several {
                    text.extend_from_slice(b"---\n");
                }
                yaml::write(value, text)
            }
        }
    }
}

/// Opens an encrypted value, behind which etcdctl may have printed a newline.
fn open(value: &[u8], key: &[u8], keyring: &Keyring) -> Result<Vec<u8>, UnreadableObject> {
    let open = |value| match StoredValue::recognise(value) {
        StoredValue::Encrypted(sealed) => Ok(keyring.decrypt(&sealed, key)?.value),
        _ => Ok(value.to_vec()),
    };
    let opened: Result<_, UnreadableObject> = open(value);
    match (opened, value.strip_suffix(b"\n")) {
        (Err(reason), Some(shorter)) => open(shorter).map_err(|_| reason),
        (opened, _) => opened,
    }
}

/// The bytes of a line of hex digits; white space around them does not count.
pub fn bytes_of_hex(line: &[u8]) -> Option<Vec<u8>> {
    let (pairs, odd) = line.trim_ascii().as_chunks::<2>();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let bytes = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?));
    if odd.is_empty() { bytes.collect() } else { None }
}
