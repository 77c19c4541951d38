//! What changes in every cluster all the time without anybody having done anything
//! (docs/format/kubernetes.md#constant-changes).

use etcdsnap_kube::decode::Object;
use etcdsnap_kube::key::ObjectKey;

use crate::difference::Edit;

/// Paths in keys of objects that tell of moments.
const MOMENTARY: [(&str, Noise); 3] =
    [("events", Noise::Events), ("leases", Noise::Leases), ("leasecandidates", Noise::Leases)];

/// Annotations that hold a lock or the time of a change: what keeps saying "I am alive".
const HEARTBEATS: [&str; 2] =
    ["control-plane.alpha.kubernetes.io/leader", "endpoints.kubernetes.io/last-change-trigger-time"];

/// A sort of change that is mostly not asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noise {
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
pub struct Heard(Vec<Noise>);

impl Noise {
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

impl Heard {
    /// These sorts.
    pub fn new(noise: impl IntoIterator<Item = Noise>) -> Self {
        Self(noise.into_iter().collect())
    }

    /// Is it listened to?
    pub fn has(&self, noise: Noise) -> bool {
        self.0.contains(&noise)
    }

    /// Is the whole object noise that is not listened to?
    pub fn ignores(&self, key: &ObjectKey<'_>) -> bool {
        MOMENTARY.iter().any(|(path, noise)| key.path == *path && !self.has(*noise))
    }

    /// Takes out of an object what is not listened to, but for the generation.
    pub fn mute(&self, object: &mut Object<'_>) {
        let fields: [(Noise, &[&str]); 3] = [
            (Noise::ManagedFields, &["metadata", "managedFields"]),
            (Noise::ResourceVersion, &["metadata", "resourceVersion"]),
            (Noise::Status, &["status"]),
        ];
        for (_, path) in fields.iter().filter(|(noise, _)| !self.has(*noise)) {
            object.value.remove_at(path);
        }
        if !self.has(Noise::Heartbeats) {
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
    pub fn ignores_all(&self, edits: &[Edit<'_>]) -> bool {
        let is_generation = |edit: &Edit<'_>| edit.path.begins_with(&["metadata", "generation"]);
        edits.is_empty() || !self.has(Noise::Generation) && edits.iter().all(is_generation)
    }
}

#[cfg(test)]
mod tests {
    use etcdsnap_kube::decode::{Options, decode};

    use super::*;
    use crate::difference::difference;

    fn object(text: &str) -> Object<'_> {
        let options = Options { managed_fields: true, ..Options::default() };
        decode(text.as_bytes(), options).expect("an object")
    }

    fn is_quiet(heard: &Heard, before: &str, after: &str) -> bool {
        let whole = |rest: &str| format!(r#"{{"apiVersion":"v1","kind":"Endpoints",{rest}}}"#);
        let (before, after) = (whole(before), whole(after));
        let (mut before, mut after) = (object(&before), object(&after));
        heard.mute(&mut before);
        heard.mute(&mut after);
        heard.ignores_all(&difference(&before.value, &after.value))
    }

    #[test]
    fn noise_is_no_difference_unless_it_is_listened_to() {
        for (noise, before, after) in [
            (Noise::ManagedFields, r#""metadata":{}"#, r#""metadata":{"managedFields":[{"manager":"m"}]}"#),
            (Noise::ResourceVersion, r#""metadata":{"resourceVersion":"1"}"#, r#""metadata":{"resourceVersion":"2"}"#),
            (Noise::Status, r#""status":{"a":1}"#, r#""status":{"a":2}"#),
            (Noise::Generation, r#""metadata":{"generation":1}"#, r#""metadata":{"generation":2}"#),
            (
                Noise::Heartbeats,
                r#""metadata":{}"#,
                r#""metadata":{"annotations":{"control-plane.alpha.kubernetes.io/leader":"x"}}"#,
            ),
        ] {
            let others = Heard::new(Noise::ALL.into_iter().filter(|other| *other != noise));
            assert!(is_quiet(&Heard::default(), before, after) && is_quiet(&others, before, after), "{noise:?}");
            assert!(!is_quiet(&Heard::new([noise]), before, after), "{noise:?}");
        }
    }

    #[test]
    fn a_generation_is_shown_with_what_changed_it() {
        let after = r#""metadata":{"generation":2},"spec":{"a":2}"#;
        assert!(!is_quiet(&Heard::default(), r#""metadata":{"generation":1},"spec":{"a":1}"#, after));
    }

    #[test]
    fn objects_that_tell_of_moments_are_noise() {
        let key = |path| ObjectKey { root: "/registry", path, namespace: Some("n"), name: "x" };
        assert!(Heard::default().ignores(&key("events")) && Heard::default().ignores(&key("leases")));
        assert!(!Heard::default().ignores(&key("pods")) && !Heard::new([Noise::Events]).ignores(&key("events")));
    }
}
