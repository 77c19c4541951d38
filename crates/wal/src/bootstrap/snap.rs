//! The v2 store of a new cluster, and the `.snap` file around it (`docs/format/wal.md#a-restored-v2-store`).

use std::collections::BTreeMap;

use etcdsnap_proto::raftpb::SnapshotMetadata;
use serde::Serialize;

use super::{Bootstrap, BootstrapMember, Release};
use crate::go_json;
use crate::snap::{self, RaftAttributes, V2Node};

/// Capacity of the history of events in the v2 store.
const EVENTS: usize = super::MAX_MEMBERS;

/// The expiry time of nodes that do not expire.
const NEVER: &str = "0001-01-01T00:00:00Z";

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Store {
    root: V2Node,
    watcher_hub: WatcherHub,
    current_index: u64,
    stats: Stats,
    current_version: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct WatcherHub {
    event_history: EventHistory,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct EventHistory {
    queue: Queue,
    start_index: u64,
    last_index: u64,
}

/// The ring buffer of events.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Queue {
    events: Vec<Option<Event>>,
    size: u64,
    front: u64,
    back: u64,
    capacity: usize,
}

#[derive(Clone, Serialize)]
struct Event {
    action: &'static str,
    node: EventNode,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct EventNode {
    key: String,
    value: String,
    modified_index: u64,
    created_index: u64,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Stats {
    gets_success: u64,
    gets_fail: u64,
    sets_success: u64,
    sets_fail: u64,
    delete_success: u64,
    delete_fail: u64,
    update_success: u64,
    update_fail: u64,
    create_success: u64,
    create_fail: u64,
    compare_and_swap_success: u64,
    compare_and_swap_fail: u64,
    compare_and_delete_success: u64,
    compare_and_delete_fail: u64,
    expire_count: u64,
    watchers: u64,
}

/// Encodes the `.snap` file; the members are created in the given order.
pub(super) fn write(bootstrap: &Bootstrap, members: &[&BootstrapMember], release: Release) -> Vec<u8> {
    let start = bootstrap.start();
    let conf_state = Some(bootstrap.conf_state(release));
    let metadata = SnapshotMetadata { conf_state, index: Some(start.index), term: Some(start.term) };
    snap::write(&go_json::to_string(&store(members, release)), &metadata)
}

fn store(members: &[&BootstrapMember], release: Release) -> Store {
    let count = members.len() as u64;
    let mut directories = BTreeMap::new();
    let mut events = Vec::with_capacity(EVENTS);
    for (index, member) in (1..).zip(members) {
        let path = format!("/0/members/{:x}", member.id);
        let value =
            go_json::to_string(&RaftAttributes { peer_urls: member.peer_urls.clone(), is_learner: member.learner });
        let key = format!("{path}/raftAttributes");
        let node = EventNode { key: key.clone(), value: value.clone(), modified_index: index, created_index: index };
        events.push(Some(Event { action: "create", node }));
        let attributes = V2Node { value, children: None, ..directory(&key, index, []) };
        directories
            .insert(format!("{:x}", member.id), directory(&path, index, [("raftAttributes".into(), attributes)]));
    }
    events.resize(EVENTS, None);
    let members = directory("/0/members", 1, directories);
    let cluster = directory("/0", 0, [("members".into(), members)]);
    let keys = directory("/1", 0, []);
    Store {
        root: directory("/", 0, [("0".into(), cluster), ("1".into(), keys)]),
        watcher_hub: WatcherHub {
            event_history: EventHistory {
                queue: Queue { events, size: count, front: 0, back: count, capacity: EVENTS },
                start_index: 1,
                last_index: count,
            },
        },
        current_index: count,
        stats: Stats { gets_fail: u64::from(release > Release::V3_5), create_success: count, ..Stats::default() },
        current_version: 2,
    }
}

fn directory(path: &str, index: u64, children: impl IntoIterator<Item = (String, V2Node)>) -> V2Node {
    V2Node {
        path: path.into(),
        created_index: index,
        modified_index: index,
        expire_time: NEVER.into(),
        value: String::new(),
        children: Some(children.into_iter().collect()),
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use etcdsnap_checksum::sha256;

    use super::*;

    /// The cluster of the recorded restores in `testdata/etcd`.
    fn recorded_cluster() -> Bootstrap {
        let ids = [0x0728_fa4c_126e_90be, 0x1163_eb43_8176_1b35, 0x41bd_1c29_1830_3e10];
        let member = |(name, (port, id)): (&str, (u16, u64))| BootstrapMember {
            id,
            name: name.into(),
            peer_urls: vec![format!("http://127.0.0.1:{port}")],
            learner: false,
        };
        let members = ["a", "b", "c"].into_iter().zip((30001..).zip(ids)).map(member).collect();
        Bootstrap::new(ids[1], 1, members).expect("valid")
    }

    /// SHA-256 of the `.snap` file for each order in which the members may have been created.
    fn digests(release: Release) -> Vec<String> {
        let bootstrap = recorded_cluster();
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        let digest = |order: [usize; 3]| {
            let file = write(&bootstrap, &order.map(|at| &bootstrap.members()[at]), release);
            let digest = sha256::digest(&file, &mut |_| ControlFlow::Continue(())).expect("not interrupted");
            let halves = digest.as_chunks().0.iter().map(|half| u128::from_be_bytes(*half)).collect::<Vec<_>>();
            format!("{:032x}{:032x}", halves[0], halves[1])
        };
        orders.map(digest).to_vec()
    }

    #[test]
    fn recorded_files_of_3_6_and_3_7_have_one_of_the_possible_orders() {
        let possible = digests(Release::V3_6);
        for recorded in [
            "03d8858d00d8ddccc0c666a8de295418cbbc0c68b92817dcd57d62081225cc5c",
            "351ebe358a7f9d8346a0b19415a8455411cd3a0151cf70c6ddb58c20729cf371",
            "ed92ef2f105895343b79221281409cf5549138f6092f3693d65e380025384d57",
        ] {
            assert!(possible.iter().any(|digest| digest == recorded), "{recorded}");
        }
        let possible = digests(Release::V3_7);
        for recorded in [
            "0a0e9a169a1d7b5b7f4d2a5cfca94e0d0cdfa55be1a6c66cfc602c8e93445904",
            "e613299afb2967c7a3ff3522a0d65cd84422e299cb4bae2b3bd66af0c7d119b5",
            "e749743d6ca92a2b964b93076d74fd558acc7f4303a272bb4f5e32677b6c4d57",
        ] {
            assert!(possible.iter().any(|digest| digest == recorded), "{recorded}");
        }
    }
}
