//! Databases of any shape for tests, benches and fuzzing, and ways to damage them.
//!
//! | module | what it makes |
//! |---|---|
//! | [`bbolt`] | a database file, byte for byte, from a description of buckets and of the layout |
//! | [`etcd`] | the ten buckets of a server of a chosen version after any operations, and the answers a reader must give |
//! | [`damage`] | the 68 corruptions of `docs/format/bbolt.md#corruptions` by name, with the codes they must be reported under |
//! | [`synth`] | gigabytes that look like a Kubernetes control plane, straight to a file |
//!
//! Nothing here uses the project's own reader: a test that uses one piece of code for both sides proves little.
//! Everything random follows from a seed.
//!
//! ```
//! use etcdsnap_testkit::bbolt::{Freelist, Layout, PageOrder};
//! use etcdsnap_testkit::damage::Corruption;
//! use etcdsnap_testkit::etcd::{EtcdStore, Server};
//!
//! // A store of a 3.6 server, and what it must hash to.
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
//! etcdsnap_testkit::seal(&mut snapshot);
//! assert_eq!(snapshot.len() % 512, 32);
//!
//! // Damage with a true trailer: what a checker has to find in the pages.
//! let corruption = Corruption::named("c01_leaf_keys_swapped").expect("in the catalogue");
//! corruption.apply(&mut snapshot)?;
//! etcdsnap_testkit::reseal(&mut snapshot);
//! assert_eq!(corruption.etcd.errors, ["KEY_ORDER"]);
//! # Ok::<(), etcdsnap_testkit::damage::NotApplicable>(())
//! ```

pub mod bbolt;
pub mod damage;
pub mod etcd;
pub mod random;
mod seal;
pub mod synth;

pub use seal::{TRAILER, image_len, reseal, seal};

/// A small database for examples: a few keys of a 3.6 server, without a trailer.
pub fn example() -> Vec<u8> {
    let mut store = etcd::EtcdStore::new(etcd::Server::V3_6);
    for number in 0..100 {
        store.put(format!("/registry/configmaps/default/{}", number % 40), format!("value {number}"));
    }
    bbolt::Layout::default().build(&store.to_tree())
}
