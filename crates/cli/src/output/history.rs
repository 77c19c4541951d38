//! `history`: the events of one key.

use std::io::{self, Write};

use serde::Serialize;

use super::event::{Event, Told};
use super::rows::Row;

/// One event of a key's history.
#[derive(Clone, Copy, Debug)]
pub struct Past<'a> {
    /// The event.
    pub event: Event<'a>,
    /// Which of the key's retained lives it belongs to, from 1.
    pub generation: u64,
    /// The revision that began that life; 0 when nothing retained tells.
    pub created: i64,
    /// The revision at which the value can be read; none when it is compacted, or the event is a deletion.
    pub read_at: Option<i64>,
}

impl<'a> Told<'a> for Past<'a> {
    fn event(&self) -> &Event<'a> {
        &self.event
    }
}

impl Serialize for Past<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Fields<'a> {
            #[serde(flatten)]
            event: super::event::Fields<'a>,
            generation: u64,
            #[serde(skip_serializing_if = "Option::is_none")]
            read_at: Option<i64>,
        }
        let Self { event, generation, read_at, .. } = *self;
        Fields { event: event.fields(), generation, read_at }.serialize(serializer)
    }
}

impl Row for Past<'_> {
    const TITLES: &'static str =
        "    REVISION  EVENT    GEN    CREATED  VERSION             LEASE       SIZE    READ AT";

    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { event, generation, created, read_at } = self;
        let number = |number: Option<i64>| number.map_or("-".to_owned(), |number| number.to_string());
        let (created, read_at) = (number(Some(*created).filter(|created| *created > 0)), number(*read_at));
        let revision = event.record.revision.to_string();
        write!(out, "{revision:>12}  {} {generation:>5} {created:>10} {} {read_at:>10}", event.name(), event.columns())
    }
}
