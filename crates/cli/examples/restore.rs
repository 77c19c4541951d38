//! Writes the data directory of a cluster of one member: `cargo run --example restore -- FILE DIRECTORY`.

use std::error::Error;

use etcdsnap::restore::{RestoreDestination, RestoreRequest};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (path, data_dir) = arguments.next().zip(arguments.next()).ok_or("which FILE and DIRECTORY?")?;
    let output = RestoreDestination::Member { data_dir: Some(data_dir.into()), wal_dir: None };
    let outcome = etcdsnap::Snapshot::open(path)?.restore(&RestoreRequest { output, ..RestoreRequest::default() })?;
    println!("restored; the backup is {}", if outcome.preflight.report.is_sound() { "sound" } else { "damaged" });
    Ok(())
}
