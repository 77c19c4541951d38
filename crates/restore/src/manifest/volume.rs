//! From a path in a container to the path on the host.

use std::path::{Component, Path};

/// Something mounted into the container of etcd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Volume {
    /// Where, in the container.
    pub mount_path: String,
    /// What, on the host; `None` when it is not a folder of the host.
    pub host_path: Option<String>,
}

/// Where on the host a path in the container leads: the innermost mount decides.
pub(super) fn on_host(path: &str, volumes: &[Volume]) -> Option<String> {
    let path = Path::new(path);
    if !path.is_absolute() || path.components().any(|part| part == Component::ParentDir) {
        return None;
    }
    let below = |volume: &Volume| path.strip_prefix(&volume.mount_path).ok().map(Path::to_owned);
    let mounted = volumes.iter().filter_map(|volume| Some((below(volume)?, volume)));
    let (rest, volume) = mounted.min_by_key(|(rest, _)| rest.components().count())?;
    let host = Path::new(volume.host_path.as_ref()?).components().chain(rest.components());
    host.collect::<std::path::PathBuf>().into_os_string().into_string().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_mount_decides() {
        let volume =
            |mount: &str, host: Option<&str>| Volume { mount_path: mount.into(), host_path: host.map(str::to_owned) };
        let volumes = [
            volume("/var/lib/etcd", Some("/data/etcd/")),
            volume("/var/lib/etcd/wal/", Some("/ssd")),
            volume("/tmp", None),
        ];
        let cases = [
            ("/var/lib/etcd", Some("/data/etcd")),
            ("/var/lib/etcd/m1.etcd/", Some("/data/etcd/m1.etcd")),
            ("/var/lib/etcd/wal", Some("/ssd")),
            ("/var/lib/etcd2", None),
            ("/tmp/etcd", None),
            ("/var/lib/etcd/../x", None),
            ("default.etcd", None),
        ];
        for (path, expected) in cases {
            assert_eq!(on_host(path, &volumes).as_deref(), expected, "{path}");
        }
    }
}
