//! `db check`: what is wrong with the structure, problem by problem.

use etcdsnap_bbolt::check::{BucketInfo, PageCounts};
use etcdsnap_bbolt::{Problems, StructureProblem};
use etcdsnap_quote::quote;
use etcdsnap_snapshot::finding::Severity;
use etcdsnap_snapshot::known::Known;
use serde::Serialize;

use crate::output::sheet::{BAD, GOOD, NEWS, ODD, PLAIN, STRONG, Sheet};
use crate::output::words::{TextOrBase64, at_least};
use crate::output::{label, quantity};

/// What a walk found out.
#[derive(Debug)]
pub struct Checked<'a> {
    /// The file.
    pub path: &'a std::path::Path,
    /// What is wrong.
    pub problems: &'a Problems,
    /// Its buckets, for their names.
    pub buckets: &'a [BucketInfo<'a>],
    /// Its pages.
    pub census: PageCounts,
}

/// The document of `-o json`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Document<'a> {
    sound: bool,
    #[serde(flatten)]
    path: TextOrBase64<'a>,
    pages: Pages,
    problems: Vec<Listed>,
    /// All problems by code, those that are not listed included.
    counts: std::collections::BTreeMap<&'static str, u64>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Pages {
    branch: Known<u64>,
    leaf: Known<u64>,
    overflow: Known<u64>,
    in_use: Known<u64>,
    free: Known<u64>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    code: &'static str,
    severity: &'static str,
    bucket: Option<String>,
    page: Option<u64>,
    element: Option<u16>,
    offset: u64,
    message: String,
}

impl Checked<'_> {
    /// A count over the tree, which is known only when all of the tree could be read.
    fn count(&self, count: u64) -> Known<u64> {
        Known::new(count, self.problems.unread_parts().is_empty())
    }

    /// Is nothing wrong or dangerous?
    pub fn is_sound(&self) -> bool {
        self.problems.worst() < Some(Severity::Error)
    }

    fn bucket(&self, problem: &StructureProblem) -> Option<String> {
        let info = self.buckets.get(usize::try_from(problem.bucket?).ok()?)?;
        Some(if info.parent.is_none() { "(root)".to_owned() } else { quote(info.name) })
    }

    fn place(&self, problem: &StructureProblem) -> String {
        let parts = [
            self.bucket(problem).map(|name| format!("bucket {name}")),
            problem.page.map(|page| format!("page {page}")),
            problem.element.map(|element| format!("element {element}")),
            Some(format!("offset {}", problem.offset)),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

impl<'a> Document<'a> {
    /// The document about one file.
    pub fn new(checked: &Checked<'a>) -> Self {
        let PageCounts { branch, leaf, overflow, in_use, free, freelist: _, keys: _ } = checked.census;
        let listed = |problem: &StructureProblem| Listed {
            code: problem.code.as_str(),
            severity: problem.code.severity().as_str(),
            bucket: checked.bucket(problem),
            page: problem.page,
            element: problem.element,
            offset: problem.offset,
            message: problem.to_string(),
        };
        Self {
            sound: checked.is_sound(),
            path: TextOrBase64::path(checked.path),
            pages: Pages {
                branch: checked.count(branch),
                leaf: checked.count(leaf),
                overflow: checked.count(overflow),
                in_use: checked.count(in_use),
                free: checked.count(free),
            },
            problems: checked.problems.kept().iter().map(listed).collect(),
            counts: checked.problems.counts().map(|(code, count)| (code.as_str(), count)).collect(),
        }
    }
}

/// Lays out the answer and the problems, worst codes first.
pub fn text(checked: &Checked<'_>, sheet: &mut Sheet) {
    let file = label(checked.path);
    let PageCounts { in_use, free, keys, .. } = checked.census;
    let (free, keys) = (checked.count(free), at_least(&checked.count(keys), "key"));
    let counts = match checked.count(in_use).all() {
        Some(in_use) => format!("  {} in use, {free} free, {keys}", quantity(*in_use, "page")),
        None => format!("  at least {} in use, others unknown, {keys}", quantity(in_use, "page")),
    };
    let (color, word) = if checked.is_sound() { (GOOD, "SOUND") } else { (BAD, "DAMAGED") };
    sheet.line(&[(color, word), (PLAIN, "  "), (STRONG, &file)], &counts);
    let mut codes: Vec<_> = checked.problems.counts().collect();
    codes.sort_by_key(|(code, _)| std::cmp::Reverse(code.severity()));
    for (code, count) in codes {
        let color = match code.severity() {
            Severity::Note => NEWS,
            Severity::Warning => ODD,
            Severity::Error => BAD,
        };
        sheet.line(
            &[(color, code.severity().as_str()), (PLAIN, " "), (STRONG, code.as_str())],
            &format!("  {}", quantity(count, "time")),
        );
        let kept = checked.problems.kept().iter().filter(|problem| problem.code == code);
        let mut shown = 0;
        for problem in kept {
            sheet.line(&[(PLAIN, "    ")], &format!("{}: {problem}", checked.place(problem)));
            shown += 1;
        }
        sheet.rest("    ", count.saturating_sub(shown));
    }
}
