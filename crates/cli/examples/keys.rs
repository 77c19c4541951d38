//! Lists the live keys of a backup with the sizes of their values: `cargo run --example keys -- FILE`.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("which FILE?")?;
    etcdsnap::Snapshot::open(path)?.read(|reader| {
        for record in reader.keys(b"", None)? {
            println!("{:6} {}", record.kv.value.len(), record.kv.key.escape_ascii());
        }
        Ok(())
    })?;
    Ok(())
}
