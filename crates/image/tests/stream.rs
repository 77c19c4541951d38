//! Streams: into memory, within a limit, by the bytes that really come.

use std::io::{self, Read};

use etcdsnap_image::{Image, ImageError};

/// Gives `good` bytes of 9, a few at a time, and then fails.
struct Breaking {
    good: usize,
}

impl Read for Breaking {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.good == 0 {
            return Err(io::Error::other("the line went dead"));
        }
        let count = into.len().min(self.good).min(1000);
        into[..count].fill(9);
        self.good -= count;
        Ok(count)
    }
}

#[test]
fn a_stream_is_read_to_its_end() {
    for len in [0, 1, 1 << 20, (3 << 20) + 17] {
        let image = Image::from_reader("standard input", io::repeat(4).take(len), u64::MAX).expect("readable");
        assert_eq!(image.bytes().len() as u64, len);
        assert!(image.bytes().iter().all(|&byte| byte == 4));
        assert_eq!((image.path(), image.modified()), (None, None));
        assert_eq!(image.recheck(), Ok(()));
        image.prefetch(0..len).expect("nothing to fetch");
    }
}

#[test]
fn the_limit_is_the_last_length_allowed() {
    let stream = |len| Image::from_reader("standard input", io::repeat(4).take(len), 2_000_000);
    assert_eq!(stream(2_000_000).expect("within the limit").bytes().len(), 2_000_000);
    let error = stream(2_000_001).expect_err("beyond the limit");
    assert!(matches!(error, ImageError::TooLarge { limit: 2_000_000, .. }));
    assert!(error.to_string().starts_with("standard input: holds more than the 2000000 bytes"));
}

#[test]
fn an_endless_stream_ends_at_the_limit() {
    assert!(matches!(Image::from_reader("-", io::repeat(0), 10 << 20), Err(ImageError::TooLarge { .. })));
}

#[test]
fn a_failure_is_told_with_its_place() {
    let error = Image::from_reader("standard input", Breaking { good: 1_234_567 }, u64::MAX).expect_err("fails");
    assert!(matches!(error, ImageError::Stream { offset: 1_234_567, .. }));
    assert_eq!(error.to_string(), "standard input: cannot be read after byte 1234567: the line went dead");
}
