//! `wal dump`: what was written into a log, line by line.

use std::collections::HashSet;
use std::io::{self, Write};

use etcdsnap_wal::text::{PayloadText, ValueDisplay, payload_json};
use etcdsnap_wal::{
    HardState, RaftEntry, SnapshotRecord, TrailingData, Wal, WalDamage, WalMetadata, WalPlace, WalRecord,
    WalRecordKind, conf_state_json,
};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::hex;

/// Something in a log.
#[derive(Debug)]
pub enum Item<'a> {
    /// An entry.
    Entry(Box<Logged<'a>>),
    /// Any other record.
    Record(Other),
    /// A record that cannot be trusted, and what follows it where reading its segment ends there.
    Damage(WalDamage, TrailingData),
}

/// An entry and what became of it.
#[derive(Debug)]
pub struct Logged<'a> {
    /// Its index.
    pub index: u64,
    /// What it asks for.
    pub kind: &'static str,
    entry: RaftEntry<'a>,
    place: WalPlace,
    fate: Fate,
    values: ValueDisplay,
}

/// A record that is no entry.
#[derive(Debug)]
pub struct Other {
    place: WalPlace,
    kind: &'static str,
    fields: Map<String, Value>,
}

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Committed,
    /// No hard state in the log says that it is committed; it may be all the same.
    Open,
    /// A later leader put another entry in its place.
    Overwritten,
}

/// Tells what became of each entry of a log.
#[derive(Debug)]
pub struct Fates {
    in_force: HashSet<WalPlace>,
    commit: u64,
}

impl Fates {
    /// Of this log, whose last hard state is known to commit its entries up to `commit`.
    pub fn new(wal: &Wal<'_>, commit: u64) -> Self {
        Self { in_force: wal.current_entries().iter().map(|logged| logged.place).collect(), commit }
    }

    fn of(&self, place: WalPlace, index: u64) -> Fate {
        match () {
            () if !self.in_force.contains(&place) => Fate::Overwritten,
            () if index > self.commit => Fate::Open,
            () => Fate::Committed,
        }
    }
}

impl<'a> Item<'a> {
    /// What a record is.
    pub fn of_record(record: &WalRecord<'a>, fates: &Fates, values: ValueDisplay) -> Self {
        let (place, data) = (record.place, record.data());
        if let (WalRecordKind::Entry, Ok(entry)) = (record.kind, RaftEntry::parse(data)) {
            let fate = fates.of(place, entry.index);
            let logged = Logged { index: entry.index, kind: entry.payload().name(), entry, place, fate, values };
            return Self::Entry(Box::new(logged));
        }
        let fields = match record.kind {
            WalRecordKind::Checksum => Some(json!({ "crc": format!("{:08x}", record.crc) })),
            WalRecordKind::Metadata => WalMetadata::parse(data)
                .ok()
                .map(|metadata| json!({ "memberId": hex(metadata.node_id), "clusterId": hex(metadata.cluster_id) })),
            WalRecordKind::HardState => HardState::parse(data)
                .ok()
                .map(|state| json!({ "term": state.term, "vote": hex(state.vote), "commit": state.commit })),
            WalRecordKind::Snapshot => SnapshotRecord::parse(place, data).map(|marker| snapshot(&marker)),
            WalRecordKind::Unknown(number) => Some(json!({ "number": number, "size": data.len() })),
            WalRecordKind::Entry => None,
        };
        let fields = match fields {
            Some(Value::Object(fields)) => fields,
            _ => Map::from_iter([("undecodable".to_owned(), true.into()), ("size".to_owned(), data.len().into())]),
        };
        Self::Record(Other { place, kind: name(record.kind), fields })
    }

    /// The object of a JSON form.
    fn object(&self) -> Value {
        match self {
            Self::Entry(logged) => logged.object(),
            Self::Record(record) => {
                let mut object = placed(record.place, record.kind);
                object.extend(record.fields.clone());
                Value::Object(object)
            }
            Self::Damage(damage, remains) => {
                let is_unfinished = damage.torn && remains.is_empty();
                let mut object = placed(damage.place, "damage");
                object.insert("torn".to_owned(), is_unfinished.into());
                object.insert("message".to_owned(), damage.kind.to_string().into());
                Value::Object(object)
            }
        }
    }

