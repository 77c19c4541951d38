//! `migrate --data-dir --target-version`.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use etcdsnap_bbolt::Db;
use etcdsnap_datadir::{SnapFiles, WalFiles};
use etcdsnap_image::Mapping;
use etcdsnap_rewrite::migrate::{MigrateOptions, Migrated, migrate_in_place};
use etcdsnap_rewrite::schema::{MigrationError, detect, required_version};
use etcdsnap_rewrite::{Error, LockedDatabase, RewriteContext, Tolerance};
use etcdsnap_snapshot::buckets::SmallBuckets;
use etcdsnap_snapshot::container::Container;
use etcdsnap_snapshot::interrupt::Interrupt;
use etcdsnap_snapshot::progress::Silent;
use etcdsnap_wal::{LogReadError, SnapshotPosition, WalDamageKind, WalReader};
use semver::Version;

use super::files::opening;
use super::flags::Parsed;
use super::log::{Field, Level, Log};
use super::member::{database, hold};
use super::read_commands::{BAD_ARGUMENTS, FAILED, Stop};
use super::target_version::{Target, target_version};
use super::{Compat, Host};

/// The lowest version that databases tell of.
const RECORDED: Version = Version::new(3, 6, 0);

/// Where in upstream's source the lines come from. 3.6 has one line more than later releases.
struct Place(Compat);

impl Place {
    fn command(&self, line: u32) -> String {
        let line = if self.0 <= Compat::V3_6 { line + 1 } else { line };
        format!("etcdutl/migrate_command.go:{line}")
    }
}

/// Migrates the database of the member whose data directory is given.
pub fn migrate(compat: Compat, host: &dyn Host, parsed: &Parsed, log: &mut Log<'_>) -> Result<(), Stop> {
    let wanted = parsed.text("target-version").unwrap_or_default();
    let Target { version, is_plain, .. } =
        target_version(compat, wanted).map_err(|text| Stop::new(BAD_ARGUMENTS, text))?;
    let data_dir = parsed.path("data-dir").unwrap_or(Path::new(""));
    let path = database(data_dir);
    let held = hold(compat, &path, parsed, "", log).map_err(|text| Stop::new(FAILED, text))?;
    let place = Place(compat);
    let stop = |text: String| Stop::new(FAILED, text);
    let current = match current(&held).map_err(stop)? {
        Ok(current) if current == version && is_plain => {
            let fields = [("storage-version", Field::Text(minor(&current)))];
            log.info(&place.command(138), "storage version up-to-date", &fields);
            return Ok(());
        }
        Ok(current) => current,
        Err(error) => {
            let text =
                "failed to detect storage version. Please make sure you are using data dir from etcd v3.5 and older";
            log.line(Level::Error, &place.command(134), text, &[]);
            return Err(stop(error.to_string()));
        }
    };
    let required_version = needed_by_log(compat, data_dir, log).map_err(|text| {
        log.line(Level::Error, &place.command(143), "Failed to finalize config", &[("error", Field::from(&*text))]);
        stop(text)
    })?;
    let wanted = MigrateOptions::new(version)
        .with_newest(newest(compat))
        .with_required_version(required_version)
        .with_force(parsed.switch("force"));
    let interrupt = host.interrupt().map_err(stop)?;
    let done = change(&held, &path, &wanted, &interrupt).map_err(|error| match error {
        Error::Migration(error) => {
            tell_major(&error, &current, &wanted.version, log);
            stop(plan_text(&error))
        }
        error => stop(error.to_string()),
    })?;
    tell(&place, &current, &wanted.version, &done, log);
    Ok(())
}

/// Upstream does not look for damage; a database whose records are damaged is no worse for another storage version.
fn change(
    held: &LockedDatabase,
    path: &Path,
    wanted: &MigrateOptions,
    interrupt: &Interrupt,
) -> Result<Migrated, Error> {
    let name = path.display().to_string();
    let context = RewriteContext::new(&name, &Silent, interrupt).with_tolerance(Tolerance::Readable);
    migrate_in_place(held, &opening(), wanted, &context)
}

/// The storage version that the database has.
fn current(held: &LockedDatabase) -> Result<Result<Version, MigrationError>, String> {
    let container = Container::open(held.path(), &opening()).map_err(|error| error.to_string())?;
    let db = Db::open(container.database()).map_err(|error| error.to_string())?;
    Ok(detect(&SmallBuckets::read(&db, 0).buckets))
}

/// The highest minor version that tools of that release line know.
fn newest(compat: Compat) -> u64 {
    match compat {
        Compat::V3_4 | Compat::V3_5 | Compat::V3_6 => 6,
        Compat::V3_7 => 7,
        Compat::V3_8 => 8,
    }
}

