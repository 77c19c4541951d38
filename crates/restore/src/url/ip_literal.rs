//! Addresses in brackets, with Go's reasons for what is none.

use etcdsnap_quote::go_quote;

use super::Unparsable;

/// Why a text is no address, and where in it.
type Flaw<'t> = (&'static str, Option<&'t [u8]>);

/// Groups of an IPv6 address.
const GROUPS: usize = 8;

/// Only an IPv6 address, perhaps with a zone behind a percent sign, may stand in brackets.
pub(super) fn check(text: &[u8]) -> Result<(), Unparsable> {
    let checked = match text.iter().find(|byte| b".:%".contains(byte)) {
        Some(b'.') => match ipv4(text) {
            Ok(()) => return Err(Unparsable::IpLiteral),
            Err(flaw) => Err(flaw),
        },
        Some(b':') => ipv6(text),
        Some(_) => Err(("missing IPv6 address", None)),
        None => Err(("unable to parse IP", None)),
    };
    checked.map_err(|(reason, at)| Unparsable::Host { address: go_quote(text), reason, at: at.map(go_quote) })
}

fn ipv6(text: &[u8]) -> Result<(), Flaw<'_>> {
    let zone = text.iter().position(|&byte| byte == b'%');
    if zone.is_some_and(|at| at + 1 == text.len()) {
        return Err(("zone must be a non-empty string", None));
    }
    let mut rest = &text[..zone.unwrap_or(text.len())];
    let mut groups = 0;
    let mut has_gap = false;
    if let Some(after) = rest.strip_prefix(b"::") {
        (has_gap, rest) = (true, after);
    }
    while !(rest.is_empty() || groups >= GROUPS) {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        match (digits, rest.get(digits)) {
            (0, _) => return Err(("each colon-separated field must have at least one digit", Some(rest))),
            (5.., _) => return Err(("each group must have 4 or less digits", Some(rest))),
            (_, Some(b'.')) => {
                embedded(rest, groups, has_gap)?;
                (groups, rest) = (groups + 2, &[]);
            }
            _ => {
                (groups, rest) = (groups + 1, &rest[digits..]);
                let is_gap = rest.starts_with(b"::");
                rest = separated(rest, has_gap)?;
                has_gap |= is_gap;
            }
        }
    }
    match (rest, groups < GROUPS, has_gap) {
        ([_, ..], ..) => Err(("trailing garbage after address", Some(rest))),
        ([], true, false) => Err(("address string too short", None)),
        ([], false, true) => Err(("the :: must expand to at least one field of zeros", None)),
        _ => Ok(()),
    }
}

/// What follows the colon, or the two, behind a group.
fn separated(rest: &[u8], has_gap: bool) -> Result<&[u8], Flaw<'_>> {
    match rest {
        [] => Ok(rest),
        [b':', b':', ..] if has_gap => Err(("multiple :: in address", Some(&rest[1..]))),
        [b':'] => Err(("colon must be followed by more characters", Some(rest))),
        [b':', b':', after @ ..] | [b':', after @ ..] => Ok(after),
        _ => Err(("unexpected character, want colon", Some(rest))),
    }
}

/// An IPv4 address takes the place of the last two groups.
fn embedded(rest: &[u8], groups: usize, has_gap: bool) -> Result<(), Flaw<'_>> {
    match groups {
        _ if !has_gap && groups != GROUPS - 2 => {
            Err(("embedded IPv4 address must replace the final 2 fields of the address", Some(rest)))
        }
        0..=6 => ipv4(rest),
        _ => Err(("too many hex fields to fit an embedded IPv4 at the end of the address", Some(rest))),
    }
}

fn ipv4(text: &[u8]) -> Result<(), Flaw<'_>> {
    let mut octets = 1;
    let mut octet = 0;
    let mut digits = 0;
    for (at, &byte) in text.iter().enumerate() {
        match byte {
            b'0'..=b'9' if digits > 0 && octet == 0 => return Err(("IPv4 field has octet with leading zero", None)),
            b'0'..=b'9' => {
                (octet, digits) = (octet * 10 + u32::from(byte - b'0'), digits + 1);
                if octet > 255 {
                    return Err(("IPv4 field has value >255", None));
                }
            }
            b'.' if digits == 0 || at + 1 == text.len() => {
                return Err(("IPv4 field must have at least one digit", Some(&text[at..])));
            }
            b'.' if octets == 4 => return Err(("IPv4 address too long", None)),
            b'.' => (octets, octet, digits) = (octets + 1, 0, 0),
            _ => return Err(("unexpected character", Some(&text[at..]))),
        }
    }
    if octets < 4 { Err(("IPv4 address too short", None)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The standard library knows which texts are addresses, if not why others are none.
        #[test]
        fn what_is_an_address_is_not_ours_to_say(
            text in "([0-9a-f]{0,5}:{0,2}){0,9}|([0-9a-f]{1,4}:{1,2}){0,7}[0-9.]{0,9}|([0-9]{1,3}\\.?){0,5}"
        ) {
            let expected = match (text.parse::<Ipv6Addr>(), text.parse::<Ipv4Addr>()) {
                (Ok(_), _) => Some(Ok(())),
                (_, Ok(_)) => Some(Err(Unparsable::IpLiteral)),
                _ => None,
            };
            let checked = check(text.as_bytes());
            match expected {
                Some(expected) => prop_assert_eq!(checked, expected),
                None => prop_assert!(matches!(checked, Err(Unparsable::Host { .. })), "{:?}", checked),
            }
        }

        #[test]
        fn any_text_is_an_address_or_not(text: Vec<u8>) {
            _ = check(&text);
        }
    }
}
