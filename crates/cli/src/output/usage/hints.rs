//! What the numbers of an account should make one think of.

use etcdsnap_snapshot::incidents::reaches_default_quota;
use etcdsnap_snapshot::usage::{Balance, LARGEST_QUOTA, MOST_PREFIXES, Savings, Usage};
use serde::Serialize;

use crate::output::words::{quantity, size};

/// A remark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hint {
    /// Stable name.
    pub id: &'static str,
    /// The remark.
    pub message: String,
}

/// All remarks about an account, the most pressing first.
pub fn hints(usage: &Usage<'_>) -> Vec<Hint> {
    let mut hints = Vec::new();
    let mut hint = |id, message| hints.push(Hint { id, message });
    let balance = &usage.balance;
    if !usage.is_sound {
        hint("DAMAGED", damage(balance));
    }
    if usage.depth < usage.depth_asked {
        let next = quantity(usage.depth as u64 + 1, "component");
        let message = format!(
            "keys have more than {MOST_PREFIXES} prefixes of {next}, too many to be kept apart: they are added up {}",
            if usage.depth == 0 {
                "in one row".to_owned()
            } else {
                format!("by {}", quantity(usage.depth as u64, "component"))
            }
        );
        hint("DEPTH_REDUCED", message);
    }
    if usage.database_size >= LARGEST_QUOTA {
        hint("OVER_LARGEST_QUOTA", "the database has reached 8 GiB, the largest quota that etcd suggests".to_owned());
    } else if reaches_default_quota(usage.database_size) {
        let message = "the database has reached 2 GiB, etcd's default quota: a member without --quota-backend-bytes \
                       raises the alarm NOSPACE and takes no more writes";
        hint("OVER_DEFAULT_QUOTA", message.to_owned());
    }
    let oversized = *usage.counts.oversized_keys.part();
    if oversized > 0 {
        let message = format!(
            "{} larger than 1.5 MiB, the most that etcd takes in one request by default (--max-request-bytes)",
            are(oversized, "live key")
        );
        hint("OVERSIZED_KEYS", message);
    }
    if let Some(savings) = &usage.savings {
        hints.extend(of_savings(usage, savings));
    }
    hints
}

/// The hint about damage: which numbers of the account are too low, because not all could be read.
fn damage(balance: &Balance) -> String {
    let lost = match balance.unreached {
        0 if balance.damaged == 0 => String::new(),
        0 => format!("{} could not be read; ", size(balance.damaged)),
        unreached => format!(
            "not all of the tree could be read: nothing says which of {} are free and which are in use; ",
            size(unreached.saturating_add(balance.damaged))
        ),
    };
    format!("{lost}keys may be missing here, and what looks live may be old; run `etcdsnap verify`")
}

/// Fewer bytes than this are not worth a defragmentation.
const LEAST_SAVING: u64 = 16 << 20;

/// Is it worth to defragment a database of `size` bytes that would then have `smaller`? It is for a quarter of the
/// size, if that is at least `LEAST_SAVING`.
pub fn is_worth_it(size: u64, smaller: u64) -> bool {
    let saving = size.saturating_sub(smaller);
    saving >= size / 4 && saving >= LEAST_SAVING
}

fn of_savings(usage: &Usage<'_>, savings: &Savings) -> Option<Hint> {
    let worth = |smaller: u64| is_worth_it(usage.database_size, smaller);
    if worth(savings.defragmented_size) {
        let free = size(usage.database_size - savings.defragmented_size);
        let message = format!(
            "{free} are unused room: `etcdsnap defrag` gives that back in a copy, give or take 0.55 %; `etcdctl defrag`, on a \
             running member, leaves up to 15 % more pages, and room to grow in small files"
        );
        return Some(Hint { id: "FRAGMENTED", message });
    }
    worth(savings.compacted_and_defragmented_size).then(|| {
        let history = size(savings.compaction);
        let message = format!("{history} are history: compact more often, or keep fewer revisions");
        Hint { id: "MUCH_HISTORY", message }
    })
}

/// `1 live key is`, `7 live keys are`.
fn are(count: u64, noun: &str) -> String {
    format!("{} {}", quantity(count, noun), if count == 1 { "is" } else { "are" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_is_not_worth_a_remark() {
        const MIB: u64 = 1 << 20;
        for (size, smaller, worth) in [
            (20_480, 4_096, false),
            (20 * MIB, 4 * MIB, true),
            (20 * MIB, 4 * MIB + 1, false),
            (64 * MIB, 48 * MIB, true),
            (64 * MIB, 48 * MIB + 1, false),
            (MIB, 2 * MIB, false),
        ] {
            assert_eq!(is_worth_it(size, smaller), worth, "{size} {smaller}");
        }
    }
}
