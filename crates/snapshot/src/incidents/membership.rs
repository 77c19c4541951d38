//! Members against removed members and against the raft configuration (`docs/format/snapshot.md#incidents-of-membership`).
//!
//! A restore replaces the members and leaves the raft configuration as it was until a member is next added or removed. So
//! when the two have nothing in common, or the cluster was certainly restored, their differences are expected.

use etcdsnap_quantity::quantity;
use std::collections::{BTreeSet, HashMap};

use super::{Facts, some_of};
use crate::buckets::{ConfState, Member, Members};
use crate::catalogue::cluster::{
    CONF_STATE_STALE, CONF_STATE_WITHOUT_VOTERS, LEARNERS_PRESENT, MEMBER_ATTRIBUTES_MISSING, MEMBER_LEARNER_LOST,
    MEMBER_LEARNER_STALE, MEMBER_PEER_URL_SHARED, MEMBER_ZOMBIE, MEMBERS_EMPTY,
};
use crate::finding::{Finding, Severity};
use crate::place::Place;

pub(super) fn check(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let members = &facts.buckets.members;
    listed(facts, findings);
    for member in members.listed.part().iter().filter(|member| members.is_removed(member.id)) {
        let message = format!("member {:016x} is listed and was removed", member.id);
        findings.push(Finding::new(&MEMBER_ZOMBIE, place(member), message));
    }
    shared_peer_urls(members, findings);
    let Some(conf_state) = &facts.buckets.meta.part().conf_state else { return };
    if conf_state.voters.is_empty() {
        let message = format!("the raft configuration names {} learners and no voter", conf_state.learners.len());
        findings.push(Finding::new(&CONF_STATE_WITHOUT_VOTERS, Place::entry("meta", b"confState"), message));
    }
    learners(members, conf_state, findings);
    // Who is missing from a list is only known of one that was read to its end.
    if members.listed.all().is_some_and(|listed| !listed.is_empty()) {
        compare(members, &conf_state.ids().collect(), facts.was_restored(), findings);
    }
}

/// What the list of members says by itself.
fn listed(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let known = &facts.buckets.members.listed;
    let listed = known.part();
    if facts.buckets.has("members").all() == Some(&true) && known.all().is_some_and(Vec::is_empty) {
        findings.push(Finding::new(&MEMBERS_EMPTY, Place::bucket("members"), "the bucket members has no entry"));
    }
    let ids = |wanted: fn(&Member) -> bool| -> Vec<u64> {
        listed.iter().filter(|member| wanted(member)).map(|member| member.id).collect()
    };
    let learners = ids(|member| member.learner);
    if !learners.is_empty() {
        let message = format!(
            "{} among {}: {}",
            quantity(learners.len() as u64, "learner"),
            quantity(listed.len() as u64, "member"),
            some_of(&learners)
        );
        findings.push(Finding::new(&LEARNERS_PRESENT, Place::bucket("members"), message));
    }
    let silent = ids(|member| member.name.is_empty() || member.client_urls.is_empty());
    if !silent.is_empty() {
        let message = format!(
            "no name or no client URLs in {} of {}: {}",
            silent.len(),
            quantity(listed.len() as u64, "member"),
            some_of(&silent)
        );
        findings.push(Finding::new(&MEMBER_ATTRIBUTES_MISSING, Place::bucket("members"), message));
    }
}

fn shared_peer_urls(members: &Members, findings: &mut Vec<Finding>) {
    let mut owners: HashMap<&str, u64> = HashMap::new();
    for member in members.listed.part() {
        for url in &member.peer_urls {
            let owner = *owners.entry(url).or_insert(member.id);
            if owner != member.id {
                let message = format!("members {owner:016x} and {:016x} have the same peer URL", member.id);
                findings.push(Finding::new(&MEMBER_PEER_URL_SHARED, place(member), message));
                break;
            }
        }
    }
}

/// Who votes, according to the list and to the raft configuration.
fn learners(members: &Members, conf_state: &ConfState, findings: &mut Vec<Finding>) {
    let named = |ids: &[u64]| ids.iter().filter_map(|id| members.get(*id)).collect::<Vec<_>>();
    for member in named(&conf_state.voters).into_iter().filter(|member| member.learner) {
        let message = format!("member {:016x} votes and is listed as a learner", member.id);
        findings.push(Finding::new(&MEMBER_LEARNER_STALE, place(member), message));
    }
    for member in named(&conf_state.learners).into_iter().filter(|member| !member.learner) {
        let message = format!("member {:016x} is a learner and is listed as a voter", member.id);
        findings.push(Finding::new(&MEMBER_LEARNER_LOST, place(member), message));
    }
}

