//! The protobuf messages of etcd and raft, and an allocation-free decoder of `KeyValue`.
//!
//! A snapshot has one `KeyValue` for every revision, millions of them. [`KeyValueRef`] decodes one without copying, and
//! agrees with the general decoder on every input. All other messages are few; `prost` decodes and encodes them
//! according to the definitions in `/proto`, with one module for each protobuf package.
//!
//! ```
//! use etcdsnap_proto::{KeyValueRef, mvccpb::KeyValue, prost::Message};
//!
//! let written = KeyValue { key: b"foo".into(), create_revision: 2, mod_revision: 2, version: 1, ..KeyValue::default() };
//! let bytes = written.encode_to_vec();
//! assert_eq!(KeyValueRef::parse(&bytes)?.key, b"foo");
//! # Ok::<(), etcdsnap_proto::ParseError>(())
//! ```

pub mod go_decoders;
mod key_value;
mod messages;
pub mod wire;

pub use key_value::KeyValueRef;
pub use messages::{authpb, etcdserverpb, leasepb, membershippb, mvccpb, raftpb, snappb, walpb};
pub use prost;
pub use wire::{ParseError, ParseErrorKind};
