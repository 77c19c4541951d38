//! `members`.

use etcdsnap_quote::quote;
use etcdsnap_snapshot::buckets::{Buckets, ConfState, Member};
use etcdsnap_snapshot::known::Known;
use serde::Serialize;

use super::{perhaps_more, rows, table, unread};
use crate::output::Sheet;
use crate::output::sheet::FAINT;

/// The document of `-o json`. Ids are 16 hex digits.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Document<'a> {
    /// Null where none could be read of what may be there.
    members: Option<Vec<Row<'a>>>,
    /// Likewise.
    removed: Option<Vec<String>>,
    /// Null where it was not written, or could not be read.
    raft_configuration: Known<Option<Raft>>,
    /// Buckets that could not be read to their ends: there may be more members.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unread: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    id: String,
    name: &'a str,
    peer_urls: &'a [String],
    client_urls: &'a [String],
    learner: bool,
}

/// Who takes part in raft.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Raft {
    voters: Vec<String>,
    learners: Vec<String>,
    voters_outgoing: Vec<String>,
    learners_next: Vec<String>,
}

fn ids(ids: &[u64]) -> Vec<String> {
    ids.iter().map(|id| format!("{id:016x}")).collect()
}

impl<'a> Document<'a> {
    /// The members of one database.
    pub fn new(buckets: &'a Buckets) -> Self {
        let row = |member: &'a Member| Row {
            id: format!("{:016x}", member.id),
            name: &member.name,
            peer_urls: &member.peer_urls,
            client_urls: &member.client_urls,
            learner: member.learner,
        };
        let raft = |state: &ConfState| Raft {
            voters: ids(&state.voters),
            learners: ids(&state.learners),
            voters_outgoing: ids(&state.voters_outgoing),
            learners_next: ids(&state.learners_next),
        };
        Self {
            members: rows(&buckets.members.listed, row),
            removed: rows(&buckets.members.removed, |id| format!("{id:016x}")),
            raft_configuration: buckets.meta.entry(|meta| meta.conf_state.as_ref().map(raft)),
            unread: unread(buckets, &["members", "members_removed", "meta"]),
        }
    }

    /// Lays them out.
    pub fn text(&self, sheet: &mut Sheet) {
        let urls = |urls: &[String]| urls.iter().map(|url| quote(url.as_bytes())).collect::<Vec<_>>().join(",");
        let row = |member: &Row<'_>| {
            let name = if member.name.is_empty() { "-".to_owned() } else { quote(member.name.as_bytes()) };
            let learner = if member.learner { "yes" } else { "no" };
            vec![member.id.clone(), name, learner.to_owned(), urls(member.peer_urls), urls(member.client_urls)]
        };
        match &self.members {
            None => sheet.line(&[(FAINT, "members  ")], "unknown"),
            Some(members) => {
                let rows: Vec<_> = members.iter().map(row).collect();
                table(&["ID", "NAME", "LEARNER", "PEERS", "CLIENTS"], &rows, sheet);
                perhaps_more(&self.unread, "members", sheet);
            }
        }
        if self.removed.is_none() {
            sheet.line(&[(FAINT, "removed  ")], "unknown");
        }
        if !self.raft_configuration.is_whole() {
            sheet.line(&[(FAINT, "raft configuration  ")], "unknown");
        }
        let mut list = |name: &str, ids: &[String]| {
            if !ids.is_empty() {
                sheet.line(&[(FAINT, &format!("{name}  "))], &ids.join(" "));
            }
        };
        list("removed", self.removed.as_deref().unwrap_or_default());
        if let Some(raft) = self.raft_configuration.part() {
            list("raft voters", &raft.voters);
            list("raft learners", &raft.learners);
            list("raft voters of the outgoing half", &raft.voters_outgoing);
            list("raft learners of the next configuration", &raft.learners_next);
        }
    }
}
