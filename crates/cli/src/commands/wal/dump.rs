//! `wal dump`.

use std::io;
use std::io::Write;

use etcdsnap_datadir::{DiscardedLog, SnapFiles};
use etcdsnap_wal::text::{Dump, RecordLine, ValueDisplay};
use etcdsnap_wal::{SnapshotPosition, WalDamage};

use super::{Session, Source};
use crate::args::{WalDump, WalDumpForm};
use crate::commands::from_low_to_high;
use crate::exit::{Exit, Failure};
use crate::output::wal::dump::{Fates, Item, json, ndjson, text};
use crate::output::{console, label};

pub fn run(session: &Session, args: &WalDump) -> Result<Exit, Failure> {
    from_low_to_high(args.from, args.to)?;
    let source = Source::open(session, &args.path)?;
    match args.output {
        WalDumpForm::EtcdDumpLogs | WalDumpForm::EtcdDumpLogsRaw if args.is_filtered() || args.records => {
            let what = "--from, --to, --type and --records";
            Err(Failure::usage(format!(
                "{what} do not go with the forms of etcd-dump-logs; use -o text, json or ndjson"
            )))
        }
        WalDumpForm::EtcdDumpLogs => as_tool(&source),
        WalDumpForm::EtcdDumpLogsRaw => raw_as_tool(&source),
        WalDumpForm::Text => native(&source, args, |items, out| text(items, args.records, out)),
        WalDumpForm::Json => native(&source, args, |items, out| json(items, args.records, out)),
        WalDumpForm::Ndjson => native(&source, args, |items, out| ndjson(items, out)),
    }
}

/// Our own forms: all that was written, in order, damage included.
fn native(
    source: &Source,
    args: &WalDump,
    write: impl FnOnce(&mut dyn Iterator<Item = Item<'_>>, &mut dyn Write) -> io::Result<()>,
) -> Result<Exit, Failure> {
    let wal = source.wal.wal();
    let damages: Vec<_> = wal.records().filter_map(Result::err).collect();
    let values = if args.values { ValueDisplay::Shown } else { ValueDisplay::Hidden };
    let fates = Fates::new(&wal, wal.inspect().hard_state.commit);
    let items = wal.records().map(|record| match record {
        Ok(record) => Item::of_record(&record, &fates, values),
        Err(damage) => Item::Damage(damage, wal.trailing_data(damage.place)),
    });
    let mut items = items.filter(|item| match item {
        Item::Entry(entry) => args.wants(entry.index, entry.kind),
        Item::Record(_) => args.records && !args.is_filtered(),
        Item::Damage(..) => true,
    });
    console::write(Exit::Done, |out| write(&mut items, out))?;
    exit_of(source, &damages)
}

/// The exit code of a dump. Damage is reported on standard error too, since its line in the output is easily
/// overlooked among thousands. In a log that was written to meanwhile it may be none, only half of a record that is
/// whole by now. What follows the end of the log is not an item of it, and is printed after the items.
fn exit_of(source: &Source, damages: &[WalDamage]) -> Result<Exit, Failure> {
    source.recheck()?;
    let (wal, log) = (source.wal.wal(), label(&source.wal.directory));
    let Some(worst) = damages.iter().find(|damage| !wal.is_unfinished_write(damage)) else {
        return match source.report().verdicts.iter().find_map(|verdict| verdict.discarded) {
            None => Ok(Exit::Done),
            Some(DiscardedLog { from, trailing: remains }) => Err(Failure::damaged(format!(
                "{log}: the log ends at {from}, but after it follow {remains}; run `etcdsnap wal verify`"
            ))),
        };
    };
    Err(Failure::damaged(format!("{log}: {worst}; run `etcdsnap wal verify`")))
}

/// As the tool does: from the newest `.snap` file on, if there is one.
fn as_tool(source: &Source) -> Result<Exit, Failure> {
    let snap = source.snaps.as_ref().and_then(|snaps: &SnapFiles| snaps.newest(|_| true)).map(|(_, snap)| snap);
    let start = snap.as_ref().map_or_else(SnapshotPosition::default, |snap| snap.start);
    let wal = source.wal.wal();
    let log = wal.read(start).map_err(|error| {
        let log = label(&source.wal.directory);
        let damaged = Failure::damaged(format!("{log}: {error}; `-o text` shows what can be read"));
        source.recheck().err().unwrap_or(damaged)
    })?;
    console::write(Exit::Done, |out| write!(out, "{}", Dump { snap: snap.as_ref(), log: &log }))?;
    exit_of(source, &[])
}

fn raw_as_tool(source: &Source) -> Result<Exit, Failure> {
    let wal = source.wal.wal();
    let damages: Vec<_> = wal.records().filter_map(Result::err).collect();
    console::write(Exit::Done, |out| {
        for record in wal.records().map_while(Result::ok) {
            writeln!(out, "{}", RecordLine(&record))?;
        }
        match damages.first() {
            None => writeln!(out, "EOF: All entries were processed."),
            Some(damage) if damage.torn => {
                writeln!(out, "ErrUnexpectedEOF: The last record might be corrupted, error: unexpected EOF.")
            }
            Some(_) => Ok(()),
        }
    })?;
    exit_of(source, &damages)
}
