//! `kube diff`.

use etcdsnap_objects::LabelSelector;

use super::{Keys, With};
use crate::args::{State, examples};

/// Shows which objects differ between two backups, or between two revisions of one
///
/// Objects that were added, removed, changed or recreated (another uid under the same name), and of those in both the fields that
/// differ, with their values. Items of lists are matched by what names them, as in `spec.containers[name=web].image`.
///
/// Changes nobody made are left out: status, managedFields, resourceVersion, heartbeats, events, leases, and a generation that
/// changed alone; --with brings them back, and events or leases that are asked for by TYPE are shown. Values of Secrets are
/// hidden, unless --show-secrets.
///
/// FILE@REV is the file at that revision, FILE alone the newest. What is encrypted and has no key is compared as it is stored,
/// so it differs whenever it was written.
#[derive(Debug, clap::Args)]
#[command(after_help = examples::KUBE_DIFF)]
pub struct Diff {
    /// What was before: FILE or FILE@REV
    #[arg(value_name = "BEFORE", value_parser = State::parser())]
    pub before: State,

    /// What is after: FILE or FILE@REV
    #[arg(value_name = "AFTER", value_parser = State::parser())]
    pub after: State,

    /// Only these types or objects, as kubectl takes them: TYPE, TYPE NAME…, TYPE/NAME…, TYPE,TYPE or `all`
    #[arg(value_name = "TYPE[/NAME]")]
    pub words: Vec<String>,

    /// Only objects of this namespace
    #[arg(short, long, value_name = "NS")]
    pub namespace: Option<String>,

    /// Only objects that have such labels before or after
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub selector: Option<LabelSelector>,

    /// Shows also what is left out by default; may be given several times
    #[arg(long, value_name = "WHAT", value_enum, value_delimiter = ',')]
    pub with: Vec<With>,

    /// Shows the numbers only
    #[arg(long, conflicts_with = "patch")]
    pub stat: bool,

    /// Shows unified diffs of YAML instead of the fields that differ
    #[arg(long)]
    pub patch: bool,

    /// Shows values of Secrets
    #[arg(long)]
    pub show_secrets: bool,

    #[command(flatten)]
    pub keys: Keys,

    /// Form of the result
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = DiffForm::Text)]
    pub output: DiffForm,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum DiffForm {
    /// For people
    Text,
    /// One document for programs; see docs/json.md
    Json,
    /// One JSON object a difference
    Ndjson,
    /// Names alone, such as `deployment.apps/web -n shop`
    Name,
}
