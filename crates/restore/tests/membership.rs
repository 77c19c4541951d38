//! What upstream's tools have not: all members at once, learners, advice.

use etcdsnap_restore::{
    ClusterId, ClusterRequest, ErrorClass, InitialClusterError, LearnerError, MemberId, Membership, MembershipError,
    Release, RestoredMembers,
};
use proptest::prelude::*;

const THREE: &str = "m1=http://10.0.0.1:2380,m2=http://10.0.0.2:2380,m3=http://10.0.0.3:2380";

fn one<'r>(name: &'r str, advertised: Option<&'r str>, initial_cluster: &'r str) -> ClusterRequest<'r> {
    ClusterRequest {
        restored: RestoredMembers::Member { name, advertised },
        initial_cluster,
        ..ClusterRequest::default()
    }
}

fn cluster(request: &ClusterRequest<'_>) -> Result<Membership, MembershipError> {
    Membership::new(request, Release::V3_7, None)
}

#[test]
fn all_members_are_one_cluster() {
    let all = ClusterRequest { restored: RestoredMembers::All, initial_cluster: THREE, token: "tk", learners: &[] };
    let all = cluster(&all).expect("three members");
    assert_eq!(all.cluster_id(), ClusterId(0xe3cf_7ee5_a527_1764));
    let mut restored: Vec<_> = all.restored().collect();
    restored.sort_by_key(|member| member.id);
    assert_eq!(restored, all.members().iter().collect::<Vec<_>>());
    assert!(all.members().is_sorted_by_key(|member| member.id));
    for member in all.members() {
        let one = ClusterRequest { token: "tk", ..one(&member.name, None, THREE) };
        let one = cluster(&one).expect("one of three");
        assert_eq!((one.cluster_id(), one.members()), (all.cluster_id(), all.members()));
        assert_eq!(one.restored().collect::<Vec<_>>(), [member]);
    }
    let nobody = ClusterRequest { restored: RestoredMembers::All, initial_cluster: ",", ..ClusterRequest::default() };
    assert_eq!(cluster(&nobody), Err(InitialClusterError::NoMember.into()));
}

#[test]
fn members_are_listed_as_the_user_listed_them() {
    let initial_cluster = "c=http://h:1,a=http://h:2,c=http://h:3,b=http://h:4";
    let all = ClusterRequest { restored: RestoredMembers::All, initial_cluster, ..ClusterRequest::default() };
    let all = cluster(&all).expect("three members");
    assert!(all.listed().chain(all.restored()).map(|member| &member.name).eq(["c", "a", "b", "c", "a", "b"]));
    let one = cluster(&one("b", None, initial_cluster)).expect("one of three");
    assert!(one.listed().chain(one.restored()).map(|member| &member.name).eq(["c", "a", "b", "b"]));
}

#[test]
fn learners_do_not_vote_and_keep_their_ids() {
    let voters = cluster(&one("m1", None, THREE)).expect("three voters");
    let learners = ClusterRequest { learners: &["m3", "m1", "m3"], ..one("m1", None, THREE) };
    let learners = cluster(&learners).expect("one voter");
    assert_eq!(learners.cluster_id(), voters.cluster_id());
    assert_eq!(learners.voters().map(|member| member.name.as_str()).collect::<Vec<_>>(), ["m2"]);
    assert_eq!(learners.learners().count(), 2);
    assert!(learners.restored().all(|member| member.learner));

    let unknown = cluster(&ClusterRequest { learners: &["m4"], ..one("m1", None, THREE) }).expect_err("no such member");
    assert_eq!(unknown.to_string(), "--learner m4: --initial-cluster has no member of this name");
    assert_eq!(unknown.hint(), "--initial-cluster names m1, m2, m3; --learner must be one of them.");
    assert_eq!(unknown.class(), ErrorClass::BadArguments);
    let all = ClusterRequest { learners: &["m1", "m2", "m3"], ..one("m1", None, THREE) };
    assert_eq!(cluster(&all), Err(LearnerError::NoVoter.into()));
}

#[test]
fn two_members_can_have_one_id() {
    let error = cluster(&one("a", None, "a=unix://a,a=unix://b,b=unix://aunix://b")).expect_err("one id");
    let expected = "member exists with identical ID &{730c4f07a1e4cc85 {[unix://aunix://b] false} {b []}}";
    assert_eq!(error.to_string(), expected);
    assert_eq!(error.class(), ErrorClass::Failure);
}

#[test]
fn hints_say_what_to_give() {
    let hint = |request: ClusterRequest<'_>| cluster(&request).expect_err("a mistake").hint();
    assert_eq!(
        hint(one("m1", Some("http://10.0.0.2:2380"), THREE)),
        "http://10.0.0.2:2380 belongs to member m2: restore it with --name=m2, or member m1 with \
         --initial-advertise-peer-urls=http://10.0.0.1:2380."
    );
    let everybody = "http://10.0.0.1:2380,http://10.0.0.2:2380,http://10.0.0.3:2380";
    assert_eq!(
        hint(one("m1", Some(everybody), THREE)),
        "Member m1 needs --initial-advertise-peer-urls=http://10.0.0.1:2380, as --initial-cluster has it. Names are not \
         looked up unless --resolve is given."
    );
    assert_eq!(hint(one("m4", None, THREE)), "--initial-cluster names m1, m2, m3; --name must be one of them.");
    assert_eq!(
        hint(one("a", None, "a=http://h:1,b=http://h:1")),
        "http://h:1 is there more than once; every member needs URLs of its own."
    );
    assert_eq!(hint(one("a", None, "a=10.0.0.1:2380")), "A peer URL looks like https://10.0.0.1:2380.");
}

#[test]
fn the_identity_of_a_restore_without_flags_is_noticed() {
    let membership = cluster(&ClusterRequest::default()).expect("one member");
    assert_eq!((membership.cluster_id(), membership.members()[0].id), (ClusterId::DEFAULT, MemberId::DEFAULT));
    let warnings: Vec<_> = membership.warnings().iter().map(ToString::to_string).collect();
    assert!(warnings.len() == 1 && warnings[0].contains("member default gets the id 8e9e05c52164694d"), "{warnings:?}");
    assert_eq!(cluster(&one("m1", None, THREE)).expect("three members").warnings(), []);
}

proptest! {
    #[test]
    fn any_flags_make_a_cluster_or_an_error(
        name: String, text in "([a-c]?=?(https?|unix)?:?/{0,3}[-.:0-9a-z@%?#\\[\\]]{0,12},?){0,4}", advertised: Option<String>,
        token: String, all: bool,
    ) {
        let restored = if all {
            RestoredMembers::All
        } else {
            RestoredMembers::Member { name: &name, advertised: advertised.as_deref() }
        };
        for release in Release::ALL {
            let request = ClusterRequest { restored, initial_cluster: &text, token: &token, learners: &["a"] };
            match Membership::new(&request, release, None) {
                Ok(membership) => prop_assert!(membership.voters().count() > 0 && membership.restored().len() > 0),
                Err(error) => _ = (error.to_string(), error.hint()),
            }
        }
    }
}
