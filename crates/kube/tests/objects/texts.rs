//! Texts that YAML could mistake for something else, as kubectl's library writes them.

use etcdsnap_kube::yaml;

use crate::fixtures::{folders, json, text};

#[test]
fn texts_are_quoted_as_by_kubectl() {
    for folder in folders() {
        let inputs = text(&folder.join("yaml-strings.jsonl"));
        let outputs = text(&folder.join("yaml-strings.kubectl.jsonl"));
        let mut same = 0;
        for (input, output) in inputs.lines().zip(outputs.lines()) {
            let (input, output) = (json(input), json(output));
            let written = yaml::to_string(&input);
            // kubectl fails at U+007F, at breaks of Unicode in keys, and makes a space of U+0085: here they are kept.
            let kubectl_cannot = output.as_str().is_some_and(|text| text.starts_with("ERR "));
            if kubectl_cannot || written.contains("\\N") {
                continue;
            }
            assert_eq!(Some(written.as_str()), output.as_str(), "{input:?}");
            same += 1;
        }
        assert_eq!(same, 538);
    }
}
