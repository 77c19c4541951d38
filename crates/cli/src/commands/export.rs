//! `export`.

use std::io::{IsTerminal as _, Write, stdout};
use std::path::Path;

use etcdsnap_mvcc::{Direction, KeyRange};
use etcdsnap_snapshot::buckets::SmallBuckets;
use etcdsnap_snapshot::contents::Contents;
use etcdsnap_snapshot::export::{Bucket, Cell, Format, Values, Writer, live_row, live_table, record_row, record_table};

use super::Session;
use super::outputs::{Extent, Stopped};
use super::reading::revision;
use crate::args::{Export, ExportForm};
use crate::exit::{Exit, Failure};

/// Rows that are handed to a writer at a time.
const ROWS: usize = 8192;

pub fn run(session: &Session, args: &Export) -> Result<Exit, Failure> {
    let to_terminal = args.output_file.as_deref().is_none_or(|path| path == Path::new("-"));
    if to_terminal && !args.output.is_text() && stdout().is_terminal() {
        return Err(Failure::usage(
            "this form is no text for a terminal; use --output-file, or redirect standard output",
        ));
    }
    session.read(&args.file, |contents| {
        session.write_to(args.output_file.as_deref(), args.force, |out| {
            export(args, contents, out)?;
            Ok(Extent::unless(contents.damage().is_some()))
        })
    })
}

fn export(args: &Export, contents: &Contents<'_>, out: impl Write + Send) -> Result<(), Stopped> {
    let (format, values) = (Format::from(args.output), if args.no_values { Values::Without } else { Values::With });
    if let Some(bucket) = args.bucket {
        return export_bucket(bucket, contents, format, out);
    }
    let (revision, range) = (revision(contents, &args.file, args.rev)?, args.selection.range());
    if args.all_revisions {
        let mut writer = format.writer(&record_table(values), args.text, out)?;
        write_records(contents, revision, &range, values, &mut *writer)?;
        return Ok(writer.finish(Some(contents.shown_revision(args.rev)))?);
    }
    let wanted = |key: &[u8]| range.contains(key);
    let index = contents.index(revision, (!range.is_all()).then_some(&wanted)).map_err(Failure::from)?;
    let live = index.sorted_by_key(index.live_at(revision), |at| *at);
    let mut writer = format.writer(&live_table(values), args.text, out)?;
    for positions in live.chunks(ROWS) {
        let mut cells = Vec::new();
        positions.iter().filter_map(|at| index.record(*at)).for_each(|record| live_row(&record, values, &mut cells));
        writer.write(&cells)?;
    }
    Ok(writer.finish(Some(contents.shown_revision(args.rev)))?)
}

fn write_records(
    contents: &Contents<'_>,
    revision: i64,
    range: &KeyRange,
    values: Values,
    writer: &mut dyn Writer,
) -> Result<(), Stopped> {
    for batch in contents.batches(-1, revision, Direction::OldestFirst) {
        let batch = batch.map_err(Failure::from)?;
        let mut cells = Vec::new();
        let records = batch.iter().filter(|record| range.contains(record.kv.key));
        records.for_each(|record| record_row(record, values, &mut cells));
        writer.write(&cells)?;
    }
    Ok(())
}

/// A small bucket; names in it are text wherever they can be.
fn export_bucket(
    bucket: Bucket,
    contents: &Contents<'_>,
    format: Format,
    out: impl Write + Send,
) -> Result<(), Stopped> {
    let small = SmallBuckets::read(&contents.db, 0);
    if let Some(corruption) = small.unreadable {
        let text = format!("the small buckets cannot be read to their ends: {corruption}; run `etcdsnap verify`");
        return Err(Failure::damaged(text).into());
    }
    let rows: Vec<Cell<'_>> = bucket.rows(&small.buckets);
    let mut writer = format.writer(&bucket.table(), true, out)?;
    writer.write(&rows)?;
    Ok(writer.finish(None)?)
}

impl ExportForm {
    fn is_text(self) -> bool {
        match self {
            Self::Ndjson | Self::Json | Self::Csv => true,
            #[cfg(feature = "parquet")]
            Self::Parquet => false,
        }
    }
}
