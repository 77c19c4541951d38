//! CRC-32C (Castagnoli), computed with the processor's instructions, and the combination of the CRCs of parts.
//!
//! A CRC is the remainder of a polynomial over GF(2). Appending n bytes to a message multiplies what was there by x^(8n),
//! so the CRC of A||B is crc(A)·x^(8·len(B)) + crc(B): the length of B is enough, its bytes are not needed.
//! Polynomials are kept in the reflected form of the checksum itself: the highest bit is the coefficient of x^0.

/// The Castagnoli polynomial without x^32, reflected.
const POLYNOMIAL: u32 = 0x82f6_3b78;
/// The polynomial 1.
const ONE: u32 = 1 << 31;
/// The polynomial x^8: one more byte.
const X8: u32 = 1 << 23;

/// `SHIFT[i][n]` is x^(8·n·256^i): what a CRC is multiplied by when n·256^i bytes follow.
///
/// One row for each byte of a 64-bit length, so any length costs at most eight multiplications, and a leaf page's two.
static SHIFT: [[u32; 256]; 8] = shifts();

/// The CRC-32C of `data`.
pub fn crc32c(data: &[u8]) -> u32 {
    append(0, data)
}

/// The running CRC-32C: the CRC of a message followed by `data`, where `crc` is the CRC of the message.
pub fn append(crc: u32, data: &[u8]) -> u32 {
    ::crc32c::crc32c_append(crc, data)
}

/// The CRC-32C of A||B from `a`, the CRC of A, and `b`, the CRC of B, whose length is `len_b` bytes.
pub fn combine(a: u32, b: u32, len_b: u64) -> u32 {
    let mut shifted = a;
    for (row, digit) in SHIFT.iter().zip(len_b.to_le_bytes()) {
        if digit != 0 {
            shifted = multiply(shifted, row[usize::from(digit)]);
        }
    }
    shifted ^ b
}

/// The product of two polynomials modulo the Castagnoli polynomial.
const fn multiply(a: u32, b: u32) -> u32 {
    let mut product = 0;
    let mut term = b;
    let mut bit = 32;
    while bit > 0 {
        bit -= 1;
        product ^= term & (a >> bit & 1).wrapping_neg();
        term = (term >> 1) ^ (POLYNOMIAL & (term & 1).wrapping_neg());
    }
    product
}

const fn shifts() -> [[u32; 256]; 8] {
    let mut table = [[ONE; 256]; 8];
    let mut step = X8;
    let mut row = 0;
    while row < table.len() {
        let mut n = 1;
        while n < 256 {
            table[row][n] = multiply(table[row][n - 1], step);
            n += 1;
        }
        step = multiply(table[row][255], step);
        row += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::{append, combine, crc32c};

    #[test]
    fn check_value() {
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(append(crc32c(b"1234"), b"56789"), 0xe306_9283);
    }

    /// Lengths that no test can allocate: 2^40 zero bytes are 2^20 times 2^20 of them.
    #[test]
    fn lengths_beyond_memory() {
        let mebibyte = crc32c(&vec![0; 1 << 20]);
        let mut doubled = mebibyte;
        for power in 20..40 {
            doubled = combine(doubled, doubled, 1 << power);
        }
        let mut counted = mebibyte;
        for _ in 1..1u32 << 20 {
            counted = combine(counted, mebibyte, 1 << 20);
        }
        assert_eq!(doubled, counted);
    }

    /// x has the order 2^31 - 1, so appending any multiple of it changes nothing but b.
    #[test]
    fn the_longest_length() {
        let order = (1u64 << 31) - 1;
        let longest_multiple = u64::MAX / order * order;
        assert_eq!(combine(0x1234_5678, 0x9abc_def0, longest_multiple), 0x1234_5678 ^ 0x9abc_def0);
        let (a, rest) = (0xdead_beef, u64::MAX - longest_multiple);
        assert_eq!(combine(a, 0, u64::MAX), combine(a, 0, rest));
    }
}
