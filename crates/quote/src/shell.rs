//! Quotes the words of shell commands that a message proposes to the user.

use crate::is_printable;

/// A word of a shell command: as it is when a shell takes it so, in single quotes otherwise. Bytes that a terminal does
/// not print are written as escapes in `$'…'`, which bash, zsh and ksh read.
pub fn shell_word(bytes: &[u8]) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,@%+".contains(c);
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.is_empty() && text.chars().all(is_plain) => text.to_owned(),
        Ok(text) if text.chars().all(is_printable) => format!("'{}'", text.replace('\'', r"'\''")),
        _ => {
            let escaped = bytes.iter().map(|byte| match byte {
                b'\'' | b'\\' => format!("\\{}", char::from(*byte)),
                b' '..=b'~' => char::from(*byte).to_string(),
                _ => format!("\\x{byte:02x}"),
            });
            format!("$'{}'", escaped.collect::<String>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_a_shell() {
        let words: [&[u8]; 7] =
            [b"--name=m1", b"--data-dir=/a b", b"it's", b"", b"a[1].db", b"a\x1b'\n\xff", "b\u{e4}ckup".as_bytes()];
        let quoted = words.map(shell_word);
        let expected =
            ["--name=m1", "'--data-dir=/a b'", r"'it'\''s'", "''", "'a[1].db'", r"$'a\x1b\'\x0a\xff'", "'b\u{e4}ckup'"];
        assert_eq!(quoted, expected);
    }
}
