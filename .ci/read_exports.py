"""Compares exports in every form with NDJSON; see read-exports."""

import base64
import csv
import json
import pathlib
import subprocess
import sys
import tempfile

import duckdb
import pyarrow.parquet

NUMBERS = {"create_revision", "mod_revision", "version", "lease", "revision", "sub"}
BYTES = {"key", "value"}
TABLES = [[], ["--no-values"], ["--all-revisions"], ["--text"], ["--all-revisions", "--text"]]

csv.field_size_limit(1 << 30)


def export(program, snapshot, options, form, folder):
    path = pathlib.Path(folder) / f"export.{form}"
    line = [program, "export", snapshot, *options, "-o", form, "--output-file", path, "--force"]
    subprocess.run(line, check=True)
    return path


def decoded(row, text):
    """A row of NDJSON with the types that its columns have in Parquet."""
    out = {}
    for name, value in row.items():
        if name in NUMBERS:
            out[name] = int(value)
        elif name in BYTES and not text:
            out[name] = base64.b64decode(value, validate=True)
        else:
            out[name] = value
    return out


def present(row):
    return {name: value for name, value in row.items() if value is not None}


def from_duckdb(relation):
    names = [column[0] for column in relation.description]
    return [present(dict(zip(names, row))) for row in relation.fetchall()]


def of_text(row):
    """The same as all cells of CSV are: text, where an empty field is null."""
    return {name: str(value) for name, value in row.items() if value != ""}


def compare(what, found, expected):
    if found != expected:
        different = [pair for pair in zip(found, expected) if pair[0] != pair[1]]
        sys.exit(f"{what}: {len(found)} rows, not {len(expected)}; first difference: {str(different[:1])[:500]}")


def check(program, snapshot, options):
    with tempfile.TemporaryDirectory() as folder:
        with export(program, snapshot, options, "ndjson", folder).open(encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        typed = [decoded(row, "--text" in options) for row in rows]
        where = f"{snapshot} {' '.join(options)}"

        document = json.loads(export(program, snapshot, options, "json", folder).read_text())
        compare(f"{where}: json", document["rows"], rows)

        parquet = export(program, snapshot, options, "parquet", folder)
        table = pyarrow.parquet.read_table(parquet).to_pylist()
        compare(f"{where}: parquet by pyarrow", [present(row) for row in table], typed)
        compare(f"{where}: parquet by DuckDB", from_duckdb(duckdb.sql(f"from read_parquet('{parquet}')")), typed)

        text = export(program, snapshot, options, "csv", folder)
        expected = [of_text(row) for row in rows]
        with text.open(newline="", encoding="utf-8") as file:
            compare(f"{where}: csv by Python", [of_text(row) for row in csv.DictReader(file)], expected)
        limits = "all_varchar=true, header=true, delim=',', quote='\"', escape='\"', max_line_size=100000000"
        found = from_duckdb(duckdb.sql(f"from read_csv('{text}', {limits})"))
        compare(f"{where}: csv by DuckDB", [of_text(row) for row in found], expected)
        return len(rows)


def main(program, *snapshots):
    for snapshot in snapshots:
        counts = [check(program, snapshot, options) for options in TABLES]
        for bucket in ["lease", "members", "authUsers", "authRoles"]:
            with tempfile.TemporaryDirectory() as folder:
                options = ["--bucket", bucket]
                rows = [json.loads(line) for line in export(program, snapshot, options, "ndjson", folder).open()]
                table = pyarrow.parquet.read_table(export(program, snapshot, options, "parquet", folder)).to_pylist()
                lists = {name for row in rows for name, value in row.items() if isinstance(value, list)}
                table = [{n: json.loads(v) if n in lists else v for n, v in present(row).items()} for row in table]
                compare(f"{snapshot} {bucket}", table, rows)
        print(f"{snapshot}: {counts[0]} keys and {counts[2]} records read back equal")


main(*sys.argv[1:])
