//! Commands in turn, round by round, so that whatever else goes on meets them all alike.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::case::Case;
use crate::failure::Failure;
use crate::page_cache;
use crate::run::{Peak, Run, timed, watched};

/// What the page cache holds of the file before each run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cache {
    Warm,
    Cold,
}

/// A case and its runs, one a round.
#[derive(Debug)]
pub struct Measured {
    pub case: Case,
    pub peak: Peak,
    pub runs: Vec<Run>,
}

/// How long nothing is said at most, but for a round that takes longer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Runs all cases `rounds` times.
///
/// Before that, warm, the page cache is filled, and each is run once untimed: that is the run in which memory is watched, so that
/// watching costs the timed ones nothing. Each round begins with another case, so that no case always follows the same one.
pub fn measure(cases: Vec<Case>, rounds: usize, cache: Cache) -> Result<Vec<Measured>, Failure> {
    for case in &cases {
        prepare(case)?;
    }
    let prepare_again = |case: &Case| match &case.copied_from {
        Some(original) if original.each_run => prepare(case),
        _ => Ok(()),
    };
    let unmeasured = |case| Measured { case, peak: Peak::default(), runs: Vec::new() };
    let mut series: Vec<Measured> = cases.into_iter().map(unmeasured).collect();
    if cache == Cache::Warm {
        let paths: BTreeSet<PathBuf> = series.iter().map(|measured| measured.case.input.path.clone()).collect();
        for path in paths {
            page_cache::fill(&path).map_err(Failure::file("read", &path))?;
        }
        for Measured { case, peak, .. } in &mut series {
            *peak = watched(&case.name, &mut case.command)?;
            clean_up(case)?;
            prepare_again(case)?;
        }
    }
    let count = series.len();
    let mut told = Instant::now();
    for round in 0..rounds {
        if told.elapsed() > PATIENCE {
            eprintln!("  {round} of {rounds} rounds done");
            told = Instant::now();
        }
        for turn in 0..count {
            let Measured { case, runs, .. } = &mut series[(round + turn) % count];
            if cache == Cache::Cold {
                let path = &case.input.path;
                page_cache::forget(path).map_err(Failure::file("drop the cached pages of", path))?;
            }
            runs.push(timed(&case.name, &mut case.command)?);
            clean_up(case)?;
            prepare_again(case)?;
        }
    }
    Ok(series)
}

/// Makes the copy that a case needs, and has it written to disk, so that no writing goes on later.
fn prepare(case: &Case) -> Result<(), Failure> {
    let Some(original) = &case.copied_from else { return Ok(()) };
    let copy = &case.input.path;
    let folder = copy.parent().unwrap_or(copy);
    fs::create_dir_all(folder).map_err(Failure::file("create", folder))?;
    fs::copy(&original.path, copy).map_err(Failure::file("write", copy))?;
    File::open(copy).and_then(|file| file.sync_all()).map_err(Failure::file("write", copy))
}

/// Removes what a case leaves at once: pages that are never written to disk disturb nobody.
fn clean_up(case: &Case) -> Result<(), Failure> {
    let Some(path) = &case.output else { return Ok(()) };
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    removed.map_err(Failure::file("remove", path))
}
