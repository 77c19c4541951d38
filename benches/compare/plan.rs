//! Which commands are measured in each section, what they are compared with, and what is to be reached.

mod writing;

use std::num::NonZeroUsize;
use std::path::Path;

use crate::case::{Case, Input};
use crate::database::Database;
use crate::goal::Goal;
use crate::programs::{BBOLT, Programs, RELEASES, of_system};
use crate::size::Size;

pub use writing::writing;

const OPENSSL: &str = "openssl dgst -sha256";
const SHA256SUM: &str = "sha256sum";

fn status_of(release: &str) -> String {
    format!("etcdutl {release} snapshot status")
}

fn hashkv_of(release: &str) -> String {
    format!("etcdutl {release} hashkv --rev")
}

fn check_of_bbolt() -> String {
    format!("bbolt {BBOLT} check")
}

/// All commands on a database in the page cache. The folder `scratch` has room for two more of it.
pub fn warm(programs: &Programs, database: &Database, scratch: &Path) -> Vec<Case> {
    let memory = Goal::memory(database.facts.pages, database.facts.live_keys);
    let goals = |name: &str| match name {
        "etcdsnap verify" => vec![Goal::TimesTheTime(1.15), Goal::TimesTheTime(0.90), memory],
        "etcdsnap status" | "etcdsnap hash" => vec![memory],
        "etcdsnap usage" => vec![Goal::TimesTheTime(1.0), memory],
        "etcdsnap keys --count" => vec![Goal::TimesTheTime(1.0)],
        "etcdsnap hash --rev" => vec![Goal::TimesFaster(20.0)],
        "etcdsnap db check" => vec![Goal::TimesFaster(2.5)],
        "etcdsnap etcdutl snapshot status (3.5)" => vec![Goal::TimesFaster(4.0)],
        "etcdsnap etcdutl snapshot status (3.7)" => vec![Goal::TimesFaster(10.0)],
        _ => Vec::new(),
    };
    with_goals(whole(programs, database, scratch), goals)
}

/// The same on a database that is on disk only.
pub fn cold(programs: &Programs, database: &Database, scratch: &Path) -> Vec<Case> {
    let goals = |name: &str| match name {
        "etcdsnap db check" => vec![Goal::TimesFaster(15.0)],
        _ => Vec::new(),
    };
    with_goals(whole(programs, database, scratch), goals)
}

/// Our commands with each number of threads.
pub fn threads(programs: &Programs, database: &Database, counts: &[NonZeroUsize]) -> Vec<Case> {
    let input = database.input();
    let of_command = |command: &&[&str]| {
        let cases = counts.iter().map(|threads| {
            let count = threads.to_string();
            let name = format!("etcdsnap {}, --threads {count}", command.join(" "));
            Case::new(name, &programs.etcdsnap, &[*command, &["--threads", &count]].concat(), &input)
        });
        against_first(cases)
    };
    let cases = [&["verify"][..], &["status"], &["db", "check"]].iter().flat_map(of_command).collect();
    // Status is all the work beside the SHA-256, which threads cannot share.
    let goals = |name: &str| match name {
        "etcdsnap status, --threads 2" => vec![Goal::TimesFaster(1.7)],
        _ => Vec::new(),
    };
    with_goals(cases, goals)
}

/// Our commands on each database.
pub fn growth(programs: &Programs, databases: &[(Size, Database)]) -> Vec<Case> {
    let of_command = |command: &&[&str]| {
        let cases = databases.iter().map(|(size, database)| {
            let name = format!("etcdsnap {}, {size}", command.join(" "));
            Case::new(name, &programs.etcdsnap, command, &database.input())
        });
        let linear =
            |case: Case| if case.against.is_some() { case.goals([Goal::TimesTheTimePerByte(1.15)]) } else { case };
        against_first(cases).into_iter().map(linear).collect::<Vec<Case>>()
    };
    [&["verify"][..], &["status"], &["hash"], &["db", "check"]].iter().flat_map(of_command).collect()
}

/// Our smallest piece of work, beside a program that does none.
pub fn start_up(programs: &Programs, small: &Database) -> Vec<Case> {
    let input = small.input();
    let nothing = of_system("true").map(|program| Case::new("true", &program, &[], &input));
    let status = Case::new("etcdsnap status", &programs.etcdsnap, &["status"], &input).against("true");
    nothing.into_iter().chain([status.goals([Goal::SecondsLater(0.005)])]).collect()
}

/// Only cases whose name contains `text`, and those they are compared with.
pub fn only(mut cases: Vec<Case>, text: &str) -> Vec<Case> {
    let wanted = |case: &Case| case.name.contains(text);
    let references: Vec<String> =
        cases.iter().filter(|case| wanted(case)).filter_map(|case| case.against.clone()).collect();
    cases.retain(|case| wanted(case) || references.contains(&case.name));
    cases
}

fn whole(programs: &Programs, database: &Database, scratch: &Path) -> Vec<Case> {
    let input = database.input();
    let revision = database.middle_revision().to_string();
    let mut cases = of_others(programs, &input, scratch, &revision);
    cases.extend(ours(programs, &input, &revision));
    cases
}

