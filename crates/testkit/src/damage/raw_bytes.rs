//! Damage to bits, bytes and pages of any file, without knowledge of the format.

use crate::random::Random;

/// Flips bit `bit` of the file, bit 0 being the lowest of byte 0.
///
/// # Panics
/// When the file has no such bit.
pub fn flip_bit(db: &mut [u8], bit: usize) {
    db[bit / 8] ^= 1 << (bit % 8);
}

/// Cuts the file to `len` bytes; a shorter file stays as it is.
pub fn truncate(db: &mut Vec<u8>, len: usize) {
    db.truncate(len);
}

/// Overwrites page `page` with zeros, as far as the file reaches.
pub fn zero_page(db: &mut [u8], page_size: usize, page: usize) {
    let len = db.len();
    let start = page.saturating_mul(page_size).min(len);
    let end = start.saturating_add(page_size).min(len);
    db[start..end].fill(0);
}

/// Exchanges the bytes of two pages.
///
/// # Panics
/// When one of them is not completely inside the file.
pub fn swap_pages(db: &mut [u8], page_size: usize, one: usize, other: usize) {
    for offset in 0..page_size {
        db.swap(one * page_size + offset, other * page_size + offset);
    }
}

/// Appends `len` random bytes.
pub fn append_garbage(db: &mut Vec<u8>, seed: u64, len: usize) {
    db.extend(Random::new(seed).bytes(len));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_and_pages() {
        let mut db = vec![1, 1, 2, 2, 3];
        flip_bit(&mut db, 9);
        swap_pages(&mut db, 2, 0, 1);
        assert_eq!(db, [2, 2, 1, 3, 3]);
        zero_page(&mut db, 2, 2);
        zero_page(&mut db, 2, 9);
        assert_eq!(db, [2, 2, 1, 3, 0]);
        append_garbage(&mut db, 1, 3);
        truncate(&mut db, 6);
        assert_eq!(db.len(), 6);
    }
}
