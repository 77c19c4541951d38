//! `defrag --data-dir`.

use std::path::Path;
use std::time::{Duration, Instant};

use etcdsnap_rewrite::RewriteContext;
use etcdsnap_rewrite::defrag::{Defragmented, defrag_in_place};
use etcdsnap_snapshot::interrupt::Interrupt;
use etcdsnap_snapshot::progress::Silent;

use super::files::opening;
use super::flags::Parsed;
use super::log::{Field, Log};
use super::member::{database, hold};
use super::program::Program;
use super::read_commands::{FAILED, Stop};
use super::size::size;
use super::{Compat, Host, Personality};

/// Defragments the database of the member whose data directory is given.
pub fn defrag(program: &Program, host: &dyn Host, parsed: &Parsed, log: &mut Log<'_>) -> Result<(), Stop> {
    let compat = program.compat;
    // etcdctl of 3.5 leaves the work to etcdutl's code, and gives the reason alone.
    let is_bare = program.personality == Personality::Etcdctl && compat >= Compat::V3_5;
    let data_dir = parsed.path("data-dir").unwrap_or(Path::new(""));
    let path = database(data_dir);
    let failed = |reason: &[u8]| {
        let name = data_dir.as_os_str().as_encoded_bytes();
        let told = [b"Failed to defragment etcd data[", name, b"] (", reason, b")"].concat();
        Stop::new(FAILED, if is_bare { reason.to_vec() } else { told })
    };
    let online = if compat == Compat::V3_4 { "omit --data-dir." } else { "use `etcdctl defrag` instead." };
    let advice = format!(" To defrag a running etcd instance, {online}");
    let held = hold(compat, &path, parsed, &advice, log).map_err(|reason| failed(&reason))?;
    let interrupt: Interrupt = host.interrupt().map_err(|error| failed(error.as_bytes()))?;
    let name = path.display().to_string();
    let work = RewriteContext::new(&name, &Silent, &interrupt);
    let began = Instant::now();
    let done = defrag_in_place(held, &opening(), &work).map_err(|error| failed(error.to_string().as_bytes()))?;
    tell(compat, &name, &done, began.elapsed(), log);
    Ok(())
}

/// What the originals log before and after; 3.4 is silent.
fn tell(compat: Compat, path: &str, done: &Defragmented, took: Duration, log: &mut Log<'_>) {
    let (before, after) = match compat {
        Compat::V3_4 => return,
        Compat::V3_5 => ("backend/backend.go:517", "backend/backend.go:579"),
        Compat::V3_6 => ("backend/backend.go:522", "backend/backend.go:592"),
        Compat::V3_7 | Compat::V3_8 => ("backend/backend.go:532", "backend/backend.go:602"),
    };
    let number = |bytes: u64| Field::Number(bytes.into());
    let (before_size, in_use) = (done.size_before, done.in_use_before);
    log.info(
        before,
        "defragmenting",
        &[
            ("path", Field::from(path)),
            ("current-db-size-bytes", number(before_size)),
            ("current-db-size", Field::Text(size(before_size))),
            ("current-db-size-in-use-bytes", number(in_use)),
            ("current-db-size-in-use", Field::Text(size(in_use))),
        ],
    );
    let difference = |before: u64| Field::Number(i128::from(done.size) - i128::from(before));
    log.info(
        after,
        "finished defragmenting directory",
        &[
            ("path", Field::from(path)),
            ("current-db-size-bytes-diff", difference(before_size)),
            ("current-db-size-bytes", number(done.size)),
            ("current-db-size", Field::Text(size(done.size))),
            ("current-db-size-in-use-bytes-diff", difference(in_use)),
            ("current-db-size-in-use-bytes", number(done.size)),
            ("current-db-size-in-use", Field::Text(size(done.size))),
            ("took", Field::Text(span(took))),
        ],
    );
}

/// A span of time as Go prints it: `19.270621ms`, `1.5s`, `1m3.25s`.
fn span(span: Duration) -> String {
    let nanoseconds = span.as_nanos();
    let fraction = |unit: u128, digits: usize| {
        let (whole, rest) = (nanoseconds / unit, nanoseconds % unit);
        let rest = format!("{rest:0digits$}");
        let rest = rest.trim_end_matches('0');
        if rest.is_empty() { whole.to_string() } else { format!("{whole}.{rest}") }
    };
    match nanoseconds {
        0..1_000 => format!("{nanoseconds}ns"),
        1_000..1_000_000 => format!("{}\u{b5}s", fraction(1_000, 3)),
        1_000_000..1_000_000_000 => format!("{}ms", fraction(1_000_000, 6)),
        _ => {
            let (minutes, seconds) = (span.as_secs() / 60, span.as_secs() % 60);
            let second = format!("{seconds}.{:09}", span.subsec_nanos());
            let second = second.trim_end_matches('0').trim_end_matches('.');
            match (minutes / 60, minutes % 60) {
                (0, 0) => format!("{second}s"),
                (0, minutes) => format!("{minutes}m{second}s"),
                (hours, minutes) => format!("{hours}h{minutes}m{second}s"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_printed_as_go_does() {
        for (nanoseconds, text) in [
            (0, "0ns"),
            (999, "999ns"),
            (1_500, "1.5\u{b5}s"),
            (19_270_621, "19.270621ms"),
            (20_000_000, "20ms"),
            (1_500_000_000, "1.5s"),
            (60_000_000_000, "1m0s"),
            (63_250_000_000, "1m3.25s"),
            (3_661_000_000_001, "1h1m1.000000001s"),
        ] {
            assert_eq!(span(Duration::from_nanos(nanoseconds)), text);
        }
    }
}
