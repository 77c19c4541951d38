//! Are two lists of peer URLs the same places?
//!
//! Upstream looks names up in DNS as soon as the texts differ, again and again for half a minute. Here a name is another name
//! unless the caller hands in a [`Resolver`]; what needs no network is compared as upstream does: addresses as addresses,
//! `localhost` as it is.

use std::net::{IpAddr, SocketAddr};

use etcdsnap_quote::go_quote;
use etcdsnap_wal::Release;
use thiserror::Error;

use crate::url::{PeerUrl, PeerUrls};

/// Looks names up. Asked only where lists of URLs differ otherwise.
pub trait Resolver {
    /// The first address of a host, or why there is none.
    fn resolve(&self, host: &str) -> Result<IpAddr, String>;
}

/// Why two lists are not the same; in upstream's words.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UrlDifference {
    /// One is longer.
    #[error("len([{}]) != len([{}])", quoted(.advertised), quoted(.listed))]
    Number {
        /// `--initial-advertise-peer-urls`
        advertised: Vec<String>,
        /// Those of the member in `--initial-cluster`.
        listed: Vec<String>,
    },
    /// A URL differs from the one at the same position.
    #[error("resolved urls: {} != {}", go_quote(.advertised.as_bytes()), go_quote(.listed.as_bytes()))]
    Place {
        /// Of `--initial-advertise-peer-urls`, with its address where it is known.
        advertised: String,
        /// Of the member in `--initial-cluster`, likewise.
        listed: String,
    },
    /// The same in the words of 3.5.0 to 3.5.5, and of 3.4 up to 3.4.21.
    #[error("{}(resolved from {}) != {}(resolved from {})",
        go_quote(.advertised.0.as_bytes()), go_quote(.advertised.1.as_bytes()),
        go_quote(.listed.0.as_bytes()), go_quote(.listed.1.as_bytes()))]
    PlaceInOlderWords {
        /// Of `--initial-advertise-peer-urls`: with its address where it is known, and as given.
        advertised: (String, String),
        /// Of the member in `--initial-cluster`, likewise.
        listed: (String, String),
    },
    /// A host or port has no address.
    #[error("failed to resolve {} ({reason})", go_quote(.url.as_bytes()))]
    Unresolvable {
        /// The URL.
        url: String,
        /// Why not.
        reason: String,
    },
}

fn quoted(texts: &[String]) -> String {
    texts.iter().map(|text| go_quote(text.as_bytes())).collect::<Vec<_>>().join(" ")
}

/// Fails unless each advertised URL is the same place as one listed.
pub(super) fn compare(
    advertised: &PeerUrls,
    listed: &PeerUrls,
    release: Release,
    resolver: Option<&dyn Resolver>,
) -> Result<(), UrlDifference> {
    let texts = (advertised.texts(), listed.texts());
    if texts.0.len() != texts.1.len() {
        return Err(UrlDifference::Number { advertised: texts.0, listed: texts.1 });
    }
    if texts.0 == texts.1 {
        return Ok(());
    }
    let outcome = compare_places(advertised, listed, release, None);
    match resolver {
        Some(resolver) if outcome.is_err() => compare_places(advertised, listed, release, Some(resolver)),
        _ => outcome,
    }
}

fn compare_places(
    advertised: &PeerUrls,
    listed: &PeerUrls,
    release: Release,
    resolver: Option<&dyn Resolver>,
) -> Result<(), UrlDifference> {
    let advertised = places(advertised, release, resolver)?;
    let listed = places(listed, release, resolver)?;
    let Some((advertised, listed)) = advertised.into_iter().zip(listed).find(|(one, other)| one.key != other.key)
    else {
        return Ok(());
    };
    Err(match release {
        Release::V3_5 => UrlDifference::PlaceInOlderWords {
            advertised: (advertised.text, advertised.url.to_string()),
            listed: (listed.text, listed.url.to_string()),
        },
        _ => UrlDifference::Place { advertised: advertised.text, listed: listed.text },
    })
}

/// Where a URL leads.
struct Place<'u> {
    /// What makes two places the same.
    key: Vec<u8>,
    /// The URL with its address.
    text: String,
    url: &'u PeerUrl,
}

fn places<'u>(
    urls: &'u PeerUrls,
    release: Release,
    resolver: Option<&dyn Resolver>,
) -> Result<Vec<Place<'u>>, UrlDifference> {
    let mut places = urls.iter().map(|url| place(url, release, resolver)).collect::<Result<Vec<_>, _>>()?;
    places.sort_by(|one, other| one.key.cmp(&other.key));
    Ok(places)
}

