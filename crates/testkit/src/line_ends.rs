//! Line ends as a terminal or a transfer in text mode writes them.

/// Makes CR LF of every LF.
pub fn lf_to_crlf(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| if *byte == b'\n' { vec![b'\r', b'\n'] } else { vec![*byte] }).collect()
}
