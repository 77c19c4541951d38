//! `docs/findings.md`: the catalogue as a document for users.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use etcdsnap_snapshot::catalogue;
use etcdsnap_snapshot::finding::{Kind, Layer};

const INTRODUCTION: &str = "\
# Findings

What `etcdsnap verify`, `kube check`, `wal verify` and `datadir check` can find, what each finding means, and what to do then. Look one up by its id: ids never change their
meaning, so scripts and policies may rely on them. Every finding also comes with its place (file offset, page, element,
bucket, revision, key), as far as it has one, and with the numbers of the case. Values are never shown.

This file is made from the catalogue in `crates/snapshot/src/catalogue`.

| severity | meaning | exit code of `verify` |
|---|---|---|
| error | The backup is damaged, or cannot be restored as it is. | 3 |
| warning | Suspicious, or something to do or decide before or after a restore. | 0 |
| note | Worth knowing; nothing has to be done. | 0 |

The severity given here is the usual one; a rule can be taken more or less seriously where the case says so. `verify` also
ends with 3 when no version of etcd would start from the backup, with 4 when an assertion did not hold, with 1 when the file
could not be read, and with 2 when it was called wrongly.

Three remedies come up again and again:

- **Another snapshot, preferably of another member.** Members write their files independently. Damage by a disk, a copy or
  a crash is in one of them; the same snapshot fetched again may be whole as well.
- **`--skip-hash-check`.** `etcdutl snapshot restore` needs it for a file whose SHA-256 is missing or does not fit. It gives
  up the only proof for bytes inside values, so verify the file first.
- **Keep the damaged file.** What is not damaged in it can still be read, and it may be all there is of the newest writes.
";

#[test]
fn it_says_what_the_catalogue_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/findings.md");
    let document = findings();
    if std::env::var_os("REGENERATE").is_some() {
        fs::write(&path, &document).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == document,
        "docs/findings.md is not what the catalogue says; rewrite it with \
         `REGENERATE=1 cargo test -p etcdsnap-snapshot --test catalogue`"
    );
}

/// The whole document.
fn findings() -> String {
    let mut out = INTRODUCTION.to_owned();
    let of_databases = [Layer::Container, Layer::Structure, Layer::Mvcc, Layer::Cluster, Layer::Kubernetes];
    for layer in of_databases.into_iter().chain([Layer::Wal, Layer::Directory]) {
        let kinds: Vec<_> = catalogue::all().filter(|kind| kind.layer == layer).collect();
        section(layer, &kinds, &mut out);
    }
    out
}

fn heading(layer: Layer) -> (&'static str, &'static str) {
    match layer {
        Layer::Container => ("The file", "Whether it is a database at all, whole and unchanged."),
        Layer::Structure => (
            "The structure",
            "bbolt's metas, freelist, pages, elements and buckets. These rules are also what `etcdsnap db check` applies.",
        ),
        Layer::Mvcc => ("The records", "Revisions, records and compaction in the bucket `key`."),
        Layer::Cluster => ("The cluster", "Members, leases, alarms, authentication and versions."),
        Layer::Kubernetes => (
            "The objects of Kubernetes",
            "Objects and what they refer to. These rules are applied by `etcdsnap kube check`.",
        ),
        Layer::Wal => (
            "The write-ahead log",
            "Segments, records and checksums. These rules are applied by `etcdsnap wal verify` and `etcdsnap datadir check`.",
        ),
        Layer::Directory => (
            "The data directory",
            "How log, `.snap` files and database of a member fit together. These rules are applied by `etcdsnap datadir check`.",
        ),
    }
}

fn section(layer: Layer, kinds: &[&Kind], out: &mut String) {
    let (title, subject) = heading(layer);
    _ = write!(out, "\n## {title}\n\n{subject}\n\n| finding | severity | in short |\n|---|---|---|\n");
    for Kind { id, severity, title, .. } in kinds {
        _ = writeln!(out, "| [{id}](#{anchor}) | {} | {title} |", severity.as_str(), anchor = id.to_ascii_lowercase());
    }
    for Kind { id, severity, title, explanation, remedy, .. } in kinds {
        _ = write!(out, "\n### {id}\n\n**{}**: {title}\n\n", severity.as_str());
        _ = write!(out, "{explanation}\n\n*What to do:* {remedy}\n");
    }
}
