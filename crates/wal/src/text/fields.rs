//! A visitor over the fields of protobuf messages, so that each message is described once for all output formats.

/// A message whose fields can be visited.
pub(super) trait VisitFields {
    /// Visits all fields that are set, in the order of the definition.
    fn write(&self, to: &mut FieldWriter<'_>);
}

/// An output format, which receives the fields of a message one by one.
pub(super) trait FieldVisitor {
    /// Receives a number.
    fn number(&mut self, name: &'static str, number: FieldNumber);
    /// Receives a number that is the id of a member, lease or request.
    fn id(&mut self, name: &'static str, id: FieldNumber) {
        self.number(name, id);
    }
    /// Receives a value of an enumeration; `symbol` is its name if it has one.
    fn symbol(&mut self, name: &'static str, number: i32, symbol: Option<&str>);
    /// Receives bytes or a string.
    fn bytes(&mut self, name: &'static str, bytes: &[u8]);
    /// Receives a repeated id.
    fn ids(&mut self, name: &'static str, ids: &[u64]) {
        for id in ids {
            self.id(name, (*id).into());
        }
    }
    /// Receives a repeated string.
    fn strings(&mut self, name: &'static str, strings: &[String]) {
        for string in strings {
            self.bytes(name, string.as_bytes());
        }
    }
    /// Receives bytes or a string that may be secret.
    fn secret(&mut self, name: &'static str, bytes: &[u8]);
    /// Called before the fields of an inner message; `listed` if the field is repeated.
    fn begin(&mut self, name: &'static str, listed: bool);
    /// Called after the fields of the inner message that began last.
    fn end(&mut self);
}

/// A number of one of Go's types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FieldNumber {
    Unsigned(u64),
    Signed(i64),
    Flag(bool),
}

impl From<u64> for FieldNumber {
    fn from(number: u64) -> Self {
        Self::Unsigned(number)
    }
}

impl From<i64> for FieldNumber {
    fn from(number: i64) -> Self {
        Self::Signed(number)
    }
}

impl From<bool> for FieldNumber {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

/// Passes fields to a visitor, for implementations of [`VisitFields`]. Fields that are zero or empty are skipped, except
/// by the methods `always_…`.
pub(super) struct FieldWriter<'l>(&'l mut dyn FieldVisitor);

impl<'l> FieldWriter<'l> {
    /// Makes a writer for a visitor.
    pub fn new(form: &'l mut dyn FieldVisitor) -> Self {
        Self(form)
    }

    /// Passes a number, even when it is 0.
    pub fn always(&mut self, name: &'static str, value: impl Into<FieldNumber>) -> &mut Self {
        self.0.number(name, value.into());
        self
    }

    /// Passes a number.
    pub fn number<N: Into<FieldNumber> + Default + PartialEq>(&mut self, name: &'static str, value: N) -> &mut Self {
        if value == N::default() { self } else { self.always(name, value) }
    }

    /// Passes an id, even when it is 0.
    pub fn always_id(&mut self, name: &'static str, value: impl Into<FieldNumber>) -> &mut Self {
        self.0.id(name, value.into());
        self
    }

    /// Passes an id.
    pub fn id<N: Into<FieldNumber> + Default + PartialEq>(&mut self, name: &'static str, value: N) -> &mut Self {
        if value == N::default() { self } else { self.always_id(name, value) }
    }

    /// Passes a repeated id.
    pub fn ids(&mut self, name: &'static str, values: &[u64]) -> &mut Self {
        self.0.ids(name, values);
        self
    }

    /// Passes a boolean.
    pub fn flag(&mut self, name: &'static str, value: bool) -> &mut Self {
        self.number(name, value)
    }

    /// Passes a value of an enumeration; `symbols` are the names of its values from 0 on.
    pub fn symbol(&mut self, name: &'static str, value: i32, symbols: &[&str]) -> &mut Self {
        if value == 0 { self } else { self.always_symbol(name, value, symbols) }
    }

    /// Passes a value of an enumeration, even when it is 0.
    pub fn always_symbol(&mut self, name: &'static str, value: i32, symbols: &[&str]) -> &mut Self {
        let symbol = usize::try_from(value).ok().and_then(|value| symbols.get(value)).copied();
        self.0.symbol(name, value, symbol);
        self
    }

    /// Passes bytes, even when there are none.
    pub fn always_bytes(&mut self, name: &'static str, value: &[u8]) -> &mut Self {
        self.0.bytes(name, value);
        self
    }

    /// Passes bytes.
    pub fn bytes(&mut self, name: &'static str, value: &[u8]) -> &mut Self {
        if value.is_empty() { self } else { self.always_bytes(name, value) }
    }

    /// Passes a string.
    pub fn string(&mut self, name: &'static str, value: &str) -> &mut Self {
        self.bytes(name, value.as_bytes())
    }

    /// Passes a repeated string.
    pub fn strings(&mut self, name: &'static str, values: &[String]) -> &mut Self {
        self.0.strings(name, values);
        self
    }

    /// Passes bytes that may be secret, even when there are none.
    pub fn always_secret(&mut self, name: &'static str, value: &[u8]) -> &mut Self {
        self.0.secret(name, value);
        self
    }

    /// Passes bytes or a string that may be secret.
    pub fn secret(&mut self, name: &'static str, value: impl AsRef<[u8]>) -> &mut Self {
        let value = value.as_ref();
        if value.is_empty() { self } else { self.always_secret(name, value) }
    }

    /// Passes an inner message, if it is present.
    pub fn message(&mut self, name: &'static str, value: Option<&impl VisitFields>) -> &mut Self {
        if let Some(value) = value {
            self.inner(name, false, value);
        }
        self
    }

    /// Passes a repeated inner message.
    pub fn messages(&mut self, name: &'static str, values: &[impl VisitFields]) -> &mut Self {
        for value in values {
            self.inner(name, true, value);
        }
        self
    }

    fn inner(&mut self, name: &'static str, listed: bool, value: &impl VisitFields) {
        self.0.begin(name, listed);
        value.write(self);
        self.0.end();
    }
}
