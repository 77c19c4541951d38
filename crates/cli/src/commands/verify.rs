//! `verify`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use etcdsnap_objects::ObjectRules;
use etcdsnap_snapshot::verify::{ContentRules, VerifyOptions, verify};

use super::{Session, standard_input_once};
use crate::args::{Verify, VerifyForm};
use crate::exit::{Exit, Failure};
use crate::output::verify::{Document, Outcome, Verified, exit, junit, sarif, text};
use crate::output::{console, label};
use crate::policy::{self, Baseline, Evidence, Rule};

pub fn run(session: &Session, args: &Verify) -> Result<Exit, Failure> {
    let policies = Policies::read(session, args)?;
    let outcomes: Vec<_> = args.files.iter().map(|path| session.verify(path, args, &policies)).collect();
    let exit = exit(&outcomes);
    // The report must not go to the end of a file that it is about.
    session.refuse_as_output()?;
    match args.output {
        VerifyForm::Text => {
            let mut sheet = console::sheet();
            text(&outcomes, args.quiet, &mut sheet);
            console::print(sheet, exit)
        }
        VerifyForm::Json => console::json(exit, &Document::new(&outcomes)),
        VerifyForm::Junit => {
            let failed = |error| Failure::new(format!("JUnit XML could not be made: {error}"));
            let xml = junit(&outcomes).map_err(failed)?;
            console::write(exit, |out| out.write_all(xml.as_bytes()))
        }
        VerifyForm::Sarif => console::json(exit, &sarif(&outcomes)),
    }
}

/// What must hold for every file.
struct Policies {
    rules: Vec<Rule>,
    baselines: BTreeMap<PathBuf, Baseline>,
    now: SystemTime,
}

impl Policies {
    /// Reads the policy file and the snapshots to compare with, before the first file is verified.
    fn read(session: &Session, args: &Verify) -> Result<Self, Failure> {
        let mut rules = args.policy.as_deref().map(policy::read).transpose()?.unwrap_or_default();
        rules.extend_from_slice(&args.assertions);
        let others: BTreeSet<_> = rules.iter().filter_map(Rule::baseline).collect();
        standard_input_once(args.files.iter().chain(others.iter().copied()))?;
        let mut baselines = BTreeMap::new();
        for other in others {
            baselines.insert(other.clone(), session.baseline(other)?);
        }
        let now = args.now.map_or_else(SystemTime::now, SystemTime::from);
        Ok(Self { rules, baselines, now })
    }
}

impl Session {
    /// The numbers of the snapshot that others are compared with.
    fn baseline(&self, path: &Path) -> Result<Baseline, Failure> {
        let container = self.open(path)?;
        let inspection = self.inspect(&container, path)?;
        if !inspection.is_sound() {
            let advice = "compare with another snapshot";
            return Err(Failure::new(format!(
                "{}: damaged, so nothing can be measured against it; {advice}",
                label(path)
            )));
        }
        let store = inspection.store_facts();
        let known = store.live_keys.zip(store.current_revision);
        let Some((live_keys, revision)) = known.all() else {
            return Err(Failure::damaged(format!(
                "{}: a part of it cannot be read; run `etcdsnap verify`",
                label(path)
            )));
        };
        Ok(Baseline { live_keys: *live_keys, revision: *revision })
    }

    /// Verifies and judges one file; a file that could not be read is told on standard error at once.
    fn verify(&self, path: &Path, args: &Verify, policies: &Policies) -> Outcome {
        let result = self.judge(path, args, policies);
        if let Err(failure) = &result
            && failure.exit != Exit::Damaged
        {
            failure.print();
        }
        Outcome { path: path.to_owned(), result }
    }

    fn judge(&self, path: &Path, args: &Verify, policies: &Policies) -> Result<Verified, Failure> {
        let container = self.open(path)?;
        let server_version = args.server_version.clone();
        let content = Some(&ObjectRules as &dyn ContentRules);
        let options = VerifyOptions { server_version, content, byte_order: args.arch, ..VerifyOptions::default() };
        let verified =
            verify(&container, &options, &*self.progress(path)).map_err(|error| Failure::new(error.to_string()))?;
        let has_live_key =
            |prefix: &[u8]| verified.inspection.as_ref().and_then(|inspection| inspection.has_live_prefix(prefix));
        let assertions = policy::evaluate(
            &policies.rules,
            &Evidence {
                report: &verified.report,
                now: policies.now,
                has_live_key: &has_live_key,
                baselines: &policies.baselines,
            },
        );
        Ok(Verified { report: verified.report, assertions })
    }
}
