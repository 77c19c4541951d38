//! Kubernetes objects as they lie in etcd, shown as kubectl shows them, without a cluster.
//!
//! A stored value is recognised ([`StoredValue`]), opened with a [`Keyring`](encryption::Keyring) if it is encrypted, decoded
//! ([`decode`](mod@decode)) over a table of all kinds ([`schema`]), completed as its API server would have done
//! ([`Cluster`](cluster::Cluster)), and written as kubectl's [`json`] or [`yaml`]. Its key says where it belongs ([`key`]); what every
//! object has is read without decoding the rest ([`metadata`]). [`manifest`] makes of objects what another cluster takes. The crate takes bytes and gives values: it opens no files
//! and knows nothing of snapshots.
//!
//! ```
//! use etcdsnap_kube::cluster::Cluster;
//! use etcdsnap_kube::decode::decode;
//! use etcdsnap_kube::key::{ClassifiedKey, Roots};
//! use etcdsnap_kube::yaml;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (key, value, revision) = (b"/registry/ex.io/foos/demo/x", br#"{"apiVersion":"ex.io/v1","kind":"Foo","metadata":{"name":"x"}}"#, 7);
//! let ClassifiedKey::Object(place) = Roots::default().classify(key) else { panic!("no object") };
//! assert_eq!((place.namespace, place.name), (Some("demo"), "x"));
//!
//! let cluster = Cluster::default();
//! let mut object = decode(value, cluster.options(false))?;
//! cluster.present(&mut object, revision);
//! assert_eq!(yaml::to_string(&object.value), "apiVersion: ex.io/v1\nkind: Foo\nmetadata:\n  name: x\n  resourceVersion: \"7\"\n");
//! # Ok(())
//! # }
//! ```

pub mod cbor;
pub mod cluster;
pub mod decode;
pub mod encryption;
pub mod json;
pub mod key;
pub mod list;
mod lossy_text;
pub mod manifest;
pub mod metadata;
mod number;
pub mod resource;
pub mod schema;
mod stored;
pub mod value;
mod wire;
pub mod yaml;

pub use stored::{Envelope, StoredValue};
pub use wire::{WireError, WirePayload};

/// Values and messages that may lie within one another. Kubernetes itself nests a few dozen deep. What is written of an object is
/// its lines times their indentation, so this bounds how much longer than the object that can be.
pub const MAX_DEPTH: usize = 128;
