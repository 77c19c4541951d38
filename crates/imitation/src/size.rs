//! Sizes as etcd's tools print them, in the imitation and on the screens of etcdsnap.

/// A size in powers of 1000, as etcd's tools round it: `999 B`, `1.0 kB`, `20 kB`, `1.2 MB`. Half up to one decimal, which is shown
/// below ten; from ten on what was rounded is rounded again, halves to the even number.
#[expect(clippy::cast_precision_loss, reason = "etcd's tools round the same double")]
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 7] = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    if bytes < 10 {
        return format!("{bytes} B");
    }
    let thousands = bytes.ilog(1000);
    let scaled = bytes as f64 / 1000_u64.pow(thousands) as f64;
    let rounded = (scaled * 10.0 + 0.5).floor() / 10.0;
    let unit = UNITS[thousands as usize];
    if rounded < 10.0 { format!("{rounded:.1} {unit}") } else { format!("{rounded:.0} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pairs printed by the library that the originals use.
    #[test]
    fn sizes_are_rounded_as_upstream_does() {
        let known = [
            (0, "0 B"),
            (9, "9 B"),
            (10, "10 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (1049, "1.0 kB"),
            (1050, "1.1 kB"),
            (1950, "2.0 kB"),
            (4096, "4.1 kB"),
            (9949, "9.9 kB"),
            (9950, "10 kB"),
            (10_500, "10 kB"),
            (11_500, "12 kB"),
            (12_500, "12 kB"),
            (13_500, "14 kB"),
            (20_480, "20 kB"),
            (62_500, "62 kB"),
            (99_500, "100 kB"),
            (999_499, "1000 kB"),
            (999_999, "1000 kB"),
            (1_000_000, "1.0 MB"),
            (1_234_567, "1.2 MB"),
            (2_550_000, "2.6 MB"),
            (999_999_999, "1000 MB"),
            (1_000_000_000, "1.0 GB"),
            (10_737_418_240, "11 GB"),
            (999_999_995_904, "1000 GB"),
            (1_000_000_000_000, "1.0 TB"),
            (1_000_000_000_000_000_000, "1.0 EB"),
            (u64::MAX, "18 EB"),
        ];
        for (bytes, text) in known {
            assert_eq!(size(bytes), text, "{bytes}");
        }
    }
}
