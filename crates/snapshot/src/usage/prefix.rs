//! What records take by the beginning of their keys.
//!
//! A prefix is a folder: it ends behind a separator. With a depth of two `/registry/pods/default/web` belongs to
//! `/registry/pods/`, and `/registry/x` to `/registry/`, because a key never is a folder itself.
//!
//! There are at most [`MOST_PREFIXES`]. When there would be more, all of them lose their last component, so which depth
//! is shown depends on the keys alone and not on the order they are met in.

use std::collections::HashMap;

use serde::Serialize;

/// Most prefixes that are kept apart.
pub const MOST_PREFIXES: usize = 1 << 16;

/// What the records of one prefix take. The names of the columns are those of [`Balance`](super::Balance).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PrefixUsage<'a> {
    /// The prefix; empty for keys without a separator.
    #[serde(skip)]
    pub prefix: &'a [u8],
    /// Live keys.
    pub keys: u64,
    /// Superseded puts.
    pub old_records: u64,
    /// Deletions.
    pub deletions: u64,
    /// Bytes of live values.
    pub live_values: u64,
    /// Bytes of live keys.
    pub live_keys: u64,
    /// Bytes of the newest puts beside key and value.
    pub live_overhead: u64,
    /// Bytes of superseded puts.
    pub old_revisions: u64,
    /// Bytes of deletions.
    pub tombstones: u64,
}

impl PrefixUsage<'_> {
    /// Bytes of what is alive.
    pub fn live(&self) -> u64 {
        self.live_values + self.live_keys + self.live_overhead
    }

    /// All its bytes.
    pub fn total(&self) -> u64 {
        self.live() + self.old_revisions + self.tombstones
    }

    /// Adds the numbers of another one.
    pub fn add(&mut self, other: &Self) {
        self.keys += other.keys;
        self.old_records += other.old_records;
        self.deletions += other.deletions;
        self.live_values += other.live_values;
        self.live_keys += other.live_keys;
        self.live_overhead += other.live_overhead;
        self.old_revisions += other.old_revisions;
        self.tombstones += other.tombstones;
    }
}

/// The folder of a key, cut after `depth` components. A separator in front of the first component counts for nothing.
pub(super) fn folder(key: &[u8], separator: u8, depth: usize) -> &[u8] {
    let (mut end, mut components) = (0, 0);
    for (at, _) in key.iter().enumerate().filter(|(_, byte)| **byte == separator) {
        if components == depth {
            break;
        }
        components += usize::from(at > end);
        end = at + 1;
    }
    key.get(..end).unwrap_or_default()
}

/// How many components a folder has.
fn components(folder: &[u8], separator: u8) -> usize {
    folder.split(|byte| *byte == separator).filter(|component| !component.is_empty()).count()
}

/// Prefixes with numbers of type `T`, each known by its position.
#[derive(Debug)]
pub(super) struct Prefixes<'a> {
    separator: u8,
    depth: usize,
    most: usize,
    positions: HashMap<&'a [u8], u32>,
    rows: Vec<PrefixUsage<'a>>,
    /// For each number ever given to a prefix, the row that it stands for now.
    given: Vec<u32>,
    /// The first number given for each row.
    numbers: Vec<u32>,
}

impl<'a> Prefixes<'a> {
    pub fn new(separator: u8, depth: usize, most: usize) -> Self {
        let (rows, given, numbers) = (Vec::new(), Vec::new(), Vec::new());
        Self { separator, depth, most, positions: HashMap::new(), rows, given, numbers }
    }

