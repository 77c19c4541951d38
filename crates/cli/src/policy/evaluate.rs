//! Judging rules against what a verification found.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use etcdsnap_snapshot::report::Report;
use jiff::SignedDuration;
use serde::Serialize;

use super::rule::Rule;
use super::version::Requirement;
use crate::output::{label, quantity};

/// How far a clock may run behind the one that stamped the file before its time of modification is not believed.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// One rule and how it went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Assertion {
    /// Name of the rule.
    pub name: &'static str,
    /// What must be, in words.
    pub expected: String,
    /// What is.
    pub actual: String,
    /// Does it hold?
    pub holds: bool,
}

/// The numbers of another snapshot that this one is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Baseline {
    /// Its live keys.
    pub live_keys: u64,
    /// Its current revision.
    pub revision: i64,
}

/// Everything rules are judged by.
#[derive(Clone, Copy)]
pub struct Evidence<'a> {
    /// What verification found.
    pub report: &'a Report,
    /// The time that ages are counted from.
    pub now: SystemTime,
    /// Does a live key begin with these bytes? `None` when that could not be known.
    pub has_live_key: &'a dyn Fn(&[u8]) -> Option<bool>,
    /// Numbers of the snapshots that `max-shrink-from` names.
    pub baselines: &'a BTreeMap<PathBuf, Baseline>,
}

/// Judges every rule, in order.
pub fn evaluate(rules: &[Rule], evidence: &Evidence<'_>) -> Vec<Assertion> {
    rules.iter().map(|rule| evidence.judge(rule)).collect()
}

/// What is, and whether that is what must be.
type Judgement = (String, bool);

impl Evidence<'_> {
    fn judge(&self, rule: &Rule) -> Assertion {
        let (expected, judgement) = match rule {
            Rule::MinKeys(least) => (format!("at least {}", quantity(*least, "live key")), self.keys(*least)),
            Rule::MaxAge(most) => (format!("at most {} old", span(*most)), self.age(*most)),
            Rule::MinRevision(least) => (format!("revision {least} or later"), self.revision(*least)),
            Rule::MaxSize { text, bytes } => (format!("at most {text} ({bytes} bytes)"), Some(self.size(*bytes))),
            Rule::RequirePrefix(prefix) => (format!("a live key that begins with {prefix}"), self.prefix(prefix)),
            Rule::NoAlarms => ("no alarm raised".to_owned(), self.alarms()),
            Rule::Version(requirement) => (format!("etcd {requirement}"), self.version(requirement)),
            Rule::MaxShrinkFrom { other, percent } => {
                let expected =
                    format!("no lower revision and at most {percent}% fewer live keys than {}", label(other));
                (expected, self.shrink(other, *percent))
            }
        };
        let (actual, holds) = judgement.unwrap_or_else(|| ("unknown".to_owned(), false));
        Assertion { name: rule.name(), expected, actual, holds }
    }

    fn keys(&self, least: u64) -> Option<Judgement> {
        let keys = *self.report.store.as_ref()?.live_keys.all()?;
        Some((quantity(keys, "live key"), keys >= least))
    }

    fn age(&self, most: SignedDuration) -> Option<Judgement> {
        let modified = self.report.source.modified?;
        let age = SignedDuration::system_until(modified, self.now).ok()?;
        let actual =
            if age.is_negative() { format!("from {} ahead", span(age.abs())) } else { format!("{} old", span(age)) };
        Some((actual, age <= most && age >= -CLOCK_SKEW))
    }

    fn revision(&self, least: i64) -> Option<Judgement> {
        let revision = *self.report.store.as_ref()?.current_revision.all()?;
        Some((format!("revision {revision}"), revision >= least))
    }

    fn size(&self, most: u64) -> Judgement {
        let size = self.report.source.size;
        (format!("{size} bytes"), size <= most)
    }

    fn prefix(&self, prefix: &str) -> Option<Judgement> {
        let found = (self.has_live_key)(prefix.as_bytes())?;
        Some((if found { "there is one" } else { "there is none" }.to_owned(), found))
    }

    fn alarms(&self) -> Option<Judgement> {
        let alarms = &self.report.store.as_ref()?.alarms;
        if !alarms.is_whole() && alarms.part().is_empty() {
            return None;
        }
        let raised: Vec<_> = alarms.part().iter().map(|alarm| format!("{} on {}", alarm.alarm, alarm.member)).collect();
        Some((if raised.is_empty() { "none".to_owned() } else { raised.join(", ") }, raised.is_empty()))
    }

    /// The cluster's version, which is what its members agreed on; the storage version where there is none.
    fn version(&self, requirement: &Requirement) -> Option<Judgement> {
        let store = self.report.store.as_ref()?;
        let known = [("cluster", &store.cluster_version), ("storage", &store.storage_version)];
        let mut known =
            known.into_iter().filter(|(_, version)| version.all().is_none_or(|version| !version.is_empty()));
        let (whose, version) = known.next()?;
        let version = version.all()?;
        Some((format!("{whose} version {version}"), requirement.holds_for(version)))
    }

    fn shrink(&self, other: &Path, percent: u8) -> Option<Judgement> {
        let store = self.report.store.as_ref()?;
        let before = self.baselines.get(other)?;
        let (live_keys, revision) = store.live_keys.zip(store.current_revision).all().copied()?;
        let least = u128::from(before.live_keys) * u128::from(100 - percent.min(100));
        let enough = u128::from(live_keys) * 100 >= least;
        let actual = format!(
            "revision {} after {}, {} after {}",
            revision,
            before.revision,
            quantity(live_keys, "live key"),
            before.live_keys
        );
        Some((actual, enough && revision >= before.revision))
    }
}

