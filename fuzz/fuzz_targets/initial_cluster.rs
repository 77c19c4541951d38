//! Any `--initial-cluster`: it is read as each release does, and what was read reads the same again.

#![no_main]

use etcdsnap_restore::{ClusterRequest, InitialCluster, Membership, Release, RestoredMembers};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for release in Release::ALL {
        let cluster = match InitialCluster::parse(text, release) {
            Ok(cluster) => cluster,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                continue;
            }
        };
        let items = cluster.iter().flat_map(|(name, urls)| urls.iter().map(move |url| format!("{name}={url}")));
        let again = InitialCluster::parse(&items.collect::<Vec<_>>().join(","), release);
        assert_eq!(again.as_ref(), Ok(&cluster));
        found(text, &cluster, release);
    }
});

/// The members of a cluster are told apart, or the reason is told.
fn found(text: &str, cluster: &InitialCluster, release: Release) {
    let Some(name) = cluster.names().next() else { return };
    let restored = RestoredMembers::Member { name, advertised: None };
    let request = ClusterRequest { restored, initial_cluster: text, ..ClusterRequest::default() };
    match Membership::new(&request, release, None) {
        Ok(membership) => assert!(membership.members().is_sorted_by_key(|member| member.id)),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
