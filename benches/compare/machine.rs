//! What the figures were measured on.

use std::fs::read_to_string;

use serde::Serialize;

/// As far as the system tells.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Machine {
    pub cores: usize,
    pub processor: Option<String>,
    /// Does the processor compute SHA-256 by itself? It decides what the limit is.
    pub sha_instructions: bool,
    pub memory_bytes: Option<u64>,
    /// Mean number of threads that wanted to run in the minute before; the figures are noise when other work goes on.
    pub load: Option<f64>,
}

impl Machine {
    pub fn this() -> Self {
        let processor = read_to_string("/proc/cpuinfo").unwrap_or_default();
        let memory = read_to_string("/proc/meminfo").unwrap_or_default();
        let load = read_to_string("/proc/loadavg").unwrap_or_default();
        let flags = field(&processor, "flags").or_else(|| field(&processor, "Features")).unwrap_or_default();
        Self {
            cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            processor: field(&processor, "model name").map(str::to_owned),
            sha_instructions: flags.split(' ').any(|flag| flag == "sha_ni" || flag == "sha2"),
            memory_bytes: field(&memory, "MemTotal").and_then(kibibytes),
            load: load.split(' ').next().and_then(|load| load.parse().ok()),
        }
    }
}

/// The value behind `name:`, in the layout that most files below /proc have.
pub fn field<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.lines().find_map(|line| {
        let (before, value) = line.split_once(':')?;
        (before.trim() == name).then_some(value.trim())
    })
}

/// Bytes of a value like `1234 kB`.
pub fn kibibytes(value: &str) -> Option<u64> {
    value.strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1 << 10)
}

#[cfg(test)]
mod tests {
    use super::{field, kibibytes};

    #[test]
    fn fields_of_proc() {
        let status = "Name:\tetcdsnap\nVmHWM:\t   10240 kB\nRssAnon:\t    1024 kB\n";
        assert_eq!(field(status, "VmHWM").and_then(kibibytes), Some(10 << 20));
        assert_eq!(field(status, "RssAnon").and_then(kibibytes), Some(1 << 20));
        assert_eq!(field(status, "VmRSS"), None);
        assert_eq!(kibibytes("12 MB"), None);
    }
}