/// A length of time in its two largest units.
fn span(duration: SignedDuration) -> String {
    const UNITS: [(i64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];
    let mut rest = duration.as_secs();
    let mut parts = Vec::new();
    for (seconds, unit) in UNITS {
        if rest >= seconds {
            parts.push(format!("{}{unit}", rest / seconds));
            rest %= seconds;
        }
    }
    parts.truncate(2);
    if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use etcdsnap_snapshot::known::Known;

    use super::*;
    use crate::output::sample;

    fn judge(report: &Report, rule: &str) -> (bool, String) {
        let baselines = BTreeMap::from([(PathBuf::from("old.db"), Baseline { live_keys: 200, revision: 90 })]);
        let has_live_key = |prefix: &[u8]| Some(prefix == b"/registry/");
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(sample::MODIFIED + 90_061);
        let evidence = Evidence { report, now, has_live_key: &has_live_key, baselines: &baselines };
        let rule = rule.parse().expect(rule);
        let assertion = evaluate(&[rule], &evidence).remove(0);
        (assertion.holds, assertion.actual)
    }

    #[test]
    fn rules_hold_up_to_their_bound() {
        let report = sample::sound();
        for (rule, holds, actual) in [
            ("min-keys=136", true, "136 live keys"),
            ("min-keys=137", false, "136 live keys"),
            ("max-age=26h", true, "1d 1h old"),
            ("max-age=25h", false, "1d 1h old"),
            ("min-revision=95", true, "revision 95"),
            ("min-revision=96", false, "revision 95"),
            ("max-size=380960", true, "380960 bytes"),
            ("max-size=380959", false, "380960 bytes"),
            ("require-prefix=/registry/", true, "there is one"),
            ("require-prefix=/else/", false, "there is none"),
            ("no-alarms", true, "none"),
            ("version=3.6", true, "cluster version 3.6.0"),
            ("version=<3.6", false, "cluster version 3.6.0"),
            ("max-shrink-from=old.db:32%", true, "revision 95 after 90, 136 live keys after 200"),
            ("max-shrink-from=old.db:31%", false, "revision 95 after 90, 136 live keys after 200"),
            ("max-shrink-from=never-read.db", false, "unknown"),
        ] {
            assert_eq!(judge(&report, rule), (holds, actual.to_owned()), "{rule}");
        }
    }

    #[test]
    fn what_is_not_known_does_not_hold() {
        let mut report = sample::unreadable_store();
        report.source.modified = None;
        for rule in
            ["min-keys=0", "max-age=99d", "min-revision=0", "no-alarms", "version=3", "max-shrink-from=old.db:100%"]
        {
            assert_eq!(judge(&report, rule), (false, "unknown".to_owned()), "{rule}");
        }
    }

    #[test]
    fn what_was_read_in_part_does_not_hold() {
        let mut report = sample::sound();
        let store = report.store.as_mut().expect("store");
        store.live_keys = Known::new(136, false);
        store.current_revision = Known::new(95, false);
        store.cluster_version = Known::default();
        store.alarms = Known::default();
        for rule in ["min-keys=0", "min-revision=0", "no-alarms", "version=3.6", "max-shrink-from=old.db:100%"] {
            assert_eq!(judge(&report, rule), (false, "unknown".to_owned()), "{rule}");
        }
    }

    #[test]
    fn a_file_from_the_future_is_not_young() {
        let mut report = sample::sound();
        report.source.modified = Some(SystemTime::UNIX_EPOCH + Duration::from_secs(sample::MODIFIED + 180_122));
        assert_eq!(judge(&report, "max-age=26h"), (false, "from 1d 1h ahead".to_owned()));
        report.source.modified = Some(SystemTime::UNIX_EPOCH + Duration::from_secs(sample::MODIFIED + 90_100));
        assert_eq!(judge(&report, "max-age=26h"), (true, "from 39s ahead".to_owned()));
    }

    #[test]
    fn a_revision_that_went_back_fails_whatever_the_share() {
        let mut report = sample::sound();
        report.store.as_mut().expect("store").current_revision = Known::whole(89);
        assert!(!judge(&report, "max-shrink-from=old.db:100%").0);
    }
}
