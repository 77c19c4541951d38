//! The vocabulary for faults in etcd's files, which the checks of every layer share.
//!
//! A *fault* is one violation of a rule, with its place and numbers; each check has its own type for it and implements
//! [`Fault`]. The rule is named by a [`Code`], which has a stable name and a [`Severity`]; [`codes!`] declares the codes of
//! a check. A [`Collector`] counts all faults and keeps a limited number of each code.
//!
//! ```
//! use etcdsnap_fault::{Code, Collector, Fault, Severity, codes};
//!
//! codes! {
//!     /// The rules about words.
//!     pub enum WordCode {
//!         /// The word has no letters.
//!         Empty "EMPTY" Error,
//!         /// The word is longer than eight letters.
//!         Long "LONG" Note,
//!     }
//! }
//!
//! #[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
//! struct WordFault(WordCode, usize);
//!
//! impl Fault for WordFault {
//!     type Code = WordCode;
//!
//!     fn code(&self) -> WordCode {
//!         self.0
//!     }
//! }
//!
//! let mut faults = Collector::new(1);
//! faults.push(WordFault(WordCode::Long, 9));
//! faults.push(WordFault(WordCode::Long, 12));
//! assert_eq!(faults.kept(), [WordFault(WordCode::Long, 9)]);
//! assert_eq!((faults.count(WordCode::Long), faults.worst()), (2, Some(Severity::Note)));
//! assert_eq!(WordCode::Empty.as_str(), "EMPTY");
//! ```

mod code;
mod collector;
mod severity;

pub use code::Code;
pub use collector::{Collector, Fault};
pub use severity::Severity;
