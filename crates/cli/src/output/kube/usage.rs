//! `kube usage`: what objects take, and who writes them.

use etcdsnap_objects::{ManagerUsage, ObjectUsage, Objects, UsageTotals};
use etcdsnap_quote::excerpt;
use etcdsnap_snapshot::known::Known;
use serde::Serialize;

use crate::output::sheet::{FAINT, PLAIN, Sheet};
use crate::output::words::{TextOrBase64, share};
use crate::output::{quantity, size};

/// An account, ready to be shown.
#[derive(Debug)]
pub struct Report<'r, 'a> {
    objects: &'r Objects<'a>,
    usage: &'r ObjectUsage,
    top: usize,
    several_roots: bool,
}

/// The JSON of an account.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Document<'r> {
    revision: Known<i64>,
    compacted_revision: i64,
    total: Numbers,
    unreadable: u64,
    kinds: Vec<Kind<'r>>,
    namespaces: Vec<Namespace<'r>>,
    owners: Vec<Owner<'r>>,
    managers: Vec<Manager<'r>>,
    most_written: Vec<Written<'r>>,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Numbers {
    objects: u64,
    bytes: u64,
    live: u64,
    historic: u64,
    writes: u64,
    managed_fields: u64,
    annotations: u64,
}

#[derive(Debug, Serialize)]
struct Kind<'r> {
    name: String,
    root: &'r str,
    #[serde(flatten)]
    numbers: Numbers,
}

#[derive(Debug, Serialize)]
struct Namespace<'r> {
    /// Empty for objects in none.
    namespace: &'r str,
    #[serde(flatten)]
    numbers: Numbers,
}

#[derive(Debug, Serialize)]
struct Owner<'r> {
    owner: &'r str,
    #[serde(flatten)]
    numbers: Numbers,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Manager<'r> {
    name: &'r str,
    objects: u64,
    live: u64,
    managed_fields: u64,
    historic_managed_fields: u64,
}

#[derive(Debug, Serialize)]
struct Written<'r> {
    #[serde(flatten)]
    key: TextOrBase64<'r>,
    writes: u64,
}

impl From<&UsageTotals> for Numbers {
    fn from(account: &UsageTotals) -> Self {
        let UsageTotals { objects, live, historic, writes, managed_fields, annotations } = *account;
        Self { objects, bytes: account.bytes(), live, historic, writes, managed_fields, annotations }
    }
}

impl<'r, 'a> Report<'r, 'a> {
    /// A report with at most `top` rows in each list.
    pub fn new(objects: &'r Objects<'a>, usage: &'r ObjectUsage, top: usize) -> Self {
        let several_roots = usage.kinds.iter().any(|((root, _), _)| *root != usage.kinds[0].0.0);
        Self { objects, usage, top, several_roots }
    }

