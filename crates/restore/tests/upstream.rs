//! The same cluster, or the same words, as the real tools: `testdata/restore/bootstrap.jsonl` holds what `snapshot restore`
//! of several releases answered to hundreds of combinations of flags.

use std::path::Path;

use etcdsnap_restore::{ClusterRequest, Membership, Release, RestoredMembers};
use etcdsnap_wal::{BootstrapMember, MemberContext};
use serde::Deserialize;

#[derive(Deserialize)]
struct Row {
    flags: Flags,
    upstream: Vec<Upstream>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Flags {
    name: Option<String>,
    initial_cluster: Option<String>,
    initial_cluster_token: Option<String>,
    initial_advertise_peer_urls: Option<String>,
}

/// What some versions answered. Where the order of a map decides, they have several answers.
#[derive(Deserialize)]
struct Upstream {
    versions: Vec<String>,
    answers: Vec<Answer>,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Answer {
    code: u8,
    #[serde(default)]
    error: String,
    #[serde(default)]
    cluster: String,
    #[serde(default)]
    members: Vec<String>,
}

fn rows() -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/restore/bootstrap.jsonl");
    let text = std::fs::read_to_string(path).expect("the recorded answers");
    text.lines().map(|line| serde_json::from_str(line).expect("a row")).collect()
}

/// What we answer.
fn answer(flags: &Flags, release: Release) -> Answer {
    let or = |flag: &'static str| move |value: &Option<String>| value.clone().unwrap_or_else(|| flag.to_owned());
    let name = or(ClusterRequest::DEFAULT_NAME)(&flags.name);
    let advertised = or(ClusterRequest::DEFAULT_ADVERTISED)(&flags.initial_advertise_peer_urls);
    let request = ClusterRequest {
        restored: RestoredMembers::Member { name: &name, advertised: Some(&advertised) },
        initial_cluster: &or(ClusterRequest::DEFAULT_INITIAL_CLUSTER)(&flags.initial_cluster),
        token: &or(ClusterRequest::DEFAULT_TOKEN)(&flags.initial_cluster_token),
        learners: &[],
    };
    match Membership::new(&request, release, None) {
        Err(error) => Answer { code: 1, error: error.to_string(), cluster: String::new(), members: Vec::new() },
        Ok(membership) => {
            assert_eq!(membership.restored().map(|member| &member.name).collect::<Vec<_>>(), [&name]);
            let members = membership.members().iter().map(json).collect();
            let cluster = membership.cluster_id().to_string();
            Answer { code: 0, error: String::new(), cluster, members }
        }
    }
}

/// The member as the log and the database have it.
fn json(member: &etcdsnap_restore::NewMember) -> String {
    let BootstrapMember { id, name, peer_urls, learner } = member.into();
    MemberContext { id, name, peer_urls, is_learner: learner, ..MemberContext::default() }.to_json()
}

/// The release whose rules a version has: fixes came to the newest patch releases of old lines as well. Those of 3.4 are
/// between two lines and not imitated.
fn release(version: &str) -> Option<Release> {
    match version {
        "3.4.23" => Some(Release::V3_4),
        "3.5.1" => Some(Release::V3_5),
        "3.5.33" | "3.6.14" => Some(Release::V3_6),
        "3.7.1" => Some(Release::V3_7),
        "3.8.0-alpha.0" => Some(Release::V3_8),
        "3.4.45" => None,
        _ => panic!("a version nobody knows: {version}"),
    }
}

/// A difference that is meant: why, in which versions (all, if none is named), and in which rows.
struct UrlDifference {
    why: &'static str,
    versions: &'static [&'static str],
    is_in: fn(&Flags) -> bool,
}

const DIFFERENCES: [UrlDifference; 3] = [
    UrlDifference {
        why: "old builds of Go take anything in brackets for an address, and compare addresses as texts",
        versions: &["3.4.23", "3.5.1"],
        is_in: |flags| flags.initial_cluster.as_ref().is_some_and(|text| text.contains('[')),
    },
    UrlDifference {
        why: "old builds of Go write backspace and form feed as numbers in JSON",
        versions: &["3.4.23", "3.5.1"],
        is_in: |flags| name_has(flags, "\u{8}"),
    },
    UrlDifference {
        why: "older builds of Go quote delete as \\u007f",
        versions: &["3.5.1"],
        is_in: |flags| name_has(flags, "\u{7f}") || url_has(flags, "\u{7f}"),
    },
];

fn name_has(flags: &Flags, text: &str) -> bool {
    flags.name.as_ref().is_some_and(|name| name.contains(text))
}

fn url_has(flags: &Flags, text: &str) -> bool {
    flags.initial_advertise_peer_urls.as_ref().is_some_and(|urls| urls.contains(text))
}

#[test]
fn every_answer_is_upstreams() {
    let mut compared = 0;
    let mut met = [false; DIFFERENCES.len()];
    for Row { flags, upstream } in rows() {
        for (version, answers) in upstream.iter().flat_map(|all| all.versions.iter().map(|one| (one, &all.answers))) {
            let Some(release) = release(version) else { continue };
            let ours = answer(&flags, release);
            compared += 1;
            if answers.contains(&ours) {
                continue;
            }
            let known = DIFFERENCES.iter().position(|known| {
                (known.versions.is_empty() || known.versions.contains(&version.as_str())) && (known.is_in)(&flags)
            });
            let known = known.unwrap_or_else(|| panic!("{version} {flags:?}\n  we: {ours:?}\nthey: {answers:?}"));
            met[known] = true;
        }
    }
    assert!(compared > 1800, "only {compared} answers were compared");
    for (known, met) in DIFFERENCES.iter().zip(met) {
        assert!(met, "no difference any more: {}", known.why);
    }
}
