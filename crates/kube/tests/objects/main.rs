//! Objects as real API servers and their libraries wrote them, against what Kubernetes' own programs print of them.
//!
//! The data lies in `testdata/kube`; where `ETCDSNAP_FIXTURES_KUBE` names a folder with all of it, that is tried too.

mod cluster;
mod damage;
mod encryption;
mod fixtures;
mod golden;
mod texts;
