//! `db page`.

use super::{Session, database};
use crate::args::{DbPage, Form};
use crate::exit::{Exit, Failure};
use crate::output::db::page::{View, json, text};
use crate::output::{console, label};

pub fn run(session: &Session, args: &DbPage) -> Result<Exit, Failure> {
    let container = session.open_unproven(&args.file)?;
    let db = database(&container, &args.file)?;
    let view = |id: &u64| {
        let page = db.page(*id).ok_or_else(|| {
            let last = db.pages_in_file().saturating_sub(1);
            Failure::new(format!("{}: there is no page {id}; ids go from 0 to {last}", label(&args.file)))
        })?;
        Ok(View { db, page, values: args.values })
    };
    let views = args.ids.iter().map(view).collect::<Result<Vec<_>, Failure>>()?;
    Session::recheck(&container)?;
    console::write(Exit::Done, |out| match args.output {
        Form::Text => views.iter().try_for_each(|view| text(view, out)),
        Form::Json => {
            out.write_all(b"{\"pages\":[")?;
            for (number, view) in views.iter().enumerate() {
                out.write_all(if number > 0 { b"," } else { b"" })?;
                json(view, out)?;
            }
            out.write_all(b"]}\n")
        }
    })
}
