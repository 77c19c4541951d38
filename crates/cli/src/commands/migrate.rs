//! `migrate`.

use etcdsnap_rewrite::migrate::{Wanted, migrate, migrate_in_place};
use etcdsnap_snapshot::verify::source_facts;

use super::Session;
use super::rewriting::{Rewriting, hold, target, tell_tolerated};
use crate::args::{Form, Migrate};
use crate::exit::{Exit, Failure};
use crate::output::console;
use crate::output::migrate::{Document, Outcome, text};

pub fn run(session: &Session, args: &Migrate) -> Result<Exit, Failure> {
    let outcome = rewrite(session, args)?;
    tell_tolerated(&args.source, &outcome.migrated.tolerated);
    match args.output {
        Form::Json => console::json(Exit::Done, &Document::new(&outcome)),
        Form::Text => {
            let mut sheet = console::sheet();
            text(&outcome, &mut sheet);
            console::print(sheet, Exit::Done)
        }
    }
}

fn rewrite(session: &Session, args: &Migrate) -> Result<Outcome, Failure> {
    let wanted = Wanted { version: args.target_version.clone(), needed: None, force: args.force_version };
    if let Some(path) = &args.target {
        let source = session.open(&args.source)?;
        let target = target(&source, path, args.force)?;
        let rewriting = Rewriting::begin(session, &args.source, args.allow_damaged)?;
        let migrated = migrate(&source, &target, &wanted, &rewriting.work())?;
        return Ok(Outcome {
            source: source_facts(&source),
            target: path.clone(),
            wanted: wanted.version,
            log_read: false,
            migrated,
        });
    }
    let held = hold(session, &args.source)?;
    let source = source_facts(&session.open(held.path())?);
    let rewriting = Rewriting::begin(session, &args.source, args.allow_damaged)?;
    let migrated = migrate_in_place(&held, &rewriting.opening, &wanted, &rewriting.work())?;
    Ok(Outcome { source, target: held.path().to_owned(), wanted: wanted.version, log_read: false, migrated })
}
