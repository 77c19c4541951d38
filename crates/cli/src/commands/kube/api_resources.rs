//! `kube api-resources`.

use crate::args::TableForm;
use crate::args::kube::ApiResources;
use crate::commands::Session;
use crate::exit::{Exit, Failure};
use crate::output::console;
use crate::output::kube::api_resources::{Row, write};
use crate::output::quantity;

pub fn run(session: &Session, args: &ApiResources) -> Result<Exit, Failure> {
    session.objects(&args.source, |objects| {
        let mut resources = objects.stored_resources();
        resources.sort_by_cached_key(|stored| (stored.count.root.clone(), objects.path_name(&stored.count.path)));
        let several_roots = resources.windows(2).any(|pair| pair[0].count.root != pair[1].count.root);
        let rows = resources.iter().map(|resource| Row::new(resource, objects, several_roots));
        let key_counts = objects.key_counts();
        if args.output == TableForm::Text && key_counts.foreign + key_counts.unknown > 0 {
            let others = key_counts.foreign + key_counts.unknown;
            Failure::new(format!("beside them {} of no object; `etcdsnap keys` lists all", quantity(others, "key")))
                .print();
        }
        console::write(Exit::Done, |out| write(objects, rows, args.output, out))
    })
}
