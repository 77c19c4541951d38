//! One run of one command: time, processor time, bytes read from disk, memory.

use std::fs::read_to_string;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::machine::{field, kibibytes};

/// What a run took. Processor time and bytes are those of the process and of all it waited for; `None` where the system
/// does not tell.
#[derive(Clone, Debug)]
pub struct Run {
    /// From before the start to the end, in seconds.
    pub seconds: f64,
    /// User and system time, in seconds, to a hundredth.
    pub cpu_seconds: Option<f64>,
    pub disk_bytes: Option<f64>,
    /// What it wrote to standard output.
    pub answer: Vec<u8>,
}

/// The most memory that a run held at a time, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Peak {
    /// Mapped files included.
    pub resident: Option<u64>,
    /// Of it, memory that is not a copy of a file: what the system cannot take back.
    pub anonymous: Option<u64>,
}

/// How often memory is looked at. A peak that is over sooner stays unseen, except in the resident one, which the system
/// notes by itself.
const LOOK: Duration = Duration::from_millis(5);
/// Linux tells processor time in this unit on nearly all machines (USER_HZ).
const TICKS_PER_SECOND: f64 = 100.0;

/// Runs it with a stopwatch.
pub fn timed(name: &str, command: &mut Command) -> Result<Run, Failure> {
    let before = Children::until_now();
    let start = Instant::now();
    let answer = answer(name, spawn(name, command)?)?;
    let seconds = start.elapsed().as_secs_f64();
    let after = Children::until_now();
    let ticks = before.ticks.zip(after.ticks).map(|(before, after)| after.saturating_sub(before));
    Ok(Run {
        seconds,
        cpu_seconds: ticks.map(|ticks| f64::from(ticks) / TICKS_PER_SECOND),
        disk_bytes: before.disk_bytes.zip(after.disk_bytes).map(|(before, after)| after - before),
        answer,
    })
}

/// Runs it while looking at its memory.
pub fn watched(name: &str, command: &mut Command) -> Result<Peak, Failure> {
    let child = spawn(name, command)?;
    let status = format!("/proc/{}/status", child.id());
    thread::scope(|scope| {
        let watching = scope.spawn(move || peak(&status));
        answer(name, child)?;
        Ok(watching.join().unwrap_or_default())
    })
}

/// Looks at a process until it has no memory any more.
fn peak(status: &str) -> Peak {
    let mut peak = Peak::default();
    while let Ok(text) = read_to_string(status) {
        let now = |name| field(&text, name).and_then(kibibytes);
        let Some(resident) = now("VmHWM") else { break };
        peak.resident = peak.resident.max(Some(resident));
        peak.anonymous = peak.anonymous.max(now("RssAnon"));
        thread::sleep(LOOK);
    }
    peak
}

fn spawn(name: &str, command: &mut Command) -> Result<Child, Failure> {
    let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().map_err(Failure::start(name))
}

/// Waits for the end and returns standard output.
fn answer(name: &str, child: Child) -> Result<Vec<u8>, Failure> {
    let output = child.wait_with_output().map_err(Failure::start(name))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let stderr = String::from_utf8_lossy(&output.stderr).trim_end().to_owned();
    Err(Failure::Failed { name: name.to_owned(), status: output.status, stderr })
}

/// What all children of this process took that have ended and were waited for.
struct Children {
    ticks: Option<u32>,
    disk_bytes: Option<f64>,
}

impl Children {
    fn until_now() -> Self {
        let read = |path: &str| read_to_string(path).unwrap_or_default();
        let io = read("/proc/self/io");
        Self {
            ticks: ticks(&read("/proc/self/stat")),
            disk_bytes: field(&io, "read_bytes").and_then(|n| n.parse().ok()),
        }
    }
}

/// `cutime` and `cstime` of /proc/self/stat, the 16th and 17th field; the second one, a name in parentheses, may have blanks.
fn ticks(stat: &str) -> Option<u32> {
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut times = rest.split(' ').skip(13).map(str::parse::<u32>);
    times.next()?.ok()?.checked_add(times.next()?.ok()?)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::{ticks, timed};
    use crate::failure::Failure;

    #[test]
    fn times_of_children() {
        let stat = "42 (a (strange) name) S 1 42 42 0 -1 4194560 100 200 0 0 7 8 150 25 20 0 1 0 5";
        assert_eq!(ticks(stat), Some(175));
        assert_eq!(ticks(""), None);
    }

    #[test]
    fn a_command_that_fails_is_told_with_its_words() {
        let run = timed("cargo", Command::new(env!("CARGO")).arg("no-such-command"));
        assert!(matches!(run, Err(Failure::Failed { stderr, .. }) if stderr.contains("no-such-command")));
    }

    #[test]
    fn an_answer_is_kept() {
        let run = timed("cargo", Command::new(env!("CARGO")).arg("--version")).expect("cargo is there");
        assert!(run.answer.starts_with(b"cargo "));
        assert!(run.seconds > 0.0);
    }
}
