//! `kube describe-key`.

use crate::args::kube::DescribeKey;
use crate::commands::Session;
use crate::commands::reading::key;
use crate::exit::{Exit, Failure};
use crate::output::console;
use crate::output::kube::describe_key::Document;

pub fn run(session: &Session, args: &DescribeKey) -> Result<Exit, Failure> {
    let key = key(&args.key)?;
    session.objects(&args.source, |objects| {
        objects.discover_deleted();
        let history = objects.history_of(&key);
        let document = Document::new(objects, &key, &history);
        console::report(args.output, Exit::Done, &document, |sheet| document.text(sheet))
    })
}