/// The programs we are compared with, as far as they are here.
fn of_others(programs: &Programs, input: &Input, scratch: &Path, revision: &str) -> Vec<Case> {
    let openssl = of_system("openssl").map(|program| Case::new(OPENSSL, &program, &["dgst", "-sha256"], input));
    let sha256sum = of_system("sha256sum").map(|program| Case::new(SHA256SUM, &program, &[], input));
    let cp = of_system("cp")
        .map(|program| Case::new("cp", &program, &["--reflink=never"], input).writing(scratch.join("copied.db")));
    let status = RELEASES.iter().filter_map(|release| {
        Some(Case::new(status_of(release), &programs.etcdutl(release)?, &["snapshot", "status"], input))
    });
    // That of 3.6 crashes on a store in which a key has a lease; and both rewrite what they read.
    let copy = Input { path: scratch.join("copy.db"), ..input.clone() };
    let hashkv = programs.etcdutl("3.7").map(|program| {
        Case::new(hashkv_of("3.7"), &program, &["hashkv", "--rev", revision], &copy).on_copy_of(&input.path)
    });
    // The check in the process that is measured, and not in a child of it.
    let check = programs.bbolt_check().map(|program| Case::new(check_of_bbolt(), &program, &["-child"], input));
    openssl.into_iter().chain(sha256sum).chain(cp).chain(status).chain(hashkv).chain(check).collect()
}

/// Our commands: our own ones, and those that stand in for etcd's.
fn ours(programs: &Programs, input: &Input, revision: &str) -> Vec<Case> {
    let own = |name: &str, arguments: &[&str]| Case::new(name, &programs.etcdsnap, arguments, input);
    let mut cases = vec![
        own("etcdsnap verify", &["verify"]).against(OPENSSL),
        own("etcdsnap status", &["status"]).against(status_of("3.7")),
        own("etcdsnap usage", &["usage"]).against(SHA256SUM),
        own("etcdsnap keys --count", &["keys", "--count"]).against(SHA256SUM),
        own("etcdsnap hash", &["hash"]).against(OPENSSL),
        own("etcdsnap hash --rev", &["hash", "--rev", revision]).against(hashkv_of("3.7")),
        own("etcdsnap db check", &["db", "check"]).against(check_of_bbolt()),
        own("etcdsnap etcdutl hashkv --rev (3.7)", &["etcdutl", "hashkv", "--rev", revision])
            .compatible_with("3.7")
            .in_place_of(hashkv_of("3.7")),
    ];
    cases.extend(RELEASES.map(|release| {
        let name = format!("etcdsnap etcdutl snapshot status ({release})");
        own(&name, &["etcdutl", "snapshot", "status"]).compatible_with(release).in_place_of(status_of(release))
    }));
    cases
}

fn with_goals(cases: Vec<Case>, goals: impl Fn(&str) -> Vec<Goal>) -> Vec<Case> {
    let with_its_goals = |case: Case| {
        let goals = goals(&case.name);
        case.goals(goals)
    };
    cases.into_iter().map(with_its_goals).collect()
}

/// Compares all but the first one with the first one.
fn against_first(cases: impl Iterator<Item = Case>) -> Vec<Case> {
    let mut cases: Vec<Case> = cases.collect();
    if let Some((first, others)) = cases.split_first_mut() {
        for case in others {
            case.against = Some(first.name.clone());
        }
    }
    cases
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{cold, growth, only, start_up, threads, warm, writing};
    use crate::case::Case;
    use crate::database::{Database, Facts};
    use crate::programs::Programs;
    use crate::size::Size;

    fn database() -> Database {
        let facts = Facts { bytes: 1, pages: 1, records: 1, live_keys: 1, revision: 9, compacted_revision: 3 };
        Database { path: "some.db".into(), facts }
    }

    fn programs() -> Programs {
        Programs::new("etcdsnap".into(), "no/such/folder".into())
    }

    fn names(cases: &[Case]) -> Vec<&str> {
        cases.iter().map(|case| case.name.as_str()).collect()
    }

    /// A goal that goes by a name nobody has would never be judged.
    #[test]
    fn every_goal_has_its_command() {
        let (programs, database) = (programs(), database());
        let two = [1, 2].map(|threads| threads.try_into().expect("not zero"));
        let goals = |cases: Vec<Case>| cases.iter().map(|case| case.goals.len()).sum::<usize>();
        assert_eq!(goals(warm(&programs, &database, Path::new(""))), 12);
        assert_eq!(goals(cold(&programs, &database, Path::new(""))), 1);
        assert_eq!(goals(writing(&programs, &database, Path::new(""), false)), 5);
        assert_eq!(goals(threads(&programs, &database, &two)), 1);
        assert_eq!(goals(growth(&programs, &[(Size(1), database.clone()), (Size(2), database.clone())])), 4);
        assert_eq!(goals(start_up(&programs, &database)), 1);
    }

    #[test]
    fn a_selection_keeps_what_it_is_compared_with() {
        let two = [1, 2].map(|threads| threads.try_into().expect("not zero"));
        let cases = only(threads(&programs(), &database(), &two), "status, --threads 2");
        assert_eq!(names(&cases), ["etcdsnap status, --threads 1", "etcdsnap status, --threads 2"]);
    }
}
