//! `kube api-resources`: one row a resource that has objects.

use std::io::{self, Write};

use etcdsnap_objects::{Objects, StorageForm, StoredResource};
use etcdsnap_quote::quote;
use etcdsnap_snapshot::known::Known;
use serde::Serialize;

use crate::args::TableForm;
use crate::output::rows;
use crate::output::size;

/// A resource.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row<'r> {
    name: String,
    group: Option<&'r str>,
    kind: Option<&'r str>,
    namespaced: Option<bool>,
    short_names: Vec<&'r str>,
    root: &'r str,
    path: &'r str,
    objects: u64,
    bytes: u64,
    stored: Vec<StoredAs<'r>>,
    /// Is the root shown in the table?
    #[serde(skip)]
    rooted: bool,
}

/// A way in which some of its objects are stored.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct StoredAs<'r> {
    api_version: Option<&'r str>,
    encoding: &'static str,
    encryption: Option<&'r str>,
    objects: u64,
}

impl<'r> Row<'r> {
    /// The row of a resource; `rooted` where there are several roots.
    pub fn new(stored: &'r StoredResource<'_>, objects: &Objects<'_>, rooted: bool) -> Self {
        let resource = stored.resource;
        let form = |(form, objects): &'r (StorageForm, u64)| StoredAs {
            api_version: Some(form.api_version.as_str()).filter(|version| !version.is_empty()),
            encoding: form.encoding.as_str(),
            encryption: form.encryption.as_deref(),
            objects: *objects,
        };
        Self {
            name: objects.path_name(&stored.count.path),
            group: resource.map(|resource| &*resource.group),
            kind: resource.map(|resource| &*resource.kind),
            namespaced: resource.map(|resource| resource.namespaced),
            short_names: resource
                .map(|resource| resource.short_names.iter().map(|name| &**name).collect())
                .unwrap_or_default(),
            root: &stored.count.root,
            path: &stored.count.path,
            objects: stored.count.objects,
            bytes: stored.count.bytes,
            stored: stored.forms.iter().map(form).collect(),
            rooted,
        }
    }
}

impl StoredAs<'_> {
    fn words(&self) -> String {
        let version = self.api_version.map_or_else(|| "?".to_owned(), |version| quote(version.as_bytes()));
        match self.encryption {
            Some(encryption) => format!("{version} {}, {encryption}", self.encoding),
            None => format!("{version} {}", self.encoding),
        }
    }
}

impl rows::Row for Row<'_> {
    const TITLES: &'static str = "  OBJECTS      SIZE  NAMESPACED  NAME  (SHORT NAMES)  STORED AS";

    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        let namespaced = self.namespaced.map_or("?", |namespaced| if namespaced { "true" } else { "false" });
        write!(out, "{:>9}  {:>8}  {namespaced:<10}  ", self.objects, size(self.bytes))?;
        if self.rooted {
            write!(out, "{}/ ", quote(self.root.as_bytes()))?;
        }
        write!(out, "{}", quote(self.name.as_bytes()))?;
        if !self.short_names.is_empty() {
            let names: Vec<_> = self.short_names.iter().map(|name| quote(name.as_bytes())).collect();
            write!(out, "  ({})", names.join(", "))?;
        }
        for (number, form) in self.stored.iter().enumerate() {
            write!(out, "{}{}", if number == 0 { "  " } else { "; " }, form.words())?;
            if self.stored.len() > 1 {
                write!(out, ": {}", form.objects)?;
            }
        }
        Ok(())
    }
}

/// Writes the rows.
pub fn write<'r>(
    objects: &Objects<'_>,
    resources: impl Iterator<Item = Row<'r>>,
    form: TableForm,
    out: &mut dyn Write,
) -> io::Result<()> {
    let key_counts = objects.key_counts();
    let number = |count: u64| Known::whole(i64::try_from(count).unwrap_or(i64::MAX));
    let head = [
        ("revision", objects.shown_revision()),
        ("objects", number(key_counts.objects())),
        ("internal", number(key_counts.internal)),
        ("unknown", number(key_counts.unknown)),
        ("foreign", number(key_counts.foreign)),
    ];
    rows::write(&head, "resources", resources, form, out)
}
