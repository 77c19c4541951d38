//! From objects to manifests that `kubectl apply` takes, in a cluster that is not the one they are from.
//!
//! [`left_out`] says which objects a cluster makes by itself, [`clean`] takes out of the others what only the old cluster
//! could know (docs/format/kubernetes.md#another-cluster), [`Stage`] says what must be there before what, and [`redact`]
//! hides the values of Secrets.

mod clean;
mod leave_out;
mod order;
mod redact;

pub use clean::{Cleaning, Owners, clean};
pub use leave_out::{LeftOut, left_out};
pub use order::Stage;
pub use redact::{REDACTED, redact, redact_both};
