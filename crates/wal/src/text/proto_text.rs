//! [`ProtoText`]: prints messages in the one-line text format of Go's protobuf library: `name:value other:<name:"text" > `.

use etcdsnap_quantity::quantity;
use std::fmt::{self, Display, Write};

use super::fields::{FieldNumber, FieldVisitor, FieldWriter, VisitFields};
use super::value_display::ValueDisplay;

/// Displays a message as text.
pub(super) struct ProtoText<'m, M: ?Sized>(pub &'m M, pub TextStyle);

/// Options of the text format.
#[derive(Clone, Copy, Debug)]
pub(super) struct TextStyle {
    /// Whether values are shown.
    pub values: ValueDisplay,
    /// Are ids printed in hexadecimal, unlike in protobuf's text format?
    pub hex_ids: bool,
}

impl TextStyle {
    /// The format of `etcd-dump-logs`.
    pub const TOOL: Self = Self { values: ValueDisplay::Shown, hex_ids: false };
}

impl<M: VisitFields + ?Sized> Display for ProtoText<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Text { to: f, style: self.1, result: Ok(()) };
        self.0.write(&mut FieldWriter::new(&mut text));
        text.result
    }
}

/// The visitor that prints fields to a formatter; keeps the first error.
struct Text<'t, 'f> {
    to: &'t mut fmt::Formatter<'f>,
    style: TextStyle,
    result: fmt::Result,
}

impl Text<'_, '_> {
    fn put(&mut self, text: fmt::Arguments<'_>) {
        self.result = self.result.and_then(|()| self.to.write_fmt(text));
    }
}

impl FieldVisitor for Text<'_, '_> {
    fn number(&mut self, name: &'static str, number: FieldNumber) {
        match number {
            FieldNumber::Unsigned(number) => self.put(format_args!("{name}:{number} ")),
            FieldNumber::Signed(number) => self.put(format_args!("{name}:{number} ")),
            FieldNumber::Flag(flag) => self.put(format_args!("{name}:{flag} ")),
        }
    }

    fn id(&mut self, name: &'static str, id: FieldNumber) {
        match id {
            FieldNumber::Unsigned(id) if self.style.hex_ids => self.put(format_args!("{name}:{id:016x} ")),
            FieldNumber::Signed(id) if self.style.hex_ids => self.put(format_args!("{name}:{id:016x} ")),
            id => self.number(name, id),
        }
    }

    fn symbol(&mut self, name: &'static str, number: i32, symbol: Option<&str>) {
        match symbol {
            Some(symbol) => self.put(format_args!("{name}:{symbol} ")),
            None => self.put(format_args!("{name}:{number} ")),
        }
    }

    fn bytes(&mut self, name: &'static str, bytes: &[u8]) {
        self.put(format_args!("{name}:{} ", Quoted(bytes)));
    }

    fn secret(&mut self, name: &'static str, bytes: &[u8]) {
        match self.style.values {
            ValueDisplay::Shown => self.bytes(name, bytes),
            ValueDisplay::Hidden => self.put(format_args!("{name}:({}) ", quantity(bytes.len() as u64, "byte"))),
        }
    }

    fn begin(&mut self, name: &'static str, _listed: bool) {
        self.put(format_args!("{name}:<"));
    }

    fn end(&mut self) {
        self.put(format_args!("> "));
    }
}

/// Displays bytes in double quotes, with all but printable ASCII in octal.
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
