//! Protobuf messages as the one-line text of Go's library: `name:value other:<name:"text" > `.

use std::fmt::{self, Display, Write};

/// A message that can be written in this form.
pub(super) trait Fields {
    /// Writes all fields that are set, in the order of the definition.
    fn write(&self, to: &mut Line<'_, '_>);
}

/// The text of a message.
pub(super) struct Message<'m, M>(pub &'m M);

impl<M: Fields> Display for Message<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = Line { to: f, result: Ok(()) };
        self.0.write(&mut line);
        line.result
    }
}

/// Where fields are written to; remembers the first failure.
pub(super) struct Line<'l, 'f> {
    to: &'l mut fmt::Formatter<'f>,
    result: fmt::Result,
}

impl Line<'_, '_> {
    /// A number that is written even when it is 0.
    pub fn always(&mut self, name: &str, value: impl Display) -> &mut Self {
        self.put(format_args!("{name}:{value} "))
    }

    /// A number.
    pub fn number<N: Display + Default + PartialEq>(&mut self, name: &str, value: N) -> &mut Self {
        if value == N::default() { self } else { self.always(name, value) }
    }

    /// A truth.
    pub fn flag(&mut self, name: &str, value: bool) -> &mut Self {
        self.number(name, value)
    }

    /// A value of an enumeration, which begins with 0.
    pub fn symbol(&mut self, name: &str, value: i32, symbols: &[&str]) -> &mut Self {
        match usize::try_from(value).ok().and_then(|value| symbols.get(value)) {
            _ if value == 0 => self,
            Some(symbol) => self.always(name, symbol),
            None => self.always(name, value),
        }
    }

    /// Bytes, or a string, that are written even when there are none.
    pub fn always_bytes(&mut self, name: &str, value: &[u8]) -> &mut Self {
        self.put(format_args!("{name}:{} ", Quoted(value)))
    }

    /// Bytes.
    pub fn bytes(&mut self, name: &str, value: &[u8]) -> &mut Self {
        if value.is_empty() { self } else { self.always_bytes(name, value) }
    }

    /// A string.
    pub fn string(&mut self, name: &str, value: &str) -> &mut Self {
        self.bytes(name, value.as_bytes())
    }

    /// Each of several strings.
    pub fn strings(&mut self, name: &str, values: &[String]) -> &mut Self {
        values.iter().fold(self, |line, value| line.always_bytes(name, value.as_bytes()))
    }

    /// Each of several numbers.
    pub fn numbers(&mut self, name: &str, values: &[u64]) -> &mut Self {
        values.iter().fold(self, |line, value| line.always(name, value))
    }

    /// Each of several messages; one that may be absent is such a list too.
    pub fn messages<'m, M: Fields + 'm>(&mut self, name: &str, values: impl IntoIterator<Item = &'m M>) -> &mut Self {
        values.into_iter().fold(self, |line, value| line.put(format_args!("{name}:<{}> ", Message(value))))
    }

    fn put(&mut self, text: fmt::Arguments<'_>) -> &mut Self {
        self.result = self.result.and_then(|()| self.to.write_fmt(text));
        self
    }
}

/// Bytes in double quotes, with all but printable ASCII in octal.
struct Quoted<'b>(&'b [u8]);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for &byte in self.0 {
            match byte {
                b'\n' => f.write_str("\\n")?,
                b'\r' => f.write_str("\\r")?,
                b'\t' => f.write_str("\\t")?,
                b'"' | b'\\' => write!(f, "\\{}", char::from(byte))?,
                b' '..=b'~' => f.write_char(byte.into())?,
                _ => write!(f, "\\{byte:03o}")?,
            }
        }
        f.write_char('"')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_quoted_in_octal() {
        let bytes = b"a \n\r\t\"\\~\x7f\x00\xc3\xa9";
        assert_eq!(Quoted(bytes).to_string(), r#""a \n\r\t\"\\~\177\000\303\251""#);
    }
}
