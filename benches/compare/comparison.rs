//! The comparison as a whole, section by section.

use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::ValueEnum as _;

use crate::arguments::{Arguments, Section};
use crate::database::Database;
use crate::failure::Failure;
use crate::machine::Machine;
use crate::programs::{self, Programs};
use crate::report::Report;
use crate::scratch::Scratch;
use crate::series::{Cache, measure};
use crate::size::Size;
use crate::{page_cache, plan};

/// Length of a database for which nothing but starting and ending takes time.
const SMALL: Size = Size(20 << 10);

/// Measures the sections that were asked for.
pub fn compare(arguments: &Arguments) -> Result<Report, Failure> {
    let machine = Machine::this();
    let programs = Programs::find(arguments)?;
    let folder = arguments.folder.clone().unwrap_or_else(|| programs::target().join("compare"));
    fs::create_dir_all(&folder).map_err(Failure::file("create", &folder))?;
    let comparison = Comparison { arguments, programs, folder, cores: machine.cores };
    let database = comparison.database(arguments.size)?;
    let missing = comparison.programs.missing();
    let mut report = Report::new(machine, database.facts.clone(), arguments.rounds.get(), missing);
    for section in Section::value_variants() {
        if arguments.sections.is_empty() || arguments.sections.contains(section) {
            comparison.measure(*section, &database, &mut report)?;
        }
    }
    Ok(report)
}

/// What all sections share.
struct Comparison<'c> {
    arguments: &'c Arguments,
    programs: Programs,
    /// Where databases are.
    folder: PathBuf,
    cores: usize,
}

impl Comparison<'_> {
    fn measure(&self, section: Section, database: &Database, report: &mut Report) -> Result<(), Failure> {
        let cache = if section == Section::Cold { Cache::Cold } else { Cache::Warm };
        if let (Cache::Cold, Err(error)) = (cache, page_cache::forget(&database.path)) {
            report.remarks.push(format!("Nothing was measured cold, because the page cache keeps its pages: {error}."));
            return Ok(());
        }
        let scratch = Scratch::below(&self.folder).map_err(Failure::file("write to", &self.folder))?;
        let rounds = self.arguments.rounds.get();
        let (cases, rounds) = match section {
            Section::Warm => (plan::warm(&self.programs, database, scratch.path()), rounds),
            Section::Cold => (plan::cold(&self.programs, database, scratch.path()), rounds),
            Section::Writing => {
                let shared = scratch.shares_blocks().map_err(Failure::file("write to", &self.folder))?;
                (plan::writing(&self.programs, database, scratch.path(), shared), rounds)
            }
            Section::Threads => (plan::threads(&self.programs, database, &self.threads()), rounds),
            Section::Growth => (plan::growth(&self.programs, &self.growing()?), rounds),
            // It takes milliseconds: many rounds are needed to say something, and cost nothing.
            Section::StartUp => (plan::start_up(&self.programs, &self.database(SMALL)?), rounds * 10),
        };
        let cases = plan::only(cases, &self.arguments.only);
        if !cases.is_empty() {
            eprintln!("{}: {} commands, {rounds} rounds", section.heading().0, cases.len());
            report.add(section, &measure(cases, rounds, cache)?);
        }
        Ok(())
    }

    fn database(&self, size: Size) -> Result<Database, Failure> {
        Database::of_size(size, &self.folder, &self.programs.etcdsnap)
    }

    fn growing(&self) -> Result<Vec<(Size, Database)>, Failure> {
        self.arguments.sizes.iter().map(|size| Ok((*size, self.database(*size)?))).collect()
    }

    /// The numbers of threads that were asked for, else 1, 2, 4 and so on, and all cores.
    fn threads(&self) -> Vec<NonZeroUsize> {
        if !self.arguments.threads.is_empty() {
            return self.arguments.threads.clone();
        }
        let doubled = std::iter::successors(Some(1), |threads| Some(threads * 2));
        let below = doubled.take_while(|threads| *threads < self.cores);
        below.chain([self.cores]).filter_map(NonZeroUsize::new).collect()
    }
}
