//! Members of the cluster, the raft configuration and a downgrade, with the JSON that etcd's Go encoder writes for them.

use std::fmt::Write as _;

/// One member, as in the bucket `members`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Member {
    /// Its id; the bucket's key is the id in hex without padding.
    pub id: u64,
    /// URLs for other members.
    pub peer_urls: Vec<String>,
    /// Is it a learner, a member without a vote?
    pub is_learner: bool,
    /// Its name; empty until the member has started.
    pub name: String,
    /// URLs for clients; empty in databases of 3.5.0 to 3.5.19 (docs/format/snapshot.md#how-true-members-are).
    pub client_urls: Vec<String>,
}

/// The raft configuration, as in `meta/confState`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConfState {
    /// Ids of voting members.
    pub voters: Vec<u64>,
    /// Ids of learners.
    pub learners: Vec<u64>,
    /// Voters of the outgoing half of a joint configuration.
    pub voters_outgoing: Vec<u64>,
    /// Learners once the joint configuration is left.
    pub learners_next: Vec<u64>,
    /// Is the joint configuration left automatically?
    pub auto_leave: bool,
}

/// A planned downgrade, as in `cluster/downgrade`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Downgrade {
    /// Version to downgrade to; empty when there is none.
    pub target_version: String,
    /// Is it in progress?
    pub enabled: bool,
}

impl Member {
    /// The value in the bucket `members`: fields in etcd's order, empty ones left out (docs/format/snapshot.md#members).
    pub fn to_json(&self) -> String {
        let mut json = format!("{{\"id\":{},\"peerURLs\":{}", self.id, strings(&self.peer_urls));
        if self.is_learner {
            json.push_str(",\"isLearner\":true");
        }
        if !self.name.is_empty() {
            json.push_str(",\"name\":");
            json.push_str(&string(&self.name));
        }
        if !self.client_urls.is_empty() {
            json.push_str(",\"clientURLs\":");
            json.push_str(&strings(&self.client_urls));
        }
        json.push('}');
        json
    }
}

impl ConfState {
    /// A configuration of voters only.
    pub fn of_voters(voters: impl IntoIterator<Item = u64>) -> Self {
        ConfState { voters: voters.into_iter().collect(), ..ConfState::default() }
    }

    /// The value of `meta/confState`: empty lists left out (docs/format/snapshot.md#meta).
    pub fn to_json(&self) -> String {
        let lists = [
            ("voters", &self.voters),
            ("learners", &self.learners),
            ("voters_outgoing", &self.voters_outgoing),
            ("learners_next", &self.learners_next),
        ];
        let mut json = String::from("{");
        for (name, ids) in lists.into_iter().filter(|(_, ids)| !ids.is_empty()) {
            let ids: Vec<String> = ids.iter().map(u64::to_string).collect();
            write!(json, "\"{name}\":[{}],", ids.join(",")).expect("strings accept all text");
        }
        write!(json, "\"auto_leave\":{}}}", self.auto_leave).expect("strings accept all text");
        json
    }
}

impl Downgrade {
    /// The value of `cluster/downgrade`.
    pub fn to_json(&self) -> String {
        if self.target_version.is_empty() {
            return format!("{{\"enabled\":{}}}", self.enabled);
        }
        format!("{{\"target-version\":{},\"enabled\":{}}}", string(&self.target_version), self.enabled)
    }
}

fn strings(items: &[String]) -> String {
    let items: Vec<String> = items.iter().map(|item| string(item)).collect();
    format!("[{}]", items.join(","))
}

/// A JSON string with the escapes of Go's encoder: also `<`, `>`, `&` and the two line separators.
fn string(text: &str) -> String {
    let mut json = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => json.extend(['\\', character]),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            '\u{8}' => json.push_str("\\b"),
            '\u{c}' => json.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..' ' => {
                write!(json, "\\u{:04x}", u32::from(character)).expect("strings accept all text");
            }
            plain => json.push(plain),
        }
    }
    json.push('"');
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_learner_with_an_awkward_name() {
        let member = Member {
            id: 963_368_634_695_018_832,
            peer_urls: vec!["http://a?x=1&y=2".into()],
            is_learner: true,
            name: "a<\"b\">\u{1}".into(),
            client_urls: Vec::new(),
        };
        let expected = concat!(
            r#"{"id":963368634695018832,"peerURLs":["http://a?x=1\u0026y=2"],"#,
            r#""isLearner":true,"name":"a\u003c\"b\"\u003e\u0001"}"#
        );
        assert_eq!(member.to_json(), expected);
    }

    #[test]
    fn conf_state_leaves_out_empty_lists() {
        let state = ConfState { learners: vec![3], auto_leave: true, ..ConfState::of_voters([1, 2]) };
        assert_eq!(state.to_json(), r#"{"voters":[1,2],"learners":[3],"auto_leave":true}"#);
    }
}
