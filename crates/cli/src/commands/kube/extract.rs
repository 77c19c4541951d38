//! `kube extract`.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write, stderr};
use std::path::{Path, PathBuf};

use etcdsnap_mvcc::Position;
use etcdsnap_objects::extract::{
    ExtractCandidate, ExtractCandidates, ExtractPlan, ExtractRequest, find_candidates, output_path,
};
use etcdsnap_objects::{Objects, map_in_order};
use etcdsnap_publish::{Existing, NewFolder};
use etcdsnap_quote::quote;

use super::reading::selection;
use super::unread::Unread;
use crate::args::kube::Extract;
use crate::commands::Session;
use crate::commands::outputs::{Extent, interrupted, listen};
use crate::exit::{Exit, Failure};
use crate::output::kube::extract::{Account, Making, Manifest, Stream};
use crate::output::{Sheet, label, quantity};

pub fn run(session: &Session, args: &Extract) -> Result<Exit, Failure> {
    session.objects(&args.source, |objects| {
        if args.deleted {
            objects.discover_deleted();
        }
        let request = ExtractRequest {
            selection: selection(objects, &args.meant)?,
            deleted: args.deleted,
            custom_resources: args.with_custom_resources,
        };
        let mut gathered = find_candidates(objects, &request);
        let mut unread = Unread::default();
        for (key, reason) in &gathered.unread {
            unread.note(key, reason);
        }
        let candidates = std::mem::take(&mut gathered.candidates);
        let plan = ExtractPlan::new(candidates, args.included(), |uid| gathered.living.contains(uid));
        let mut extraction = Extraction { session, args, objects, plan: &plan, unread, account: Account::default() };
        let told = tell(args, &gathered);
        let exit = if plan.steps.is_empty() { Ok(extraction.nothing()) } else { extraction.write() };
        let unread = extraction.unread.tell();
        Ok(exit?.and(told).and(unread))
    })
}

/// What is being written.
struct Extraction<'e, 'a> {
    session: &'e Session,
    args: &'e Extract,
    objects: &'e Objects<'a>,
    plan: &'e ExtractPlan<Position>,
    unread: Unread,
    account: Account,
}

impl Extraction<'_, '_> {
    fn write(&mut self) -> Result<Exit, Failure> {
        let (session, args) = (self.session, self.args);
        let exit = match &args.output_dir {
            Some(path) => self.write_folder(path),
            None => session.write_to(args.output_file.as_deref(), args.force, |out| {
                self.write_stream(out)?;
                Ok(Extent::unless(self.unread.is_any() || self.objects.is_damaged()))
            }),
        }?;
        self.tell_account();
        Ok(exit)
    }

    fn nothing(&self) -> Exit {
        let (file, revision) = (label(&self.args.source.file), self.objects.shown_revision());
        let which = if self.args.deleted { "deleted objects" } else { "objects" };
        let place = match self.args.meant.namespace() {
            Some(namespace) => format!(" in namespace {}", quote(namespace.as_bytes())),
            None => String::new(),
        };
        self.tell_account();
        let hint = match self.args.meant.namespace() {
            _ if self.unread.is_any() => "; what there is could not be read",
            Some(_) => "; -n names another namespace, -A takes all",
            None => "",
        };
        let text = format!("{file}: no {which} to extract{place} at revision {revision}{hint}");
        Failure::new(text).print();
        Exit::Failed
    }

    fn write_stream(&mut self, out: impl Write) -> io::Result<()> {
        let form = self.args.output.into();
        let mut stream = Stream::new(out, form);
        self.each(form == etcdsnap_kube::list::ListFormat::Json, |_, text| stream.write(text))?;
        stream.finish()
    }

    fn write_folder(&mut self, target: &Path) -> Result<Exit, Failure> {
        if target.symlink_metadata().is_ok() {
            let text = format!("{}: it exists already; name a folder that does not", label(target));
            return Err(Failure::new(text));
        }
        let interrupt = listen()?;
        let folder = NewFolder::create(target, None)?;
        let roots: HashSet<&str> = self.plan.steps.iter().map(|step| step.identity.root.as_str()).collect();
        let (ending, with_root) = (self.args.output.ending(), roots.len() > 1);
        let (mut made, mut numbers) = (HashSet::new(), HashMap::new());
        let write = |step: &ExtractCandidate<Position>, text: &[u8]| {
            interrupt.check().map_err(io::Error::other)?;
            let path = vacant(&output_path(&step.identity, ending, with_root), &mut made, &mut numbers);
            folders_of(&path)
                .filter(|inside| made.insert(inside.to_path_buf()))
                .try_for_each(|inside| folder.create_folder(inside).map_err(io::Error::other))?;
            folder.create_file(&path).map_err(io::Error::other)?.write_all(text)
        };
        let written = self.each(false, write);
        interrupted(&interrupt)?;
        written.map_err(|error| Failure::io(&label(target), &error))?;
        _ = folder.publish(&Existing::Refuse)?;
        Ok(Exit::Done)
    }

