//! Writes a large database, as a Kubernetes control plane leaves it, to a new file.
//!
//! ```text
//! cargo run --release -p etcdsnap-testkit --example synth -- --size 2GiB OUT
//! ```
//!
//! Two runs with the same seed, `--live`, `--mean` and `--order sequential` and with different `--records` are an earlier and a
//! later snapshot of one database: the later one has all records of the earlier one, mostly on the same pages, and more.

use std::error::Error;
use std::fs::OpenOptions;

use etcdsnap_testkit::bbolt::PageOrder;
use etcdsnap_testkit::synth::SyntheticDatabase;

const USAGE: &str = "usage: synth [--size BYTES] [--records N] [--live N] [--mean BYTES] [--free PERCENT] [--deletes PERCENT] \
[--order scattered|sequential|root-first] [--page-size BYTES] [--seed N] [--no-trailer] OUT\n\
BYTES take KiB, MiB or GiB; without --records and --live they follow from the size";

fn main() -> Result<(), Box<dyn Error>> {
    let (synth, path) = arguments(std::env::args().skip(1))?;
    let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
    let written = synth.write(file)?;
    println!(
        "{path}: {} bytes, {} pages ({} free), {} records, {} live keys, revision {}, compacted at {}",
        written.bytes,
        written.pages,
        written.free_pages,
        synth.records,
        synth.live_keys,
        written.revision,
        written.compacted
    );
    Ok(())
}

fn arguments(mut args: impl Iterator<Item = String>) -> Result<(SyntheticDatabase, String), Box<dyn Error>> {
    let mut synth = SyntheticDatabase::of_size(64 << 20);
    let (mut records, mut live, mut path) = (None, None, None);
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or(USAGE);
        match arg.as_str() {
            "--size" => {
                let size = bytes(&value()?)?;
                let SyntheticDatabase { records, live_keys, .. } = SyntheticDatabase::of_size(size);
                synth = SyntheticDatabase { size, records, live_keys, ..synth };
            }
            "--records" => records = Some(value()?.parse()?),
            "--live" => live = Some(value()?.parse()?),
            "--mean" => synth.mean_value = Some(bytes(&value()?)?),
            "--free" => synth.free_percent = value()?.parse()?,
            "--deletes" => synth.delete_percent = value()?.parse()?,
            "--page-size" => synth.page_size = bytes(&value()?)?.try_into()?,
            "--seed" => synth.seed = value()?.parse()?,
            "--no-trailer" => synth.with_trailer = false,
            "--order" => {
                synth.page_order = match value()?.as_str() {
                    "scattered" => PageOrder::Shuffled(synth.seed),
                    "sequential" => PageOrder::LeavesFirst,
                    "root-first" => PageOrder::RootFirst,
                    _ => return Err(USAGE.into()),
                }
            }
            _ if arg.starts_with('-') || path.is_some() => return Err(USAGE.into()),
            _ => path = Some(arg),
        }
    }
    if let Some(records) = records {
        (synth.records, synth.live_keys) = (records, records / 3);
    }
    synth.live_keys = live.unwrap_or(synth.live_keys);
    Ok((synth, path.ok_or(USAGE)?))
}

fn bytes(text: &str) -> Result<u64, Box<dyn Error>> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let shift = match &text[digits.len()..] {
        "" | "B" => 0,
        "KiB" => 10,
        "MiB" => 20,
        "GiB" => 30,
        _ => return Err(USAGE.into()),
    };
    Ok(digits.parse::<u64>()?.checked_shl(shift).ok_or(USAGE)?)
}