    fn line(&self, records: bool, out: &mut dyn Write) -> io::Result<()> {
        let place = |place: WalPlace| {
            if records { format!("{:>4x} {:>10}  ", place.segment.sequence, place.offset) } else { String::new() }
        };
        match self {
            Self::Entry(logged) => {
                let Logged { index, entry, kind, values, .. } = &**logged;
                let payload = entry.payload();
                let text = PayloadText { payload: &payload, values: *values }.to_string();
                let term = entry.term;
                let line = format!(
                    "{}{index:>10} {term:>6}  {:<12} {kind:<16} {text}",
                    place(logged.place),
                    logged.fate.text()
                );
                writeln!(out, "{}", line.trim_end())
            }
            Self::Record(record) => {
                let fields: Vec<_> =
                    record.fields.iter().map(|(name, value)| format!("{name}:{}", plain(value))).collect();
                writeln!(
                    out,
                    "{}{:>10} {:>6}  {:<12} {:<16} {}",
                    place(record.place),
                    "",
                    "",
                    "",
                    record.kind,
                    fields.join(" ")
                )
            }
            Self::Damage(damage, remains) if damage.torn && remains.is_empty() => {
                writeln!(out, "!! {damage} (an unfinished last write)")
            }
            Self::Damage(damage, remains) if damage.torn => writeln!(out, "!! {damage}; after it follow {remains}"),
            Self::Damage(damage, _) => writeln!(out, "!! {damage}"),
        }
    }
}

impl Logged<'_> {
    fn object(&self) -> Value {
        let mut object = placed(self.place, "entry");
        let fate = match self.fate {
            Fate::Committed => "committed",
            Fate::Open => "uncommitted",
            Fate::Overwritten => "overwritten",
        };
        let payload = self.entry.payload();
        let fields = [
            ("index", self.index.into()),
            ("term", self.entry.term.into()),
            ("kind", self.kind.into()),
            ("state", fate.into()),
            ("size", self.entry.data().len().into()),
            ("request", payload_json(&payload, self.values)),
        ];
        object.extend(fields.map(|(name, value)| (name.to_owned(), value)));
        Value::Object(object)
    }
}

impl Fate {
    fn text(self) -> &'static str {
        match self {
            Self::Committed => "",
            Self::Open => "uncommitted",
            Self::Overwritten => "overwritten",
        }
    }
}

fn name(kind: WalRecordKind) -> &'static str {
    match kind {
        WalRecordKind::Metadata => "metadata",
        WalRecordKind::Entry => "entry",
        WalRecordKind::HardState => "hardState",
        WalRecordKind::Checksum => "checksum",
        WalRecordKind::Snapshot => "snapshot",
        WalRecordKind::Unknown(_) => "unknown",
    }
}

fn snapshot(marker: &SnapshotRecord) -> Value {
    let mut fields = json!({ "index": marker.start.index, "term": marker.start.term });
    let state = marker.conf_state.as_ref().and_then(|state| serde_json::from_str(&conf_state_json(state)).ok());
    if let (Some(state), Some(fields)) = (state, fields.as_object_mut()) {
        fields.insert("confState".to_owned(), state);
    }
    fields
}

fn placed(place: WalPlace, kind: &str) -> Map<String, Value> {
    let fields = [("record", kind.into()), ("file", place.segment.to_string().into()), ("offset", place.offset.into())];
    fields.into_iter().map(|(name, value): (&str, Value)| (name.to_owned(), value)).collect()
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

/// Writes lines for people; with `records` each begins with the number of its segment and its offset.
pub fn text(items: &mut dyn Iterator<Item = Item<'_>>, records: bool, out: &mut dyn Write) -> io::Result<()> {
    if records {
        write!(out, "{:>4} {:>10}  ", "SEQ", "OFFSET")?;
    }
    writeln!(out, "{:>10} {:>6}  {:<12} {:<16} REQUEST", "INDEX", "TERM", "STATE", "TYPE")?;
    for item in items {
        item.line(records, out)?;
    }
    Ok(())
}

/// Writes one document, `{"entries":[…]}` or `{"records":[…]}`.
pub fn json(items: &mut dyn Iterator<Item = Item<'_>>, records: bool, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{{\"{}\":[", if records { "records" } else { "entries" })?;
    for (number, item) in items.enumerate() {
        if number > 0 {
            out.write_all(b",")?;
        }
        write_object(&item, out)?;
    }
    out.write_all(b"]}\n")
}

/// Writes one object a line.
pub fn ndjson(items: &mut dyn Iterator<Item = Item<'_>>, out: &mut dyn Write) -> io::Result<()> {
    for item in items {
        write_object(&item, out)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn write_object(item: &Item<'_>, out: &mut dyn Write) -> io::Result<()> {
    item.object().serialize(&mut serde_json::Serializer::new(out)).map_err(Into::into)
}