fn minor(version: &Version) -> String {
    format!("{}.{}", version.major, version.minor)
}

/// 3.7.3 looks three times for a folder that is not there: it may only be about to be replaced.
fn tell_retries(folder: &Path, error: &str, log: &mut Log<'_>) {
    const ATTEMPTS: i128 = 3;
    for attempt in 1..ATTEMPTS {
        let fields = [
            ("wal-dir", Field::Text(folder.display().to_string())),
            ("attempt", Field::Number(attempt)),
            ("max-attempts", Field::Number(ATTEMPTS)),
            ("error", Field::from(error)),
        ];
        log.line(Level::Warn, "wal/wal.go:622", "retrying WAL snapshot scan after transient file removal", &fields);
    }
}

/// What the member's log asks for, read from its newest snapshot on; else the text after `Error: `.
fn needed_by_log(compat: Compat, data_dir: &Path, log: &mut Log<'_>) -> Result<Option<Version>, String> {
    const UNKNOWN: &str = "failed to get the lastest snapshot: ";
    let folder = data_dir.join("member/wal");
    let files = WalFiles::open(&folder, None, Mapping::Auto).map_err(|error| {
        let reason = error.source.to_string();
        let reason = reason.split(" (os error").next().unwrap_or_default().to_lowercase();
        let text = format!("[readWALNames] fileutil.ReadDir failed: open {}: {reason}", folder.display());
        if compat == Compat::V3_7 && error.source.kind() == io::ErrorKind::NotFound {
            tell_retries(&folder, &text, log);
        }
        format!("{UNKNOWN}{text}")
    })?;
    if let Some((_, error)) = files.unreadable.first() {
        return Err(format!("{UNKNOWN}{error}"));
    }
    let wal = files.wal();
    if wal.segments().is_empty() {
        return Err(format!("{UNKNOWN}wal: file not found"));
    }
    let reader = if compat <= Compat::V3_6 { WalReader::V3_5_7 } else { WalReader::V3_7 };
    let markers = wal.valid_snapshots(reader).map_err(|error| format!("{UNKNOWN}{}", log_text(&error)))?;
    let start = if compat <= Compat::V3_6 {
        let known: BTreeSet<SnapshotPosition> = markers.iter().map(|marker| marker.start).collect();
        let snaps = SnapFiles::open(&data_dir.join("member/snap"), Mapping::Auto);
        let snaps = snaps.map_err(|error| format!("{UNKNOWN}{error}"))?;
        snaps.newest(|start| known.contains(&start)).map(|(_, file)| file.start)
    } else {
        markers.last().map(|marker| marker.start)
    };
    let log = wal.read(start.unwrap_or_default()).map_err(|error| format!("failed to read wal: {error}"))?;
    required_version(&log.entries).map_err(|error| format!("failed to read wal: {error}"))
}

fn log_text(error: &LogReadError) -> String {
    match error {
        LogReadError::Damage(damage) => match damage.kind {
            WalDamageKind::Checksum { stored, computed } => format!(
                "walpb: crc mismatch: expected: {stored:x} computed: {computed:x}: in file '{}' at position: {}",
                damage.place.segment, damage.place.offset
            ),
            _ => error.to_string(),
        },
        _ => error.to_string(),
    }
}

fn plan_text(error: &MigrationError) -> String {
    match error {
        MigrationError::Major | MigrationError::Unsupported(_) => format!("cannot create migration plan: {error}"),
        _ => error.to_string(),
    }
}

fn tell_major(error: &MigrationError, current: &Version, version: &Version, log: &mut Log<'_>) {
    if *error != MigrationError::Major {
        return;
    }
    let fields = [
        ("storage-version", Field::Text(current.to_string())),
        ("target-storage-version", Field::Text(version.to_string())),
    ];
    log.line(Level::Error, "schema/migration.go:33", "Changing major storage version is not supported", &fields);
}

fn tell(place: &Place, current: &Version, version: &Version, done: &Migrated, log: &mut Log<'_>) {
    for step in &done.steps {
        let fields = [("new-storage-version", Field::Text(step.to_string()))];
        log.info("schema/migration.go:65", "updated storage version", &fields);
    }
    let Some(error) = &done.forced else { return };
    tell_major(error, current, version, log);
    let fields = [("error", Field::Text(plan_text(error)))];
    log.info(&place.command(152), "normal migrate failed, trying with force", &fields);
    if *version < RECORDED {
        log.line(Level::Warn, &place.command(165), "forcefully cleared storage version", &[]);
    } else {
        let fields = [("storage-version", Field::Text(minor(version)))];
        log.line(Level::Warn, &place.command(168), "forcefully set storage version", &fields);
    }
}
