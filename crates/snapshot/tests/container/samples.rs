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

/// Recognises bytes given as a stream.
pub fn read(bytes: &[u8]) -> Result<Container, OpenError> {
    Container::from_stdin(bytes, &OpenOptions::default())
}
