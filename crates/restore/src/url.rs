//! Peer URLs: what `--initial-cluster` and `--initial-advertise-peer-urls` may hold (`docs/format/boot.md#peer-urls`).
//!
//! Ids are made from the texts of these URLs, so a URL must read and print exactly as in etcd, which does both with Go's
//! `net/url`. [`generic`] is that much of it; this file adds etcd's own rules.

mod escape;
mod go_url;
mod host;
mod ip_literal;

use std::fmt;

use etcdsnap_quote::go_quote;
use etcdsnap_wal::Release;
use thiserror::Error;

use go_url::Url;

/// One peer URL. Equal, and ordered, as its text is.
#[derive(Clone)]
pub struct PeerUrl {
    text: String,
    url: Url,
}

impl PeerUrl {
    /// Reads a URL as that release does; white space around it is nothing.
    ///
    /// Schemes are http, https, unix and unixs. Those of the network need `host:port` and have no path, not even `/`;
    /// up to 3.5 the other two as well.
    ///
    /// ```
    /// use etcdsnap_restore::{PeerUrl, Release};
    ///
    /// let url = PeerUrl::parse(" HTTPS://[::1]:2380 ", Release::V3_7)?;
    /// assert_eq!(url.as_str(), "https://[::1]:2380");
    /// let error = PeerUrl::parse("10.0.0.1:2380", Release::V3_7).unwrap_err();
    /// assert_eq!(error.to_string(), r#"parse "10.0.0.1:2380": first path segment in URL cannot contain colon"#);
    /// # Ok::<(), etcdsnap_restore::UrlError>(())
    /// ```
    pub fn parse(text: &str, release: Release) -> Result<Self, UrlError> {
        let text = text.trim();
        let url = go_url::parse(text, release >= Release::V3_7)
            .map_err(|(text, reason)| UrlError::Unparsable { url: go_quote(text.as_bytes()), reason })?;
        match url.scheme.as_str() {
            "unix" | "unixs" if release > Release::V3_5 => {}
            "http" | "https" | "unix" | "unixs" if host::split_port(&url.host).is_none() => {
                return Err(UrlError::NoPort(text.to_owned()));
            }
            "http" | "https" | "unix" | "unixs" if !url.path.bytes.is_empty() => {
                return Err(UrlError::Path(text.to_owned()));
            }
            "http" | "https" | "unix" | "unixs" => {}
            _ => return Err(UrlError::Scheme(text.to_owned())),
        }
        Ok(Self { text: url.text(), url })
    }

    /// Its text as etcd writes it: the scheme in lower case, escapes only where they are needed.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// `http`, `https`, `unix` or `unixs`.
    pub fn scheme(&self) -> &str {
        &self.url.scheme
    }

    /// Host, without brackets, and port; `None` for sockets of unix, whose host has no meaning. Bytes, because escapes may
    /// stand for any.
    pub fn host_and_port(&self) -> Option<(&[u8], &[u8])> {
        if self.scheme().starts_with("unix") { None } else { host::split_port(&self.url.host) }
    }

    /// The path, only of a socket of unix.
    pub(crate) fn path(&self) -> &[u8] {
        &self.url.path.bytes
    }

    /// The text of the same URL with another host and port.
    pub(crate) fn with_host(&self, host: &[u8]) -> String {
        self.url.with_host(host).text()
    }

    /// Host and port as they stand, without escapes.
    pub(crate) fn host(&self) -> &[u8] {
        &self.url.host
    }
}

impl fmt::Display for PeerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for PeerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl PartialEq for PeerUrl {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for PeerUrl {}

impl PartialOrd for PeerUrl {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PeerUrl {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.text.cmp(&other.text)
    }
}

/// The URLs of one member, sorted as texts. Duplicates are kept; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerUrls(Vec<PeerUrl>);

impl PeerUrls {
    /// Reads URLs with commas between them, as in `--initial-advertise-peer-urls`.
    pub fn parse(list: &str, release: Release) -> Result<Self, UrlError> {
        Self::from_texts(list.split(','), release)
    }

    /// Reads URLs, of which there must be one at least.
    pub(crate) fn from_texts<'t>(texts: impl IntoIterator<Item = &'t str>, release: Release) -> Result<Self, UrlError> {
        let mut urls = texts.into_iter().map(|text| PeerUrl::parse(text, release)).collect::<Result<Vec<_>, _>>()?;
        urls.sort();
        Ok(Self(urls))
    }

