//! Which release of Kubernetes an API server had, from what it left in its store.
//!
//! An API server registers every version of every API group it serves as an APIService, and takes back what it no longer
//! serves. Versions came with releases; and nodes tell the release of their kubelets, which are never newer than the server
//! (docs/format/kubernetes.md#release-of-a-cluster).

use crate::decode::Object;

/// Group versions, and the first minor release that served each unasked.
const SINCE: [(&str, u8); 9] = [
    ("v1.events.k8s.io", 19),
    ("v1.certificates.k8s.io", 19),
    ("v1.node.k8s.io", 20),
    ("v1.discovery.k8s.io", 21),
    ("v1.policy", 21),
    ("v2.autoscaling", 23),
    ("v1beta3.flowcontrol.apiserver.k8s.io", 26),
    ("v1.flowcontrol.apiserver.k8s.io", 29),
    ("v1.resource.k8s.io", 34),
];

/// What was seen so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Evidence {
    newest_service: Option<u8>,
    newest_kubelet: Option<u8>,
}

impl Evidence {
    pub(super) fn observe(&mut self, object: &Object<'_>) {
        match object.kind.as_ref() {
            "APIService" => self.observe_api_service(object.value.text_at(&["metadata", "name"]).unwrap_or_default()),
            "Node" => {
                let kubelet = object.value.text_at(&["status", "nodeInfo", "kubeletVersion"]).and_then(minor);
                self.newest_kubelet = self.newest_kubelet.max(kubelet);
            }
            _ => {}
        }
    }

    fn observe_api_service(&mut self, name: &str) {
        let since = SINCE.iter().find(|(service, _)| *service == name).map(|(_, release)| *release);
        self.newest_service = self.newest_service.max(since);
    }

    /// The oldest release that fits: nothing is then shown that the server may not have known.
    pub(super) fn release(&self) -> Option<u8> {
        self.newest_service.max(self.newest_kubelet)
    }
}

/// The minor number of a version such as `v1.29.4+k3s1`.
fn minor(version: &str) -> Option<u8> {
    version.strip_prefix("v1.")?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(services: &[&str]) -> Option<u8> {
        let mut evidence = Evidence::default();
        for service in services {
            evidence.observe_api_service(service);
        }
        evidence.release()
    }

    #[test]
    fn api_services_tell_the_release() {
        assert_eq!(release(&["v1.apps", "v1.events.k8s.io", "v1.node.k8s.io", "v1beta1.policy"]), Some(20));
        assert_eq!(release(&["v1.apps", "v1.node.k8s.io", "v1.flowcontrol.apiserver.k8s.io"]), Some(29));
        assert_eq!(release(&["v1.apps", "v1.resource.k8s.io"]), Some(34));
        assert_eq!(release(&["v1.ex.io"]), None);
    }

    #[test]
    fn kubelets_are_no_newer_than_the_server() {
        assert_eq!((minor("v1.29.4+k3s1"), minor("1.29"), minor("v1.x")), (Some(29), None, None));
        let evidence = Evidence { newest_kubelet: Some(30), ..Evidence::default() };
        assert_eq!(evidence.release(), Some(30));
    }
}
