//! `kube decode`.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use etcdsnap_kube::StoredValue;
use etcdsnap_kube::encryption::Keyring;
use etcdsnap_objects::map_in_order;
use etcdsnap_snapshot::first_of::first_of;

use super::reading::keyring;
use crate::args::kube::Decode;
use crate::exit::{Exit, Failure};
use crate::output::kube::Unknown;
use crate::output::kube::decode::{Forms, bytes_of_hex};
use crate::output::{console, label};

/// Most MiB of a value: etcd takes 1.5 unless it is told otherwise, and warns of more than 10.
const MOST: usize = 64;
/// Bytes of a value beyond which there is no need to read on.
const LARGEST: usize = MOST << 20;
/// The same of a line, which may have an end as on Windows.
const LONGEST: usize = 2 * LARGEST + b"\r\n".len();
/// Lines that are decoded at a time, unless they are long.
const LINES: usize = 1024;
/// Bytes of them after which no more are read.
const BYTES: usize = 4 << 20;

pub fn run(args: &Decode) -> Result<Exit, Failure> {
    let keyring = keyring(&args.secrets)?;
    let file: Box<dyn Read + Send> = if args.file == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(&args.file).map_err(|error| Failure::io(&label(&args.file), &error))?)
    };
    if args.hex_lines {
        return lines(args, &keyring, BufReader::new(file));
    }
    single(args, &keyring, file)
}

/// One value, which is all of the input.
fn single(args: &Decode, keyring: &Keyring, file: impl Read) -> Result<Exit, Failure> {
    let mut value = Vec::new();
    file.take(LARGEST as u64 + 1).read_to_end(&mut value).map_err(|error| Failure::io(&label(&args.file), &error))?;
    if value.len() > LARGEST {
        return Err(Failure::new(format!("{}: {}", label(&args.file), too_large())));
    }
    let key = args.key.as_deref().map(OsStrExt::as_bytes).unwrap_or_default();
    let forms = Forms { form: args.output, several: false };
    let piece = forms.piece(&value, key, keyring);
    if let Some(reason) = piece.unreadable {
        let advice = match StoredValue::recognise(&value) {
            StoredValue::Encrypted(_) if args.key.is_none() => {
                "; --key tells the etcd key it lay under, --encryption-config the keys"
            }
            StoredValue::Encrypted(_) if keyring.is_empty() => "; --encryption-config tells the keys",
            StoredValue::Foreign(_) => {
                "; give it what `etcdctl get KEY --print-value-only` prints, or a backup to `etcdsnap kube get`"
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
        // Ends with the input: a batch is a line at least. Of an input without end each batch is printed as it comes.
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
                if line.len() > LONGEST {
                    return Err(too_large());
                }
                let Some(value) = bytes_of_hex(line) else { return Err("these are no hex digits".to_owned()) };
                Ok(forms.piece(&value, b"", keyring))
            };
            map_in_order(&batch, Vec::len, make, |made| {
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
            if batch.last().is_some_and(|line| line.len() > LONGEST) {
                return Ok(());
            }
        }
    })?;
    broken.map_or(Ok(exit), Err)
}

fn too_large() -> String {
    format!("larger than {MOST} MiB, which no value is; check the name, or --hex-lines for a value a line")
}

/// The next lines; none at the end of the input. One that is too long is the last, as far as it was read.
fn batch(file: &mut impl BufRead) -> io::Result<Vec<Vec<u8>>> {
    let (mut lines, mut bytes) = (Vec::new(), 0);
    while lines.len() < LINES && bytes < BYTES {
        let mut line = Vec::new();
        if file.take(LONGEST as u64 + 1).read_until(b'\n', &mut line)? == 0 {
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
        let fields = first_of([first], *count as u64);
        Failure::new(format!("{place}: not shown, as this version does not know it: field {fields}")).print();
    }
}