/// The list of members against the ids that the raft configuration names.
fn compare(members: &Members, named: &BTreeSet<u64>, restored: bool, findings: &mut Vec<Finding>) {
    let unlisted: Vec<u64> = named.iter().copied().filter(|id| members.get(*id).is_none()).collect();
    let unnamed: Vec<&Member> = members.listed.part().iter().filter(|member| !named.contains(&member.id)).collect();
    let nothing_in_common = unnamed.len() == members.listed.part().len();
    let stale = |message| Finding::new(&CONF_STATE_STALE, Place::entry("meta", b"confState"), message);
    if restored || nothing_in_common {
        if !unlisted.is_empty() || !unnamed.is_empty() {
            let (listed, named) = (members.listed.part().len(), named.len());
            let message = format!(
                "{listed} in the list of members, {named} in the raft configuration, {} in both",
                listed - unnamed.len()
            );
            findings.push(stale(message).with_severity(Severity::Note));
        }
        return;
    }
    if !unlisted.is_empty() {
        findings
            .push(stale(format!("the raft configuration names members that are not listed: {}", some_of(&unlisted))));
    }
    for member in unnamed.into_iter().filter(|member| !members.is_removed(member.id)) {
        let message = format!("the raft configuration does not name member {:016x}", member.id);
        findings.push(Finding::new(&MEMBER_ZOMBIE, place(member), message));
    }
}

fn place(member: &Member) -> Place {
    Place::entry("members", format!("{:x}", member.id).as_bytes())
}

#[cfg(test)]
mod tests {
    use etcdsnap_mvcc::Revision;

    use super::super::testing::{buckets, facts, ids, keyspace};
    use crate::buckets::testing::Entry;

    /// Member 1 of a healthy cluster, ready to be used with more of them.
    const M1: Entry<'_> =
        ("members", b"1", br#"{"id":1,"peerURLs":["http://a:1"],"name":"a","clientURLs":["http://a:2"]}"#);
    const M2: Entry<'_> =
        ("members", b"2", br#"{"id":2,"peerURLs":["http://b:1"],"name":"b","clientURLs":["http://b:2"]}"#);
    const L3: Entry<'_> = (
        "members",
        b"3",
        br#"{"id":3,"peerURLs":["http://c:1"],"name":"c","clientURLs":["http://c:2"],"isLearner":true}"#,
    );

    /// What is found in a cluster of these entries; `restored` makes the revision greater than the raft index.
    fn found(entries: &[Entry<'_>], restored: bool) -> Vec<String> {
        let buckets = buckets(&["members", "confState"], entries);
        let mut keyspace = keyspace();
        if restored {
            keyspace.last = Some(Revision::of_main(1000));
        }
        let mut found = ids(&facts(&buckets, &keyspace));
        found.retain(|id| !id.starts_with("RESTORED"));
        found
    }

    fn conf_state(json: &str) -> Entry<'_> {
        ("meta", b"confState", json.as_bytes())
    }

    #[test]
    fn healthy_clusters_give_no_warning() {
        assert!(found(&[M1, M2, conf_state(r#"{"voters":[1,2]}"#)], false).is_empty());
        assert!(found(&[M1, M2], false).is_empty()); // 3.4, or no change of members yet
        assert_eq!(found(&[M1, L3, conf_state(r#"{"voters":[1],"learners":[3]}"#)], false), ["LEARNERS_PRESENT/note"]);
    }

    #[test]
    fn a_restored_cluster_keeps_the_old_raft_configuration() {
        // Other ids altogether; then one host of three kept its id; then one host grew to two.
        assert_eq!(found(&[M1, M2, conf_state(r#"{"voters":[7,8]}"#)], false), ["CONF_STATE_STALE/note"]);
        assert_eq!(found(&[M1, conf_state(r#"{"voters":[1,7,8]}"#)], true), ["CONF_STATE_STALE/note"]);
        assert_eq!(found(&[M1, M2, conf_state(r#"{"voters":[1]}"#)], true), ["CONF_STATE_STALE/note"]);
    }

    #[test]
    fn members_that_should_not_be_there() {
        let removed = ("members_removed", &b"2"[..], &b"removed"[..]);
        assert_eq!(found(&[M1, M2, removed, conf_state(r#"{"voters":[1,2]}"#)], true), ["MEMBER_ZOMBIE"]);
        assert_eq!(found(&[M1, M2, conf_state(r#"{"voters":[1]}"#)], false), ["MEMBER_ZOMBIE"]);
        let twin = (
            "members",
            &b"9"[..],
            &br#"{"id":9,"peerURLs":["http://z:1","http://a:1"],"name":"a","clientURLs":["http://a:2"]}"#[..],
        );
        assert_eq!(found(&[M1, twin], true), ["MEMBER_PEER_URL_SHARED"]);
    }

    #[test]
    fn the_list_and_raft_must_agree_on_voters() {
        assert_eq!(
            found(&[M1, L3, conf_state(r#"{"voters":[1,3]}"#)], false),
            ["LEARNERS_PRESENT/note", "MEMBER_LEARNER_STALE"]
        );
        assert_eq!(found(&[M1, M2, conf_state(r#"{"voters":[1],"learners":[2]}"#)], false), ["MEMBER_LEARNER_LOST"]);
        assert_eq!(found(&[M1, conf_state(r#"{"voters":[1,7]}"#)], false), ["CONF_STATE_STALE"]);
        assert_eq!(found(&[M1, conf_state("{}")], false)[0], "CONF_STATE_WITHOUT_VOTERS");
    }

    #[test]
    fn a_list_without_members_or_attributes() {
        assert_eq!(found(&[], false), ["MEMBERS_EMPTY"]);
        let bare = ("members", &b"4"[..], &br#"{"id":4,"peerURLs":["http://d:1"]}"#[..]);
        assert_eq!(found(&[M1, bare], false), ["MEMBER_ATTRIBUTES_MISSING/note"]);
    }
}
