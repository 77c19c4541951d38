//! Objects that could not be shown, or not all of them: named, counted, and how a run ends because of them.

use etcdsnap_objects::UnreadableObject;
use etcdsnap_quote::quote;

use crate::exit::{Exit, Failure};
use crate::output::kube::{Piece, Unknown};
use crate::output::quantity;

/// Objects that are named; all are counted.
const NAMED: u64 = 20;

/// Counts objects that could not be shown, and names the first of them on standard error.
#[derive(Debug, Default)]
pub struct Unread {
    count: u64,
    sealed: bool,
    partial: u64,
}

impl Unread {
    /// Notes what a piece lacks.
    pub fn note_piece(&mut self, key: &[u8], piece: &Piece) {
        if let Some(reason) = &piece.unreadable {
            self.note(key, reason);
        }
        if let Some(unknown) = &piece.unknown {
            self.note_unknown(key, unknown);
        }
    }

    /// Notes an object that could not be read.
    pub fn note(&mut self, key: &[u8], reason: &UnreadableObject) {
        self.count += 1;
        self.sealed |= matches!(reason, UnreadableObject::Encrypted(_));
        if self.count <= NAMED {
            Failure::new(format!("{}: {reason}", quote(key))).print();
        }
    }

    /// Notes that fields of an object have no name in the schema and are not shown; that is no failure.
    fn note_unknown(&mut self, key: &[u8], Unknown { count, first }: &Unknown) {
        self.partial += 1;
        if self.partial <= NAMED {
            let count = quantity(*count as u64, "field");
            let key = quote(key);
            Failure::new(format!("{key}: {count} that this version does not know not shown, the first is {first}"))
                .print();
        }
    }

    /// Notes an object of a kind the schema does not know, of which nothing but its metadata could be shown.
    pub fn note_unknown_kind(&mut self, key: &[u8], kind: &str) {
        self.count += 1;
        if self.count <= NAMED {
            let text = "is not known to this version, so there is no manifest of it";
            Failure::new(format!("{}: the kind {} {text}", quote(key), quote(kind.as_bytes()))).print();
        }
    }

    /// Whether anything could not be read.
    pub fn is_any(&self) -> bool {
        self.count > 0
    }

    /// Says how many there were, and gives how the run ends.
    pub fn tell(&self) -> Exit {
        if self.count > NAMED {
            let all = quantity(self.count, "object");
            Failure::new(format!("{all} could not be read, those above among them")).print();
        }
        if self.sealed {
            let text =
                "--encryption-config takes the API server's EncryptionConfiguration, whose keys open what is encrypted";
            Failure::new(text).print();
        }
        if self.partial > NAMED {
            let all = quantity(self.partial, "object");
            Failure::new(format!("{all} with unknown fields, those above among them")).print();
        }
        if self.count > 0 { Exit::Failed } else { Exit::Done }
    }
}
