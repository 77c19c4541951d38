//! The fields of protobuf messages, told one by one to whatever form they are wanted in.

/// A message whose fields can be told.
pub(super) trait VisitFields {
    /// Tells all fields that are set, in the order of the definition.
    fn write(&self, to: &mut FieldWriter<'_>);
}

/// What fields are made into.
pub(super) trait FieldVisitor {
    /// A number.
    fn number(&mut self, name: &'static str, number: FieldNumber);
    /// A number that is the id of a member, lease or request.
    fn id(&mut self, name: &'static str, id: FieldNumber) {
        self.number(name, id);
    }
    /// A value of an enumeration, by its name where it has one.
    fn symbol(&mut self, name: &'static str, number: i32, symbol: Option<&str>);
    /// Bytes, or a string.
    fn bytes(&mut self, name: &'static str, bytes: &[u8]);
    /// Several ids under one name.
    fn ids(&mut self, name: &'static str, ids: &[u64]) {
        for id in ids {
            self.id(name, (*id).into());
        }
    }
    /// Several strings under one name.
    fn strings(&mut self, name: &'static str, strings: &[String]) {
        for string in strings {
            self.bytes(name, string.as_bytes());
        }
    }
    /// Bytes, or a string, that may be secret.
    fn secret(&mut self, name: &'static str, bytes: &[u8]);
    /// A message begins; `listed` if there may be several under this name.
    fn begin(&mut self, name: &'static str, listed: bool);
    /// The message ends that began last.
    fn end(&mut self);
}

/// A number as Go knows it.
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

/// Where fields are told to. Those that are zero or empty are left out, unless they are told as present.
pub(super) struct FieldWriter<'l>(&'l mut dyn FieldVisitor);

impl<'l> FieldWriter<'l> {
    /// Tells a form.
    pub fn new(form: &'l mut dyn FieldVisitor) -> Self {
        Self(form)
    }

    /// A number that is present even when it is 0.
    pub fn always(&mut self, name: &'static str, value: impl Into<FieldNumber>) -> &mut Self {
        self.0.number(name, value.into());
        self
    }

    /// A number.
    pub fn number<N: Into<FieldNumber> + Default + PartialEq>(&mut self, name: &'static str, value: N) -> &mut Self {
        if value == N::default() { self } else { self.always(name, value) }
    }

    /// An id that is present even when it is 0.
    pub fn always_id(&mut self, name: &'static str, value: impl Into<FieldNumber>) -> &mut Self {
        self.0.id(name, value.into());
        self
    }

    /// An id.
    pub fn id<N: Into<FieldNumber> + Default + PartialEq>(&mut self, name: &'static str, value: N) -> &mut Self {
        if value == N::default() { self } else { self.always_id(name, value) }
    }

    /// Each of several ids.
    pub fn ids(&mut self, name: &'static str, values: &[u64]) -> &mut Self {
        self.0.ids(name, values);
        self
    }

    /// A truth.
    pub fn flag(&mut self, name: &'static str, value: bool) -> &mut Self {
        self.number(name, value)
    }

    /// A value of an enumeration, which begins with 0.
    pub fn symbol(&mut self, name: &'static str, value: i32, symbols: &[&str]) -> &mut Self {
        if value == 0 { self } else { self.always_symbol(name, value, symbols) }
    }

    /// A value of an enumeration that is present even when it is its first.
    pub fn always_symbol(&mut self, name: &'static str, value: i32, symbols: &[&str]) -> &mut Self {
        let symbol = usize::try_from(value).ok().and_then(|value| symbols.get(value)).copied();
        self.0.symbol(name, value, symbol);
        self
    }

    /// Bytes that are present even when there are none.
    pub fn always_bytes(&mut self, name: &'static str, value: &[u8]) -> &mut Self {
        self.0.bytes(name, value);
        self
    }

    /// Bytes.
    pub fn bytes(&mut self, name: &'static str, value: &[u8]) -> &mut Self {
        if value.is_empty() { self } else { self.always_bytes(name, value) }
    }

    /// A string.
    pub fn string(&mut self, name: &'static str, value: &str) -> &mut Self {
        self.bytes(name, value.as_bytes())
    }

    /// Each of several strings.
    pub fn strings(&mut self, name: &'static str, values: &[String]) -> &mut Self {
        self.0.strings(name, values);
        self
    }

    /// Bytes that may be secret, present even when there are none.
    pub fn always_secret(&mut self, name: &'static str, value: &[u8]) -> &mut Self {
        self.0.secret(name, value);
        self
    }

    /// Bytes, or a string, that may be secret.
    pub fn secret(&mut self, name: &'static str, value: impl AsRef<[u8]>) -> &mut Self {
        let value = value.as_ref();
        if value.is_empty() { self } else { self.always_secret(name, value) }
    }

    /// A message that may be absent.
    pub fn message(&mut self, name: &'static str, value: Option<&impl VisitFields>) -> &mut Self {
        if let Some(value) = value {
            self.inner(name, false, value);
        }
        self
    }

    /// Each of several messages.
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
