//! The account as text: numbers first, names last, so that no name is ever cut.

use etcdsnap_quote::excerpt;
use etcdsnap_snapshot::report::SourceFacts;
use etcdsnap_snapshot::usage::{Balance, BucketUsage, KeyUsage, PrefixUsage, Savings, Usage};

use super::hints::hints;
use crate::args::{By, Usage as Args};
use crate::output::sheet::{BAD, FAINT, NEWS, ODD, PLAIN, STRONG, Sheet};
use crate::output::source::packing;
use crate::output::words::{known, label, quantity, share, size};

/// Lays out the account.
pub fn text(source: &SourceFacts, usage: &Usage<'_>, args: &Args, sheet: &mut Sheet) {
    let counts = &usage.counts;
    sheet.heading(&label(&source.path));
    let packed = packing(source);
    let counts = if counts.live_keys.is_whole() {
        let [keys, old] = [(&counts.live_keys, "live key"), (&counts.old_revisions, "old revision")]
            .map(|(count, noun)| known(count, noun));
        format!("{keys}, {old}, {}", known(&counts.tombstones, "deletion"))
    } else {
        let records = *counts.live_keys.part() + *counts.old_revisions.part() + *counts.tombstones.part();
        format!("keys unknown; {} could be read", quantity(records, "record"))
    };
    sheet.line(&[(PLAIN, "  ")], &format!("{}, {}{packed}; {counts}", source.kind, quantity(source.size, "byte")));
    columns(&usage.balance, sheet);
    let top = args.top as usize;
    match args.by {
        By::Prefix => prefixes(usage, args, sheet),
        By::Bucket => buckets(&usage.buckets, top, usage.balance.total(), sheet),
    }
    keys_table("LARGEST KEYS", &usage.largest, sheet);
    keys_table("MOST REWRITTEN KEYS", &usage.most_rewritten, sheet);
    if let Some(savings) = &usage.savings {
        given_back(usage, savings, sheet);
    }
    let hints = hints(usage);
    if !hints.is_empty() {
        sheet.blank();
    }
    for hint in hints {
        let style = if hint.id == "DAMAGED" { BAD } else { ODD };
        sheet.line(&[(style, &hint.id.replace('_', " ").to_lowercase()), (PLAIN, ": ")], &hint.message);
    }
}

fn title(text: &str, sheet: &mut Sheet) {
    sheet.blank();
    sheet.heading(text);
}

/// Every column that has bytes, and the sum of all.
fn columns(balance: &Balance, sheet: &mut Sheet) {
    title("WHERE THE BYTES ARE", sheet);
    let total = balance.total();
    let width = total.to_string().len().max(9);
    for (name, bytes) in balance.columns().into_iter().filter(|(_, bytes)| *bytes > 0) {
        let style = if matches!(name, "damaged" | "unreached") { BAD } else { PLAIN };
        let bar = format!("  {:<BAR$}  ", bar(bytes, total));
        let lead = [(PLAIN, &*format!("  {bytes:>width$}  {}", share(bytes, total))), (NEWS, &*bar)];
        sheet.styled(&lead, style, words(name));
    }
    let sum = format!("= {total:>width$}  {}  {:<BAR$}  ", share(total, total), "");
    sheet.styled(&[(STRONG, &sum)], STRONG, "file size");
}

/// Columns of a bar.
const BAR: usize = 20;

/// A bar of eighths of a column; anything at all is at least one of them.
fn bar(part: u64, whole: u64) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (u128::from(part) * (BAR as u128) * 8).div_ceil(u128::from(whole.max(1)));
    let eighths = usize::try_from(eighths).unwrap_or(0).min(BAR * 8);
    "█".repeat(eighths / 8) + EIGHTHS.get(eighths % 8).copied().unwrap_or_default()
}

/// A column in words.
fn words(name: &str) -> &'static str {
    match name {
        "liveValues" => "live values",
        "liveKeys" => "live keys",
        "liveOverhead" => "record overhead of live keys",
        "oldRevisions" => "old revisions",
        "tombstones" => "deletions (tombstones)",
        "otherBuckets" => "other buckets",
        "pageHeaders" => "headers of leaf pages",
        "branchPages" => "branch pages",
        "slack" => "slack in leaf pages",
        "freePages" => "free pages",
        "unreached" => "not reached: free, or lost",
        "freelist" => "freelist",
        "metas" => "meta pages",
        "beyondHighWaterMark" => "beyond the high-water mark",
        "damaged" => "damaged: in use, but not readable",
        _ => "SHA-256 trailer",
    }
}

