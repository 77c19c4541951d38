//! etcd's write-ahead log and `.snap` files: reading, judging, decoding and writing them.
//!
//! A member writes every raft entry into its log before it acts on it. [`Wal`] takes the segments of a log as bytes and
//! yields verified [`Records`], the [`Log`] behind a snapshot as a server would read it, an [`Inspection`] that names
//! whatever is wrong with its place, and the [`Outcome`] of a start of each kind of [`Reader`] there has been. [`Entry`] and
//! [`Payload`] decode what is in it; [`text`] prints it in the words of `etcd-dump-logs`. [`snap`] reads `.snap` files, and
//! [`Bootstrap`] writes the first log and snapshot of a restored member, byte for byte as the tools of each release do.
//!
//! Nothing here opens files: names and bytes come from the caller and go back to it.
//!
//! ```
//! use etcdsnap_wal::{Bootstrap, BootstrapMember, Outcome, Payload, Reader, Release, Start, Wal};
//!
//! let peer_urls = vec!["http://10.0.0.1:2380".to_owned()];
//! let member = BootstrapMember { id: 7, name: "m1".into(), peer_urls, learner: false };
//! let segment = Bootstrap::new(7, 70, vec![member])?.segment(Release::V3_5);
//!
//! let name = segment.name.to_string();
//! let wal = Wal::new([(name.as_str(), segment.bytes.as_slice())]);
//! let log = wal.read(Start::default())?;
//! assert_eq!(log.hard_state.commit, 1);
//! assert!(matches!(log.entries[0].entry.payload(), Payload::ConfChange(_)));
//! assert_eq!(wal.outcome(Reader::of(6, 14), Start::default()), Outcome::Reads);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bootstrap;
mod damage;
mod entry;
mod frame;
mod inspect;
mod json;
mod legacy;
mod log;
mod member;
mod name;
mod outcome;
mod payload;
mod place;
mod problem;
mod record;
mod records;
mod remains;
pub mod snap;
pub mod text;
mod wal;
mod wire;
mod writer;

pub use bootstrap::{Bootstrap, BootstrapError, BootstrapMember, NewSegment, Release, SEGMENT_LEN};
pub use damage::{Damage, DamageKind};
pub use entry::{Entry, EntryKind};
pub use inspect::{Chain, Inspection, SegmentFacts};
pub use json::conf_state_json;
pub use log::{HardState, Log, LoggedEntry, Marker, Metadata, ReadError, Start};
pub use member::MemberContext;
pub use name::{SegmentName, WalFile};
pub use outcome::{Outcome, Reader, Refusal};
pub use payload::Payload;
pub use place::Place;
pub use problem::{Code, Grade, Problem};
pub use record::{Record, RecordKind};
pub use records::{Records, Segment};
pub use remains::Remains;
pub use wal::{OpenError, SelectError, Wal};
