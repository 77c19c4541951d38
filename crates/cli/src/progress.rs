//! Showing progress on standard error: a bar on a terminal, lines in a log, JSON for a program, or nothing.
//!
//! Libraries report bytes; how often that is worth showing is decided here.

use std::io::{self, IsTerminal as _, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use etcdsnap_snapshot::progress::{Progress, Silent};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use crate::args::ProgressMode;
use crate::output::size;

/// Work that is over before this shows no bar.
const PATIENCE: Duration = Duration::from_millis(400);
/// Steps in which lines and events go through a phase.
const STEPS: u64 = 10;
/// Bytes between lines and events when the total is not known.
const UNKNOWN_STEP: u64 = 256 << 20;

/// The way to show progress that was asked for; `label` names the file in it.
pub fn choose(mode: ProgressMode, label: &str) -> Box<dyn Progress> {
    match mode {
        ProgressMode::Auto if io::stderr().is_terminal() => Box::new(Bar::new(label)),
        ProgressMode::Auto | ProgressMode::None => Box::new(Silent),
        ProgressMode::Plain => Box::new(Stepped::new(Lines { label: label.to_owned() }, io::stderr())),
        ProgressMode::Json => Box::new(Stepped::new(Events { label: label.to_owned() }, io::stderr())),
    }
}

/// A bar with bytes, speed and time left.
#[derive(Debug)]
struct Bar {
    bar: ProgressBar,
    started: Instant,
}

impl Bar {
    fn new(label: &str) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        bar.set_prefix(label.to_owned());
        Self { bar, started: Instant::now() }
    }
}

impl Progress for Bar {
    fn phase(&self, name: &'static str, total_bytes: u64) {
        const KNOWN: &str =
            "{prefix} {msg} [{wide_bar}] {decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec} {eta}";
        const UNKNOWN: &str = "{prefix} {msg} {spinner} {decimal_bytes} {decimal_bytes_per_sec}";
        let (template, length) = if total_bytes == 0 { (UNKNOWN, None) } else { (KNOWN, Some(total_bytes)) };
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style.progress_chars("=> "));
        }
        self.bar.reset();
        match length {
            Some(length) => self.bar.set_length(length),
            None => self.bar.unset_length(),
        }
        self.bar.set_message(name);
    }

    fn advance(&self, bytes: u64) {
        if self.bar.is_hidden() && self.started.elapsed() > PATIENCE {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.inc(bytes);
    }

    fn finished(&self) {
        self.bar.finish_and_clear();
    }
}

/// Work that ends early takes its bar away too.
impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// One step worth showing.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Step {
    phase: &'static str,
    done_bytes: u64,
    /// 0 when not known.
    total_bytes: u64,
}

/// How a step is written.
trait Scribe: Send {
    fn write(&self, step: Step, out: &mut dyn Write) -> io::Result<()>;
}

/// Writes the beginning of each phase, then ten steps through it, and its end.
struct Stepped<S, W> {
    scribe: S,
    done: AtomicU64,
    next: AtomicU64,
    state: Mutex<(Step, W)>,
}

impl<S: Scribe, W: Write> Stepped<S, W> {
    fn new(scribe: S, out: W) -> Self {
        let step = Step { phase: "", done_bytes: 0, total_bytes: 0 };
        Self { scribe, done: AtomicU64::new(0), next: AtomicU64::new(u64::MAX), state: Mutex::new((step, out)) }
    }

    fn stride(total: u64) -> u64 {
        if total == 0 { UNKNOWN_STEP } else { total.div_ceil(STEPS) }
    }
}

impl<S: Scribe + Sync, W: Write + Send> Progress for Stepped<S, W> {
    fn phase(&self, name: &'static str, total_bytes: u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (step, out) = &mut *state;
        *step = Step { phase: name, done_bytes: 0, total_bytes };
        self.done.store(0, Ordering::Relaxed);
        self.next.store(Self::stride(total_bytes), Ordering::Relaxed);
        // Whoever closed standard error does not want to hear about it.
        _ = self.scribe.write(*step, out);
    }

