//! Which keys, at which revision.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use base64::prelude::BASE64_STANDARD;
use base64::{DecodeError, Engine as _};
use etcdsnap_mvcc::KeyRange;

/// Keys that commands show: all, those with a prefix, or a range.
#[derive(Debug, clap::Args)]
pub struct KeySelection {
    /// Only keys that begin with this; with --range-end, the first key of the range
    #[arg(value_name = "PREFIX")]
    start: Option<OsString>,

    /// Only keys that begin with this; the same as PREFIX
    #[arg(long, value_name = "PREFIX", conflicts_with_all = ["start", "range_end"])]
    prefix: Option<OsString>,

    /// Keys from PREFIX on to below this one, whatever they begin with
    #[arg(long, value_name = "KEY")]
    range_end: Option<OsString>,
}

impl KeySelection {
    /// The range of keys that is meant.
    pub fn range(&self) -> KeyRange {
        let start = self.start.as_deref().or(self.prefix.as_deref()).map_or(&[][..], OsStr::as_bytes);
        match &self.range_end {
            Some(end) => KeyRange::between(start, end.as_bytes()),
            None => KeyRange::prefix(start),
        }
    }
}

/// One key, or the first of several.
#[derive(Debug, clap::Args)]
pub struct KeyArgument {
    /// The key
    #[arg(value_name = "KEY")]
    key: OsString,

    /// KEY is base64, for keys that a command line cannot hold
    #[arg(long)]
    key_base64: bool,
}

impl KeyArgument {
    /// The key's bytes.
    ///
    /// # Errors
    /// It is no base64 although it should be.
    pub fn bytes(&self) -> Result<Vec<u8>, DecodeError> {
        let key = self.key.as_bytes();
        if self.key_base64 { BASE64_STANDARD.decode(key) } else { Ok(key.to_vec()) }
    }
}

/// A lease as etcd prints it: up to 16 hex digits.
pub fn lease(text: &str) -> Result<i64, String> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let id = u64::from_str_radix(digits, 16).map_err(|_| "a lease is up to 16 hex digits, as etcdctl prints it")?;
    Ok(id.cast_signed())
}
