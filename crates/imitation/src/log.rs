//! The log lines of the originals, on standard error: scripts and test suites wait for some of them.
//!
//! 3.4 writes JSON, later releases columns with JSON behind them. The second column but one names a place in upstream's
//! source; it is that of the release imitated, because some filter by it.

use std::fmt::Write as _;
use std::io::Write;
use std::time::SystemTime;

use jiff::Timestamp;

use super::Compat;

/// How serious a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Info,
    Warn,
    Error,
}

impl Level {
    fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// One value of a line.
#[derive(Clone, Debug)]
pub enum Field {
    Text(String),
    Texts(Vec<String>),
    Number(i128),
    Switch(bool),
}

impl From<&str> for Field {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// Where lines go.
pub struct Log<'e> {
    compat: Compat,
    err: &'e mut dyn Write,
}

impl<'e> Log<'e> {
    pub fn new(compat: Compat, err: &'e mut dyn Write) -> Self {
        Self { compat, err }
    }

    /// Text that is no log line.
    pub fn say(&mut self, text: &str) {
        _ = self.err.write_all(text.as_bytes());
    }

    pub fn info(&mut self, caller: &str, message: &str, fields: &[(&str, Field)]) {
        self.line(Level::Info, caller, message, fields);
    }

    /// One line. That nobody reads it is nobody's fault.
    pub fn line(&mut self, level: Level, caller: &str, message: &str, fields: &[(&str, Field)]) {
        let line = line(self.compat, SystemTime::now(), level, caller, message, fields);
        _ = self.err.write_all(line.as_bytes());
    }
}

fn line(
    compat: Compat,
    now: SystemTime,
    level: Level,
    caller: &str,
    message: &str,
    fields: &[(&str, Field)],
) -> String {
    let now = Timestamp::try_from(now).unwrap_or_default();
    let level = level.as_str();
    if compat == Compat::V3_4 {
        let mut line =
            format!("{{\"level\":\"{level}\",\"ts\":{}.{:06}", now.as_second(), now.subsec_nanosecond() / 1000);
        for (key, text) in [("caller", caller), ("msg", message)] {
            _ = write!(line, ",\"{key}\":{}", quoted(text));
        }
        for (key, field) in fields {
            _ = write!(line, ",\"{key}\":{}", field.json(","));
        }
        return line + "}\n";
    }
    let second = Timestamp::from_second(now.as_second()).unwrap_or_default();
    let mut line = format!("{second}\t{level}\t{caller}\t{message}");
    if !fields.is_empty() {
        let fields: Vec<_> = fields.iter().map(|(key, field)| format!("\"{key}\": {}", field.json(", "))).collect();
        _ = write!(line, "\t{{{}}}", fields.join(", "));
    }
    line + "\n"
}

impl Field {
    fn json(&self, separator: &str) -> String {
        match self {
            Self::Text(text) => quoted(text),
            Self::Texts(texts) => {
                format!("[{}]", texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(separator))
            }
            Self::Number(number) => number.to_string(),
            Self::Switch(on) => on.to_string(),
        }
    }
}

/// JSON as the originals' logger writes it: only what must be escaped is.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn lines_look_as_upstream_writes_them() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_micros(1_795_213_862_401_238);
        let fields = [
            ("added-peer-id", Field::from("3ebc01aec68d6d70")),
            ("added-peer-peer-urls", Field::Texts(vec!["http://a:1".into(), "http://b:1".into()])),
            ("added-peer-is-learner", Field::Switch(false)),
        ];
        let of = |compat| line(compat, now, Level::Info, "membership/cluster.go:408", "added member", &fields);
        assert_eq!(
            of(Compat::V3_4),
            "{\"level\":\"info\",\"ts\":1795213862.401238,\"caller\":\"membership/cluster.go:408\",\"msg\":\"added member\",\
             \"added-peer-id\":\"3ebc01aec68d6d70\",\"added-peer-peer-urls\":[\"http://a:1\",\"http://b:1\"],\
             \"added-peer-is-learner\":false}\n"
        );
        assert_eq!(
            of(Compat::V3_7),
            "2026-11-20T22:31:02Z\tinfo\tmembership/cluster.go:408\tadded member\t{\"added-peer-id\": \"3ebc01aec68d6d70\", \
             \"added-peer-peer-urls\": [\"http://a:1\", \"http://b:1\"], \"added-peer-is-learner\": false}\n"
        );
        assert_eq!(line(Compat::V3_5, now, Level::Warn, "a.go:1", "m", &[]), "2026-11-20T22:31:02Z\twarn\ta.go:1\tm\n");
    }
}
