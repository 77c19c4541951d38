//! Percent escapes: which bytes each part of a URL may hold as they are.

use etcdsnap_quote::go_quote;

use super::Unparsable;

/// The part of a URL that a text stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// User name or password.
    User,
    /// Host, with its port.
    Host,
    /// The zone of an IPv6 address, with the escaped percent sign before it.
    Zone,
    /// Path.
    Path,
    /// Fragment.
    Fragment,
}

impl Part {
    /// Characters that stay as they are when this part is written, besides letters, digits and `-_.~`.
    fn kept(self) -> &'static [u8] {
        match self {
            Self::User => b"$&+,;=",
            Self::Host | Self::Zone => b"!$&'()*+,;=:[]<>\"",
            Self::Path => b"$&+/:=@",
            Self::Fragment => b"$&+,/:;=?@!()*",
        }
    }

    fn keeps(self, byte: u8) -> bool {
        byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || self.kept().contains(&byte)
    }

    /// May an escape stand for this byte here? In a host only for one that is not ASCII, or a percent sign; in a zone for
    /// any that could be written plainly, and a space.
    fn may_escape(self, byte: u8) -> bool {
        match self {
            Self::Host => !byte.is_ascii() || byte == b'%',
            Self::Zone => byte == b'%' || byte == b' ' || self.keeps(byte),
            Self::User | Self::Path | Self::Fragment => true,
        }
    }

    /// May this byte, other than a percent sign, be read here without an escape?
    fn may_be_plain(self, byte: u8) -> bool {
        !matches!(self, Self::Host | Self::Zone) || !byte.is_ascii() || self.keeps(byte)
    }
}

/// Reads a part: every escape becomes its byte.
pub(super) fn decode(text: &str, part: Part) -> Result<Vec<u8>, Unparsable> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = match (first, after) {
            (b'%', [high, low, after @ ..]) => match hex(*high).zip(hex(*low)) {
                Some((high, low)) if part.may_escape(high << 4 | low) => {
                    decoded.push(high << 4 | low);
                    after
                }
                _ => return Err(bad_escape(rest)),
            },
            (b'%', _) => return Err(bad_escape(rest)),
            (&byte, _) if !part.may_be_plain(byte) => return Err(Unparsable::HostCharacter(go_quote(&[byte]))),
            (&byte, after) => {
                decoded.push(byte);
                after
            }
        };
    }
    Ok(decoded)
}

/// Writes a part: everything that it may not hold as it is becomes an escape.
pub(super) fn encode(bytes: &[u8], part: Part) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        if part.keeps(byte) {
            text.push(char::from(byte));
        } else {
            text.push('%');
            text.extend([byte >> 4, byte & 15].map(|digit| char::from(b"0123456789ABCDEF"[usize::from(digit)])));
        }
    }
    text
}

/// Can this part be shown as it was written? More is allowed in a URL than [`encode`] leaves alone.
pub(super) fn is_well_written(text: &str, part: Part) -> bool {
    text.bytes().all(|byte| part.keeps(byte) || b"!$&'()*+,;=:@[]%".contains(&byte))
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// The text of the error shows three bytes at most.
fn bad_escape(rest: &[u8]) -> Unparsable {
    Unparsable::Escape(go_quote(&rest[..rest.len().min(3)]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PARTS: [Part; 5] = [Part::User, Part::Host, Part::Zone, Part::Path, Part::Fragment];

    #[test]
    fn a_bad_escape_is_shown_with_what_follows() {
        for (text, shown) in
            [("%", "\"%\""), ("a%4", "\"%4\""), ("%4x9", "\"%4x\""), ("%é", "\"%é\""), ("%41", "\"%41\"")]
        {
            assert_eq!(decode(text, Part::Host), Err(Unparsable::Escape(shown.into())), "{text}");
        }
        assert_eq!(decode("%41", Part::Path), Ok(b"A".to_vec()));
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(bytes: Vec<u8>) {
            for part in [Part::User, Part::Path, Part::Fragment] {
                let text = encode(&bytes, part);
                prop_assert!(is_well_written(&text, part));
                prop_assert_eq!(decode(&text, part), Ok(bytes.clone()));
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text: String) {
            for part in PARTS {
                if let Ok(bytes) = decode(&text, part) {
                    let again = decode(&encode(&bytes, part), part);
                    prop_assert!(again == Ok(bytes) || matches!(part, Part::Host | Part::Zone));
                }
            }
        }
    }
}
