//! etcd's write-ahead log and `.snap` files: reading, checking, decoding and writing them.
//!
//! A member writes every raft entry into its log before it applies it. [`Wal`] takes the segments of a log as bytes and
//! returns verified [`Records`], the [`RaftLog`] after a snapshot as a server would read it, a [`WalInspection`] with
//! everything that is wrong and where, and the [`WalOutcome`] of a server start for each [`WalReader`] that etcd has
//! had. [`RaftEntry`] and [`EntryPayload`] decode the content; [`text`] prints it like `etcd-dump-logs`. [`snap`] reads
//! `.snap` files, and [`Bootstrap`] writes the first log and snapshot of a restored member, byte for byte as the tools
//! of each release do.
//!
//! This crate does not open files: names and contents come from the caller and are returned to it.
//!
//! ```
//! use etcdsnap_wal::{Bootstrap, BootstrapMember, EntryPayload, Release, SnapshotPosition, Wal, WalOutcome, WalReader};
//!
//! let peer_urls = vec!["http://10.0.0.1:2380".to_owned()];
//! let member = BootstrapMember { id: 7, name: "m1".into(), peer_urls, learner: false };
//! let segment = Bootstrap::new(7, 70, vec![member])?.segment(Release::V3_5);
//!
//! let name = segment.name.to_string();
//! let wal = Wal::new([(name.as_str(), segment.bytes.as_slice())]);
//! let log = wal.read(SnapshotPosition::default())?;
//! assert_eq!(log.hard_state.commit, 1);
//! assert!(matches!(log.entries[0].entry.payload(), EntryPayload::ConfChange(_)));
//! assert_eq!(wal.outcome(WalReader::of(6, 14), SnapshotPosition::default()), WalOutcome::Reads);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bootstrap;
mod damage;
mod entry;
mod entry_kind;
mod frame;
mod go_json;
mod gogo_decoder;
mod inspect;
mod member_context;
mod outcome;
mod payload;
mod place;
mod problem;
mod raft_log;
mod record;
mod records;
mod segment_name;
mod segment_writer;
pub mod snap;
pub mod text;
mod trailing_data;
mod wal;
mod wire;

pub use bootstrap::{Bootstrap, BootstrapError, BootstrapMember, NewSegment, Release, SEGMENT_LEN};
pub use damage::{WalDamage, WalDamageKind};
pub use entry::RaftEntry;
pub use entry_kind::RaftEntryKind;
pub use frame::Padding;
pub use go_json::conf_state_json;
pub use inspect::{SegmentChain, SegmentFacts, WalInspection};
pub use member_context::MemberContext;
pub use outcome::{WalOutcome, WalReader, WalRefusal};
pub use payload::EntryPayload;
pub use place::WalPlace;
pub use problem::{WalCode, WalProblem};
pub use raft_log::{HardState, LogReadError, LoggedEntry, RaftLog, SnapshotPosition, SnapshotRecord, WalMetadata};
pub use record::{WalRecord, WalRecordKind};
pub use records::{Records, Segment};
pub use segment_name::{SegmentName, WalFileKind};
pub use trailing_data::TrailingData;
pub use wal::{LogOpenError, SegmentError, Wal};
