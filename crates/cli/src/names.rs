//! Names of hosts, looked up as the system does it.

use std::net::{IpAddr, ToSocketAddrs as _};

use etcdsnap_restore::Resolver;

/// Asks the system.
#[derive(Debug)]
pub struct Names;

impl Resolver for Names {
    fn resolve(&self, host: &str) -> Result<IpAddr, String> {
        let mut addresses = (host, 0).to_socket_addrs().map_err(|error| format!("lookup {host}: {error}"))?;
        addresses.next().map(|address| address.ip()).ok_or_else(|| format!("lookup {host}: no such host"))
    }
}
