//! Shows what happened to one key: `cargo run --example history -- FILE KEY`.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (path, key) = arguments.next().zip(arguments.next()).ok_or("which FILE and KEY?")?;
    etcdsnap::Snapshot::open(path)?.read(|reader| {
        for record in reader.history(key.as_bytes())? {
            let what = if record.tombstone { "deleted".to_owned() } else { format!("{} bytes", record.kv.value.len()) };
            println!("revision {}: {what}", record.revision.main);
        }
        Ok(())
    })?;
    Ok(())
}
