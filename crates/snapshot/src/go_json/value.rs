//! Converts values of JSON to Go's types of fields.

use super::Refused;
use super::syntax::Scanner;

/// One value that the scanner has checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value<'t> {
    pub(super) text: &'t [u8],
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The elements of a Go slice. Go decodes a field that comes again over the earlier elements, so a `null` keeps the
/// earlier one.
#[derive(Clone, Debug, Default)]
pub(crate) struct GoList<T> {
    slots: Vec<T>,
    len: usize,
}

impl<T> GoList<T> {
    /// The elements of the list that was decoded last.
    pub fn into_vec(mut self) -> Vec<T> {
        self.slots.truncate(self.len);
        self.slots
    }
}

impl<'t> Value<'t> {
    /// Decodes it into a `string`.
    pub fn string(self, into: &mut String) -> Result<(), Refused> {
        match self.raw() {
            [b'"', quoted @ .., b'"'] => *into = unquoted(quoted),
            _ => self.null_or("a value of the JSON is not a string")?,
        }
        Ok(())
    }

    /// Decodes it into a `bool`.
    pub fn boolean(self, into: &mut bool) -> Result<(), Refused> {
        match self.raw() {
            b"true" => *into = true,
            b"false" => *into = false,
            _ => self.null_or("a value of the JSON is neither true nor false")?,
        }
        Ok(())
    }

    /// Decodes it into a `uint64`: digits alone, without sign, fraction or exponent.
    pub fn unsigned(self, into: &mut u64) -> Result<(), Refused> {
        let digits = std::str::from_utf8(self.raw()).ok().filter(|raw| raw.bytes().all(|byte| byte.is_ascii_digit()));
        match digits.and_then(|digits| digits.parse().ok()) {
            Some(number) => *into = number,
            None => self.null_or("a value of the JSON is not a whole number of 64 bits")?,
        }
        Ok(())
    }

    /// Decodes it into a slice.
    pub fn list<T: Default>(
        self,
        into: &mut GoList<T>,
        element: impl Fn(Self, &mut T) -> Result<(), Refused>,
    ) -> Result<(), Refused> {
        if self.raw().first() != Some(&b'[') {
            *into = GoList::default();
            return self.null_or("a value of the JSON is not a list");
        }
        let (mut scanner, mut len) = (Scanner::inside(&self), 0);
        // Ends with the array; a slot for each value in the text at most.
        while let Some((_, value)) = scanner.next(false) {
            if len == into.slots.len() {
                into.slots.push(T::default());
            }
            if let Some(slot) = into.slots.get_mut(len) {
                element(value, slot)?;
            }
            len += 1;
        }
        into.len = len;
        if len == 0 {
            into.slots.clear();
        }
        Ok(())
    }

    pub(super) fn is_null(self) -> bool {
        self.raw() == b"null"
    }

    /// Names and values of an object, in order.
    pub(super) fn members(self) -> Result<impl Iterator<Item = (String, Self)>, Refused> {
        if self.raw().first() != Some(&b'{') {
            return Err(self.refuse("the JSON is not an object"));
        }
        let mut scanner = Scanner::inside(&self);
        Ok(std::iter::from_fn(move || scanner.next(true).map(|(name, value)| (unquoted(name), value))))
    }

    fn raw(self) -> &'t [u8] {
        self.text.get(self.start..self.end).unwrap_or_default()
    }

    /// `null` changes nothing, whatever the type.
    fn null_or(self, otherwise: &'static str) -> Result<(), Refused> {
        if self.is_null() { Ok(()) } else { Err(self.refuse(otherwise)) }
    }

    fn refuse(self, what: &'static str) -> Refused {
        Refused { what, offset: self.start }
    }
}

/// The text of a string: escapes decoded, and invalid UTF-8 and unpaired surrogates replaced.
fn unquoted(quoted: &[u8]) -> String {
    let mut text = String::with_capacity(quoted.len());
    let mut rest = quoted;
    while let Some(escape) = rest.iter().position(|byte| *byte == b'\\') {
        let (plain, from) = rest.split_at(escape);
        push_plain(&mut text, plain);
        rest = push_escape(&mut text, from);
    }
    push_plain(&mut text, rest);
    text
}

/// Appends bytes as text; as in Go every single byte that is not UTF-8 is replaced.
fn push_plain(text: &mut String, bytes: &[u8]) {
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
}

/// Appends the character of the escape at the start, and returns the bytes after it.
fn push_escape<'b>(text: &mut String, from: &'b [u8]) -> &'b [u8] {
    let Some(letter) = from.get(1) else { return &[] };
    let after = from.get(2..).unwrap_or_default();
    let simple = match letter {
        b'u' => {
            let (letter, after) = unicode(from);
            text.push(letter);
            return after;
        }
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        other => char::from(*other),
    };
    text.push(simple);
    after
}

/// Decodes one `\uXXXX`, or a surrogate pair; returns the character and the bytes after it.
fn unicode(from: &[u8]) -> (char, &[u8]) {
    let after = |len: usize| from.get(len..).unwrap_or_default();
    let unit = |at: usize| -> Option<u16> {
        let digits = from.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let first = unit(0).unwrap_or(0xd800);
    let pair = unit(6).and_then(|second| char::decode_utf16([first, second]).next()?.ok());
    match (char::from_u32(first.into()), pair) {
        (Some(letter), _) => (letter, after(6)),
        (None, Some(letter)) => (letter, after(12)),
        (None, None) => (char::REPLACEMENT_CHARACTER, after(6)),
    }
}
