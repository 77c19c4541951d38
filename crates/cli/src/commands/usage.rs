//! `usage`.

use etcdsnap_mvcc::Direction;
use etcdsnap_objects::looks_like_kubernetes;
use etcdsnap_snapshot::container::Container;
use etcdsnap_snapshot::contents::{Contents, Source};
use etcdsnap_snapshot::usage::{Options, UsageError, usage};
use etcdsnap_snapshot::verify::source_facts;

use super::{Session, unusable};
use crate::args::{Usage, UsageForm};
use crate::exit::{Exit, Failure};
use crate::output::usage::{Document, html, text};
use crate::output::{console, label};

pub fn run(session: &Session, args: &Usage) -> Result<Exit, Failure> {
    let container = session.open_unproven(&args.file)?;
    let usual = if args.output == UsageForm::Html { 3 } else { 2 };
    let options =
        Options { depth: args.depth.unwrap_or(usual) as usize, separator: args.separator, top: args.top as usize };
    let account = usage(&container, &options, &*session.progress(&args.file)).map_err(|error| match error {
        UsageError::Unusable(error) => unusable(&args.file, error),
        error => Failure::new(format!("{}: {error}", label(&args.file))),
    })?;
    Session::recheck(&container)?;
    let exit = if account.is_sound {
        Exit::Done
    } else {
        let file = label(&args.file);
        Failure::damaged(format!("{file}: damaged, so some bytes belong to nothing known; run `etcdsnap verify`"))
            .print();
        Exit::Damaged
    };
    let source = source_facts(&container);
    match args.output {
        UsageForm::Json => console::json(exit, &Document::new(&source, &account, &args.separator)),
        UsageForm::Html => console::write(exit, |out| html(&Document::new(&source, &account, &args.separator), out)),
        UsageForm::Text => {
            let mut sheet = console::sheet();
            text(&source, &account, args, &mut sheet);
            let exit = console::print(sheet, exit)?;
            point_to_kube_usage(session, args, &container);
            Ok(exit)
        }
    }
}

/// Reads the newest records again, if there are objects among them.
fn point_to_kube_usage(session: &Session, args: &Usage, container: &Container) {
    let progress = session.progress(&args.file);
    let source = Source::new(container, &*progress);
    let Ok(contents) = Contents::open(&source) else { return };
    let newest = contents.batches(-1, contents.current_revision(), Direction::NewestFirst).find_map(Result::ok);
    if looks_like_kubernetes(newest.unwrap_or_default()) {
        let what = "what objects take, by kind, namespace, owner and field manager";
        Failure::new(format!("this is a backup of Kubernetes: `etcdsnap kube usage` shows {what}")).print();
    }
}