    fn advance(&self, bytes: u64) {
        let done = self.done.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        if done < self.next.load(Ordering::Relaxed) {
            return;
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (step, out) = &mut *state;
        if done < self.next.load(Ordering::Relaxed) {
            return;
        }
        let stride = Self::stride(step.total_bytes);
        self.next.store((done / stride).saturating_add(1).saturating_mul(stride), Ordering::Relaxed);
        step.done_bytes = done;
        _ = self.scribe.write(*step, out);
    }

    /// What needed no reading (pages that nothing refers to) is done too.
    fn finished(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (step, out) = &mut *state;
        let done = if step.total_bytes == 0 { self.done.load(Ordering::Relaxed) } else { step.total_bytes };
        if step.done_bytes != done {
            step.done_bytes = done;
            _ = self.scribe.write(*step, out);
        }
    }
}

/// `backup.db: checking pages, 1.2 GB of 2.1 GB`
struct Lines {
    label: String,
}

impl Scribe for Lines {
    fn write(&self, step: Step, out: &mut dyn Write) -> io::Result<()> {
        let total = if step.total_bytes == 0 { String::new() } else { format!(" of {}", size(step.total_bytes)) };
        writeln!(out, "{}: {}, {}{total}", self.label, step.phase, size(step.done_bytes))
    }
}

/// `{"file":"backup.db","phase":"checking pages","doneBytes":1200000000,"totalBytes":2100000000}`
struct Events {
    label: String,
}

#[derive(Serialize)]
struct Event<'a> {
    file: &'a str,
    #[serde(flatten)]
    step: Step,
}

impl Scribe for Events {
    fn write(&self, step: Step, out: &mut dyn Write) -> io::Result<()> {
        let event = serde_json::to_string(&Event { file: &self.label, step })?;
        writeln!(out, "{event}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written<S: Scribe + Sync>(scribe: S, work: impl FnOnce(&dyn Progress)) -> String {
        let stepped = Stepped::new(scribe, Vec::new());
        work(&stepped);
        let (_, out) = stepped.state.into_inner().expect("not poisoned");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn lines_go_through_a_phase_in_ten_steps() {
        let text = written(Lines { label: "b.db".into() }, |progress| {
            progress.phase("hashing", 1_000_000);
            (0..1000).for_each(|_| progress.advance(1000));
            progress.phase("checking pages", 0);
            progress.advance(5);
        });
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 12, "{text}");
        assert_eq!(lines[0], "b.db: hashing, 0 B of 1.0 MB");
        assert_eq!(lines[10], "b.db: hashing, 1.0 MB of 1.0 MB");
        assert_eq!(lines[11], "b.db: checking pages, 0 B");
    }

    #[test]
    fn a_leap_is_one_event() {
        let text = written(Events { label: "b\".db".into() }, |progress| {
            progress.phase("hashing", 100);
            progress.advance(95);
        });
        let last = text.lines().last().expect("a line");
        assert_eq!(last, r#"{"file":"b\".db","phase":"hashing","doneBytes":95,"totalBytes":100}"#);
        assert_eq!(text.lines().count(), 2);
    }

    #[test]
    fn a_phase_that_was_finished_ends_with_all_of_it() {
        for read in [0, 40, 93, 100] {
            let text = written(Events { label: "b.db".into() }, |progress| {
                progress.phase("pages", 100);
                progress.advance(read);
                progress.finished();
            });
            let last = text.lines().last().expect("a line");
            assert_eq!(last, r#"{"file":"b.db","phase":"pages","doneBytes":100,"totalBytes":100}"#, "{read}");
        }
    }

    #[test]
    fn threads_lose_no_bytes() {
        let text = written(Lines { label: "b".into() }, |progress| {
            progress.phase("hashing", 4_000_000);
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| (0..1000).for_each(|_| progress.advance(1000)));
                }
            });
        });
        assert_eq!(text.lines().last(), Some("b: hashing, 4.0 MB of 4.0 MB"));
    }
}
