//! What keeps a terminal from obeying the bytes of a backup.

use std::io::{self, IsTerminal, Write};
use std::mem;

/// The first byte of U+0080 to U+00BF in UTF-8; the first half of them are control characters, too.
const LEAD: u8 = 0xc2;

/// A stream that, where it is a terminal, shows control characters as `\u001b`. In JSON that is the same text; elsewhere it is
/// read by a person, as it is in a terminal. Tabs and ends of lines stay. Every other stream gets every byte.
pub struct Screen<W> {
    stream: W,
    is_terminal: bool,
    /// Was a [`LEAD`] held back?
    led: bool,
}

impl<W: Write + IsTerminal> Screen<W> {
    /// Guards the stream if it is a terminal.
    pub fn new(stream: W) -> Self {
        let is_terminal = stream.is_terminal();
        Self { stream, is_terminal, led: false }
    }
}

impl<W> Screen<W> {
    fn show(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut shown = Vec::with_capacity(bytes.len());
        for &byte in bytes {
            let led = mem::take(&mut self.led);
            let escaped = match byte {
                b'\n' | b'\t' => false,
                0x80..=0x9f => led,
                _ => byte.is_ascii_control(),
            };
            if led && !escaped {
                shown.push(LEAD);
            }
            if escaped {
                shown.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
            } else if byte == LEAD {
                self.led = true;
            } else {
                shown.push(byte);
            }
        }
        shown
    }
}

impl<W: Write> Write for Screen<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.is_terminal {
            return self.stream.write(bytes);
        }
        let shown = self.show(bytes);
        self.stream.write_all(&shown)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if mem::take(&mut self.led) {
            self.stream.write_all(&[LEAD])?;
        }
        self.stream.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(is_terminal: bool, pieces: &[&[u8]]) -> String {
        let mut screen = Screen { stream: Vec::new(), is_terminal, led: false };
        for piece in pieces {
            screen.write_all(piece).expect("memory takes everything");
        }
        screen.flush().expect("memory");
        String::from_utf8(screen.stream).expect("text")
    }

    #[test]
    fn a_terminal_is_given_nothing_to_obey() {
        let text = "a\t\u{1b}[2J\r\n\u{7f}\u{80}\u{9b}1m\u{a0}\u{2028}\u{e9}";
        let safe = "a\t\\u001b[2J\\u000d\n\\u007f\\u0080\\u009b1m\u{a0}\u{2028}\u{e9}";
        assert_eq!(shown(true, &[text.as_bytes()]), safe);
        let bytes: Vec<_> = text.as_bytes().chunks(1).collect();
        assert_eq!(shown(true, &bytes), safe);
        assert_eq!(shown(false, &bytes), text);
    }

    #[test]
    fn json_stays_the_same_json() {
        let text = "\u{1b}\u{7f}\u{9b}\"\\\n".to_owned();
        let json = shown(true, &[&serde_json::to_vec(&text).expect("JSON")]);
        assert!(json.is_ascii(), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).expect("JSON"), text);
    }
}