    /// The folder of a key at the depth that is still kept apart.
    pub fn folder<'k>(&self, key: &'k [u8]) -> &'k [u8] {
        folder(key, self.separator, self.depth)
    }

    /// Adds numbers to the folder of `key` and returns the number of its prefix, which stays good for ever.
    pub fn add(&mut self, key: &'a [u8], usage: &PrefixUsage<'a>) -> u32 {
        let row = self.row(self.folder(key));
        self.rows[row as usize].add(usage);
        let number = self.numbers[row as usize];
        // Ends, because each round takes a component from the depth, and at depth 0 there is one row.
        while self.rows.len() > self.most {
            self.fold();
        }
        number
    }

    fn row(&mut self, prefix: &'a [u8]) -> u32 {
        let next = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        let row = *self.positions.entry(prefix).or_insert(next);
        if row == next {
            self.rows.push(PrefixUsage { prefix, ..PrefixUsage::default() });
            self.numbers.push(u32::try_from(self.given.len()).unwrap_or(u32::MAX));
            self.given.push(row);
        }
        row
    }

    /// Keeps one component less apart than before, or than the deepest prefix has.
    fn fold(&mut self) {
        let deepest = self.rows.iter().map(|row| components(row.prefix, self.separator)).max().unwrap_or(0);
        self.depth = self.depth.saturating_sub(1).min(deepest);
        let (rows, numbers) = (std::mem::take(&mut self.rows), std::mem::take(&mut self.numbers));
        self.positions.clear();
        let mut moved = Vec::with_capacity(rows.len());
        for (usage, number) in rows.iter().zip(numbers) {
            let prefix = self.folder(usage.prefix);
            let next = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
            let row = *self.positions.entry(prefix).or_insert(next);
            if row == next {
                self.rows.push(PrefixUsage { prefix, ..PrefixUsage::default() });
                self.numbers.push(number);
            }
            self.rows[row as usize].add(usage);
            moved.push(row);
        }
        for row in &mut self.given {
            *row = moved[*row as usize];
        }
    }

    /// The row that a number stands for.
    pub fn of(&mut self, number: u32) -> Option<&mut PrefixUsage<'a>> {
        self.rows.get_mut(*self.given.get(number as usize)? as usize)
    }

    /// All rows, largest first, and the depth they are kept apart at.
    pub fn finish(mut self) -> (Vec<PrefixUsage<'a>>, usize) {
        self.rows.sort_unstable_by_key(|row| (std::cmp::Reverse(row.total()), row.prefix));
        (self.rows, self.depth)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_ends_behind_a_separator() {
        for (key, depth, expected) in [
            ("/registry/pods/default/web", 1, "/registry/"),
            ("/registry/pods/default/web", 2, "/registry/pods/"),
            ("/registry/pods/default/web", 9, "/registry/pods/default/"),
            ("/registry/x", 2, "/registry/"),
            ("/x", 2, "/"),
            ("x", 2, ""),
            ("", 2, ""),
            ("a/b/c", 1, "a/"),
            ("a/", 1, "a/"),
            ("//a//b", 1, "//a/"),
            ("/a/b", 0, ""),
        ] {
            assert_eq!(folder(key.as_bytes(), b'/', depth), expected.as_bytes(), "{key} at {depth}");
        }
    }

    #[test]
    fn a_folder_of_a_folder_is_the_folder_of_the_key() {
        for key in ["/registry/pods/default/web", "a//b/c/d", "///", "x"] {
            for deep in 0..5 {
                for shallow in 0..=deep {
                    let outer = folder(folder(key.as_bytes(), b'/', deep), b'/', shallow);
                    assert_eq!(outer, folder(key.as_bytes(), b'/', shallow), "{key} {deep} {shallow}");
                }
            }
        }
    }

    #[test]
    fn too_many_prefixes_lose_a_component_and_numbers_stay_good() {
        let one = PrefixUsage { keys: 1, ..PrefixUsage::default() };
        let mut prefixes = Prefixes::new(b'/', 2, 3);
        let keys: [&[u8]; 6] = [b"/a/1/x", b"/a/2/x", b"/a/3/x", b"/b/4/x", b"/a/1/y", b"/c"];
        let numbers = keys.map(|key| prefixes.add(key, &one));
        let names = numbers.map(|number| prefixes.of(number).map(|row| row.prefix).unwrap_or_default());
        assert_eq!(names, [&b"/a/"[..], b"/a/", b"/a/", b"/b/", b"/a/", b"/"]);
        let (rows, depth) = prefixes.finish();
        assert_eq!(depth, 1);
        assert_eq!(rows.iter().map(|row| row.keys).sum::<u64>(), 6);
    }

    #[test]
    fn a_depth_that_no_key_has_is_left_at_once() {
        let shown = |keys: &[&'static str], depth| {
            let mut prefixes = Prefixes::new(b'/', depth, 2);
            for key in keys {
                prefixes.add(key.as_bytes(), &PrefixUsage::default());
            }
            let (rows, depth) = prefixes.finish();
            let mut names: Vec<_> = rows.iter().map(|row| row.prefix).collect();
            names.sort_unstable();
            (names, depth)
        };
        for keys in [
            &["/a/1/x", "/a/2/x", "/a/3/x", "/b/x"][..],
            // An empty component is none, but tells folders apart.
            &["a//b", "a/b", "c/d"],
            &["/x", "//x", "///x"],
        ] {
            assert_eq!(shown(keys, usize::MAX), shown(keys, 9), "{keys:?}");
        }
        assert_eq!(shown(&["a//b", "a/b", "c/d"], usize::MAX), (vec![&b"a/"[..], b"c/"], 1));
        assert_eq!(shown(&["/x", "//x", "///x"], usize::MAX), (vec![&b""[..]], 0));
    }
}
