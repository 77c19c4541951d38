//! Says whether a backup is whole and restorable: `cargo run --example verify -- FILE`.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("which FILE?")?;
    let report = etcdsnap::verify(path)?;
    for finding in &report.findings {
        println!("{}: {}", finding.kind.id, finding.message);
    }
    println!("{}", if report.is_sound() { "sound" } else { "damaged" });
    Ok(())
}