    /// The URLs in order.
    pub fn iter(&self) -> std::slice::Iter<'_, PeerUrl> {
        self.0.iter()
    }

    /// Their texts in order.
    pub fn texts(&self) -> Vec<String> {
        self.0.iter().map(PeerUrl::to_string).collect()
    }
}

impl<'u> IntoIterator for &'u PeerUrls {
    type Item = &'u PeerUrl;
    type IntoIter = std::slice::Iter<'u, PeerUrl>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// With commas between them.
impl fmt::Display for PeerUrls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.texts().join(","))
    }
}

/// Why a text is no peer URL; each in upstream's words.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UrlError {
    /// Not a URL at all.
    #[error("parse {url}: {reason}")]
    Unparsable {
        /// The text in quotes, without its fragment unless that is to blame.
        url: String,
        /// Why.
        reason: Unparsable,
    },
    /// No scheme, or another one.
    #[error("URL scheme must be http, https, unix, or unixs: {0}")]
    Scheme(String),
    /// No port, or none of a host.
    #[error("URL address does not have the form \"host:port\": {0}")]
    NoPort(String),
    /// There is a path, which can be a single slash.
    #[error("URL must not contain a path: {0}")]
    Path(String),
}

impl UrlError {
    /// What is likely meant, in a sentence.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Unparsable { .. } | Self::Scheme(_) => "A peer URL looks like https://10.0.0.1:2380.",
            Self::NoPort(_) => "Add the port; members listen to each other on 2380 unless told otherwise.",
            Self::Path(_) => "End the URL behind the port, without a slash.",
        }
    }
}

/// Why a text is not a URL; in the words of Go's `net/url`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Unparsable {
    /// A byte below space, or delete.
    #[error("net/url: invalid control character in URL")]
    ControlCharacter,
    /// It begins with a colon.
    #[error("missing protocol scheme")]
    MissingScheme,
    /// There is a colon where a scheme would end, but no scheme in front of it.
    #[error("first path segment in URL cannot contain colon")]
    Colon,
    /// The port is not a number.
    #[error("invalid port {0} after host")]
    Port(String),
    /// A bracket opens and does not close.
    #[error("missing ']' in host")]
    MissingBracket,
    /// What is in brackets is an IPv4 address, or the brackets are not around the host.
    #[error("invalid IP-literal")]
    IpLiteral,
    /// What is in brackets is not an address.
    #[error("invalid host: ParseAddr({address}): {reason}{}",
        .at.as_ref().map(|at| format!(" (at {at})")).unwrap_or_default())]
    Host {
        /// What it is, in quotes.
        address: String,
        /// Why it is none.
        reason: &'static str,
        /// From where on, in quotes.
        at: Option<String>,
    },
    /// A percent sign without two hexadecimal digits, or an escape that is not allowed where it is.
    #[error("invalid URL escape {0}")]
    Escape(String),
    /// A character that no host has, in quotes.
    #[error("invalid character {0} in host name")]
    HostCharacter(String),
    /// A character that no user name has.
    #[error("net/url: invalid userinfo")]
    User,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lists_are_sorted_as_texts() {
        let urls = PeerUrls::parse("http://b:2, http://a:10,http://a:9", Release::V3_7).expect("three");
        assert_eq!(urls.to_string(), "http://a:10,http://a:9,http://b:2");
        assert_eq!(PeerUrls::parse("", Release::V3_7), Err(UrlError::Scheme(String::new())));
    }

    #[test]
    fn sockets_of_unix_have_a_path_since_3_6() {
        let read = |release| PeerUrl::parse("unix:///run/etcd", release).map(|url| url.to_string());
        assert_eq!(read(Release::V3_6), Ok("unix:///run/etcd".to_owned()));
        assert_eq!(read(Release::V3_5), Err(UrlError::NoPort("unix:///run/etcd".to_owned())));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text: String) {
            for release in Release::ALL {
                if let Ok(url) = PeerUrl::parse(&text, release) {
                    prop_assert_eq!(PeerUrl::parse(url.as_str(), release), Ok(url));
                }
            }
        }
    }
}
