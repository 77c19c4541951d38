//! What is left out of comparisons, and how to have it back.

use clap::builder::PossibleValue;
use etcdsnap_objects::{Heard, Noise};

/// A sort of noise, or all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum With {
    /// One sort.
    One(Noise),
    /// All.
    All,
}

impl With {
    /// What is asked for.
    pub fn noise(asked: &[Self]) -> impl Iterator<Item = Noise> {
        let has = |noise: &Noise| asked.contains(&Self::All) || asked.contains(&Self::One(*noise));
        Noise::ALL.into_iter().filter(has)
    }

    /// Only what is asked for.
    pub fn heard(asked: &[Self]) -> Heard {
        Heard::new(Self::noise(asked))
    }
}

impl clap::ValueEnum for With {
    fn value_variants<'a>() -> &'a [Self] {
        const VARIANTS: [With; 8] = [
            With::One(Noise::Status),
            With::One(Noise::ManagedFields),
            With::One(Noise::ResourceVersion),
            With::One(Noise::Generation),
            With::One(Noise::Heartbeats),
            With::One(Noise::Events),
            With::One(Noise::Leases),
            With::All,
        ];
        &VARIANTS
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (name, help) = match self {
            Self::All => ("all", "All of these"),
            Self::One(Noise::Status) => ("status", "What controllers observed"),
            Self::One(Noise::ManagedFields) => ("managed-fields", "Who set what: metadata.managedFields"),
            Self::One(Noise::ResourceVersion) => {
                ("resource-version", "metadata.resourceVersion, which every write changes")
            }
            Self::One(Noise::Generation) => ("generation", "metadata.generation where it changed alone"),
            Self::One(Noise::Heartbeats) => ("heartbeats", "Annotations of leader elections and endpoints"),
            Self::One(Noise::Events) => ("events", "Events"),
            Self::One(Noise::Leases) => ("leases", "Leases"),
        };
        Some(PossibleValue::new(name).help(help))
    }
}
