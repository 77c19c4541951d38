//! Small databases made for recognition only: metas without checksums and pages without elements.

use std::io::Write;

use etcdsnap_snapshot::container::{Container, OpenError, OpenOptions};
use flate2::write::GzEncoder;

pub const PAGE: usize = 4096;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Little,
    Big,
}

/// Two metas, a freelist and a leaf, as bbolt makes a new file.
pub fn database(page_size: usize, order: Order) -> Vec<u8> {
    let mut bytes = vec![0; 4 * page_size];
    for (id, flags) in [4u16, 4, 0x10, 2].into_iter().enumerate() {
        let page = &mut bytes[id * page_size..][..page_size];
        put(page, 0, &(id as u64).to_le_bytes(), order);
        put(page, 8, &flags.to_le_bytes(), order);
        if flags == 4 {
            put(page, 16, &0xed0c_daed_u32.to_le_bytes(), order);
            put(page, 20, &2u32.to_le_bytes(), order);
        }
    }
    bytes
}

fn put(page: &mut [u8], at: usize, little: &[u8], order: Order) {
    let field = &mut page[at..at + little.len()];
    field.copy_from_slice(little);
    if order == Order::Big {
        field.reverse();
    }
}

/// The usual database, with as many bytes of incompressible value as make compression meaningful.
pub fn snapshot() -> Vec<u8> {
    let mut bytes = database(PAGE, Order::Little);
    let value = 3 * PAGE + 500..4 * PAGE;
    let mut state = 1u32;
    for byte in &mut bytes[value] {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *byte = state.to_be_bytes()[0];
    }
    bytes.extend([0xaa; 32]);
    bytes
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory takes it all")
}

pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).expect("a level that exists");
    encoder.include_checksum(true).expect("a known parameter");
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory takes it all")
}

/// How an archive is written.
#[derive(Debug, Clone, Copy, Default)]
pub struct Zip {
    pub deflated: bool,
    /// Lengths and CRC-32 follow the content, as when it is written to a stream.
    pub descriptor: bool,
    /// Numbers are in the fields of zip64.
    pub wide: bool,
    /// How much longer the list says the content is than it is.
    pub longer: u64,
}

impl Zip {
    pub fn archive(self, files: &[(&str, &[u8])]) -> Vec<u8> {
        let (mut bytes, mut list) = (Vec::new(), Vec::new());
        for (name, content) in files {
            self.add(name, content, &mut bytes, &mut list);
        }
        let (start, count) = (bytes.len() as u64, u16::try_from(files.len()).expect("few"));
        bytes.extend(&list);
        if self.wide {
            let wide_end = bytes.len() as u64;
            let count = u64::from(count);
            bytes.extend(b"PK\x06\x06\x2c\0\0\0\0\0\0\0\x2d\0\x2d\0\0\0\0\0\0\0\0\0");
            for number in &[count, count, list.len() as u64, start] {
                bytes.extend(number.to_le_bytes());
            }
            bytes.extend(b"PK\x06\x07\0\0\0\0");
            bytes.extend(wide_end.to_le_bytes());
            bytes.extend(1u32.to_le_bytes());
        }
        bytes.extend(b"PK\x05\x06\0\0\0\0");
        for count in &[count, count] {
            bytes.extend(count.to_le_bytes());
        }
        for number in &[list.len() as u64, start] {
            bytes.extend(self.narrow(*number));
        }
        bytes.extend(b"\x03\0k3s");
        bytes
    }

    fn add(self, name: &str, content: &[u8], bytes: &mut Vec<u8>, list: &mut Vec<u8>) {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(content).expect("memory takes it all");
        let packed = if self.deflated { encoder.finish().expect("memory takes it all") } else { content.to_vec() };
        let (offset, crc32) = (bytes.len() as u64, crc32fast::hash(content));
        let (len, packed_len) = (content.len() as u64 + self.longer, packed.len() as u64);
        let flags = if self.descriptor { 8u16 } else { 0 };
        let fixed = |bytes: &mut Vec<u8>, crc32: u32, lens: [[u8; 4]; 2], extra: usize| {
            bytes.extend(flags.to_le_bytes());
            bytes.extend(if self.deflated { [8, 0] } else { [0, 0] });
            bytes.extend([0; 4]);
            bytes.extend(crc32.to_le_bytes());
            for len in &lens {
                bytes.extend(len);
            }
            bytes.extend(u16::try_from(name.len()).expect("short").to_le_bytes());
            bytes.extend(u16::try_from(extra).expect("short").to_le_bytes());
        };
        bytes.extend(b"PK\x03\x04\x2d\0");
        let before = if self.descriptor { [[0; 4]; 2] } else { [self.narrow(packed_len), self.narrow(len)] };
        fixed(bytes, if self.descriptor { 0 } else { crc32 }, before, 0);
        bytes.extend(name.as_bytes());
        bytes.extend(&packed);
        if self.descriptor {
            bytes.extend(b"PK\x07\x08");
            bytes.extend(crc32.to_le_bytes());
            for number in &[packed_len, len] {
                bytes.extend(self.narrow(*number));
            }
        }
        let mut extra = b"\x55\x54\x01\0\0".to_vec();
        if self.wide {
            extra.extend(b"\x01\0\x18\0");
            for number in &[len, packed_len, offset] {
                extra.extend(number.to_le_bytes());
            }
        }
        list.extend(b"PK\x01\x02\x2d\0\x2d\0");
        fixed(list, crc32, [self.narrow(packed_len), self.narrow(len)], extra.len());
        list.extend([0; 10]);
        list.extend(self.narrow(offset));
        list.extend(name.as_bytes());
        list.extend(extra);
    }

    /// A number in a field of four bytes.
    fn narrow(self, number: u64) -> [u8; 4] {
        let number = if self.wide { u32::MAX } else { u32::try_from(number).expect("small") };
        number.to_le_bytes()
    }
}

/// Recognises bytes given as a stream.
pub fn read(bytes: &[u8]) -> Result<Container, OpenError> {
    Container::from_stdin(bytes, &OpenOptions::default())
}
