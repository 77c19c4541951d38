//! [`SegmentWriter`]: encodes the records of a segment.

use etcdsnap_checksum::crc32c;

use crate::frame;
use crate::record::{RecordFields, WalRecordKind};

/// Encodes records into the bytes of a segment, and computes their checksums.
#[derive(Clone, Debug)]
pub(crate) struct SegmentWriter {
    bytes: Vec<u8>,
    crc: u32,
}

impl SegmentWriter {
    /// Starts a segment after one that ends with this running checksum; a log begins with 0.
    pub fn new(crc: u32) -> Self {
        let mut writer = Self { bytes: Vec::new(), crc };
        writer.write(WalRecordKind::Checksum, None);
        writer
    }

    /// Appends a record.
    pub fn record(&mut self, kind: WalRecordKind, data: &[u8]) {
        self.crc = crc32c::append(self.crc, data);
        self.write(kind, Some(data));
    }

    fn write(&mut self, kind: WalRecordKind, data: Option<&[u8]>) {
        let fields = RecordFields { number: kind.number(), crc: self.crc, data };
        frame::write(&mut self.bytes, |out| fields.write(out));
    }

    /// The running checksum.
    #[cfg(test)]
    pub fn crc(&self) -> u32 {
        self.crc
    }

    /// All bytes up to the end of the last record.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}
