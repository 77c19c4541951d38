//! Builds databases of any layout for tests, benches and fuzzing, and damages them.
//!
//! | module | what it provides |
//! |---|---|
//! | [`bbolt`] | a database file, byte for byte, from a description of buckets and of the layout |
//! | [`etcd`] | the ten buckets of an etcd server of a chosen version after any operations, and the answers a reader must give |
//! | [`damage`] | the 68 corruptions of `docs/format/bbolt.md#corruptions` by name, with the codes they must be reported under |
//! | [`synth`] | databases of gigabytes with the content of a Kubernetes control plane, written directly to a file |
//!
//! This crate does not use the project's own reader: a test with the same code on both sides proves little. Everything random
//! is determined by a seed.
//!
//! ```
//! use etcdsnap_testkit::bbolt::{Freelist, Layout, PageOrder};
//! use etcdsnap_testkit::damage::Corruption;
//! use etcdsnap_testkit::etcd::{EtcdStore, Server};
//!
//! // The store of a 3.6 server, and its hash.
//! let mut store = EtcdStore::new(Server::V3_6);
//! for number in 0..5000 {
//!     store.put(format!("key/{}", number % 700), "some value");
//! }
//! store.compact(40);
//! assert_eq!(store.live_at(5001).len(), 700);
//! let hash = store.hash_kv(0);
//! assert!(hash.is_ok());
//!
//! // The same store as a snapshot file with scattered pages.
//! let layout = Layout { page_order: PageOrder::Shuffled(7), free_pages: 20, ..Layout::default() };
//! let mut snapshot = layout.build(&store.to_tree());
//! etcdsnap_testkit::append_trailer(&mut snapshot);
//! assert_eq!(snapshot.len() % 512, 32);
//!
//! // Damage with a correct trailer: a checker can find it in the pages only.
//! let corruption = Corruption::named("c01_leaf_keys_swapped").expect("in the catalogue");
//! corruption.apply(&mut snapshot)?;
//! etcdsnap_testkit::replace_trailer(&mut snapshot);
//! assert_eq!(corruption.etcd.errors, ["KEY_ORDER"]);
//! # Ok::<(), etcdsnap_testkit::damage::NotApplicable>(())
//! ```

pub mod bbolt;
pub mod damage;
pub mod etcd;
mod line_ends;
pub mod random;
pub mod synth;
mod trailer;

pub use line_ends::lf_to_crlf;
pub use trailer::{TRAILER, append_trailer, image_len, replace_trailer};

/// A small database for examples: a few keys of a 3.6 server, without a trailer.
pub fn example() -> Vec<u8> {
    let mut store = etcd::EtcdStore::new(etcd::Server::V3_6);
    for number in 0..100 {
        store.put(format!("/registry/configmaps/default/{}", number % 40), format!("value {number}"));
    }
    bbolt::Layout::default().build(&store.to_tree())
}