fn prefixes(usage: &Usage<'_>, args: &Args, sheet: &mut Sheet) {
    let depth = quantity(usage.depth as u64, "component");
    let depth = match usage.depth {
        0 => "all in one row".to_owned(),
        fewer if fewer < usage.depth_asked => format!("{depth}; deeper there are too many"),
        _ => depth,
    };
    title(&format!("BY PREFIX ({depth})"), sheet);
    let nameless = if usage.depth == 0 { "(all)" } else { "(no prefix)" };
    let file = usage.balance.total();
    let header =
        format!("  {:>8} {:>7} {:>10} {:>8} {:>8} {:>10}  ", "BYTES", "SHARE", "KEYS", "LIVE", "HISTORY", "DELETIONS");
    sheet.styled(&[(FAINT, &header)], FAINT, "PREFIX");
    let (shown, rest) = usage.prefixes.split_at(usage.prefixes.len().min(args.top as usize));
    let row = |row: &PrefixUsage<'_>| {
        let [bytes, live, old] = [row.total(), row.live(), row.old_revisions].map(size);
        let share = share(row.total(), file);
        format!("  {bytes:>8} {share} {:>10} {live:>8} {old:>8} {:>10}  ", row.keys, size(row.tombstones))
    };
    for prefix in shown {
        let name = if prefix.prefix.is_empty() { nameless.to_owned() } else { excerpt(prefix.prefix) };
        sheet.line(&[(PLAIN, &row(prefix))], &name);
    }
    if !rest.is_empty() {
        let mut others = PrefixUsage::default();
        for prefix in rest {
            others.add(prefix);
        }
        sheet.rest(&row(&others), rest.len() as u64);
    }
}

fn buckets(buckets: &[BucketUsage<'_>], top: usize, file: u64, sheet: &mut Sheet) {
    title("BY BUCKET", sheet);
    let header = format!(
        "  {:>8} {:>7} {:>10} {:>8} {:>8} {:>8} {:>8}  ",
        "BYTES", "SHARE", "ELEMENTS", "CONTENT", "HEADERS", "BRANCHES", "SLACK"
    );
    sheet.styled(&[(FAINT, &header)], FAINT, "BUCKET");
    let mut order: Vec<&BucketUsage<'_>> = buckets.iter().collect();
    order.sort_by_key(|bucket| std::cmp::Reverse(bucket.total()));
    for bucket in order.iter().take(top.max(EXPECTED)) {
        let [bytes, content, headers, branches, slack] =
            [bucket.total(), bucket.content, bucket.page_headers, bucket.branch_pages, bucket.slack].map(size);
        let share = share(bucket.total(), file);
        let lead = format!(
            "  {bytes:>8} {share} {:>10} {content:>8} {headers:>8} {branches:>8} {slack:>8}  ",
            bucket.elements
        );
        let inline = if bucket.inline { ", inline" } else { "" };
        let name = match bucket.parent {
            None => "(root)".to_owned(),
            Some(0) => excerpt(bucket.name),
            Some(_) => format!("…/{}", excerpt(bucket.name)),
        };
        sheet.line(&[(PLAIN, &lead)], &format!("{name}{inline}"));
    }
    sheet.rest("  ", order.len().saturating_sub(top.max(EXPECTED)) as u64);
}

/// Buckets of an etcd database, the root among them: all of them are always shown.
const EXPECTED: usize = 11;

fn keys_table(name: &str, keys: &[KeyUsage<'_>], sheet: &mut Sheet) {
    if keys.is_empty() {
        return;
    }
    title(name, sheet);
    let header = format!("  {:>8} {:>8} {:>8} {:>8}  ", "VALUE", "RECORDS", "BYTES", "VERSION");
    sheet.styled(&[(FAINT, &header)], FAINT, "KEY");
    for key in keys {
        let [value, bytes] = [key.value_size, key.bytes].map(size);
        let (value, version) =
            if key.deleted { ("deleted".to_owned(), "-".to_owned()) } else { (value, key.version.to_string()) };
        let lead = format!("  {value:>8} {:>8} {bytes:>8} {version:>8}  ", key.records);
        sheet.line(&[(PLAIN, &lead)], &excerpt(key.key));
    }
}

fn given_back(usage: &Usage<'_>, savings: &Savings, sheet: &mut Sheet) {
    title("WHAT COULD BE GIVEN BACK", sheet);
    let mut row = |name: &str, words: &str| sheet.line(&[(FAINT, &format!("  {name:<17}"))], words);
    let inside = format!("up to {} inside the file, which stays as large as it is", size(savings.compaction));
    row("compaction", &inside);
    let shrunk = |to: u64| match usage.database_size.checked_sub(to) {
        Some(less) if less > 0 => format!("about {}: from {} to {}", size(less), size(usage.database_size), size(to)),
        _ => format!("nothing: it would still be about {}", size(to)),
    };
    row("defragmentation", &shrunk(savings.defragmented_size));
    row("both", &shrunk(savings.compacted_and_defragmented_size));
}
