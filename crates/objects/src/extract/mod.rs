//! From objects in a backup to manifests for another cluster: which ones, in which order, under which names.
//!
//! What is asked for is [gathered](find_candidates()) as [`ExtractCandidate`]s, read by their headers alone. A [`ExtractPlan`] says which of them are written and in
//! which order, and why the others are not; [`output_path`] gives each a file of its own.

mod candidates;
mod output_path;
mod plan;

pub use candidates::{ExtractCandidates, ExtractRequest, find_candidates};
pub use output_path::output_path;
pub use plan::{ExtractCandidate, ExtractInclusions, ExtractPlan, ObjectIdentity};
