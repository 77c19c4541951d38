//! Who else keeps keys in an etcd that Kubernetes uses (docs/format/kubernetes.md#neighbours).

/// Beginnings of keys, and the program they belong to.
const NEIGHBOURS: [(&str, &str); 10] = [
    ("/bootstrap/", "k3s"),
    ("bootstrap/", "k3s"),
    ("k3s/", "k3s"),
    ("rke2/", "rke2"),
    ("/calico/", "Calico"),
    ("/coreos.com/network/", "flannel"),
    ("cilium/", "Cilium"),
    ("/cilium/", "Cilium"),
    ("/apisix/", "APISIX"),
    ("/service/", "Patroni"),
];

/// The program a foreign key belongs to, judged by how it begins.
pub fn other_program(key: &[u8]) -> Option<&'static str> {
    NEIGHBOURS.iter().find(|(prefix, _)| key.starts_with(prefix.as_bytes())).map(|(_, program)| *program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_known_by_their_prefix() {
        assert_eq!(other_program(b"/bootstrap/abc"), Some("k3s"));
        assert_eq!(other_program(b"k3s/etcd/learnerProgress"), Some("k3s"));
        assert_eq!(other_program(b"/registry/pods/a/b"), None);
    }
}
