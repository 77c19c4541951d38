//! Prints the Kubernetes objects of a backup as YAML: `cargo run --example kubernetes -- FILE`.

use std::error::Error;

use etcdsnap::kubernetes::{Keyring, yaml};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("which FILE?")?;
    etcdsnap::Snapshot::open(path)?.read(|reader| {
        let objects = reader.kubernetes(Keyring::default(), None)?;
        for entry in objects.live().iter().filter_map(|at| objects.entry(*at)) {
            match entry.open().and_then(|clear| Ok(yaml::to_string(&entry.object(&clear, false)?.value))) {
                Ok(text) => print!("---\n{text}"),
                Err(error) => eprintln!("{}: {error}", entry.name()),
            }
        }
        Ok(())
    })?;
    Ok(())
}