    /// Makes all manifests, on all threads, and writes them in order.
    fn each(
        &mut self,
        in_list: bool,
        mut write: impl FnMut(&ExtractCandidate<Position>, &[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let (objects, uids) = (self.objects, self.plan.uids());
        let cleaning = self.args.cleaning().map(|rules| (rules, &uids));
        let making = Making { form: self.args.output.into(), in_list, cleaning };
        let weight =
            |step: &ExtractCandidate<Position>| objects.index().record(step.at).map_or(0, |it| it.kv.value.len());
        let mut steps = self.plan.steps.iter();
        let make = |step: &ExtractCandidate<Position>| {
            objects.entry(step.at).map(|entry| (entry.record.kv.key.to_vec(), making.manifest(&entry)))
        };
        map_in_order(&self.plan.steps, weight, make, |made| {
            let (Some(step), Some((key, manifest))) = (steps.next(), made) else { return Ok(()) };
            self.take(step, &key, &manifest);
            if manifest.piece.text.is_empty() { Ok(()) } else { write(step, &manifest.piece.text) }
        })
    }

    fn take(&mut self, step: &ExtractCandidate<Position>, key: &[u8], manifest: &Manifest) {
        if manifest.unknown_kind {
            self.unread.note_unknown_kind(key, &step.identity.kind);
            return;
        }
        self.unread.note_piece(key, &manifest.piece);
        if !manifest.piece.text.is_empty() {
            self.account.note(&step.identity, manifest);
        }
    }

    /// On standard error, so that it is seen and never applied.
    fn tell_account(&self) {
        let mut sheet = Sheet::new(None);
        self.account.lay_out(self.plan, self.objects.shown_revision(), &mut sheet);
        if !self.args.clean && self.account.total() > 0 {
            let hint = "as they were, with what only their cluster could know; --clean makes manifests for another";
            sheet.line(&[], hint);
        }
        // A closed standard error is nobody's fault.
        _ = anstream::AutoStream::auto(stderr()).write_all(sheet.finish().as_bytes());
    }
}

/// Says what could not be found, and what else there is.
fn tell(args: &Extract, gathered: &ExtractCandidates) -> Exit {
    let mut exit = Exit::Done;
    for wanted in &gathered.missing {
        let name = quote(wanted.name.as_deref().unwrap_or_default().as_bytes());
        let hint = if args.deleted {
            "is deleted in the history of this backup; without --deleted those that live are taken"
        } else {
            "lives at this revision; --deleted takes those that were deleted before"
        };
        Failure::new(format!("no {} {name} {hint}", wanted.resource)).print();
        exit = Exit::Failed;
    }
    for key in &gathered.lost {
        let text = "deleted, and its last value is compacted away: look in an older backup";
        Failure::new(format!("{}: {text}", quote(key))).print();
        exit = Exit::Failed;
    }
    for resource in &gathered.undefined {
        let text = "are custom resources whose definition is not in the backup; apply that before them";
        Failure::new(format!("{} {text}", quote(resource.as_bytes()))).print();
    }
    for (definition, objects) in &gathered.offered {
        let (count, option) = (quantity(*objects, "object"), "--with-custom-resources");
        Failure::new(format!("{count} of {} not extracted; {option} takes them too", quote(definition.as_bytes())))
            .print();
    }
    exit
}

/// The folders around a file, the outermost first.
fn folders_of(path: &Path) -> impl Iterator<Item = &Path> {
    let around: Vec<_> = path.ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty()).collect();
    around.into_iter().rev()
}

/// The path, or the next one like it that is free: a damaged backup may name two objects alike. `numbers` has the last number
/// that was given to each path.
fn vacant(path: &Path, made: &mut HashSet<PathBuf>, numbers: &mut HashMap<PathBuf, u64>) -> PathBuf {
    if made.insert(path.to_owned()) {
        return path.to_owned();
    }
    let number = numbers.entry(path.to_owned()).or_insert(1);
    // Ends, because each number is tried once, and not more of them are taken than paths were made.
    loop {
        *number += 1;
        let ending = path.extension().unwrap_or_default().to_string_lossy();
        let free = path.with_extension(format!("{number}.{ending}"));
        if made.insert(free.clone()) {
            return free;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_alike_are_numbered() {
        let (mut made, mut numbers) = (HashSet::from([PathBuf::from("a/p.3.yaml")]), HashMap::new());
        let free = |path: &str| vacant(Path::new(path), &mut made, &mut numbers);
        let paths = ["a/p.yaml", "a/p.yaml", "a/p.yaml", "b/p.yaml", "a/p.yaml"].map(free);
        assert_eq!(
            paths.map(|path| path.display().to_string()),
            ["a/p.yaml", "a/p.2.yaml", "a/p.4.yaml", "b/p.yaml", "a/p.5.yaml"]
        );
    }

    #[test]
    fn many_paths_alike_are_numbered_at_once() {
        let (mut made, mut numbers) = (HashSet::new(), HashMap::new());
        let last = (0..50_000).map(|_| vacant(Path::new("p.yaml"), &mut made, &mut numbers)).last();
        assert_eq!(last, Some(PathBuf::from("p.50000.yaml")));
    }
}
