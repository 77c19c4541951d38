//! Everything a comparison found out, as it is printed.

use serde::Serialize;

use crate::arguments::Section;
use crate::database::Facts;
use crate::goal::Verdict;
use crate::machine::Machine;
use crate::run::Run;
use crate::series::Measured;
use crate::size::{MEBIBYTE, mebibytes};
use crate::spread::Spread;

/// The whole result.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    pub machine: Machine,
    pub database: Facts,
    pub rounds: usize,
    pub sections: Vec<Measurements>,
    pub goals: Vec<Verdict>,
    /// What was left out and why, and what else to know before believing the figures.
    pub remarks: Vec<String>,
}

impl Report {
    /// A report without figures yet.
    pub fn new(machine: Machine, database: Facts, rounds: usize, remarks: Vec<String>) -> Self {
        Self { machine, database, rounds, sections: Vec::new(), goals: Vec::new(), remarks }
    }

    /// Takes up the figures of one section.
    pub fn add(&mut self, section: Section, series: &[Measured]) {
        let (heading, _) = section.heading();
        let rows: Vec<Row> = series.iter().filter_map(|measured| Row::new(measured, series)).collect();
        for (measured, row) in series.iter().zip(&rows) {
            let verdicts = measured.case.goals.iter().map(|goal| goal.verdict(heading, row));
            self.goals.extend(verdicts);
        }
        let differing = rows.iter().filter(|row| row.answers_differ());
        self.remarks.extend(differing.map(|row| format!("{heading}: {} did not print what it is to print.", row.name)));
        if section == Section::Cold
            && !rows.iter().any(|row| row.disk_bytes >= Some(0.9 * MEBIBYTE * mebibytes(self.database.bytes)))
        {
            self.remarks
                .push(format!("{heading}: no command read the file from disk, so these figures are warm ones."));
        }
        self.sections.push(Measurements { section, rows });
    }

    /// Does a command answer something else than the tool it stands for?
    pub fn answers_differ(&self) -> bool {
        self.sections.iter().flat_map(|measurements| &measurements.rows).any(Row::answers_differ)
    }
}

/// The figures of one section.
#[derive(Debug, Serialize)]
pub struct Measurements {
    pub section: Section,
    pub rows: Vec<Row>,
}

/// The figures of one command.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    pub name: String,
    pub seconds: Spread,
    /// Median.
    pub cpu_seconds: Option<f64>,
    /// Read from disk in a run; median.
    pub disk_bytes: Option<f64>,
    pub resident_bytes: Option<u64>,
    pub anonymous_bytes: Option<u64>,
    pub against: Option<Against>,
}

/// What a command is compared with.
#[derive(Debug, Serialize)]
pub struct Against {
    pub name: String,
    /// `None` when that could not be run here.
    pub comparison: Option<Comparison>,
}

/// Two commands, round by round: run i of the one with run i of the other.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// Time for a byte of the file, in that of the other one; where both read the same file, of the times.
    pub ratio: Spread,
    pub seconds_later: Spread,
    /// Did both print the same? `None` where they are not expected to.
    pub same_answer: Option<bool>,
}

impl Row {
    fn answers_differ(&self) -> bool {
        let comparison = self.against.as_ref().and_then(|against| against.comparison.as_ref());
        comparison.is_some_and(|comparison| comparison.same_answer == Some(false))
    }

    /// `None` when it was never run.
    fn new(measured: &Measured, series: &[Measured]) -> Option<Self> {
        let runs = &measured.runs;
        let median = |of: fn(&Run) -> Option<f64>| Some(Spread::of(runs.iter().filter_map(of))?.median);
        let against = measured.case.against.as_ref().map(|name| {
            let reference = series.iter().find(|other| other.case.name == *name);
            Against { name: name.clone(), comparison: reference.and_then(|other| compare(measured, other)) }
        });
        Some(Self {
            name: measured.case.name.clone(),
            seconds: Spread::of(runs.iter().map(|run| run.seconds))?,
            cpu_seconds: median(|run| run.cpu_seconds),
            disk_bytes: median(|run| run.disk_bytes),
            resident_bytes: measured.peak.resident,
            anonymous_bytes: measured.peak.anonymous,
            against,
        })
    }
}

fn compare(one: &Measured, other: &Measured) -> Option<Comparison> {
    let rounds = || one.runs.iter().zip(&other.runs);
    let size = mebibytes(one.case.input.bytes) / mebibytes(other.case.input.bytes);
    let same = || rounds().all(|(one, other)| one.answer == other.answer);
    Some(Comparison {
        ratio: Spread::of(rounds().map(|(one, other)| one.seconds / other.seconds / size))?,
        seconds_later: Spread::of(rounds().map(|(one, other)| one.seconds - other.seconds))?,
        same_answer: one.case.same_answer.then(same),
    })
}
