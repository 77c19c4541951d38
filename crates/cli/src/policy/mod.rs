//! Policies: what a backup must be beyond whole (young enough, full enough, of the right version), stated by its owner on the
//! command line or in a YAML file, and judged against a verification's report.
//!
//! All rules given must hold; what cannot be known (the age of standard input, the keys of a damaged store) does not hold.

mod evaluate;
mod file;
mod rule;
mod size;
mod version;

pub use evaluate::{Assertion, Baseline, Evidence, evaluate};
pub use file::read;
pub use rule::Rule;
pub use size::parse as parse_size;
