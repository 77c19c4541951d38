//! Whole commands of etcdsnap beside the real tools, over the same database, in one run.
//!
//! A [`plan`] says which [`case`]s there are: a command, what it is compared with, and the goals it has. A [`series`] runs them in
//! turn, round by round; a [`report`] is worked out of the runs, and printed as a [`table`] or as JSON.

mod arguments;
mod case;
mod comparison;
mod database;
mod failure;
mod goal;
mod machine;
mod page_cache;
mod plan;
mod programs;
mod report;
mod run;
mod scratch;
mod series;
mod size;
mod spread;
mod table;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let arguments = arguments::Arguments::parse();
    let report = match comparison::compare(&arguments) {
        Ok(report) => report,
        Err(failure) => {
            eprintln!("compare: {failure}");
            return ExitCode::FAILURE;
        }
    };
    println!("{}", if arguments.json { serde_json::json!(report).to_string() } else { table::text(&report) });
    if report.answers_differ() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