    fn most_written(&self) -> impl Iterator<Item = Written<'a>> {
        let most = self.usage.most_written.iter().take(self.top);
        most.filter_map(|(at, writes)| {
            Some(Written { key: TextOrBase64::key(self.objects.index().record(*at)?.kv.key), writes: *writes })
        })
    }

    /// The report for programs.
    pub fn document(&self) -> Document<'r>
    where
        'a: 'r,
    {
        let usage = self.usage;
        let kind = |((root, path), account): &'r ((String, String), UsageTotals)| Kind {
            name: self.objects.path_name(path),
            root,
            numbers: account.into(),
        };
        let manager = |(name, account): &'r (String, ManagerUsage)| {
            let ManagerUsage { objects, live, managed_fields, historic_managed_fields } = *account;
            Manager { name, objects, live, managed_fields, historic_managed_fields }
        };
        let namespaces = usage.namespaces.iter();
        let owners = usage.owners.iter().take(self.top);
        Document {
            revision: self.objects.shown_revision(),
            compacted_revision: usage.after,
            total: (&usage.total).into(),
            unreadable: usage.unreadable,
            kinds: usage.kinds.iter().map(kind).collect(),
            namespaces: namespaces
                .map(|(namespace, account)| Namespace { namespace, numbers: account.into() })
                .collect(),
            owners: owners.map(|(owner, account)| Owner { owner, numbers: account.into() }).collect(),
            managers: usage.managers.iter().map(manager).collect(),
            most_written: self.most_written().collect(),
        }
    }

    /// The report for people.
    pub fn text(&self, file: &str, sheet: &mut Sheet) {
        let (usage, total) = (self.usage, &self.usage.total);
        sheet.heading(file);
        let objects = quantity(total.objects, "object");
        let (live, historic, writes) = (size(total.live), size(total.historic), quantity(total.writes, "write"));
        let window = match usage.after {
            ..1 => "since the first revision".to_owned(),
            after => format!("since revision {after}"),
        };
        sheet.line(&[(PLAIN, "  ")], &format!("{objects}: {live} live, {historic} of history; {writes} {window}"));
        let kinds = usage.kinds.iter().map(|((root, path), account)| {
            let root = if self.several_roots { format!("{root} ") } else { String::new() };
            (format!("{root}{}", self.objects.path_name(path)), account)
        });
        self.accounts("BY KIND", "KIND", kinds, sheet);
        let named = |name: &str| if name.is_empty() { "(none)".to_owned() } else { name.to_owned() };
        let namespaces = usage.namespaces.iter().map(|(name, account)| (named(name), account));
        self.accounts("BY NAMESPACE", "NAMESPACE", namespaces, sheet);
        self.accounts("BY OWNER", "OWNER", usage.owners.iter().map(|(name, account)| (name.clone(), account)), sheet);
        self.managers(sheet);
        self.written(sheet);
    }

    fn accounts<'u>(
        &self,
        title: &str,
        column: &str,
        accounts: impl ExactSizeIterator<Item = (String, &'u UsageTotals)>,
        sheet: &mut Sheet,
    ) {
        let rest = accounts.len().saturating_sub(self.top);
        if accounts.len() == 0 {
            return;
        }
        sheet.blank();
        sheet.heading(title);
        let titles = ["BYTES", "LIVE", "HISTORY", "OBJECTS", "WRITES", "EACH", "FIELDS", "NOTES"];
        let [bytes, live, history, objects, writes, each, fields, notes] = titles;
        let titles = format!(
            "  {bytes:>8} {:>7} {live:>8} {history:>8} {objects:>8} {writes:>8} {each:>7} {fields:>7} {notes:>7}  ",
            "SHARE"
        );
        sheet.styled(&[(FAINT, &titles)], FAINT, column);
        for (name, account) in accounts.take(self.top) {
            let [bytes, live, history] = [account.bytes(), account.live, account.historic].map(size);
            let share_of_all = share(account.bytes(), self.usage.total.bytes());
            let (fields, notes) =
                (share(account.managed_fields, account.live), share(account.annotations, account.live));
            let (objects, writes, each) = (account.objects, account.writes, writes_each(account));
            let lead = format!(
                "  {bytes:>8} {share_of_all} {live:>8} {history:>8} {objects:>8} {writes:>8} {each:>7} {fields} {notes}  "
            );
            sheet.line(&[(PLAIN, &lead)], &excerpt(name.as_bytes()));
        }
        sheet.rest("  ", rest as u64);
    }

    fn managers(&self, sheet: &mut Sheet) {
        let managers = &self.usage.managers;
        if managers.is_empty() {
            return;
        }
        sheet.blank();
        sheet.heading("BY FIELD MANAGER");
        let titles = format!("  {:>8} {:>8} {:>8} {:>9}  ", "FIELDS", "HISTORY", "OBJECTS", "OF BYTES");
        sheet.styled(&[(FAINT, &titles)], FAINT, "MANAGER");
        for (name, account) in managers.iter().take(self.top) {
            let [fields, history, live] =
                [account.managed_fields, account.historic_managed_fields, account.live].map(size);
            let lead = format!("  {fields:>8} {history:>8} {:>8} {live:>9}  ", account.objects);
            sheet.line(&[(PLAIN, &lead)], &excerpt(name.as_bytes()));
        }
        sheet.rest("  ", managers.len().saturating_sub(self.top) as u64);
    }

    fn written(&self, sheet: &mut Sheet) {
        let mut most = self.most_written().peekable();
        if most.peek().is_none() {
            return;
        }
        sheet.blank();
        sheet.heading("MOST WRITTEN OBJECTS");
        sheet.styled(&[(FAINT, &format!("  {:>8}  ", "WRITES"))], FAINT, "KEY");
        for written in most {
            sheet.line(&[(PLAIN, &format!("  {:>8}  ", written.writes))], &excerpt(written.key.bytes));
        }
    }
}

/// Writes for one object, to a tenth.
fn writes_each(account: &UsageTotals) -> String {
    match account.objects {
        0 => "-".to_owned(),
        objects => {
            let tenths = (u128::from(account.writes) * 10 + u128::from(objects) / 2) / u128::from(objects);
            format!("{}.{}", tenths / 10, tenths % 10)
        }
    }
}
