//! `restore`.

mod failure;
mod manifest;

use std::time::SystemTime;

use etcdsnap_restore::{
    ClusterRequest, PlannedDirectory, Resolver, RestoreContext, RestoreDestination, RestoreDraft, RestorePlan,
    RestoreRequest, RestoredMembers, RevisionBump,
};
use jiff::Timestamp;

use super::Session;
use super::outputs::listen;
use crate::args::{AuthChoice, BumpChoice, Restore, byte_order};
use crate::exit::{Exit, Failure};
use crate::names::Names;
use crate::output::restore::{Document, Story, compact_first, text};
use crate::output::{Sheet, console, label};
use failure::explained;
use manifest::Settings;

pub fn run(session: &Session, args: &Restore) -> Result<Exit, Failure> {
    if args.initial_cluster_state.is_some() {
        return Err(Failure::usage(
            "--initial-cluster-state is a flag of etcd, not of a restore: leave it out here, and start the restored members \
             with --initial-cluster-state=new",
        ));
    }
    let settings = Settings::new(args)?;
    let learners: Vec<_> = args.learners.iter().map(String::as_str).collect();
    let request = request(args, &settings, &learners)?;
    let resolver: Option<&dyn Resolver> = if args.resolve { Some(&Names) } else { None };
    let failed = |error| explained(&error, &args.file);
    let draft = RestoreDraft::new(&request, resolver).map_err(failed)?;
    let container = session.open(&args.file)?;
    session.note_files(&args.manifests);
    draft.check_inputs(&session.inputs()).map_err(failed)?;
    let interrupt = listen()?;
    let progress = session.progress(&args.file);
    let context = RestoreContext::new(&*progress, &interrupt);
    let rewritten = draft.rewrite(&container, context).map_err(failed)?;
    let plan = match &rewritten {
        Some(rewritten) => draft.plan_rewritten(rewritten),
        None => draft.plan(&container),
    };
    restore(args, &settings, &plan.map_err(failed)?, context)
}

fn restore(
    args: &Restore,
    settings: &Settings,
    plan: &RestorePlan<'_, '_>,
    context: RestoreContext<'_>,
) -> Result<Exit, Failure> {
    let done = if args.dry_run {
        plan.check(context).map(|preflight| (preflight, Vec::new()))
    } else {
        plan.execute(context).map(|outcome| (outcome.preflight, outcome.removed_leftovers))
    };
    let (preflight, removed) = done.map_err(|error| explained(&error, &args.file))?;
    let directories = plan.directories();
    let etcd = directories.iter().map(|directory| settings.etcd_flags(directory, plan.membership())).collect();
    let warnings = preflight.warnings.iter().cloned().chain(compact_first(&args.file, &preflight)).collect();
    let story = Story { dry_run: args.dry_run, plan, preflight: &preflight, removed: &removed, warnings, etcd };
    let document = Document::new(&story, &directories);
    let text = |sheet: &mut Sheet| text(&story, &directories, sheet);
    if args.dry_run {
        return console::report(args.output, Exit::Done, &document, text);
    }
    console::report_done(args.output, &in_place(&directories), &document, text)
}

/// What to say is in place when the report cannot be printed.
fn in_place(directories: &[PlannedDirectory]) -> String {
    let places: Vec<_> = directories.iter().map(|directory| label(&directory.data_dir)).collect();
    let are = if places.len() == 1 { "is" } else { "are" };
    format!("{} {are} in place, whole and on the disk", places.join(", "))
}

fn request<'r>(
    args: &'r Restore,
    settings: &'r Settings,
    learners: &'r [&'r str],
) -> Result<RestoreRequest<'r>, Failure> {
    let restored = if args.all_members {
        RestoredMembers::All
    } else {
        RestoredMembers::Member { name: &settings.name, advertised: settings.advertised.as_deref() }
    };
    let output = match &args.output_dir {
        Some(folder) => RestoreDestination::All { folder: folder.clone() },
        None => RestoreDestination::Member { data_dir: settings.data_dir.clone(), wal_dir: settings.wal_dir.clone() },
    };
    Ok(RestoreRequest {
        cluster: ClusterRequest {
            restored,
            initial_cluster: &settings.initial_cluster,
            token: &settings.token,
            learners,
        },
        output,
        target: args.target_version.map(Into::into),
        skip_hash_check: args.skip_hash_check,
        allow_damaged: args.allow_damaged,
        byte_order: byte_order::chosen(args.byte_order),
        bump: bump(args)?,
        disarm_alarms: args.disarm_alarms,
        disable_auth: args.auth == AuthChoice::Disable,
        replace: args.replace.then(|| format!(".replaced-{}", Timestamp::now().strftime("%Y%m%dT%H%M%SZ"))),
        owner: args.chown,
        preallocate: !args.no_preallocate,
        ..RestoreRequest::default()
    })
}

fn bump(args: &Restore) -> Result<Option<RevisionBump>, Failure> {
    let by = match args.bump_revision {
        Some(BumpChoice::Auto) => return Ok(Some(RevisionBump::Auto { now: SystemTime::now() })),
        Some(BumpChoice::By(by)) => by,
        None => 0,
    };
    RevisionBump::from_flags(by, args.mark_compacted).map_err(|error| explained(&error, &args.file))
}
