use etcdsnap_kube::json::{JsonLayout, parse, to_string};
use proptest::prelude::*;

use super::*;

/// The edits as lines, and proof that they make the one of the other.
fn lines(before: &str, after: &str) -> Vec<String> {
    let (before, after) = (parse(before.as_bytes()).expect("JSON"), parse(after.as_bytes()).expect("JSON"));
    let edits = difference(&before, &after);
    let lines = edits.iter().map(|edit| {
        let text = |value| to_string(value, JsonLayout::Compact);
        let steps = |steps: &[PathStep<'_>]| steps.iter().map(ToString::to_string).collect::<String>();
        match &edit.change {
            FieldChange::Added { value, .. } => format!("+ {} {}", edit.path, text(value)),
            FieldChange::Removed(value) => format!("- {} {}", edit.path, text(value)),
            FieldChange::Changed(old, new) => format!("~ {} {} {}", edit.path, text(old), text(new)),
            FieldChange::Reordered(old, new) => format!("o {} {} {}", edit.path, steps(old), steps(new)),
        }
    });
    let lines = lines.collect();
    assert_eq!(edited(&before, &edits), after);
    lines
}

#[test]
fn fields_have_paths() {
    let before = r#"{"spec":{"replicas":3,"paused":true,"template":{"a":null}},"kind":"D"}"#;
    let after = r#"{"spec":{"replicas":0,"template":{"a":{}},"new":[1]},"kind":"D"}"#;
    assert_eq!(
        lines(before, after),
        ["+ spec.new [1]", "- spec.paused true", "~ spec.replicas 3 0", "~ spec.template.a null {}"]
    );
}

#[test]
fn items_are_matched_by_their_names() {
    let before = r#"{"containers":[{"name":"web","image":"a:1"},{"name":"log","image":"b"}]}"#;
    let after = r#"{"containers":[{"name":"side","image":"c"},{"name":"web","image":"a:2"}]}"#;
    assert_eq!(
        lines(before, after),
        [
            r#"~ containers[name=web].image "a:1" "a:2""#,
            r#"- containers[name=log] {"image":"b","name":"log"}"#,
            r#"+ containers[name=side] {"image":"c","name":"side"}"#,
        ]
    );
}

#[test]
fn lists_of_all_kinds_have_names() {
    for (before, after, line) in [
        (
            r#"[{"type":"Ready","status":"True"}]"#,
            r#"[{"type":"Ready","status":"False"}]"#,
            r#"~ [type=Ready].status "True" "False""#,
        ),
        (
            r#"[{"containerPort":80,"protocol":"TCP"}]"#,
            r#"[{"containerPort":80,"protocol":"TCP","name":"h"}]"#,
            r#"+ [containerPort=80,protocol=TCP].name "h""#,
        ),
        (
            r#"[{"type":"InternalIP","address":"a"},{"type":"InternalIP","address":"b"}]"#,
            r#"[{"type":"InternalIP","address":"a"}]"#,
            r#"- [type=InternalIP,address=b] {"address":"b","type":"InternalIP"}"#,
        ),
        (
            r#"[{"name":"v","mountPath":"/a"},{"name":"v","mountPath":"/b"}]"#,
            r#"[{"name":"v","mountPath":"/a","readOnly":true},{"name":"v","mountPath":"/b"}]"#,
            "+ [mountPath=/a].readOnly true",
        ),
        (
            r#"[{"kind":"User","name":"x"},{"kind":"Group","name":"x"}]"#,
            r#"[{"kind":"Group","name":"x"}]"#,
            r#"- [kind=User,name=x] {"kind":"User","name":"x"}"#,
        ),
    ] {
        assert_eq!(lines(before, after), [line]);
    }
}

#[test]
fn another_order_is_a_difference() {
    let (one, other) =
        (r#"{"env":[{"name":"a"},{"name":"b"}]}"#, r#"{"env":[{"name":"b"},{"name":"c"},{"name":"a"}]}"#);
    assert_eq!(lines(one, other), ["+ env[name=c] {\"name\":\"c\"}", "o env [name=a][name=b] [name=b][name=a]"]);
}

#[test]
fn lists_without_names_are_brought_into_line() {
    assert_eq!(lines(r#"{"args":["a","b","c"]}"#, r#"{"args":["x","a","c"]}"#), ["- args[1] \"b\"", "+ args[0] \"x\""]);
    assert_eq!(lines(r#"{"args":["a","b"]}"#, r#"{"args":["a","c"]}"#), ["~ args[1] \"b\" \"c\""]);
    assert_eq!(lines(r#"[{"verbs":["get"]}]"#, r#"[{"verbs":["get","list"]}]"#), ["+ [0].verbs[1] \"list\""]);
}

#[test]
fn bytes_are_the_same_as_their_base64() {
    let (bytes, text) = (Value::Bytes(b"pw".into()), Value::from("cHc="));
    assert!(difference(&bytes, &text).is_empty() && difference(&text, &bytes).is_empty());
    assert_eq!(difference(&bytes, &Value::from("x")).len(), 1);
}

#[test]
fn long_lists_take_no_time() {
    let list = |from: i64| Value::List((from..from + 20_000).map(Value::Int).collect());
    assert!(!difference(&list(0), &list(1)).is_empty());
}

/// The paths of many differences deep within are long.
#[test]
fn deep_differences_take_no_space() {
    let deep = |value: Value<'static>| {
        (0..300).fold(value, |value, _| Value::Map(Map::from_entries(vec![("a".into(), value)])))
    };
    let wide = |number: i64| deep(Value::List(vec![Value::Int(number); 20_000]));
    let lists = |number: i64| deep(Value::List(vec![Value::List(vec![Value::Int(number)]); 1500]));
    for (before, after, least) in [(wide(1), wide(2), 1), (lists(1), lists(2), 1500), (lists(1), wide(1), 1)] {
        let edits = difference(&before, &after);
        let steps: usize = edits.iter().map(|edit| edit.path.steps().len()).sum();
        assert!(steps <= MOST_STEPS && edits.len() == least, "{} edits, {steps} steps", edits.len());
        assert_eq!(edited(&before, &edits), after);
        assert_eq!(difference(&after, &after), []);
    }
}

/// Puts edits into a value.
fn edited(before: &Value<'_>, edits: &[FieldEdit<'_>]) -> Value<'static> {
    let mut value = before.clone().into_owned();
    let steps: Vec<_> = edits.iter().map(|edit| (edit.path.steps(), &edit.change)).collect();
    put(&mut value, &steps);
    value
}

type Placed<'e> = (&'e [PathStep<'e>], &'e FieldChange<'e>);

fn put(value: &mut Value<'static>, edits: &[Placed<'_>]) {
    if let [([], FieldChange::Changed(_, new))] = edits {
        *value = (*new).clone().into_owned();
        return;
    }
    match value {
        _ if edits.is_empty() => {}
        Value::List(list) => put_items(list, edits),
        Value::Map(map) => {
            for (step, within) in by_step(edits) {
                let PathStep::Member(key) = step else { panic!("no step into an object") };
                match within[..] {
                    [([], FieldChange::Added { value, .. })] => {
                        assert_eq!(map.insert((*key).to_owned(), (*value).clone().into_owned()), None);
                    }
                    [([], FieldChange::Removed(value))] => assert_eq!(map.remove(key).as_ref(), Some(*value)),
                    _ => put(map.get_mut(key).expect("a member"), &within),
                }
            }
        }
        _ => panic!("nothing has edits within but lists and objects"),
    }
}

/// First what was removed, from the end; then the new order; then what was added; then what changed within items.
fn put_items(list: &mut Vec<Value<'static>>, edits: &[Placed<'_>]) {
    for (steps, change) in edits.iter().rev() {
        if let ([step], FieldChange::Removed(old)) = (steps, change) {
            assert_eq!(&list.remove(found(list, step)), *old);
        }
    }
    for (steps, change) in edits {
        if let ([], FieldChange::Reordered(_, order)) = (steps, change) {
            *list = order.iter().map(|step| list[found(list, step)].clone()).collect();
        }
    }
    for (steps, change) in edits {
        if let ([_], FieldChange::Added { value, at: Some(at) }) = (steps, change) {
            list.insert(*at, (*value).clone().into_owned());
        }
    }
    let whole =
        |edit: &Placed<'_>| edit.0.len() == 1 && matches!(edit.1, FieldChange::Added { .. } | FieldChange::Removed(_));
    let within: Vec<_> = edits.iter().filter(|edit| !edit.0.is_empty() && !whole(edit)).copied().collect();
    for (step, within) in by_step(&within) {
        let at = found(list, step);
        put(&mut list[at], &within);
    }
}

/// Edits that lie within the same field, without the step to it.
fn by_step<'e>(edits: &[Placed<'e>]) -> Vec<(&'e PathStep<'e>, Vec<Placed<'e>>)> {
    let mut groups: Vec<(&PathStep<'_>, Vec<Placed<'_>>)> = Vec::new();
    for (steps, change) in edits {
        let (step, rest) = steps.split_first().expect("a step");
        match groups.iter_mut().find(|group| group.0 == step) {
            Some(group) => group.1.push((rest, change)),
            None => groups.push((step, vec![(rest, change)])),
        }
    }
    groups
}

fn found(list: &[Value<'_>], step: &PathStep<'_>) -> usize {
    match step {
        PathStep::Index(index) => *index,
        PathStep::Item(names) => {
            let called = |item: &Value<'_>| {
                names.iter().all(|(member, name)| match (item.at(&[member]), name) {
                    (Some(Value::Text(text)), ItemName::Text(name)) => text == name,
                    (Some(Value::Int(number)), ItemName::Number(name)) => number == name,
                    (None, ItemName::Missing) => true,
                    _ => false,
                })
            };
            list.iter().position(called).expect("an item")
        }
        PathStep::Member(_) => panic!("no step into a list"),
    }
}

/// Values alike enough to have something in common, with lists of every sort.
fn values() -> impl Strategy<Value = Value<'static>> {
    let text = || prop_oneof!["[ab]", "[a-c.]{0,2}"].prop_map(Value::from);
    let leaf =
        prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::Bool), (0..3_i64).prop_map(Value::Int), text()];
    leaf.prop_recursive(4, 48, 5, move |inner| {
        let key = prop_oneof!["name", "type", "key", "port", "protocol", "[a-d]"];
        let map = |inner: BoxedStrategy<Value<'static>>| {
            let entries = proptest::collection::vec((key.clone().prop_map(Into::into), inner), 0..5);
            entries.prop_map(|entries| Value::Map(Map::from_entries(entries)))
        };
        let named = ("[a-f]".prop_map(Value::from), inner.clone())
            .prop_map(|(name, more)| Value::Map(Map::from_entries(vec![("name".into(), name), ("x".into(), more)])));
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::List),
            proptest::collection::vec(named, 0..5).prop_map(Value::List),
            map(inner.boxed()),
        ]
    })
}

proptest! {
    #[test]
    fn equal_values_do_not_differ(value in values()) {
        let copy = value.clone();
        prop_assert_eq!(difference(&value, &copy), []);
    }

    #[test]
    fn edits_make_the_one_of_the_other(one in values(), other in values()) {
        for (before, after) in [(&one, &other), (&other, &one)] {
            let edits = difference(before, after);
            prop_assert_eq!(edits.is_empty(), before == after);
            prop_assert_eq!(&edited(before, &edits), after);
        }
    }
}