fn place<'u>(url: &'u PeerUrl, release: Release, resolver: Option<&dyn Resolver>) -> Result<Place<'u>, UrlDifference> {
    let Some((host, port)) = url.host_and_port() else {
        return Ok(Place { key: key(url, url.host(), release), text: url.to_string(), url });
    };
    let unresolvable = |reason: String| UrlDifference::Unresolvable { url: url.to_string(), reason };
    let host = String::from_utf8_lossy(host);
    let address = match (host.parse::<IpAddr>(), resolver) {
        (Ok(_), _) if release <= Release::V3_5 => None,
        (Ok(address), _) => Some(address.to_canonical()),
        (Err(_), _) if host == "localhost" => None,
        (Err(_), Some(resolver)) => Some(resolver.resolve(&host).map_err(unresolvable)?.to_canonical()),
        (Err(_), None) => None,
    };
    let Some(address) = address else {
        return Ok(Place { key: key(url, &comparable(url.host()), release), text: url.to_string(), url });
    };
    let address = SocketAddr::new(address, port_number(port).map_err(unresolvable)?).to_string();
    Ok(Place { key: key(url, address.as_bytes(), release), text: url.with_host(address.as_bytes()), url })
}

/// Since 3.7 two URLs are the same when scheme, host and path are.
fn key(url: &PeerUrl, host: &[u8], release: Release) -> Vec<u8> {
    match release {
        Release::V3_7 | Release::V3_8 => [url.scheme().as_bytes(), b"://", host, url.path()].concat(),
        Release::V3_4 | Release::V3_5 | Release::V3_6 => url.with_host(host).into_bytes(),
    }
}

/// Names that DNS takes for the same: the case of letters and a dot at the end do not count.
fn comparable(host: &[u8]) -> Vec<u8> {
    let host = host.to_ascii_lowercase();
    let colon = host.iter().rposition(|&byte| byte == b':').unwrap_or(host.len());
    let (name, port) = host.split_at(colon);
    [name.strip_suffix(b".").unwrap_or(name), port].concat()
}

/// No port is port 0.
fn port_number(port: &[u8]) -> Result<u16, String> {
    let text = String::from_utf8_lossy(port);
    if text.is_empty() { Ok(0) } else { text.parse().map_err(|_| format!("address {text}: invalid port")) }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;

    /// Knows the names `one` and `uno`.
    struct One;

    impl Resolver for One {
        fn resolve(&self, host: &str) -> Result<IpAddr, String> {
            match host {
                "one" | "uno" => Ok(Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0x0a00, 1).into()),
                _ => Err(format!("lookup {host}: no such host")),
            }
        }
    }

    fn compared(advertised: &str, listed: &str, resolver: Option<&dyn Resolver>) -> Result<(), String> {
        let [advertised, listed] =
            [advertised, listed].map(|list| PeerUrls::parse(list, Release::V3_7).expect("good URLs"));
        compare(&advertised, &listed, Release::V3_7, resolver).map_err(|difference| difference.to_string())
    }

    #[test]
    fn names_are_looked_up_only_when_asked() {
        assert_eq!(compared("http://one:1", "http://10.0.0.1:1", Some(&One)), Ok(()));
        assert_eq!(compared("http://one:1,http://h:1", "http://h:1,http://one:1", Some(&One)), Ok(()));
        assert_eq!(compared("http://one:1", "http://uno:01", Some(&One)), Ok(()));
        assert_eq!(
            compared("http://one:1", "http://10.0.0.1:1", None),
            Err(r#"resolved urls: "http://one:1" != "http://10.0.0.1:1""#.into())
        );
        assert_eq!(
            compared("http://one:1", "http://10.0.0.2:1", Some(&One)),
            Err(r#"resolved urls: "http://10.0.0.1:1" != "http://10.0.0.2:1""#.into())
        );
        assert_eq!(
            compared("http://two:1", "http://one:1", Some(&One)),
            Err(r#"failed to resolve "http://two:1" (lookup two: no such host)"#.into())
        );
    }

    #[test]
    fn one_name_can_be_written_in_several_ways() {
        assert_eq!(compared("https://Etcd-0.etcd.:2380", "https://etcd-0.ETCD:2380", None), Ok(()));
        assert!(compared("https://etcd-0.etcd:2380", "https://etcd-0:2380", None).is_err());
    }
}
