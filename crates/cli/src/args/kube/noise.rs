//! What is left out of comparisons, and how to have it back.

use clap::builder::PossibleValue;
use etcdsnap_objects::{IncludedChanges, RoutineChange};

/// A sort of noise, or all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum With {
    /// One sort.
    One(RoutineChange),
    /// All.
    All,
}

impl With {
    /// What is asked for.
    pub fn noise(asked: &[Self]) -> impl Iterator<Item = RoutineChange> {
        let has = |noise: &RoutineChange| asked.contains(&Self::All) || asked.contains(&Self::One(*noise));
        RoutineChange::ALL.into_iter().filter(has)
    }

    /// Only what is asked for.
    pub fn heard(asked: &[Self]) -> IncludedChanges {
        IncludedChanges::new(Self::noise(asked))
    }
}

impl clap::ValueEnum for With {
    fn value_variants<'a>() -> &'a [Self] {
        const VARIANTS: [With; 8] = [
            With::One(RoutineChange::Status),
            With::One(RoutineChange::ManagedFields),
            With::One(RoutineChange::ResourceVersion),
            With::One(RoutineChange::Generation),
            With::One(RoutineChange::Heartbeats),
            With::One(RoutineChange::Events),
            With::One(RoutineChange::Leases),
            With::All,
        ];
        &VARIANTS
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (name, help) = match self {
            Self::All => ("all", "All of these"),
            Self::One(RoutineChange::Status) => ("status", "What controllers observed"),
            Self::One(RoutineChange::ManagedFields) => ("managed-fields", "Who set what: metadata.managedFields"),
            Self::One(RoutineChange::ResourceVersion) => {
                ("resource-version", "metadata.resourceVersion, which every write changes")
            }
            Self::One(RoutineChange::Generation) => ("generation", "metadata.generation where it changed alone"),
            Self::One(RoutineChange::Heartbeats) => ("heartbeats", "Annotations of leader elections and endpoints"),
            Self::One(RoutineChange::Events) => ("events", "Events"),
            Self::One(RoutineChange::Leases) => ("leases", "Leases"),
        };
        Some(PossibleValue::new(name).help(help))
    }
}
