//! What Go 1.26 answered, text by text, against this decoder.
//!
//! `testdata/answers.jsonl` was made once by a program that calls `json.Unmarshal` with structs tagged as etcd's are:
//! the text (one character a byte), and the decoded struct or Go's error.

use serde_json::Value as Json;

use super::{GoStruct, decode};
use crate::buckets::testing::{ConfStateJson, DowngradeJson, MemberJson};

#[test]
fn every_text_is_decoded_as_go_decodes_it() {
    let answers = include_str!("testdata/answers.jsonl");
    let mut counts = [0; 2];
    for line in answers.lines() {
        let answer: Json = serde_json::from_str(line).expect("JSON");
        let text: Vec<u8> = text(&answer).chars().map(|byte| u8::try_from(u32::from(byte)).expect("a byte")).collect();
        let decoded = match answer["kind"].as_str() {
            Some("downgrade") => downgrade(&text),
            Some("member") => member(&text),
            Some("confState") => conf_state(&text),
            other => panic!("{other:?}"),
        };
        counts[usize::from(decoded.is_some())] += 1;
        assert_eq!(decoded, answer.get("value").map(without_empty), "{}", answer["json"]);
    }
    assert_eq!(counts, [80, 76]);
}

/// Arrays and objects within one another, as deep as Go goes and one deeper.
#[test]
fn depth_is_bounded_as_in_go() {
    let nested = |depth: usize| format!("{}{}", r#"{"x":"#.to_owned() + &"[".repeat(depth), "]".repeat(depth) + "}");
    assert!(decode(nested(9_999).as_bytes(), DowngradeJson::default()).is_ok());
    assert!(decode(nested(10_000).as_bytes(), DowngradeJson::default()).is_err());
    assert!(decode("[".repeat(1 << 20).as_bytes(), DowngradeJson::default()).is_err());
}

fn text(answer: &Json) -> &str {
    answer["json"].as_str().expect("a string")
}

fn read<T: GoStruct + Default>(text: &[u8]) -> Option<T> {
    decode(text, T::default()).ok().map(Option::unwrap_or_default)
}

fn downgrade(text: &[u8]) -> Option<Json> {
    let DowngradeJson { target_version, enabled } = read(text)?;
    Some(without_empty(&serde_json::json!({ "target-version": target_version, "enabled": enabled })))
}

fn member(text: &[u8]) -> Option<Json> {
    let MemberJson { id, peer_urls, learner, name, client_urls } = read(text)?;
    let (peer_urls, client_urls) = (peer_urls.into_vec(), client_urls.into_vec());
    let value = serde_json::json!({
        "id": id, "peerURLs": peer_urls, "isLearner": learner, "name": name, "clientURLs": client_urls
    });
    Some(without_empty(&value))
}

fn conf_state(text: &[u8]) -> Option<Json> {
    let ConfStateJson { voters, learners, voters_outgoing, learners_next, auto_leave } = read(text)?;
    let value = serde_json::json!({
        "voters": voters.into_vec(), "learners": learners.into_vec(), "voters_outgoing": voters_outgoing.into_vec(),
        "learners_next": learners_next.into_vec(), "auto_leave": auto_leave
    });
    Some(without_empty(&value))
}

/// Go leaves empty fields out, or prints them as null, false or nothing; here they all count as left out.
fn without_empty(value: &Json) -> Json {
    let is_empty = |field: &Json| match field {
        Json::Null | Json::Bool(false) => true,
        Json::String(text) => text.is_empty(),
        Json::Array(list) => list.is_empty(),
        Json::Number(number) => number.as_u64() == Some(0),
        _ => false,
    };
    let fields = value.as_object().into_iter().flatten();
    fields.filter(|(_, field)| !is_empty(field)).map(|(name, field)| (name.clone(), field.clone())).collect()
}
