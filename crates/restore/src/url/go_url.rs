//! A URL of any scheme, taken apart and put together again as Go does it.

use std::fmt::Write as _;

use super::Unparsable;
use super::escape::{Part, decode, encode, is_well_written};
use super::host::{self, Colons};

/// The parts of a URL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Url {
    /// Lower case; empty when there is none.
    pub scheme: String,
    /// What follows the scheme when that is not a slash; then there is neither user nor host nor path.
    pub opaque: String,
    /// Name and password in front of the host.
    pub user: Option<(Vec<u8>, Option<Vec<u8>>)>,
    /// Host and port without escapes.
    pub host: Vec<u8>,
    /// Two slashes stand in front of the host, even of an empty one.
    has_authority: bool,
    /// Path.
    pub path: Escaped,
    /// What follows the question mark, as written.
    query: Option<String>,
    /// What follows the hash sign.
    fragment: Escaped,
}

/// A part that is shown as it was written where that is well-formed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Escaped {
    /// Without escapes.
    pub bytes: Vec<u8>,
    /// Well written.
    text: String,
}

impl Escaped {
    fn parse(written: &str, part: Part) -> Result<Self, Unparsable> {
        let bytes = decode(written, part)?;
        let text = if is_well_written(written, part) { written.to_owned() } else { encode(&bytes, part) };
        Ok(Self { bytes, text })
    }
}

/// Reads a URL. `strict_colons`: http and https allow one colon in a host that is not in brackets.
///
/// # Errors
/// The reason, and the text it is about: that without its fragment, when the fragment is not to blame.
pub(super) fn parse(text: &str, strict_colons: bool) -> Result<Url, (String, Unparsable)> {
    let (front, fragment) = text.split_once('#').unwrap_or((text, ""));
    let mut url = parse_front(front, strict_colons).map_err(|reason| (front.to_owned(), reason))?;
    url.fragment = Escaped::parse(fragment, Part::Fragment).map_err(|reason| (text.to_owned(), reason))?;
    Ok(url)
}

fn parse_front(text: &str, strict_colons: bool) -> Result<Url, Unparsable> {
    if text.bytes().any(|byte| byte.is_ascii_control()) {
        return Err(Unparsable::ControlCharacter);
    }
    let (scheme, rest) = split_scheme(text)?;
    let (rest, query) = match rest.split_once('?') {
        Some((rest, query)) => (rest, Some(query.to_owned())),
        None => (rest, None),
    };
    let mut url = Url { scheme: scheme.to_ascii_lowercase(), query, ..Url::default() };
    if !rest.starts_with('/') {
        if !scheme.is_empty() {
            return Ok(Url { opaque: rest.to_owned(), ..url });
        }
        if rest.split('/').next().is_some_and(|segment| segment.contains(':')) {
            return Err(Unparsable::Colon);
        }
    }
    let mut path = rest;
    if let Some(after) = rest.strip_prefix("//").filter(|after| !scheme.is_empty() || !after.starts_with('/')) {
        let (authority, after) = after.split_at(after.find('/').unwrap_or(after.len()));
        let one_colon = strict_colons && matches!(url.scheme.as_str(), "http" | "https");
        url.parse_authority(authority, if one_colon { Colons::First } else { Colons::Last })?;
        path = after;
    }
    url.path = Escaped::parse(path, Part::Path)?;
    Ok(url)
}

/// The scheme, empty when there is none, and what follows its colon.
fn split_scheme(text: &str) -> Result<(&str, &str), Unparsable> {
    match text.split_once(':') {
        Some(("", _)) => Err(Unparsable::MissingScheme),
        Some((scheme, rest)) if is_scheme(scheme.as_bytes()) => Ok((scheme, rest)),
        _ => Ok(("", text)),
    }
}

fn is_scheme(text: &[u8]) -> bool {
    text.first().is_some_and(u8::is_ascii_alphabetic)
        && text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte))
}

impl Url {
    fn parse_authority(&mut self, authority: &str, colons: Colons) -> Result<(), Unparsable> {
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        self.has_authority = true;
        self.host = host::parse(host, colons)?;
        self.user = user.map(parse_user).transpose()?;
        Ok(())
    }

    /// The same with another host.
    pub fn with_host(&self, host: &[u8]) -> Self {
        Self { host: host.to_vec(), ..self.clone() }
    }

    /// The whole URL; two texts of one URL can differ from it in the case of the scheme and in needless escapes.
    pub fn text(&self) -> String {
        let mut text = String::new();
        if !self.scheme.is_empty() {
            _ = write!(text, "{}:", self.scheme);
        }
        text.push_str(&self.opaque);
        if self.has_authority && !(self.host.is_empty() && self.path.bytes.is_empty() && self.user.is_none()) {
            text.push_str("//");
        }
        if let Some((name, password)) = &self.user {
            text.push_str(&encode(name, Part::User));
            if let Some(password) = password {
                _ = write!(text, ":{}", encode(password, Part::User));
            }
            text.push('@');
        }
        text.push_str(&encode(&self.host, Part::Host));
        text.push_str(&self.path.text);
        if let Some(query) = &self.query {
            _ = write!(text, "?{query}");
        }
        if !self.fragment.bytes.is_empty() {
            _ = write!(text, "#{}", self.fragment.text);
        }
        text
    }
}

fn parse_user(text: &str) -> Result<(Vec<u8>, Option<Vec<u8>>), Unparsable> {
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&byte)) {
        return Err(Unparsable::User);
    }
    let (name, password) = match text.split_once(':') {
        Some((name, password)) => (name, Some(password)),
        None => (text, None),
    };
    let name = decode(name, Part::User)?;
    Ok((name, password.map(|password| decode(password, Part::User)).transpose()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_written_well_is_kept() {
        for text in
            ["unix:///a%2fb!", "unix:/a", "http://u:@h:1?a b#c/d", "unix:x y%zz", "//h/x", "unix:*", "http://h?"]
        {
            assert_eq!(parse(text, true).map(|url| url.text()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn one_url_has_one_text() {
        let cases = [
            ("HTTP://h:1#", "http://h:1"),
            ("unix://", "unix:"),
            ("http://u:p:q@h:1", "http://u:p%3Aq@h:1"),
            ("unix:///a b!", "unix:///a%20b%21"),
            ("http://é:1", "http://%C3%A9:1"),
        ];
        for (written, text) in cases {
            assert_eq!(parse(written, true).map(|url| url.text()), Ok(text.to_owned()));
        }
    }

    proptest! {
        #[test]
        fn the_text_reads_as_the_same_url(text in "(http|unix|x)?:?[-a-zA-Z0-9%:/@?#.\\[\\] é]{0,24}") {
            if let Ok(url) = parse(&text, false) {
                let again = parse(&url.text(), false).map(|again| again.text());
                prop_assert_eq!(again, Ok(url.text()));
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text: String, strict: bool) {
            _ = parse(&text, strict);
        }
    }
}
