//! What is missing of a damaged backup, for people.

use etcdsnap_restore::{KeyNames, Losses, LostRange};
use etcdsnap_snapshot::first_of::first_of;

use crate::output::quantity;
use crate::output::sheet::{BAD, FAINT, GOOD, ODD, PLAIN, Sheet};

/// Ranges that are shown; the JSON has more.
const SHOWN: usize = 12;

/// Says what is missing, what that does to keys, and what became of the rest.
pub fn text(losses: &Losses, dry_run: bool, sheet: &mut Sheet) {
    sheet.heading(if dry_run { "Would be missing" } else { "Missing" });
    if losses.is_none() {
        sheet.line(&[(GOOD, "  nothing  ")], "Every entry can be read; only what leads to them was damaged.");
    }
    for bucket in &losses.buckets {
        sheet.line(&[(BAD, "  - ")], &format!("the bucket {bucket}, with all that was in it"));
    }
    for range in losses.ranges.iter().take(SHOWN) {
        sheet.line(&[(BAD, "  - ")], &ranged(range));
    }
    let more = (losses.ranges.len().saturating_sub(SHOWN) as u64).saturating_add(losses.more_ranges);
    if more > 0 {
        sheet.line(
            &[(BAD, "  - ")],
            &format!("{} more of that sort; -o json names up to a hundred", quantity(more, "place")),
        );
    }
    if losses.compaction_lost {
        let text = "the marks of compactions: it cannot be told whether more revisions are missing between those that can be read";
        sheet.line(&[(BAD, "  - ")], text);
    }
    keys(losses, sheet);
    let written = if dry_run { "The database would be written" } else { "The database was written" };
    let anew = format!("{written} anew, in sound pages, from what can be read.");
    sheet.styled(&[(PLAIN, "  ")], FAINT, &anew);
}

/// `revisions between 56.0 and 64.0: about 24 records (page 17)`
fn ranged(range: &LostRange) -> String {
    let LostRange { bucket, after, before, pages, entries } = range;
    let is_keys = bucket == "key";
    let what = if is_keys { "revisions" } else { "entries" };
    let stretch = match (after, before) {
        (Some(after), Some(before)) => format!("{what} between {after} and {before}"),
        (Some(after), None) => format!("all {what} after {after}"),
        (None, Some(before)) => format!("all {what} before {before}"),
        (None, None) => format!("all {what}"),
    };
    let amount = match (entries, is_keys) {
        (Some(entries), true) => format!("about {}", quantity(*entries, "record")),
        (Some(entries), false) => {
            format!("about {}", quantity(*entries, "entry"))
        }
        (None, true) => "an unknown number of records".to_owned(),
        (None, false) => "an unknown number of entries".to_owned(),
    };
    let numbers = pages.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
    let place = match pages.len() {
        0 => String::new(),
        1 => format!(" (page {numbers})"),
        _ => format!(" (pages {numbers})"),
    };
    let bucket = if is_keys { String::new() } else { format!("bucket {bucket}: ") };
    format!("{bucket}{stretch}, {amount}{place}")
}

fn keys(losses: &Losses, sheet: &mut Sheet) {
    if !losses.ranges.iter().any(|range| range.bucket == "key") {
        return;
    }
    let mut say = |text: &str| sheet.line(&[(ODD, "  ! ")], text);
    say(
        "Keys whose records were all in there are missing, and their names are not known; others have gaps in their history.",
    );
    if losses.surely_lost.count > 0 {
        say(&format!("Of these the lost records are known to be: {}.", listed(&losses.surely_lost)));
    }
    if losses.maybe_old.count > 0 {
        let count = quantity(losses.maybe_old.count, "live key");
        say(&format!(
            "{count} may have been written or deleted in the lost revisions, and not since: what is served of them may be an \
             older value, or one that had been deleted: {}.",
            listed(&losses.maybe_old)
        ));
    } else {
        say(
            "No key comes back in an older state: each that is left was written later, or the lost records were compacted.",
        );
    }
    if losses.newest_lost {
        say(
            "The newest revisions are among the lost ones: without --bump-revision auto the new cluster gives out numbers again \
             that clients have seen for something else.",
        );
    }
}

fn listed(names: &KeyNames) -> String {
    first_of(&names.first, names.count)
}
