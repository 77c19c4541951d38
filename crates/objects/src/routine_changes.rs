//! What changes in every cluster all the time without anybody having done anything
//! (docs/format/kubernetes.md#constant-changes).

use etcdsnap_kube::decode::Object;
use etcdsnap_kube::key::ObjectKey;

use crate::difference::FieldEdit;

/// Paths in keys of objects that tell of moments.
const MOMENTARY: [(&str, RoutineChange); 3] =
    [("events", RoutineChange::Events), ("leases", RoutineChange::Leases), ("leasecandidates", RoutineChange::Leases)];

/// Annotations that hold a lock or the time of a change: what keeps saying "I am alive".
const HEARTBEATS: [&str; 2] =
    ["control-plane.alpha.kubernetes.io/leader", "endpoints.kubernetes.io/last-change-trigger-time"];

/// A sort of change that is mostly not asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoutineChange {
    /// `metadata.managedFields`: who set what.
    ManagedFields,
    /// `metadata.resourceVersion`, which every write changes.
    ResourceVersion,
    /// `status`: what controllers observed.
    Status,
    /// `metadata.generation`, where nothing else changed.
    Generation,
    /// Annotations of leader elections, and of endpoints.
    Heartbeats,
    /// Events as a whole.
    Events,
    /// Leases as a whole.
    Leases,
}

/// The noise that is listened to; none by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IncludedChanges(Vec<RoutineChange>);

impl RoutineChange {
    /// All there is.
    pub const ALL: [Self; 7] = [
        Self::ManagedFields,
        Self::ResourceVersion,
        Self::Status,
        Self::Generation,
        Self::Heartbeats,
        Self::Events,
        Self::Leases,
    ];
}

impl IncludedChanges {
    /// These sorts.
    pub fn new(routine: impl IntoIterator<Item = RoutineChange>) -> Self {
        Self(routine.into_iter().collect())
    }

    /// Is it listened to?
    pub fn has(&self, routine: RoutineChange) -> bool {
        self.0.contains(&routine)
    }

    /// Is the whole object noise that is not listened to?
    pub fn ignores(&self, key: &ObjectKey<'_>) -> bool {
        MOMENTARY.iter().any(|(path, routine)| key.path == *path && !self.has(*routine))
    }

    /// Takes out of an object what is not listened to, but for the generation.
    pub fn remove_ignored(&self, object: &mut Object<'_>) {
        let fields: [(RoutineChange, &[&str]); 3] = [
            (RoutineChange::ManagedFields, &["metadata", "managedFields"]),
            (RoutineChange::ResourceVersion, &["metadata", "resourceVersion"]),
            (RoutineChange::Status, &["status"]),
        ];
        for (_, path) in fields.iter().filter(|(routine, _)| !self.has(*routine)) {
            object.value.remove_at(path);
        }
        if !self.has(RoutineChange::Heartbeats) {
            for annotation in HEARTBEATS {
                object.value.remove_at(&["metadata", "annotations", annotation]);
            }
            // The first heartbeat makes the list of annotations too.
            if object.value.at(&["metadata", "annotations"]).is_some_and(etcdsnap_kube::value::Value::is_empty) {
                object.value.remove_at(&["metadata", "annotations"]);
            }
        }
    }

    /// Is what remains of a difference noise that is not listened to?
    pub fn ignores_all(&self, edits: &[FieldEdit<'_>]) -> bool {
        let is_generation = |edit: &FieldEdit<'_>| edit.path.begins_with(&["metadata", "generation"]);
        edits.is_empty() || !self.has(RoutineChange::Generation) && edits.iter().all(is_generation)
    }
}

#[cfg(test)]
mod tests {
    use etcdsnap_kube::decode::{DecodeOptions, decode};

    use super::*;
    use crate::difference::difference;

    fn object(text: &str) -> Object<'_> {
        let options = DecodeOptions { managed_fields: true, ..DecodeOptions::default() };
        decode(text.as_bytes(), options).expect("an object")
    }

    fn is_quiet(included: &IncludedChanges, before: &str, after: &str) -> bool {
        let whole = |rest: &str| format!(r#"{{"apiVersion":"v1","kind":"Endpoints",{rest}}}"#);
        let (before, after) = (whole(before), whole(after));
        let (mut before, mut after) = (object(&before), object(&after));
        included.remove_ignored(&mut before);
        included.remove_ignored(&mut after);
        included.ignores_all(&difference(&before.value, &after.value))
    }

    #[test]
    fn noise_is_no_difference_unless_it_is_listened_to() {
        for (routine, before, after) in [
            (RoutineChange::ManagedFields, r#""metadata":{}"#, r#""metadata":{"managedFields":[{"manager":"m"}]}"#),
            (
                RoutineChange::ResourceVersion,
                r#""metadata":{"resourceVersion":"1"}"#,
                r#""metadata":{"resourceVersion":"2"}"#,
            ),
            (RoutineChange::Status, r#""status":{"a":1}"#, r#""status":{"a":2}"#),
            (RoutineChange::Generation, r#""metadata":{"generation":1}"#, r#""metadata":{"generation":2}"#),
            (
                RoutineChange::Heartbeats,
                r#""metadata":{}"#,
                r#""metadata":{"annotations":{"control-plane.alpha.kubernetes.io/leader":"x"}}"#,
            ),
        ] {
            let others = IncludedChanges::new(RoutineChange::ALL.into_iter().filter(|other| *other != routine));
            assert!(
                is_quiet(&IncludedChanges::default(), before, after) && is_quiet(&others, before, after),
                "{routine:?}"
            );
            assert!(!is_quiet(&IncludedChanges::new([routine]), before, after), "{routine:?}");
        }
    }

    #[test]
    fn a_generation_is_shown_with_what_changed_it() {
        let after = r#""metadata":{"generation":2},"spec":{"a":2}"#;
        assert!(!is_quiet(&IncludedChanges::default(), r#""metadata":{"generation":1},"spec":{"a":1}"#, after));
    }

    #[test]
    fn objects_that_tell_of_moments_are_noise() {
        let key = |path| ObjectKey { root: "/registry", path, namespace: Some("n"), name: "x" };
        assert!(
            IncludedChanges::default().ignores(&key("events")) && IncludedChanges::default().ignores(&key("leases"))
        );
        assert!(
            !IncludedChanges::default().ignores(&key("pods"))
                && !IncludedChanges::new([RoutineChange::Events]).ignores(&key("events"))
        );
    }
}
