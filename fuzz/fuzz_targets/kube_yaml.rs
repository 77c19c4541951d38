//! Any value JSON can say: its YAML reads back as the same value.

#![no_main]

use etcdsnap_kube::json::{self, JsonLayout};
use etcdsnap_kube::yaml;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(value) = json::parse(bytes) else { return };
    let expected = json::to_string(&value, JsonLayout::Compact);
    let mut text = Vec::new();
    yaml::write_manifest(&value, &mut text).expect("memory");
    let text = String::from_utf8(text).expect("UTF-8");
    // Line breaks that only YAML 1.1 knows are written for its readers; the one at hand reads YAML 1.2. It also has limits of depth.
    if expected.contains("\\u2028") || expected.contains("\\u2029") || deep(&expected) {
        return;
    }
    let read: serde_json::Value = serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let read = read.to_string();
    let read = json::parse(read.as_bytes()).expect("JSON");
    assert_eq!(json::to_string(&read, JsonLayout::Compact), expected);
});

/// More than fifty levels.
fn deep(json: &str) -> bool {
    let mut depth = 0_usize;
    json.bytes().any(|byte| {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > 50
    })
}
