//! `export`.

use std::io::{self, BufWriter, IsTerminal as _, Write, stdout};
use std::path::Path;

use etcdsnap_mvcc::{Direction, KeyRange};
use etcdsnap_publish::{Error as PublishError, Existing, NewFile};
use etcdsnap_snapshot::buckets::SmallBuckets;
use etcdsnap_snapshot::contents::Contents;
use etcdsnap_snapshot::export::{Bucket, Cell, Format, Values, Writer, live_row, live_table, record_row, record_table};

use super::Session;
use super::reading::revision;
use crate::args::{Export, ExportForm};
use crate::exit::{Exit, Failure};
use crate::output::{console, label};

/// Rows that are handed to a writer at a time.
const ROWS: usize = 8192;

pub fn run(session: &Session, args: &Export) -> Result<Exit, Failure> {
    if args.output_file.is_none() && !args.output.is_text() && stdout().is_terminal() {
        return Err(Failure::usage(
            "this form is no text for a terminal; use --output-file, or redirect standard output",
        ));
    }
    session.read(&args.file, |contents| {
        if let Some(path) = &args.output_file {
            return to_file(path, args, contents);
        }
        match export(args, contents, console::out()) {
            Ok(()) => Ok(Exit::Done),
            Err(Stopped::Written(error)) => console::ended(Exit::Done, Err(error)),
            Err(Stopped::Read(failure)) => Err(failure),
        }
    })
}

/// Writes a file that appears when it is whole.
fn to_file(path: &Path, args: &Export, contents: &Contents<'_>) -> Result<Exit, Failure> {
    let failed = |error: PublishError| match error {
        PublishError::Exists { .. } => Failure::new(format!("{error}; use --force to replace it")),
        error => Failure::new(error.to_string()),
    };
    if !args.force && path.symlink_metadata().is_ok() {
        return Err(failed(PublishError::Exists { path: path.to_owned() }));
    }
    let mut file = NewFile::create(path, None).map_err(failed)?;
    export(args, contents, BufWriter::new(file.file())).map_err(|stopped| match stopped {
        Stopped::Written(error) => Failure::io(&label(path), &error),
        Stopped::Read(failure) => failure,
    })?;
    let existing = if args.force { Existing::Replace } else { Existing::Refuse };
    file.publish(&existing).map_err(failed)?;
    Ok(Exit::Done)
}

/// Why an export ended early.
enum Stopped {
    Read(Failure),
    Written(io::Error),
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::Written(error)
    }
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self::Read(failure)
    }
}

fn export(args: &Export, contents: &Contents<'_>, out: impl Write + Send) -> Result<(), Stopped> {
    let (format, values) = (Format::from(args.output), if args.no_values { Values::Without } else { Values::With });
    if let Some(bucket) = args.bucket {
        return export_bucket(bucket, contents, format, out);
    }
    let (revision, range) = (revision(contents, &args.file, args.rev)?, args.selection.range());
    if args.all_revisions {
        let mut writer = format.writer(&record_table(revision, values), args.text, out)?;
        write_records(contents, revision, &range, values, &mut *writer)?;
        return Ok(writer.finish()?);
    }
    let wanted = |key: &[u8]| range.contains(key);
    let index = contents.index(revision, (!range.is_all()).then_some(&wanted)).map_err(Failure::from)?;
    let live = index.sorted_by_key(index.live_at(revision), |at| *at);
    let mut writer = format.writer(&live_table(revision, values), args.text, out)?;
    for positions in live.chunks(ROWS) {
        let mut cells = Vec::new();
        positions.iter().filter_map(|at| index.record(*at)).for_each(|record| live_row(&record, values, &mut cells));
        writer.write(&cells)?;
    }
    Ok(writer.finish()?)
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
    Ok(writer.finish()?)
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
