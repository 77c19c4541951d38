//! `kube decode`.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use etcdsnap_kube::encryption::Keyring;
use etcdsnap_objects::in_order;
use etcdsnap_snapshot::reading::{on_threads, thread_count};

use super::reading::keyring;
use crate::args::kube::Decode;
use crate::commands::Session;
use crate::exit::{Exit, Failure};
use crate::output::kube::Unknown;
use crate::output::kube::decode::{Forms, bytes_of_hex};
use crate::output::{console, label};

/// Lines that are decoded at a time, unless they are long.
const LINES: usize = 1024;
/// Bytes of them after which no more are read.
const BYTES: usize = 4 << 20;

pub fn run(session: &Session, args: &Decode) -> Result<Exit, Failure> {
    let keyring = keyring(&args.secrets)?;
    let file: Box<dyn Read + Send> = if args.file == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(&args.file).map_err(|error| Failure::io(&label(&args.file), &error))?)
    };
    if args.hex_lines {
        return on_threads(thread_count(session.options().threads), || lines(args, &keyring, BufReader::new(file)));
    }
    single(args, &keyring, file)
}

/// One value, which is all of the input.
fn single(args: &Decode, keyring: &Keyring, mut file: impl Read) -> Result<Exit, Failure> {
    let mut value = Vec::new();
    file.read_to_end(&mut value).map_err(|error| Failure::io(&label(&args.file), &error))?;
    let key = args.key.as_deref().map(OsStrExt::as_bytes).unwrap_or_default();
    let forms = Forms { form: args.output, several: false };
    let piece = forms.piece(&value, key, keyring);
    if let Some(reason) = piece.unreadable {
        let advice = match (&args.key, etcdsnap_kube::Stored::recognise(&value)) {
            (None, etcdsnap_kube::Stored::Encrypted(_)) => {
                "; --key tells the etcd key it lay under, --encryption-config the keys"
            }
            _ => "",
        };
        return Err(Failure::new(format!("{}: {reason}{advice}", label(&args.file))));
    }
    tell_unknown(&label(&args.file), piece.unknown.as_ref());
    console::write(Exit::Done, |out| out.write_all(&piece.text))
}

/// A value a line.
fn lines(args: &Decode, keyring: &Keyring, mut file: impl BufRead) -> Result<Exit, Failure> {
    let forms = Forms { form: args.output, several: true };
    let (mut number, mut exit, mut broken) = (0_u64, Exit::Done, None);
    console::write(Exit::Done, |out| {
        loop {
            let batch = match batch(&mut file) {
                Ok(batch) if batch.is_empty() => return Ok(()),
                Ok(batch) => batch,
                Err(error) => {
                    broken = Some(Failure::io(&label(&args.file), &error));
                    return Ok(());
                }
            };
            let make = |line: &Vec<u8>| {
                let Some(value) = bytes_of_hex(line) else { return Err("these are no hex digits".to_owned()) };
                Ok(forms.piece(&value, b"", keyring))
            };
            in_order(&batch, Vec::len, make, |made| {
                number += 1;
                let place = format!("{}: line {number}", label(&args.file));
                let problem = match made {
                    Ok(piece) if piece.unreadable.is_none() => {
                        tell_unknown(&place, piece.unknown.as_ref());
                        return out.write_all(&piece.text);
                    }
                    Ok(piece) => piece.unreadable.map(|reason| reason.to_string()).unwrap_or_default(),
                    Err(problem) => problem,
                };
                Failure::new(format!("{place}: {problem}")).print();
                exit = Exit::Failed;
                forms.empty(out)
            })?;
        }
    })?;
    broken.map_or(Ok(exit), Err)
}

/// The next lines, without their ends; none at the end of the input.
fn batch(file: &mut impl BufRead) -> io::Result<Vec<Vec<u8>>> {
    let (mut lines, mut bytes) = (Vec::new(), 0);
    while lines.len() < LINES && bytes < BYTES {
        let mut line = Vec::new();
        if file.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        bytes += line.len();
        lines.push(line);
    }
    Ok(lines)
}

/// Tells of fields that stand in the value and not in what is shown of it.
fn tell_unknown(place: &str, unknown: Option<&Unknown>) {
    if let Some(Unknown { count, first }) = unknown {
        let more = if *count == 1 { String::new() } else { format!(" and {} more", count - 1) };
        Failure::new(format!("{place}: not shown, as this version does not know it: field {first}{more}")).print();
    }
}
