//! The host of a URL: a name or an address, with or without a port.

use etcdsnap_quote::go_quote;

use super::escape::{Part, decode};
use super::{Unparsable, ip_literal};

/// How strictly colons are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Colons {
    /// Whatever follows the first is the port.
    First,
    /// Whatever follows the last is the port.
    Last,
}

/// Reads the host: escapes become bytes, what is in brackets must be an IPv6 address, a port must be digits.
pub(super) fn parse(text: &str, colons: Colons) -> Result<Vec<u8>, Unparsable> {
    match text.rfind('[') {
        Some(0) => literal(text),
        Some(_) => Err(Unparsable::IpLiteral),
        None => {
            let colon = match colons {
                Colons::First => text.find(':'),
                Colons::Last => text.rfind(':'),
            };
            check_port(&text[colon.unwrap_or(text.len())..])?;
            decode(text, Part::Host)
        }
    }
}

/// An address in brackets, perhaps with a zone behind an escaped percent sign.
fn literal(text: &str) -> Result<Vec<u8>, Unparsable> {
    let (address, port) = text[1..].rsplit_once(']').ok_or(Unparsable::MissingBracket)?;
    check_port(port)?;
    let (address, zone) = address.split_at(address.find("%25").unwrap_or(address.len()));
    let address = [decode(address, Part::Host)?, decode(zone, Part::Zone)?].concat();
    ip_literal::check(&address)?;
    Ok([b"[", address.as_slice(), b"]", port.as_bytes()].concat())
}

/// Nothing, or a colon and digits.
fn check_port(text: &str) -> Result<(), Unparsable> {
    let digits = match text.split_at_checked(1) {
        None => return Ok(()),
        Some((":", digits)) => digits,
        Some(_) => return Err(Unparsable::Port(go_quote(text.as_bytes()))),
    };
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(())
    } else {
        Err(Unparsable::Port(go_quote(text.as_bytes())))
    }
}

/// The host without brackets, and the port, which may be empty; `None` when this is not `host:port`.
pub(super) fn split_port(host: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = host.iter().rposition(|&byte| byte == b':')?;
    let (name, port) = (&host[..colon], &host[colon + 1..]);
    let bracket = |byte: &u8| b"[]".contains(byte);
    match name {
        [b'[', address @ .., b']'] if !address.iter().any(bracket) => Some((address, port)),
        _ if name.contains(&b':') || name.iter().any(bracket) => None,
        _ => Some((name, port)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_and_its_port_come_apart() {
        let cases: [(&str, Option<(&str, &str)>); 10] = [
            ("h:1", Some(("h", "1"))),
            (":1", Some(("", "1"))),
            ("h:", Some(("h", ""))),
            ("[::1]:1", Some(("::1", "1"))),
            ("h", None),
            ("a:1:2", None),
            ("[::1]", None),
            ("::1", None),
            ("x]:1", None),
            ("[a]b]:1", None),
        ];
        for (text, expected) in cases {
            let expected = expected.map(|(host, port)| (host.as_bytes(), port.as_bytes()));
            assert_eq!(split_port(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn the_port_begins_at_the_first_colon_or_the_last() {
        assert_eq!(parse("a:1:2", Colons::Last), Ok(b"a:1:2".to_vec()));
        assert_eq!(parse("a:1:2", Colons::First), Err(Unparsable::Port("\":1:2\"".into())));
        assert_eq!(parse("[fe80::1%25eth%200]:1", Colons::First), Ok(b"[fe80::1%eth 0]:1".to_vec()));
    }
}
