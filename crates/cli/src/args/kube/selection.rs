//! Which objects, in kubectl's words.

use etcdsnap_objects::LabelSelector;

/// The namespace that is meant when none is named, as for kubectl without a context.
const DEFAULT_NAMESPACE: &str = "default";

/// Objects that are meant.
#[derive(Debug, clap::Args)]
pub struct Meant {
    /// Types and names as kubectl takes them: TYPE, TYPE NAME…, TYPE/NAME…, TYPE,TYPE or `all`; every type when there is none
    #[arg(value_name = "TYPE[/NAME]")]
    pub words: Vec<String>,

    /// Only objects of this namespace [default: default]
    #[arg(short, long, value_name = "NS")]
    namespace: Option<String>,

    /// Objects of all namespaces, and those in none
    #[arg(short = 'A', long, conflicts_with = "namespace")]
    all_namespaces: bool,

    /// Only objects with such labels, such as `app=web,tier!=db,env in (a,b),!beta`
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub selector: Option<LabelSelector>,
}

impl Meant {
    /// The namespace that is meant; nothing for all.
    pub fn namespace(&self) -> Option<&str> {
        (!self.all_namespaces).then(|| self.namespace.as_deref().unwrap_or(DEFAULT_NAMESPACE))
    }
}
