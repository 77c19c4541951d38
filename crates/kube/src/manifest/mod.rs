//! From objects to manifests that `kubectl apply` takes, in a cluster that is not the one they are from.
//!
//! [`exclusion_reason`] says which objects a cluster makes by itself, [`clean`] takes out of the others what only the old cluster
//! could know (docs/format/kubernetes.md#another-cluster), [`ApplyStage`] says what must be there before what, and [`redact`]
//! hides the values of Secrets.

mod apply_order;
mod clean;
mod exclusion;
mod redact;

pub use apply_order::ApplyStage;
pub use clean::{CleanOptions, OwnerReferencePolicy, clean};
pub use exclusion::{ExclusionReason, exclusion_reason};
pub use redact::{REDACTED, redact, redact_both};
