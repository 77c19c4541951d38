//! A report as text, in tables that Markdown takes as well.

use comfy_table::{Table, presets};

use crate::report::{Measurements, Report, Row};
use crate::size::{MEBIBYTE, mebibytes};
use crate::spread::Spread;

/// The whole report.
pub fn text(report: &Report) -> String {
    let sections = report.sections.iter().map(section);
    let paragraphs = std::iter::once(circumstances(report)).chain(sections).chain([goals(report), remarks(report)]);
    paragraphs.filter(|paragraph| !paragraph.is_empty()).collect::<Vec<_>>().join("\n\n")
}

/// A figure with its range: `1.31 (1.29–1.40)`.
pub fn spread(Spread { median, min, max }: Spread) -> String {
    if min < max {
        format!("{} ({}–{})", three_digits(median), three_digits(min), three_digits(max))
    } else {
        three_digits(median)
    }
}

/// With so many decimals that three digits say something.
fn three_digits(value: f64) -> String {
    let decimals = match value.abs() {
        100.0.. => 0,
        10.0.. => 1,
        1.0.. => 2,
        0.1.. => 3,
        _ => 4,
    };
    format!("{value:.decimals$}")
}

fn circumstances(report: &Report) -> String {
    let (machine, database) = (&report.machine, &report.database);
    let processor = machine.processor.as_deref().unwrap_or("an unknown processor");
    let sha = if machine.sha_instructions { "with" } else { "without" };
    let memory =
        machine.memory_bytes.map_or_else(String::new, |bytes| format!(", {:.0} MiB of memory", mebibytes(bytes)));
    let load = machine.load.map_or_else(String::new, |load| format!(" The load was {load:.2} before the start."));
    format!(
        "{} cores of {processor}, {sha} SHA-256 instructions{memory}.{load}\n\
         The database: {:.0} MiB, {} pages in scattered order, {} records, {} live keys, revision {}, compacted at {}.\n\
         {} rounds, all commands in turn; medians (and the range) of them. Ratios are made round by round.",
        machine.cores,
        mebibytes(database.bytes),
        database.pages,
        database.records,
        database.live_keys,
        database.revision,
        database.compacted_revision,
        report.rounds,
    )
}

fn section(measurements: &Measurements) -> String {
    type Cell = fn(&Row) -> Option<String>;
    let columns: [(&str, Cell); 8] = [
        ("command", |row| Some(row.name.clone())),
        ("seconds", |row| Some(spread(row.seconds))),
        ("CPU seconds", |row| Some(format!("{:.2}", row.cpu_seconds?))),
        ("MiB from disk", |row| some_mebibytes(row.disk_bytes? / MEBIBYTE)),
        ("peak MiB", |row| some_mebibytes(mebibytes(row.resident_bytes?))),
        ("anonymous", |row| some_mebibytes(mebibytes(row.anonymous_bytes?))),
        ("times the time of", |row| Some(row.against.as_ref()?.name.clone())),
        ("ratio", |row| Some(spread(row.against.as_ref()?.comparison.as_ref()?.ratio))),
    ];
    let filled = columns.into_iter().filter(|(_, cell)| measurements.rows.iter().any(|row| cell(row).is_some()));
    let (headings, cells): (Vec<&str>, Vec<Cell>) = filled.unzip();
    let rows = measurements.rows.iter().map(|row| cells.iter().map(|cell| cell(row).unwrap_or_default()).collect());
    let (heading, remark) = measurements.section.heading();
    format!("## {heading}\n\n{remark}\n\n{}", table(&headings, rows))
}

/// `None` when there is nothing to speak of; columns without any figure are left out.
fn some_mebibytes(mebibytes: f64) -> Option<String> {
    (mebibytes >= 0.5).then(|| format!("{mebibytes:.0}"))
}

fn goals(report: &Report) -> String {
    if report.goals.is_empty() {
        return String::new();
    }
    let rows = report.goals.iter().map(|verdict| {
        let measured = verdict.measured.clone().unwrap_or_else(|| "not measured".to_owned());
        let reached = verdict.reached.map_or("", |reached| if reached { "yes" } else { "no" });
        vec![verdict.goal.clone(), measured, reached.to_owned()]
    });
    format!("## Goals\n\n{}", table(&["goal", "measured", "reached"], rows))
}

fn remarks(report: &Report) -> String {
    let lines: Vec<String> = report.remarks.iter().map(|remark| format!("- {remark}")).collect();
    if lines.is_empty() { String::new() } else { format!("## Remarks\n\n{}", lines.join("\n")) }
}

fn table(headings: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header(headings).add_rows(rows);
    table.to_string()
}
