//! `kube audit`.

use etcdsnap_objects::Objects;
use etcdsnap_objects::encryption_audit::{EncryptionAudit, EncryptionPolicy};

use super::reading::configurations;
use crate::args::kube::{Audit as Command, AuditEncryption};
use crate::commands::Session;
use crate::exit::{Exit, Failure};
use crate::output::console;
use crate::output::kube::audit::{Document, text};

/// What must be encrypted when nothing else is said.
const SECRETS: &str = "secrets";

pub fn run(session: &Session, command: &Command) -> Result<Exit, Failure> {
    match command {
        Command::Encryption(args) => encryption(session, args),
    }
}

fn encryption(session: &Session, args: &AuditEncryption) -> Result<Exit, Failure> {
    let configurations = configurations(&args.source.keys.secrets)?;
    session.objects(&args.source, |objects| {
        let mut required = resources(objects, &args.require)?;
        if required.is_empty() && configurations.is_empty() {
            required.push(SECRETS.to_owned());
        }
        let report = EncryptionAudit::new(EncryptionPolicy { configurations, required }, args.names).over(objects);
        let exit = if report.holds() { Exit::Done } else { Exit::Policy };
        let document = Document::new(&report, objects.shown_revision());
        console::report(args.output, exit, &document, |sheet| text(&report, sheet))
    })
}

/// Plurals and groups of resources, in whatever form they were named.
fn resources(objects: &Objects<'_>, words: &[String]) -> Result<Vec<String>, Failure> {
    let full_name = |word: &String| {
        let named = objects.cluster().resources().named(word);
        let found = named.first().map(|resource| resource.full_name());
        found.ok_or_else(|| Failure::usage(format!("there is no resource type {word:?}")))
    };
    words.iter().map(full_name).collect()
}
