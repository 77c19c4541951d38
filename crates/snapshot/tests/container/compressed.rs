//! gzip and zstd are undone once, whole or not at all.

use std::io;

use etcdsnap_image::ImageError;
use etcdsnap_snapshot::container::{Compression, Container, Fault, Foreign, OpenError, OpenOptions, Trailer};

use super::samples::{Zip, gzip, read, snapshot, zstd};

/// A zstd frame that carries four bytes for somebody else.
const SKIPPABLE: &[u8] = b"\x50\x2a\x4d\x18\x04\0\0\0pzst";

fn formats() -> [(Compression, Vec<u8>); 2] {
    [(Compression::Gzip, gzip(&snapshot())), (Compression::Zstd, zstd(&snapshot()))]
}

#[test]
fn both_formats_give_the_snapshot() {
    for (compression, file) in formats() {
        let container = read(&file).expect("a snapshot");
        assert_eq!(container.compression, compression);
        assert!(container.image().bytes() == snapshot());
        assert_eq!(container.trailer, Trailer::Present([0xaa; 32]));
    }
    assert_eq!(read(&snapshot()).expect("a snapshot").compression, Compression::None);
}

#[test]
fn parts_one_after_another_are_one_file() {
    let bytes = snapshot();
    let (left, right) = bytes.split_at(5000);
    let files = [
        [gzip(left), gzip(right)].concat(),
        [gzip(left), gzip(b""), gzip(right), vec![0; 70_000]].concat(),
        [zstd(left), zstd(right)].concat(),
        [SKIPPABLE, &zstd(left), SKIPPABLE, &zstd(right), SKIPPABLE].concat(),
    ];
    for file in files {
        assert!(read(&file).expect("a snapshot").image().bytes() == bytes);
    }
}

/// `zstd --long=31`: the frame asks for a window of 2 GiB, which only its content would fill.
#[test]
fn the_longest_window_is_read() -> io::Result<()> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1)?;
    encoder.window_log(31)?;
    io::Write::write_all(&mut encoder, &snapshot())?;
    assert!(read(&encoder.finish()?).expect("a snapshot").image().bytes() == snapshot());
    Ok(())
}

#[test]
fn every_truncation_is_told_with_its_place() {
    for (compression, file) in formats() {
        for len in 4..file.len() {
            match read(&file[..len]).expect_err("cut off") {
                OpenError::Compressed { compression: told, offset, fault, .. } => {
                    assert_eq!((told, offset, fault), (compression, len as u64, Fault::Truncated));
                }
                error => panic!("{compression} cut to {len}: {error}"),
            }
        }
    }
}

/// A changed byte of a header may mean nothing; of the content it must not pass.
#[test]
fn a_changed_byte_never_changes_the_content_unseen() {
    for (compression, file) in formats() {
        let mut passed = 0;
        for at in 0..file.len() {
            let mut damaged = file.clone();
            damaged[at] ^= 0x55;
            match read(&damaged) {
                Ok(container) => {
                    assert!(container.image().bytes() == snapshot(), "{compression} byte {at}");
                    passed += 1;
                }
                Err(error) => assert!(error.is_damage(), "{compression} byte {at}: {error}"),
            }
        }
        assert!(passed < 10, "{compression}: {passed} changed bytes did not matter");
    }
}

/// As a block device or a tape leaves it.
#[test]
fn zeros_after_the_last_part_are_passed_over() {
    let files = formats().map(|(_, file)| file).into_iter().chain([Zip::default().archive(&[("db", &snapshot())])]);
    for file in files {
        for zeros in [1, 7, 512, 70_000] {
            let padded = [&file[..], &vec![0; zeros]].concat();
            assert!(read(&padded).expect("a snapshot").image().bytes() == snapshot(), "{zeros} zeros");
        }
    }
}

#[test]
fn bytes_that_do_not_belong_to_it_are_told_from_a_cut() {
    let zip = Zip::default().archive(&[("db", &snapshot())]);
    for file in formats().map(|(_, file)| file).into_iter().chain([zip]) {
        for tail in [&b"\r\n"[..], b"garbage", b"x", b"\0\0\0garbage", &[0xff; 100]] {
            match read(&[&file[..], tail].concat()).expect_err("something follows") {
                OpenError::Compressed { fault, .. } => assert_eq!(fault, Fault::Followed, "{tail:?}"),
                error => panic!("{error}"),
            }
        }
    }
}

#[test]
fn what_follows_the_last_part_is_told() {
    for (compression, file) in formats() {
        for tail in [b"\0\0garbage".as_slice(), b"garbage"] {
            let error = read(&[&file, tail].concat()).expect_err("something follows");
            assert!(matches!(error, OpenError::Compressed { .. }), "{compression}: {error}");
        }
    }
}

#[test]
fn the_message_names_file_place_and_remedy() {
    let file = gzip(&snapshot());
    let error = read(&file[..1000]).expect_err("cut off").to_string();
    let (start, end) = error.split_once(" bytes of content; ").expect("says how much there was");
    assert!(start.starts_with("standard input: cut off at byte 1000 of the gzip file, after "), "{error}");
    assert_eq!(end, "take another copy");
}

#[test]
fn only_one_layer_is_undone() {
    let layers = [(gzip(&zstd(&snapshot())), "zstd"), (zstd(&gzip(&snapshot())), "gzip")];
    for (file, inner) in layers {
        let error = read(&file).expect_err("two layers");
        let expected = Foreign::Compressed(inner);
        assert!(matches!(error, OpenError::NotADatabase { looks_like, .. } if looks_like == expected));
    }
    // What cannot be compressed is stored as it is: a frame of one block, with the meta pages at their places.
    let database = &snapshot()[..3 * 4096];
    let mut frame = b"\x28\xb5\x2f\xfd\x00\x58".to_vec();
    let block = u32::try_from(database.len() - 9).expect("a short block") << 3 | 1;
    frame.extend(&block.to_le_bytes()[..3]);
    frame.extend(&database[frame.len()..]);
    let error = read(&gzip(&frame)).expect_err("two layers");
    assert!(error.to_string().contains("compressed data (zstd), compressed with gzip"), "{error}");
}

#[test]
fn a_bomb_ends_at_the_limit_and_blames_nobody() {
    let options = OpenOptions { limit: 1 << 20, ..OpenOptions::default() };
    let zeros = vec![0; 64 << 20];
    for bomb in [gzip(&zeros), zstd(&zeros), zeros] {
        let error = Container::from_stdin(bomb.as_slice(), &options).expect_err("beyond the limit");
        assert!(matches!(error, OpenError::Image(ImageError::TooLarge { limit: 1_048_576, .. })));
        assert!(!error.is_damage());
    }
}

#[test]
fn what_is_not_to_be_decompressed_is_no_database() {
    let options = OpenOptions { limit: 1 << 20, decompress: false, ..OpenOptions::default() };
    let zeros = vec![0; 64 << 20];
    for (file, name) in [(gzip(&zeros), "gzip"), (zstd(&zeros), "zstd"), (gzip(&snapshot()), "gzip")] {
        let error = Container::from_stdin(file.as_slice(), &options).expect_err("nothing is decompressed");
        let expected = Foreign::Compressed(name);
        assert!(matches!(error, OpenError::NotADatabase { looks_like, .. } if looks_like == expected));
    }
}
