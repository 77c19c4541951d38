//! Encodes JSON as Go's encoder does, since all JSON in etcd's files is written by it.

use std::io;

use etcdsnap_proto::raftpb::ConfState;
use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

/// Encodes a value as compact JSON, and escapes the characters that Go escapes.
pub(crate) fn to_string(value: &impl Serialize) -> String {
    let mut out = Vec::new();
    // Writing to memory cannot fail, nor can encoding values that have string keys and no floating-point numbers.
    let _ = value.serialize(&mut Serializer::with_formatter(&mut out, Go));
    String::from_utf8(out).unwrap_or_default()
}

/// Encodes raft's members as JSON, as in the database under `confState` and in dumps of logs.
pub fn conf_state_json(state: &ConfState) -> String {
    // Empty lists are omitted, the flag never is.
    #[derive(Serialize)]
    struct Fields<'s> {
        #[serde(skip_serializing_if = "<[u64]>::is_empty")]
        voters: &'s [u64],
        #[serde(skip_serializing_if = "<[u64]>::is_empty")]
        learners: &'s [u64],
        #[serde(skip_serializing_if = "<[u64]>::is_empty")]
        voters_outgoing: &'s [u64],
        #[serde(skip_serializing_if = "<[u64]>::is_empty")]
        learners_next: &'s [u64],
        auto_leave: bool,
    }
    let ConfState { voters, learners, voters_outgoing, learners_next, .. } = state;
    to_string(&Fields { voters, learners, voters_outgoing, learners_next, auto_leave: state.auto_leave() })
}

/// The JSON formatter that escapes what Go escapes: characters that could end a script in a web page.
struct Go;

impl Formatter for Go {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(['<', '>', '&', '\u{2028}', '\u{2029}']) {
            let (plain, special) = rest.split_at(at);
            let mut characters = special.chars();
            let code = characters.next().map_or(0, u32::from);
            write!(writer, "{plain}\\u{code:04x}")?;
            rest = characters.as_str();
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped_as_by_go() {
        let text = "a<b>&\u{2028}\u{2029}\"\\\n\u{1}é/";
        assert_eq!(to_string(&text), r#""a\u003cb\u003e\u0026\u2028\u2029\"\\\n\u0001é/""#);
    }
}
