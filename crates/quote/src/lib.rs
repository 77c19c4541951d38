//! Shows bytes of files as text in messages: quoted like Go's `%q`, cut short, or as words of a shell command.
//!
//! Names, keys and values are bytes that a stranger may have chosen. All that is shown of them passes through here, so
//! that none can flood a report or control a terminal.
//!
//! ```
//! use etcdsnap_quote::{go_quote, quote};
//!
//! assert_eq!(quote(b"/registry/pods"), "/registry/pods");
//! assert_eq!(quote(b"\x1b[31m"), r#""\x1b[31m""#);
//! assert_eq!(go_quote(b"/registry/pods"), r#""/registry/pods""#);
//! ```

mod go;
mod shell;

pub use go::{go_excerpt, go_quote, is_printable};
pub use shell::shell_word;

/// Shows bytes as text: as they are when they are printable UTF-8 without quotes or backslashes, Go-quoted otherwise.
pub fn quote(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.is_empty() && text.chars().all(|c| is_printable(c) && c != '"' && c != '\\') => {
            text.to_owned()
        }
        _ => go_quote(bytes),
    }
}

/// [`quote`], cut after 128 bytes so that no key can flood a report.
pub fn excerpt(bytes: &[u8]) -> String {
    const SHOWN: usize = 128;
    match bytes.get(..SHOWN) {
        Some(start) if bytes.len() > SHOWN => format!("{}… ({} bytes)", quote(start), bytes.len()),
        _ => quote(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_bytes_are_quoted_and_plain_ones_are_not() {
        assert_eq!(quote(b"/registry/pods"), "/registry/pods");
        assert_eq!(quote(b""), "\"\"");
        assert_eq!(quote(b"a\x1b[31m\xff\n"), "\"a\\x1b[31m\\xff\\n\"");
        assert_eq!(quote("\u{202e}x".as_bytes()), "\"\\u202ex\"");
    }

    #[test]
    fn long_bytes_are_cut() {
        assert_eq!(excerpt(&[b'k'; 128]), "k".repeat(128));
        assert_eq!(excerpt(&[b'k'; 129]), "k".repeat(128) + "… (129 bytes)");
    }
}
