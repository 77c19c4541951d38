//! A scanner for the grammar of JSON that stores no values and does not recurse.

use super::{Refused, Value};

/// Arrays and objects that may lie within one another; Go refuses more.
const MAX_DEPTH: usize = 10_000;

/// A place in a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scanner<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Scanner<'t> {
    /// Checks a whole text and returns its value, which only white space may surround.
    pub fn whole(text: &'t [u8]) -> Result<Value<'t>, Refused> {
        let mut scanner = Self { text, at: 0 };
        let value = scanner.value()?;
        scanner.space();
        match scanner.peek() {
            None => Ok(value),
            Some(_) => Err(scanner.refuse("something follows the JSON")),
        }
    }

    /// A scanner after the first byte of an array or object that was checked before.
    pub fn inside(value: &Value<'t>) -> Self {
        Self { text: value.text, at: value.start + 1 }
    }

    /// The next value of an array, or the next name with its value of an object; `None` at the end of it.
    pub fn next(&mut self, named: bool) -> Option<(&'t [u8], Value<'t>)> {
        self.space();
        if self.peek() == Some(b',') {
            self.at += 1;
        }
        self.space();
        if matches!(self.peek(), None | Some(b']' | b'}')) {
            return None;
        }
        let name = if named { self.name().ok()? } else { &[] };
        Some((name, self.value().ok()?))
    }

    /// Passes over one value, whatever it holds.
    fn value(&mut self) -> Result<Value<'t>, Refused> {
        self.space();
        let start = self.at;
        // Every round passes over at least one byte; no more than `MAX_DEPTH` bytes are kept.
        let mut open = Vec::new();
        loop {
            self.space();
            match self.peek() {
                Some(bracket @ (b'{' | b'[')) => {
                    if open.len() == MAX_DEPTH {
                        return Err(self.refuse("the JSON is nested too deeply"));
                    }
                    self.at += 1;
                    open.push(bracket);
                    self.space();
                    if self.peek() != Some(closing(bracket)) {
                        if bracket == b'{' {
                            self.name()?;
                        }
                        continue;
                    }
                }
                Some(b'"') => drop(self.string()?),
                Some(b'-' | b'0'..=b'9') => self.number()?,
                Some(b't') => self.literal(b"true")?,
                Some(b'f') => self.literal(b"false")?,
                Some(b'n') => self.literal(b"null")?,
                _ => return Err(self.unexpected()),
            }
            if self.close(&mut open)? {
                return Ok(Value { text: self.text, start, end: self.at });
            }
        }
    }

    /// Passes over what follows a value in the arrays and objects around it, to the next value. Returns whether the
    /// outermost has ended.
    fn close(&mut self, open: &mut Vec<u8>) -> Result<bool, Refused> {
        // Ends, because every round but the last closes one of them.
        while let Some(bracket) = open.last().copied() {
            self.space();
            match self.peek() {
                Some(byte) if byte == closing(bracket) => {
                    self.at += 1;
                    open.pop();
                }
                Some(b',') => {
                    self.at += 1;
                    if bracket == b'{' {
                        self.name()?;
                    }
                    return Ok(false);
                }
                _ => return Err(self.unexpected()),
            }
        }
        Ok(true)
    }

    /// Passes over a name of an object and the colon after it; returns the bytes of the name.
    fn name(&mut self) -> Result<&'t [u8], Refused> {
        self.space();
        let name = self.string()?;
        self.space();
        self.take(b':')?;
        Ok(name)
    }

    /// Passes over a string; returns the bytes between its quotes.
    fn string(&mut self) -> Result<&'t [u8], Refused> {
        self.take(b'"')?;
        let start = self.at;
        // Ends, because every round passes over at least one byte.
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    self.at += 1;
                    match self.peek() {
                        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
                        Some(b'u') => {
                            self.at += 1;
                            (0..4).try_for_each(|_| self.digit(u8::is_ascii_hexdigit))?;
                        }
                        _ => return Err(self.unexpected()),
                    }
                }
                Some(0x20..) => self.at += 1,
                _ => return Err(self.unexpected()),
            }
        }
        self.at += 1;
        Ok(self.text.get(start..self.at - 1).unwrap_or_default())
    }

    fn number(&mut self) -> Result<(), Refused> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Refused> {
        self.digit(u8::is_ascii_digit)?;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        Ok(())
    }

    fn digit(&mut self, is_one: impl Fn(&u8) -> bool) -> Result<(), Refused> {
        match self.peek() {
            Some(byte) if is_one(&byte) => self.at += 1,
            _ => return Err(self.unexpected()),
        }
        Ok(())
    }

    fn literal(&mut self, word: &[u8]) -> Result<(), Refused> {
        word.iter().try_for_each(|byte| self.take(*byte))
    }

    fn take(&mut self, byte: u8) -> Result<(), Refused> {
        if self.peek() != Some(byte) {
            return Err(self.unexpected());
        }
        self.at += 1;
        Ok(())
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn unexpected(&self) -> Refused {
        self.refuse(if self.peek().is_some() { "not JSON" } else { "the JSON ends too early" })
    }

    fn refuse(&self, what: &'static str) -> Refused {
        Refused { what, offset: self.at }
    }
}

fn closing(bracket: u8) -> u8 {
    if bracket == b'{' { b'}' } else { b']' }
}
